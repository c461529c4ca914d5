package remote

import (
	"cmp"
	"slices"
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

// enter takes a place among the running asks, and counts against the rate.
func (r *Runner) enter() error {
	now := r.options.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	// A clock that was set back must not keep old starts for ever.
	r.starts = slices.DeleteFunc(r.starts, func(t time.Time) bool { return now.Sub(t) >= time.Minute || t.After(now) })
	if len(r.starts) >= cmp.Or(r.options.Policy.PerMinute, defaultPerMinute) {
		return fault.New(fault.TooMany, "This machine was asked too often in the last minute. Wait a moment and ask again.")
	}
	if r.running >= cmp.Or(r.options.Policy.MaxConcurrent, defaultConcurrent) {
		return fault.New(fault.TooMany, "This machine is still answering other questions. Wait until they are done.")
	}
	r.starts = append(r.starts, now)
	r.running++
	return nil
}

func (r *Runner) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running--
}
