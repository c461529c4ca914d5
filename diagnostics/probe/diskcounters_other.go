//go:build !linux

package probe

import (
	"context"
	"runtime"

	"github.com/shirou/gopsutil/v3/disk"
)

func readDiskCounters(ctx context.Context) (map[string]diskCounters, error) {
	if runtime.GOOS == "darwin" {
		return nil, nil // needs cgo
	}
	counters, err := disk.IOCountersWithContext(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]diskCounters{}
	for name, c := range counters {
		all[name] = diskCounters{
			reads: c.ReadCount, readBytes: c.ReadBytes, readMS: c.ReadTime,
			writes: c.WriteCount, writeBytes: c.WriteBytes, writeMS: c.WriteTime, busyMS: c.IoTime,
		}
	}
	return all, nil
}

func diskModel(string) string { return "" }
