package probe

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

const (
	firstRates = 250 * time.Millisecond // after which the first rates are measured: somebody waits for them
	// watchShare is which part of a core watching all processes may take: where
	// there are so many that a reading is dear, there are fewer readings.
	watchShare = 33
	// rssGrain is how much memory has to change to be told.
	rssGrain = 256 << 10
)

// taskNow is what is read of a process at one moment.
type taskNow struct {
	pid, parent int32
	state       byte
	seconds     float64 // of processor time
	started     uint64  // tells a process from a later one with its number
	rss         uint64
	io          uint64 // bytes from and to disks
	hasIO       bool
	name        string
}

// WatchAllProcesses tells of all processes, then of what changes, until each returns
// false or the context is done, which is an error. An interval is longer than the
// one asked for where reading takes more than a thirtieth of a core.
func (p *Prober) WatchAllProcesses(ctx context.Context, interval time.Duration, each func(diagnostics.ProcessChanges) bool) error {
	return queryFault(watchAll(ctx, interval, each))
}

func watchAll(ctx context.Context, interval time.Duration, each func(diagnostics.ProcessChanges) bool) error {
	reader := newTaskReader()
	defer reader.close()
	w := allTasks{known: map[int32]*knownTask{}}
	pause := firstRates
	for first := true; ; first = false {
		start := time.Now()
		cost, err := reader.read(ctx, w.see)
		if err != nil {
			return notRead("Processes cannot be read on this system.", err)
		}
		w.turn(start)
		if !first {
			if !each(w.tell(ctx)) {
				return nil
			}
			pause = max(interval, cost*watchShare)
		}
		if err := wait(ctx, pause-time.Since(start)); err != nil {
			return err
		}
	}
}

// allTasks finds what has changed between two readings.
type allTasks struct {
	known   map[int32]*knownTask
	round   uint32
	at      time.Time
	seconds float64 // between the last two readings
	running int
	listed  int
	begun   bool
}

type knownTask struct {
	now, was taskNow
	round    uint32
	rates    bool // was is of the reading before
	fresh    bool // another program than was told, if any
	listed   bool
	told     diagnostics.ProcessNow
}

// see takes in one process of a reading.
func (w *allTasks) see(t *taskNow) {
	if t.state == 'R' {
		w.running++
	}
	k := w.known[t.pid]
	if k == nil {
		k = &knownTask{fresh: true}
		w.known[t.pid] = k
	}
	same := k.round == w.round && k.now.started == t.started
	if !same || k.now.name != t.name {
		k.fresh = true
	}
	k.rates = same
	k.was, k.now, k.round = k.now, *t, w.round+1
}

// turn ends a reading that began at that time.
func (w *allTasks) turn(at time.Time) {
	w.round++
	if !w.at.IsZero() {
		w.seconds = at.Sub(w.at).Seconds()
	}
	w.at = at
}

func (k *knownTask) measure(seconds float64) diagnostics.ProcessNow {
	n := diagnostics.ProcessNow{PID: k.now.pid, Parent: k.now.parent, State: diagnostics.ProcessState(stateOf(k.now.state)), RSS: k.now.rss}
	if k.rates && seconds > 0 && k.now.seconds > k.was.seconds {
		n.CPUPct = round1((k.now.seconds - k.was.seconds) / seconds * 100)
	}
	if k.now.hasIO {
		rate := uint64(0)
		if k.rates && k.was.hasIO && seconds > 0 && k.now.io > k.was.io {
			rate = uint64(math.Round(float64(k.now.io-k.was.io) / seconds))
		}
		n.IO = &rate
	}
	return n
}

// tell returns what has changed since it was called the last time.
func (w *allTasks) tell(ctx context.Context) diagnostics.ProcessChanges {
	c := diagnostics.ProcessChanges{Begin: !w.begun, IntervalMS: int64(w.seconds * 1000), Running: w.running}
	w.running, w.begun = 0, true
	var fresh []*knownTask
	for pid, k := range w.known {
		if k.round != w.round {
			delete(w.known, pid)
			if k.listed {
				c.Gone = append(c.Gone, pid)
				w.listed--
			}
			continue
		}
		c.Total++
		now := k.measure(w.seconds)
		switch {
		case k.fresh || !k.listed:
			k.told = now
			fresh = append(fresh, k)
		case moved(k.told, now):
			k.told = now
			c.Now = append(c.Now, now)
		}
	}
	// Where not all have room, those that do most are wanted most.
	slices.SortFunc(fresh, func(a, b *knownTask) int {
		return cmp.Or(cmp.Compare(b.told.CPUPct, a.told.CPUPct), cmp.Compare(b.now.seconds, a.now.seconds), cmp.Compare(b.now.rss, a.now.rss), cmp.Compare(a.now.pid, b.now.pid))
	})
	for _, k := range fresh {
		if !k.listed && w.listed >= diagnostics.MaxProcessRows {
			continue
		}
		if !k.listed {
			k.listed = true
			w.listed++
		}
		k.fresh = false
		c.Rows = append(c.Rows, k.row(ctx))
	}
	c.LeftOut = c.Total - w.listed
	slices.Sort(c.Gone)
	slices.SortFunc(c.Rows, func(a, b diagnostics.ProcessRow) int { return cmp.Compare(a.PID, b.PID) })
	slices.SortFunc(c.Now, func(a, b diagnostics.ProcessNow) int { return cmp.Compare(a.PID, b.PID) })
	return c
}

// row describes a process that was not told yet. That is dear, and done once.
func (k *knownTask) row(ctx context.Context) diagnostics.ProcessRow {
	one := diagnostics.Process{PID: k.now.pid}
	describeProcess(ctx, &one)
	return diagnostics.ProcessRow{
		ProcessNow: k.told, Name: plainLine(k.now.name, 64), User: one.User, Started: one.Started, Command: plainLine(one.Command, maxRowCommand),
	}
}

// maxRowCommand bounds a command line in a table of thousands.
const maxRowCommand = 256

// moved reports whether a change is worth telling: a program that runs and sleeps by
// turns is not, nor a page more or less.
func moved(a, b diagnostics.ProcessNow) bool {
	busy := func(s diagnostics.ProcessState) bool { return s == "" || s == "R" || s == "S" || s == "I" }
	grown := max(a.RSS, b.RSS) - min(a.RSS, b.RSS)
	return a.CPUPct != b.CPUPct || a.Parent != b.Parent || grown >= rssGrain || a.State != b.State && !(busy(a.State) && busy(b.State)) || (a.IO == nil) != (b.IO == nil) || a.IO != nil && *a.IO != *b.IO
}
