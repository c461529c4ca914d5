package clocks

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/sla"
)

// After returns the moment until which the desk has been open for so long, by the
// calendars of the policies that hold for some tickets, the latest of them; where none
// holds for any, by a calendar; and by the stopwatch where there is no such calendar.
func (k *Keeper) After(ctx context.Context, tickets []string, calendar string, from time.Time, d time.Duration) (time.Time, error) {
	s := k.current()
	hours := map[*sla.Hours]struct{}{}
	for _, id := range tickets {
		history, err := k.o.Store.History(ctx, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return time.Time{}, err
		}
		if c := s.rules.Clocks(history, k.o.Now()); len(c) > 0 {
			hours[s.hours[c[len(c)-1].Policy]] = struct{}{}
		}
	}
	if len(hours) == 0 {
		hours[s.calendars[calendar]] = struct{}{}
	}
	at := from
	for h := range hours {
		until, ok := from.Add(d), true
		if h != nil { // else around the clock
			until, ok = h.Add(from, d)
		}
		if ok && until.After(at) {
			at = until
		}
	}
	return at, nil
}
