package probe

import (
	"context"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics"
)

const (
	fewFiles      = 40 // a process with fewer is not looked at: no sensible limit is that low
	maxOutOfFiles = 5
)

// outOfFiles lists the processes that have used 90 % of their open files or more.
func outOfFiles(ctx context.Context) []diagnostics.Process {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil
	}
	var all []diagnostics.Process
	for _, name := range names {
		pid, err := strconv.ParseInt(name, 10, 32)
		if err != nil {
			continue
		}
		if ctx.Err() != nil || len(all) == maxOutOfFiles {
			break
		}
		open := openFiles("/proc/" + name + "/fd")
		if open < fewFiles {
			continue
		}
		b, err := os.ReadFile("/proc/" + name + "/limits")
		if err != nil {
			continue
		}
		limit := fileLimit(string(b))
		if limit == 0 || float64(open) < 0.9*float64(limit) {
			continue
		}
		p := diagnostics.Process{PID: int32(pid), Name: plainLine(readLine("/proc/"+name+"/comm"), 64), OpenFiles: open, FileLimit: limit}
		describeProcess(ctx, &p)
		all = append(all, p)
	}
	return all
}

// openFiles counts by the size of the folder, which kernels since 6.2 give it,
// and costs nothing. On older ones nothing is known: to list the folders of all
// processes is what makes such counting dear.
func openFiles(dir string) uint64 {
	var s unix.Stat_t
	if unix.Stat(dir, &s) != nil || s.Size < 0 {
		return 0
	}
	return uint64(s.Size)
}

// fileLimit reads the soft limit in proc_pid_limits(5); 0 means unlimited or unknown.
func fileLimit(text string) uint64 {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			if f := strings.Fields(rest); len(f) > 0 {
				n, _ := strconv.ParseUint(f[0], 10, 64) // "unlimited" is 0
				return n
			}
		}
	}
	return 0
}
