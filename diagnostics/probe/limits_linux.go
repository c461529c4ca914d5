package probe

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
)

const (
	maxGroups = 500 // control groups that are looked at
	maxLimits = 10  // and told of
)

// groupFiles are the names that a version of control groups gives its readings.
type groupFiles struct {
	root, limit, used string
	cache             []string // lines of memory.stat: files that can be read again
}

// memoryLimits lists the control groups that have a limit below the machine's
// memory and have used 90 % of it, not counting what the kernel could take back.
func memoryLimits(ctx context.Context, total uint64) []diagnostics.MemoryLimit {
	for _, g := range []groupFiles{
		{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", []string{"total_inactive_file", "total_active_file"}},
		{"/sys/fs/cgroup", "memory.max", "memory.current", []string{"inactive_file", "active_file", "slab_reclaimable"}},
	} {
		if exists(g.root + "/cgroup.procs") {
			return g.read(ctx, total)
		}
	}
	return nil
}

func (g *groupFiles) read(ctx context.Context, total uint64) []diagnostics.MemoryLimit {
	var all []diagnostics.MemoryLimit
	looked := 0
	// What cannot be read is not ours, or has gone meanwhile.
	filepath.WalkDir(g.root, func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil
		}
		if looked++; looked > maxGroups || len(all) == maxLimits || ctx.Err() != nil {
			return fs.SkipAll
		}
		limit, err := strconv.ParseUint(readLine(filepath.Join(dir, g.limit)), 10, 64) // "max" is no number
		if err != nil || limit == 0 || limit >= total {
			return nil
		}
		used, err := strconv.ParseUint(readLine(filepath.Join(dir, g.used)), 10, 64)
		if err != nil {
			return nil
		}
		used -= min(used, g.statistic(dir))
		if float64(used) >= 0.9*float64(limit) {
			name := strings.TrimPrefix(strings.TrimPrefix(dir, g.root), "/")
			if name == "" {
				name = "this machine" // a container's own
			}
			all = append(all, diagnostics.MemoryLimit{Group: plainLine(name, 160), Limit: limit, Used: used})
		}
		return nil
	})
	return all
}

// statistic reads what the kernel could take back from a group at once.
func (g *groupFiles) statistic(dir string) uint64 {
	b, err := os.ReadFile(filepath.Join(dir, "memory.stat"))
	if err != nil {
		return 0
	}
	var sum uint64
	for line := range strings.Lines(string(b)) {
		name, v, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || !slices.Contains(g.cache, name) {
			continue
		}
		n, _ := strconv.ParseUint(v, 10, 64) // 0 when it is no number
		sum += n
	}
	return sum
}
