package desk

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
)

// Figures is what the desk counts.
type Figures interface {
	// OpenByEndpoint counts the open tickets of each endpoint that has any.
	OpenByEndpoint(ctx context.Context) (map[string]int, error)
	// Inflow counts the tickets since a moment by the step in which they came: the
	// keys are Unix time over step.
	Inflow(ctx context.Context, from time.Time, step time.Duration) (map[int64]int, error)
}

// OpenByEndpoint returns how many open tickets each endpoint has; endpoints
// without any are not in it.
func (d *Desk) OpenByEndpoint(ctx context.Context, actor auth.Actor) (map[string]int, error) {
	if err := auth.Authorise(actor, auth.TicketsList, auth.Object{}); err != nil {
		return nil, err
	}
	return d.store.OpenByEndpoint(ctx)
}

// Inflow returns how many tickets came in each step since a moment. The keys are
// Unix seconds over the step's; steps without a ticket are not in it.
func (d *Desk) Inflow(ctx context.Context, actor auth.Actor, from time.Time, step time.Duration) (map[int64]int, error) {
	if err := auth.Authorise(actor, auth.TicketsList, auth.Object{}); err != nil {
		return nil, err
	}
	if step < time.Minute {
		return nil, fault.Field("step", "Tickets are counted by the minute or longer.")
	}
	return d.store.Inflow(ctx, from, step)
}
