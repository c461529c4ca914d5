package ask

import (
	"context"
	"fmt"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
)

// Get returns a question with what has come of its answer.
func (a *Asker) Get(ctx context.Context, actor auth.Actor, id string) (Ask, error) {
	q, err := a.store.Ask(ctx, id)
	if err != nil {
		return Ask{}, err
	}
	if actor.Kind == auth.Requester {
		if q.AskerID != actor.Person || q.AskerUID == "" {
			return Ask{}, fault.New(fault.NotFound, "There is no such question.")
		}
		err = auth.Authorise(actor, auth.OwnCheckup, auth.Object{})
	} else {
		err = auth.Authorise(actor, auth.EndpointsAsk, auth.Object{Endpoint: q.Endpoint})
	}
	if err != nil {
		return Ask{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r, ok := a.running[id]; ok {
		q = r.ask
		q.Answer = r.parts()
		if r.term != nil {
			q.Answer = r.term.lines()
		}
	}
	if (q.Kind.Terminal() || q.Kind == wire.ActScreen) && !auth.May(actor, auth.EndpointsAct) {
		q.Answer = nil // what was typed and shown is for those who may open one themselves
	}
	return q, nil
}

// List returns the newest questions to an endpoint or of a ticket.
func (a *Asker) List(ctx context.Context, actor auth.Actor, q Query) ([]Ask, error) {
	if err := auth.Authorise(actor, auth.EndpointsAsk, auth.Object{Endpoint: q.Endpoint}); err != nil {
		return nil, err
	}
	if q.Limit == 0 {
		q.Limit = 50
	}
	if q.Limit < 1 || q.Limit > 200 {
		return nil, fault.Field("limit", "A page holds 1 to 200 questions.")
	}
	return a.store.Asks(ctx, q)
}

// Recover names what the server's last end has left open. It is called before any
// endpoint connects. Of an order the ticket's history and the audit log learn it too:
// who reads there that it was given must not think that nothing came of it.
func (a *Asker) Recover(ctx context.Context) error {
	return a.store.Update(ctx, func(tx Tx) error {
		lost, err := tx.LoseAsks(a.now())
		if err != nil {
			return err
		}
		for _, q := range lost {
			if !q.Kind.Acts() {
				continue
			}
			if err := a.recordEnd(tx, q); err != nil {
				return fmt.Errorf("writing down an order that was lost: %w", err)
			}
		}
		return nil
	})
}

// Run ends what waits too long, until ctx ends.
func (a *Asker) Run(ctx context.Context) error {
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	defer a.keeping.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		var ended []Ask
		err := a.store.Update(ctx, func(tx Tx) (err error) {
			ended, err = tx.ExpireAsks(a.now())
			return err
		})
		if err != nil && ctx.Err() == nil {
			a.log.Error("questions that waited too long were not ended", "err", err)
		}
		for _, q := range ended {
			a.publish(q.ID, q.Ticket, wire.Answer{Done: true, Code: fault.Expired, Sentence: "The machine did not come back in time."}, Expired)
		}
	}
}
