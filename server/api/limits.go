package api

import (
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/deskbell/deskbell/internal/fault"
)

// What one token or session may ask for: requests a second, and at once.
const (
	requestRate  = 50
	requestBurst = 200
)

// limits bound how fast each token and session asks.
type limits struct {
	mu sync.Mutex
	by map[string]*rate.Limiter
}

// maxLimiters is how many are kept before those are forgotten that are full
// again, and so say nothing.
const maxLimiters = 4096

func newLimits() *limits { return &limits{by: map[string]*rate.Limiter{}} }

// tooFastError says how long to wait.
type tooFastError struct{ seconds int }

func (t *tooFastError) Error() string { return fmt.Sprintf("wait %d s", t.seconds) }

// take lets one request through, or says when to come back.
func (l *limits) take(key string, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.by[key]
	if one == nil {
		if len(l.by) >= maxLimiters {
			for k, x := range l.by {
				if x.TokensAt(now) >= requestBurst {
					delete(l.by, k)
				}
			}
		}
		one = rate.NewLimiter(requestRate, requestBurst)
		l.by[key] = one
	}
	if one.AllowN(now, 1) {
		return nil
	}
	wait := max(1, int(math.Ceil((1-one.TokensAt(now))/requestRate)))
	return fault.Wrap(&tooFastError{wait}, fault.TooMany, fmt.Sprintf("More than %d requests a second. Slow down; the header Retry-After says how long to wait.", requestRate))
}
