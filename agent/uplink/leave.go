package uplink

import (
	"context"
	"errors"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// LeavingError is why a session is ended from this side. As the cause with which the
// context of Run ends, it is the goodbye that the server is told.
type LeavingError wire.GoodbyeReason

// Error implements error.
func (l LeavingError) Error() string { return "this side leaves: " + string(l) }

// stayAway is how long nobody connects after a Leave that no Return follows: the
// machine did not sleep after all, or nobody told that it is awake.
const stayAway = 2 * time.Minute

// Leave says goodbye to the server and stays away until Return. It returns once the
// goodbye is said, or ctx ends.
func (u *Uplink) Leave(ctx context.Context, why wire.GoodbyeReason) {
	l := u.Link()
	if l == nil {
		return
	}
	select {
	case <-u.returned: // of before
	default:
	}
	l.cancel(LeavingError(why))
	select {
	case <-l.said:
	case <-ctx.Done():
	}
}

// Return ends what Leave began.
func (u *Uplink) Return() { ring(u.returned) }

// away waits after a Leave, and reports whether there is to be another session.
func (u *Uplink) away(ctx context.Context) bool {
	timer := time.NewTimer(stayAway)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-u.returned:
	case <-u.nudged:
	}
	return true
}

// goodbye is what the server is told when a session ends because of why.
func goodbye(ctx context.Context, why error) (wire.GoodbyeReason, bool) {
	l, leaving := errors.AsType[LeavingError](why)
	switch {
	case leaving:
		return wire.GoodbyeReason(l), true
	case ctx.Err() != nil:
		return wire.ByeStop, true
	case errors.Is(why, errNudged):
		return wire.ByeRoam, true
	}
	return "", false
}
