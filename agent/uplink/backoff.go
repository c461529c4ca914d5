package uplink

import (
	"errors"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// The bounds of the wait between attempts, and how long a session has to hold
// before the next failure counts as the first again.
const (
	firstWait = time.Second
	longWait  = time.Minute
	healthy   = 30 * time.Second
)

// How long to wait where only a person can help: the administrator may let the
// identity go at any time, and an update may come.
const (
	heldWait    = 5 * time.Minute
	revokedWait = time.Hour
)

// Ending is how an attempt or a session ended.
type Ending struct {
	Err          error
	Up           time.Duration // how long the session held; 0 when there was none
	ReturnWithin time.Duration // from its welcome
	Now          bool          // come back at once: the machine woke up or its network changed
}

// Backoff spreads attempts, so that a fleet that lost its server in one moment
// does not come back in one. Whoever keeps sessions up without an Uplink, as the
// simulator does, waits by the same rule.
type Backoff struct {
	Random   func() float64 // in [0, 1)
	failures int
}

// After returns how long to wait before the next attempt, and whether that wait
// was the server's wish.
func (b *Backoff) After(e Ending) (wait time.Duration, wished bool) {
	if e.Up >= healthy {
		b.failures = 0
	}
	if e.Now {
		return 0, false
	}
	if r, ok := errors.AsType[*RefusedError](e.Err); ok {
		wait := r.RetryAfter
		if wait == 0 {
			wait = map[int]time.Duration{
				wire.CloseHeld: heldWait, wire.CloseRevoked: revokedWait,
				wire.CloseUnproven: heldWait, wire.CloseVersion: heldWait,
			}[r.Close]
		}
		if wait > 0 {
			b.failures = 0
			return wait + time.Duration(b.Random()*float64(wait)/2), true
		}
	}
	if e.Up >= healthy && e.ReturnWithin > 0 {
		return time.Duration(b.Random() * float64(e.ReturnWithin)), false
	}
	bound := longWait
	if b.failures < 6 {
		bound = firstWait << b.failures
	}
	b.failures++
	return max(time.Duration(b.Random()*float64(bound)), time.Duration(b.Random()*float64(e.ReturnWithin))), false
}

// barred reports whether the server does not want this identity: only an
// administrator can change that.
func barred(err error) bool {
	r, ok := errors.AsType[*RefusedError](err)
	return ok && (r.Close == wire.CloseHeld || r.Close == wire.CloseRevoked || fault.Is(err, fault.Held))
}
