package probe

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/shirou/gopsutil/v3/process"

	"github.com/deskbell/deskbell/diagnostics"
)

// maxTop is how many processes a list has.
const maxTop = 25

// maxCommand bounds a command line: some programs have very long ones.
const maxCommand = 512

// processTimes is what is read of every process, at both ends of the interval.
type processTimes struct {
	pid, parent int32
	name        string
	state       byte    // as in proc_pid_stat(5); 0 when the system does not tell
	seconds     float64 // of processor time
	started     uint64  // tells a process from a later one with its number
	rss         uint64
	kernel      bool // a thread of the kernel
}

func (p *Prober) processes(ctx context.Context, at pace) (*diagnostics.Processes, string, error) {
	var found *diagnostics.Processes
	err := watchProcesses(ctx, at.interval, func(one diagnostics.Processes) bool {
		found = &one
		return false
	})
	if found != nil {
		found.OutOfFiles = outOfFiles(ctx)
	}
	return found, "", err
}

// WatchProcesses measures all processes over and over until each returns false
// or the context is done, which is an error: one list an interval, without a gap
// between them. A list describes the 25 heaviest, by processor time, then by memory.
func (p *Prober) WatchProcesses(ctx context.Context, interval time.Duration, each func(diagnostics.Processes) bool) error {
	return queryFault(watchProcesses(ctx, interval, each))
}

func watchProcesses(ctx context.Context, interval time.Duration, each func(diagnostics.Processes) bool) error {
	before, err := readProcesses(ctx)
	if err != nil {
		return notRead("Processes cannot be read on this system.", err)
	}
	start := time.Now()
	for {
		if err := wait(ctx, interval-time.Since(start)); err != nil {
			return err
		}
		after, err := readProcesses(ctx)
		if err != nil {
			return err
		}
		list := compareProcesses(ctx, before, after, time.Since(start))
		before, start = after, time.Now()
		if !each(list) {
			return nil
		}
	}
}

func compareProcesses(ctx context.Context, before, after map[int32]processTimes, took time.Duration) diagnostics.Processes {
	found := diagnostics.Processes{Total: len(after), IntervalMS: took.Milliseconds()}
	all := make([]diagnostics.Process, 0, len(after))
	for pid, now := range after {
		was, known := before[pid]
		known = known && was.started == now.started
		switch now.state {
		case 'R':
			found.Running++
		case 'Z':
			found.Zombies++
		case 'D':
			if known && was.state == 'D' && !now.kernel {
				found.Blocked++
			}
		}
		one := diagnostics.Process{PID: pid, Parent: now.parent, Name: plainLine(now.name, 64), State: stateOf(now.state), RSS: now.rss}
		if known && now.seconds > was.seconds {
			one.CPUPct = round1((now.seconds - was.seconds) / took.Seconds() * 100)
		}
		if known && now.rss > was.rss {
			one.Growth = round1(float64(now.rss-was.rss) / took.Seconds())
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b diagnostics.Process) int {
		return cmp.Or(cmp.Compare(b.CPUPct, a.CPUPct), cmp.Compare(b.RSS, a.RSS), cmp.Compare(a.PID, b.PID))
	})
	found.Top = all[:min(len(all), maxTop)]
	for i := range found.Top {
		describeProcess(ctx, &found.Top[i])
	}
	return found
}

func stateOf(b byte) string {
	if b == 0 {
		return ""
	}
	return string(b)
}

// describeProcess adds what is dear to read, so only of those that are shown. A
// process that ends meanwhile keeps what is known of it.
func describeProcess(ctx context.Context, p *diagnostics.Process) {
	one := &process.Process{Pid: p.PID}
	if user, err := one.UsernameWithContext(ctx); err == nil {
		p.User = plainLine(user, 64)
	}
	if command, err := one.CmdlineWithContext(ctx); err == nil {
		p.Command = plainLine(command, maxCommand)
	}
	if ms, err := one.CreateTimeWithContext(ctx); err == nil && ms > 0 {
		p.Started = time.UnixMilli(ms).Truncate(time.Second)
	}
}
