package probe

import (
	"bytes"
	"context"
	"os"
	"strconv"
	"strings"
)

const sector = 512 // the unit of /proc/diskstats, whatever the disk's own is

// readDiskCounters reads the disks that are hardware. Partitions and what is
// stacked on disks (LVM, RAID, encryption) show the same work once more.
func readDiskCounters(context.Context) (map[string]diskCounters, error) {
	b, err := os.ReadFile("/proc/diskstats")
	if err != nil {
		return nil, err
	}
	all := map[string]diskCounters{}
	for line := range bytes.Lines(b) {
		f := strings.Fields(string(line))
		if len(f) < 14 || !wholeDisk(f[2]) || !exists("/sys/block/"+f[2]) {
			continue
		}
		var n [11]uint64
		for i := range n {
			n[i], _ = strconv.ParseUint(f[3+i], 10, 64) // the kernel writes numbers
		}
		all[f[2]] = diskCounters{
			reads: n[0], readBytes: n[2] * sector, readMS: n[3],
			writes: n[4], writeBytes: n[6] * sector, writeMS: n[7], busyMS: n[9],
		}
	}
	return all, nil
}

// wholeDisk leaves out by name what is no disk. What looks like one may still be
// a partition; /sys/block knows.
func wholeDisk(name string) bool {
	for _, p := range []string{"loop", "ram", "zram", "sr", "fd", "dm-", "md", "nbd", "zd"} {
		if strings.HasPrefix(name, p) {
			return false
		}
	}
	return true
}

func diskModel(name string) string {
	return plainLine(readLine("/sys/block/"+name+"/device/model"), 60)
}
