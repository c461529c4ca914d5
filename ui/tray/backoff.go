package tray

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is how long to wait for an agent that is away: from half a second,
// doubled each time, to half a minute, with jitter so that the trays of one
// machine do not come back in step.
type backoff struct{ next time.Duration }

func (b *backoff) reset() { b.next = 0 }

// wait reports whether there is another try; false means that ctx has ended.
func (b *backoff) wait(ctx context.Context) bool {
	b.next = min(max(2*b.next, 500*time.Millisecond), 30*time.Second)
	timer := time.NewTimer(b.next/2 + rand.N(b.next/2))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
