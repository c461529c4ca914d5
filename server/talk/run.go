package talk

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
)

const (
	batch  = 50
	again  = 5 * time.Second  // after what could not be sent for now
	looked = 15 * time.Second // how often the store is asked though nobody here has sent: other nodes do
)

func (t *Talk) poke() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Run sends what is due, until ctx ends. What was being sent when the server
// stopped is sent again, and has its effect once.
func (t *Talk) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.wake:
		case <-timer.C:
		}
		wait := again
		err := t.sendDue(ctx)
		if err == nil {
			var next time.Time
			if next, err = t.store.Next(ctx); err == nil {
				wait = looked
				if !next.IsZero() {
					wait = min(max(next.Sub(t.now()), 0), looked)
				}
			}
		}
		if err != nil && ctx.Err() == nil {
			t.log.Error("answers that wait were not sent", "err", err)
			wait = again
		}
		timer.Reset(wait)
	}
}

// sendDue sends all that is due now.
func (t *Talk) sendDue(ctx context.Context) error {
	for {
		list, err := t.store.Due(ctx, t.now(), batch)
		if err != nil {
			return err
		}
		for _, h := range list {
			if err := t.send(ctx, h); err != nil {
				return err
			}
		}
		if len(list) < batch {
			return nil
		}
	}
}

// send sends one answer, as its writer may now. One that will never go out goes
// back to its writer; nothing is lost.
func (t *Talk) send(ctx context.Context, h Held) error {
	err := t.deliver(ctx, h)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the next start sends it
	}
	switch fault.CodeOf(err) {
	case "":
		return t.store.Sent(ctx, h.ID)
	case fault.Conflict, fault.Invalid, fault.Forbidden, fault.NotFound, fault.Stale, fault.TooLarge, fault.Unauthenticated:
		t.log.Warn("an answer was not sent, and went back to who wrote it", "ticket", h.Ticket, "person", h.By.ID, "err", err)
		return t.store.Back(ctx, h, t.back("Not sent: "+fault.Sentence(err)))
	}
	t.log.Error("an answer was not sent yet", "ticket", h.Ticket, "err", err)
	return t.store.Later(ctx, h.ID, t.now().Add(again))
}

func (t *Talk) deliver(ctx context.Context, h Held) error {
	p, role, err := t.store.Person(ctx, h.By.ID)
	if err != nil {
		return err
	}
	list, err := h.Draft.Commands(h.ID)
	if err != nil {
		return err
	}
	actor := auth.Actor{Kind: auth.Staff, Person: p.ID, Name: p.Name, Role: role, Limit: h.Limit}
	_, err = t.desk.DoAll(ctx, actor, onceOf(h.ID, h.Draft), h.Ticket, 0, list)
	return err
}
