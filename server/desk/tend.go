package desk

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// tendEvery is how often the desk looks for what is due.
const tendEvery = 20 * time.Second

// tendPage is how many tickets are looked at together.
const tendPage = 200

// WorkingDays returns the end of so many working days after a moment.
type WorkingDays func(from time.Time, days int) time.Time

// Weekdays are Monday to Friday, whole days by UTC. It serves a desk that has no
// calendar.
func Weekdays(from time.Time, days int) time.Time {
	for at := from.UTC(); ; {
		if days <= 0 {
			return at
		}
		if at = at.AddDate(0, 0, 1); at.Weekday() != time.Saturday && at.Weekday() != time.Sunday {
			days--
		}
	}
}

// SetLog says where Run tells what it could not do.
func (d *Desk) SetLog(log *slog.Logger) { d.log = log }

// SetWorkingDays says how working days are counted, before Run.
func (d *Desk) SetWorkingDays(f WorkingDays) { d.workingDays = f }

// Run does what becomes due by itself until ctx ends: scheduled waiting ends, and
// what was resolved long enough ago is closed. Whatever it missed while it was away
// it does when it comes back, once.
func (d *Desk) Run(ctx context.Context) error {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		if _, err := d.Tend(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("what is due for tickets was not done; it is tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Tend does what is due now, and returns how many tickets it changed. What is due
// follows from the tickets and the clock alone, and is looked at again in the
// transaction that does it: nothing happens twice, and a clock that was set back
// only makes it wait.
func (d *Desk) Tend(ctx context.Context) (int, error) {
	now := d.now()
	resumed, err := d.tend(ctx, d.store.ScheduledUntil, now, ticket.Resume{}, func(t ticket.Ticket) bool {
		return t.State == ticket.Pending && t.Waiting == ticket.WaitScheduled && !t.WaitUntil.After(now)
	})
	if err != nil {
		return resumed, err
	}
	days := rulebook.SettingOf(d.book()).CloseDays
	if days == 0 {
		return resumed, nil
	}
	// No working day is shorter than a day: nothing younger can be due.
	closed, err := d.tend(ctx, d.store.ResolvedUntil, now.AddDate(0, 0, -days), ticket.Close{}, func(t ticket.Ticket) bool {
		return t.State == ticket.Resolved && !d.workingDays(t.ResolvedAt, days).After(now)
	})
	return resumed + closed, err
}

// tend carries a command out on every ticket of a list that is due.
func (d *Desk) tend(ctx context.Context, list func(context.Context, time.Time, Due, int) ([]Due, error), until time.Time, c ticket.Command, due func(ticket.Ticket) bool) (int, error) {
	n := 0
	var after Due
	for {
		page, err := list(ctx, until, after, tendPage)
		if err != nil || len(page) == 0 {
			return n, err
		}
		for _, x := range page {
			did := false
			err := d.store.Update(ctx, func(tx Tx) error {
				did = false
				t, err := tx.Ticket(x.Ticket)
				if err != nil || !due(t) {
					return err
				}
				by, now := ticket.Actor{Side: ticket.System}, d.now()
				next, events, err := ticket.Apply(t, c, by, now)
				if err != nil {
					return err
				}
				did = true
				return d.save(tx, t, next, events, by, now)
			})
			if err != nil && !errors.Is(err, context.Canceled) {
				return n, err
			}
			if did {
				n++
			}
		}
		after = page[len(page)-1]
	}
}

// Due names a ticket that something is to happen to at a moment.
type Due struct {
	At     time.Time
	Ticket string
}
