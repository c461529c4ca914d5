// Package checkups runs check-ups for the people of this machine and keeps the
// finished ones for a while, so that a ticket can name one instead of carrying it:
// what is sent is what the machine found, not what a client says it found.
package checkups

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/diagnostics/redact"
	"github.com/deskbell/deskbell/internal/fault"
)

// Keeps is how long a check-up can be named in a ticket.
const Keeps = time.Hour

// Bounds: check-ups at once, and finished ones that are kept.
const (
	atOnce        = 4
	keepFor       = Keeps
	keepPerPerson = 3
)

// Prober reads the machine. *probe.Prober is one.
type Prober interface {
	Collect(ctx context.Context, r probe.Request, onSection func(diagnostics.Snapshot, []diagnostics.SectionName)) diagnostics.Snapshot
}

// Room is where check-ups are run and kept. It is safe for concurrent use.
type Room struct {
	prober Prober
	server func() *probe.Server
	onDone func(sections []diagnostics.SectionName, findings []diagnostics.Finding)
	now    func() time.Time
	// Seen, unless nil, hears of each full check-up. It is set before the first one.
	Seen func(diagnostics.Snapshot, []diagnostics.Finding)

	mu      sync.Mutex
	running map[string]bool
	kept    []kept // oldest first
}

type kept struct {
	owner   string
	at      time.Time
	checkup local.Checkup
}

// New returns a room. server tells how the agent stands to its server, nil when it
// has none; onDone, unless nil, hears of what each finished check-up found.
func New(p Prober, server func() *probe.Server, onDone func([]diagnostics.SectionName, []diagnostics.Finding)) *Room {
	return &Room{prober: p, server: server, onDone: onDone, now: time.Now, running: map[string]bool{}}
}

// Run runs a check-up for a person and calls emit as sections come in; the last
// call, and no other, has Done. A person has one at a time: TooMany.
func (r *Room) Run(ctx context.Context, owner string, q local.CheckupRequest, emit func(local.Checkup)) error {
	for _, s := range q.Sections {
		if !slices.Contains(diagnostics.SectionNames(), s) {
			return fault.Field("sections", "There is no section “"+string(s)+"” in a check-up.")
		}
	}
	if err := r.enter(owner); err != nil {
		return err
	}
	defer r.leave(owner)
	id := ulid.Make().String()
	raw := r.prober.Collect(ctx, probe.Request{Sections: q.Sections, Server: r.server(), Quick: q.Quick}, func(s diagnostics.Snapshot, pending []diagnostics.SectionName) {
		if len(pending) > 0 {
			emit(Present(id, s, pending))
		}
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c := Present(id, raw, nil)
	c.Done = true
	r.keep(owner, c)
	if r.Seen != nil && !q.Quick && len(q.Sections) == 0 {
		r.Seen(c.Snapshot, c.Findings)
	}
	if r.onDone != nil && !q.Quick { // what a quick one does not find may be there all the same
		r.onDone(q.Sections, c.Findings)
	}
	emit(c)
	return nil
}

// Look runs a full check-up that belongs to nobody, to see whether something has
// changed. It waits for no other, and is not kept.
func (r *Room) Look(ctx context.Context) (local.Checkup, error) {
	raw := r.prober.Collect(ctx, probe.Request{Server: r.server()}, func(diagnostics.Snapshot, []diagnostics.SectionName) {})
	if ctx.Err() != nil {
		return local.Checkup{}, ctx.Err()
	}
	c := Present("", raw, nil)
	c.Done = true
	if r.onDone != nil {
		r.onDone(nil, c.Findings)
	}
	return c, nil
}

// Glance runs a quick check-up that belongs to nobody. What it does not find may be there
// all the same.
func (r *Room) Glance(ctx context.Context) (local.Checkup, error) {
	raw := r.prober.Collect(ctx, probe.Request{Server: r.server(), Quick: true}, func(diagnostics.Snapshot, []diagnostics.SectionName) {})
	if ctx.Err() != nil {
		return local.Checkup{}, ctx.Err()
	}
	return Present("", raw, nil), nil
}

// Present makes a check-up of a snapshot as far as it is known: judged, and with
// the secrets taken out of it and out of the findings.
func Present(id string, raw diagnostics.Snapshot, pending []diagnostics.SectionName) local.Checkup {
	s, n := redact.Snapshot(raw)
	f, m := redact.Value(diagnostics.Judge(raw))
	if f == nil {
		f = []diagnostics.Finding{}
	}
	for i := range f { // with nothing else to blame, the agent's own part in it can be restarted
		if f[i].Code == diagnostics.ServerUnreachable && f[i].CausedBy == "" && f[i].Fix == nil {
			f[i].Fix = &diagnostics.Fix{Recipe: local.RestartPart, Target: local.PartConnection}
		}
	}
	return local.Checkup{ID: id, Pending: pending, Snapshot: s, Findings: f, Redacted: n + m}
}

func (r *Room) enter(owner string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[owner] {
		return fault.Say(fault.TooMany, "error.checkup_running")
	}
	if len(r.running) >= atOnce {
		return fault.Say(fault.TooMany, "error.checkups_many")
	}
	r.running[owner] = true
	return nil
}

func (r *Room) leave(owner string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.running, owner)
}

func (r *Room) keep(owner string, c local.Checkup) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, kept{owner, r.now(), c})
	r.sweep()
	n := 0
	for i := len(r.kept) - 1; i >= 0; i-- {
		if r.kept[i].owner != owner {
			continue
		}
		if n++; n > keepPerPerson {
			r.kept = slices.Delete(r.kept, i, i+1)
		}
	}
}

func (r *Room) sweep() {
	now := r.now()
	r.kept = slices.DeleteFunc(r.kept, func(k kept) bool { return now.Sub(k.at) > keepFor })
}

// Sweep forgets what was kept long enough. Call it now and then.
func (r *Room) Sweep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep()
}

// Take returns a finished check-up of a person's without the sections that they
// took out, and without the findings that rest on them. Nobody else's is found.
func (r *Room) Take(owner, id string, without []diagnostics.SectionName) (*diagnostics.Snapshot, []diagnostics.Finding, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep()
	i := slices.IndexFunc(r.kept, func(k kept) bool { return k.owner == owner && k.checkup.ID == id })
	if i < 0 {
		return nil, nil, fault.Say(fault.Invalid, "error.checkup_old").At("checkup")
	}
	for _, s := range without {
		if !slices.Contains(diagnostics.SectionNames(), s) {
			return nil, nil, fault.Field("without", "There is no section “"+string(s)+"” in a check-up.")
		}
	}
	c := r.kept[i].checkup
	s := c.Snapshot.Without(without...)
	return &s, Without(c.Findings, without), nil
}

// Without leaves out every finding that rests on one of the sections: its words
// would tell what the person did not want to tell.
func Without(findings []diagnostics.Finding, sections []diagnostics.SectionName) []diagnostics.Finding {
	about := map[diagnostics.Code]diagnostics.SectionName{}
	for _, rule := range diagnostics.Rules() {
		about[rule.Code] = rule.Section
	}
	var out []diagnostics.Finding
	for _, f := range findings {
		if slices.Contains(sections, about[f.Code]) || slices.ContainsFunc(f.Evidence, func(e diagnostics.Evidence) bool { return slices.Contains(sections, e.Section) }) {
			continue
		}
		out = append(out, f)
	}
	return out
}
