package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

const (
	// Deadline is what a collector has. The sentence that people read names it.
	Deadline = 2 * time.Second
	// grace is for a collector that keeps the deadline and hands over what it has.
	grace = 250 * time.Millisecond
	// interval is over which rates and shares of a snapshot are measured: long
	// enough to mean something, short enough to wait for.
	interval = 800 * time.Millisecond
)

// unsupported is returned by a collector for which this system has no reading.
type unsupported string

func (u unsupported) Error() string { return string(u) }

// Collect reads the requested sections all at once and returns when the last one
// is there or was given up: a full check-up about a second later and at most four
// and a half, a quick one within a second. A section that could not be read says
// so in its State and Note.
//
// After each section, onSection, unless nil, is called with the snapshot as far
// as it is known and the sections still being read; its calls do not overlap. It
// may keep the snapshot, which is not changed afterwards, but must not change it.
//
// Strings in the snapshot are as the machine has them: see package redact.
func (p *Prober) Collect(ctx context.Context, r Request, onSection func(diagnostics.Snapshot, []diagnostics.SectionName)) diagnostics.Snapshot {
	c := collection{
		prober: p, pace: paceOf(r), started: time.Now(), onSection: onSection,
		snapshot: diagnostics.Snapshot{Version: diagnostics.SnapshotVersion, TakenAt: time.Now().Round(0)},
	}
	for _, name := range diagnostics.SectionNames() {
		if len(r.Sections) == 0 || slices.Contains(r.Sections, name) {
			c.pending = append(c.pending, name)
		}
	}
	for _, name := range slices.Clone(c.pending) {
		switch name {
		case diagnostics.SectionSystem:
			collect(ctx, &c, name, p.system, func(s *diagnostics.Snapshot) *diagnostics.Section[diagnostics.System] { return &s.System })
		case diagnostics.SectionCPU:
			collect(ctx, &c, name, paced(p.cpu, c.pace), func(s *diagnostics.Snapshot) *diagnostics.Section[diagnostics.CPU] { return &s.CPU })
		case diagnostics.SectionMemory:
			collect(ctx, &c, name, paced(p.memory, c.pace), func(s *diagnostics.Snapshot) *diagnostics.Section[diagnostics.Memory] { return &s.Memory })
		case diagnostics.SectionDisks:
			collect(ctx, &c, name, paced(p.disks, c.pace), func(s *diagnostics.Snapshot) *diagnostics.Section[diagnostics.Disks] { return &s.Disks })
		case diagnostics.SectionNetwork:
			read := func(ctx context.Context) (*diagnostics.Network, string, error) {
				return p.network(ctx, r.Server, c.pace)
			}
			collect(ctx, &c, name, read, func(s *diagnostics.Snapshot) *diagnostics.Section[diagnostics.Network] { return &s.Network })
		case diagnostics.SectionProcesses:
			collect(ctx, &c, name, paced(p.processes, c.pace), func(s *diagnostics.Snapshot) *diagnostics.Section[diagnostics.Processes] { return &s.Processes })
		case diagnostics.SectionServices:
			collect(ctx, &c, name, p.services, func(s *diagnostics.Snapshot) *diagnostics.Section[diagnostics.Services] { return &s.Services })
		case diagnostics.SectionLog:
			collect(ctx, &c, name, p.log, func(s *diagnostics.Snapshot) *diagnostics.Section[diagnostics.Log] { return &s.Log })
		}
	}
	c.running.Wait()
	return c.snapshot
}

// collection is one call of Collect.
type collection struct {
	prober    *Prober
	pace      pace
	started   time.Time
	onSection func(diagnostics.Snapshot, []diagnostics.SectionName)
	running   sync.WaitGroup

	mu       sync.Mutex
	snapshot diagnostics.Snapshot
	pending  []diagnostics.SectionName
}

// place puts a section into the snapshot and tells whoever listens.
func (c *collection) place(name diagnostics.SectionName, put func(*diagnostics.Snapshot)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	put(&c.snapshot)
	c.snapshot.TookMS = time.Since(c.started).Milliseconds()
	c.pending = slices.DeleteFunc(slices.Clone(c.pending), func(n diagnostics.SectionName) bool { return n == name })
	if c.onSection != nil {
		c.onSection(c.snapshot, c.pending)
	}
}

// reader reads one section. A note says what the data lacks; an error says that
// there is none. It must end soon after its context does, and is given up if not.
type reader[T any] func(context.Context) (data *T, note string, err error)

// paced fits a reader that measures over an interval to the pace of a check-up.
func paced[T any](read func(context.Context, pace) (*T, string, error), at pace) reader[T] {
	return func(ctx context.Context) (*T, string, error) { return read(ctx, at) }
}

// collect starts one collector and places its section when it is there or given up.
func collect[T any](ctx context.Context, c *collection, name diagnostics.SectionName, read reader[T], at func(*diagnostics.Snapshot) *diagnostics.Section[T]) {
	c.running.Go(func() {
		start := time.Now()
		s := section(ctx, c.prober, name, c.pace, read)
		s.TookMS = time.Since(start).Milliseconds()
		c.place(name, func(snapshot *diagnostics.Snapshot) { *at(snapshot) = s })
	})
}

func section[T any](ctx context.Context, p *Prober, name diagnostics.SectionName, at pace, read reader[T]) diagnostics.Section[T] {
	type result struct {
		data *T
		note string
		err  error
	}
	if since, still := p.enter(name); still {
		return diagnostics.Section[T]{State: diagnostics.StateTimeout, Note: fmt.Sprintf("Still no answer since %s.", since.Format("15:04:05"))}
	}
	ctx, cancel := context.WithTimeout(ctx, at.of(name))
	defer cancel()
	done := make(chan result, 1)
	go func() {
		defer p.leave(name)
		var r result
		defer func() {
			if e := recover(); e != nil {
				// A sensor or a driver that answers nonsense must not end the agent.
				r = result{err: fmt.Errorf("panic: %v", e)}
			}
			done <- r
		}()
		r.data, r.note, r.err = read(ctx)
	}()
	var r result
	select {
	case r = <-done:
	case <-ctx.Done():
		late := time.NewTimer(at.grace)
		defer late.Stop()
		select {
		case r = <-done:
		case <-late.C:
			p.giveUp(name, func() bool { return len(done) > 0 })
			r.err = ctx.Err()
		}
	}
	return sectionOf(ctx, at.of(name), r.data, r.note, r.err)
}

func sectionOf[T any](ctx context.Context, deadline time.Duration, data *T, note string, err error) diagnostics.Section[T] {
	if u, ok := errors.AsType[unsupported](err); ok {
		return diagnostics.Section[T]{State: diagnostics.StateUnsupported, Note: string(u)}
	}
	switch {
	case err != nil && (errors.Is(err, context.DeadlineExceeded) || ctx.Err() == context.DeadlineExceeded):
		return diagnostics.Section[T]{State: diagnostics.StateTimeout, Note: noAnswer(deadline)}
	case err != nil && errors.Is(err, context.Canceled):
		return diagnostics.Section[T]{State: diagnostics.StateFailed, Note: "The check-up was cancelled."}
	case err != nil:
		return diagnostics.Section[T]{State: diagnostics.StateFailed, Note: failure(err)}
	case data == nil:
		return diagnostics.Section[T]{State: diagnostics.StateFailed, Note: "There was nothing to read."}
	case note != "":
		return diagnostics.Section[T]{State: diagnostics.StatePartial, Note: note, Data: data}
	}
	return diagnostics.Section[T]{State: diagnostics.StateOK, Data: data}
}

// failure makes a sentence of an error of the system.
func failure(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Sentence
	}
	return "It could not be read: " + err.Error() + "."
}

// enter notes that a collector starts. It refuses to while an earlier run of it
// hangs: then another would hang as well, and hold a thread each time.
func (p *Prober) enter(name diagnostics.SectionName) (since time.Time, still bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	since, still = p.stuck[name]
	return since, still
}

// giveUp notes that a collector hangs, unless it has ended meanwhile: it says so
// before it leaves.
func (p *Prober) giveUp(name diagnostics.SectionName, ended func() bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, still := p.stuck[name]; !still && !ended() {
		p.stuck[name] = time.Now()
	}
}

func (p *Prober) leave(name diagnostics.SectionName) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.stuck, name)
}

// wait waits for d, or until the context is done.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
