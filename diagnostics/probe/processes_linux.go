package probe

import (
	"bytes"
	"context"
	"os"
	"strconv"
)

const (
	userHz   = 100 // the unit of times in /proc, which the kernel promises to programs
	kthreadd = 2   // the parent of the kernel's threads
)

// readProcesses reads one small file of each process, which is five times
// cheaper than what gopsutil reads.
func readProcesses(ctx context.Context) (map[int32]processTimes, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	page := uint64(os.Getpagesize())
	all := make(map[int32]processTimes, len(names))
	for i, name := range names {
		pid, err := strconv.ParseInt(name, 10, 32)
		if err != nil {
			continue
		}
		if i%64 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		b, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue // ended meanwhile
		}
		if p, ok := parseStat(b, page); ok {
			p.pid = int32(pid)
			all[p.pid] = p
		}
	}
	return all, nil
}

// parseStat reads /proc/PID/stat as in proc_pid_stat(5). The name in parentheses
// is the process's own choice and may hold anything, parentheses and line breaks too.
func parseStat(b []byte, page uint64) (processTimes, bool) {
	open, shut := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || shut < open {
		return processTimes{}, false
	}
	f := bytes.Fields(b[shut+1:])
	if len(f) < 22 || len(f[0]) != 1 {
		return processTimes{}, false
	}
	number := func(i int) uint64 {
		n, _ := strconv.ParseUint(string(f[i]), 10, 64) // the kernel writes numbers; a negative one is 0 for us
		return n
	}
	p := processTimes{
		name: string(b[open+1 : shut]), state: f[0][0], parent: int32(number(1)),
		seconds: float64(number(11)+number(12)) / userHz, started: number(19), rss: number(21) * page,
	}
	p.kernel = p.parent == kthreadd
	return p, true
}
