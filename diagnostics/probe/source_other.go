//go:build !linux

package probe

import (
	"context"
	"runtime"
	"strings"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/disk"
	"github.com/shirou/gopsutil/v3/mem"
	"github.com/shirou/gopsutil/v3/net"
	"github.com/shirou/gopsutil/v3/process"
)

// source reads through gopsutil. What a system does not tell is left out: macOS
// gives neither processor times nor disk counters without cgo.
type source struct{}

func newSource() source { return source{} }

func (*source) close() error { return nil }

func (*source) read() reading {
	r := reading{cores: runtime.NumCPU()}
	if t, err := cpu.Times(false); err == nil && len(t) == 1 {
		r.cpuAll = t[0].User + t[0].System + t[0].Nice + t[0].Idle + t[0].Iowait + t[0].Irq + t[0].Softirq
		r.cpuBusy = r.cpuAll - t[0].Idle - t[0].Iowait
	}
	if l := loadAverage(context.Background()); l != nil {
		r.load1, r.hasLoad = l.Load1, true
	}
	if m, err := mem.VirtualMemory(); err == nil {
		r.memory, r.available = m.Total, m.Available
	}
	if m, err := mem.SwapMemory(); err == nil {
		r.swap, r.swapFree = m.Total, m.Free
	}
	if counters, err := readDiskCounters(context.Background()); err == nil && counters != nil {
		for name, c := range counters {
			if c.busyMS == 0 {
				continue // this system does not count it
			}
			if r.disks == nil {
				r.disks = map[string]uint64{}
			}
			r.disks[name] = c.busyMS
		}
	}
	if counters, err := net.IOCounters(true); err == nil {
		r.nets = map[string]netCounters{}
		for _, c := range counters {
			if runtime.GOOS == "darwin" && !strings.HasPrefix(c.Name, "en") || strings.HasPrefix(c.Name, "lo") || strings.HasPrefix(c.Name, "Loopback") {
				continue
			}
			r.nets[c.Name] = netCounters{received: c.BytesRecv, sent: c.BytesSent, errors: c.Errin + c.Errout + c.Dropin + c.Dropout}
		}
	}
	if pids, err := process.Pids(); err == nil {
		r.processes = len(pids)
	}
	return r
}

// readSlow asks the local file systems. Drives of the network are not asked: a
// dead one takes half a minute.
func readSlow() slowReading {
	var r slowReading
	mounts, err := listMounts(context.Background())
	if err != nil {
		return r
	}
	for _, m := range mounts {
		if m.FS.Network || !m.FS.Fillable() {
			continue
		}
		if u, err := disk.Usage(m.FS.Mount); err == nil && u.Total > 0 {
			r.diskUsed, r.hasDiskUsed = max(r.diskUsed, u.UsedPercent), true
		}
	}
	return r
}
