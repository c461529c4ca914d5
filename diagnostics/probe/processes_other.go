//go:build !linux

package probe

import (
	"context"

	"github.com/shirou/gopsutil/v3/process"
)

func readProcesses(ctx context.Context) (map[int32]processTimes, error) {
	list, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, err
	}
	all := make(map[int32]processTimes, len(list))
	for _, one := range list {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p := processTimes{pid: one.Pid}
		if p.name, err = one.NameWithContext(ctx); err != nil {
			continue // ended meanwhile, or not ours to see
		}
		if t, err := one.TimesWithContext(ctx); err == nil {
			p.seconds = t.User + t.System
		}
		if ms, err := one.CreateTimeWithContext(ctx); err == nil {
			p.started = uint64(ms)
		}
		if m, err := one.MemoryInfoWithContext(ctx); err == nil {
			p.rss = m.RSS
		}
		if parent, err := one.PpidWithContext(ctx); err == nil {
			p.parent = parent
		}
		all[p.pid] = p
	}
	return all, nil
}
