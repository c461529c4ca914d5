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

// ending is how an attempt or a session ended.
type ending struct {
	err          error
	up           time.Duration // how long the session held; 0 when there was none
	returnWithin time.Duration // from its welcome
	now          bool          // come back at once: the machine woke up or its network changed
}

// backoff spreads attempts, so that a fleet that lost its server in one moment
// does not come back in one.
type backoff struct {
	failures int
	random   func() float64 // in [0, 1)
}

// after returns how long to wait before the next attempt, and whether that wait
// was the server's wish.
func (b *backoff) after(e ending) (wait time.Duration, wished bool) {
	if e.up >= healthy {
		b.failures = 0
	}
	if e.now {
		return 0, false
	}
	if r, ok := errors.AsType[*Refusal](e.err); ok {
		wait := r.RetryAfter
		if wait == 0 {
			wait = map[int]time.Duration{
				wire.CloseHeld: heldWait, wire.CloseRevoked: revokedWait,
				wire.CloseUnproven: heldWait, wire.CloseVersion: heldWait,
			}[r.Close]
		}
		if wait > 0 {
			b.failures = 0
			return wait + time.Duration(b.random()*float64(wait)/2), true
		}
	}
	if e.up >= healthy && e.returnWithin > 0 {
		return time.Duration(b.random() * float64(e.returnWithin)), false
	}
	bound := longWait
	if b.failures < 6 {
		bound = firstWait << b.failures
	}
	b.failures++
	return max(time.Duration(b.random()*float64(bound)), time.Duration(b.random()*float64(e.returnWithin))), false
}

// barred reports whether the server does not want this identity: only an
// administrator can change that.
func barred(err error) bool {
	r, ok := errors.AsType[*Refusal](err)
	return ok && (r.Close == wire.CloseHeld || r.Close == wire.CloseRevoked || fault.Is(err, fault.Held))
}
