package clocks

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/sla"
)

// Explained is why the clocks of a ticket stand where they stand.
type Explained struct {
	Now     time.Time
	Clocks  []sla.Explanation
	Alarmed []sla.Alarm // the shares that have had their effect; At is when
}

// Explain derives the clocks of a ticket from its whole history, with every running
// and paused part of each.
func (k *Keeper) Explain(ctx context.Context, actor auth.Actor, id string) (Explained, error) {
	if err := auth.Authorise(actor, auth.TicketsRead, auth.Object{}); err != nil {
		return Explained{}, err
	}
	history, err := k.o.Store.History(ctx, id)
	if err != nil {
		return Explained{}, err
	}
	if len(history) == 0 {
		return Explained{}, fault.New(fault.NotFound, "There is no such ticket.")
	}
	alarmed, err := k.o.Store.Alarmed(ctx, id)
	if err != nil {
		return Explained{}, err
	}
	now := k.o.Now()
	return Explained{Now: now, Clocks: k.current().rules.Explain(sla.LineOf(history), now), Alarmed: alarmed}, nil
}

// Now returns a row's clock as it is now.
func (k *Keeper) Now(c sla.Clock) sla.Clock {
	s := k.current()
	if p, ok := s.policies[c.Policy]; ok {
		c.Title = p.Base().Name
	}
	return c.At(s.hours[c.Policy], k.o.Now())
}

// AddWorkingDays returns the moment that is so many working days of a calendar after
// another; days of 24 hours where there is no such calendar.
func (k *Keeper) AddWorkingDays(calendar string, from time.Time, days int) time.Time {
	if h := k.current().calendars[calendar]; h != nil {
		if at, ok := h.AddWorkingDays(from, days); ok {
			return at
		}
	}
	return from.AddDate(0, 0, days)
}

// Open reports whether a moment is within a calendar's hours. Where there is no such
// calendar it is always open.
func (k *Keeper) Open(calendar string, at time.Time) bool {
	h := k.current().calendars[calendar]
	return h == nil || h.IsOpen(at)
}
