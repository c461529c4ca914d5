package page

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// Patiently does something that the agent does for one window at a time, and does
// it again while another one is at it, for a few seconds.
func Patiently(ctx context.Context, do func() error) error {
	const every, most = 500 * time.Millisecond, 16
	err := do()
	for n := 0; n < most && fault.Is(err, fault.TooMany); n++ {
		timer := time.NewTimer(every)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		err = do()
	}
	return err
}
