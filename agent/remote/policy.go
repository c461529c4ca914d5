package remote

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Policy is what the endpoint itself allows. There is no asking for more than
// wire.AskKinds and wire.ActKinds.
type Policy struct {
	// Allow lists kinds with false to forbid them and with true to allow them. A
	// diagnostic that is not in it is allowed, unless Only is set; what acts on the
	// machine is not.
	Allow map[wire.AskKind]bool
	// Only forbids every kind that Allow does not name with true.
	Only bool
	// AskFirst lists what needs the requester's consent besides being allowed;
	// terminals always do.
	AskFirst      map[wire.AskKind]bool
	MaxConcurrent int // answers at once; 0 means 4
	PerMinute     int // asks a minute; 0 means 30
}

const (
	defaultConcurrent = 4
	defaultPerMinute  = 30
)

// allows reports whether the policy lets a kind through. A kind that we do not
// know is let through to where it is refused by name.
func (p Policy) allows(k wire.AskKind) bool {
	allowed, named := p.Allow[k]
	if named {
		return allowed
	}
	return !p.Only && !k.Acts()
}

// Allows reports whether a kind may be asked for, or told unasked.
func (p Policy) Allows(k wire.AskKind) bool { return p.allows(k) }

// Told is the policy as the server is told it.
func (p Policy) Told() *wire.Policy {
	t := &wire.Policy{}
	for _, k := range wire.AskKinds() {
		if !p.allows(k) {
			t.Forbid = append(t.Forbid, k)
		}
	}
	for _, k := range wire.ActKinds() {
		if p.allows(k) {
			t.Allow = append(t.Allow, k)
		}
	}
	return t
}

// pace bounds how many asks run, and begin in a minute.
type pace struct {
	mu      sync.Mutex
	running int
	starts  []time.Time // of the last minute
}

// enter takes a place among those that run, and counts against the rate.
func (p *pace) enter(now time.Time, atOnce, perMinute int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	// A clock that was set back must not keep old starts for ever.
	p.starts = slices.DeleteFunc(p.starts, func(t time.Time) bool { return now.Sub(t) >= time.Minute || t.After(now) })
	if len(p.starts) >= perMinute {
		return fault.New(fault.TooMany, "This machine was asked too often in the last minute. Wait a moment and ask again.")
	}
	if p.running >= atOnce {
		return fault.New(fault.TooMany, "This machine is still answering other questions. Wait until they are done.")
	}
	p.starts = append(p.starts, now)
	p.running++
	return nil
}

func (p *pace) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
}

// paceOf is the pace by which a kind goes: checks, which a server asks by itself all the
// time, leave people's questions their room.
func (r *Runner) paceOf(k wire.AskKind) (p *pace, atOnce, perMinute int) {
	if k == wire.AskCheck {
		return &r.checks, checksAtOnce, checksPerMinute
	}
	return &r.pace, cmp.Or(r.options.Policy.MaxConcurrent, defaultConcurrent), cmp.Or(r.options.Policy.PerMinute, defaultPerMinute)
}
