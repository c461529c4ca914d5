package talk

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
)

const (
	batch  = 50
	again  = 5 * time.Second  // after what could not be sent for now; each time twice as long,
	rarest = 5 * time.Minute  // up to this
	most   = 10               // times an answer is tried, in about half an hour, before its writer has it back
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
	_, err = t.settle(ctx, h, err, func(h *Held) {
		h.Tries++
		h.Due = t.now().Add(min(again<<(h.Tries-1), rarest))
	})
	return err
}

// Fate is what has become of an answer that was tried once more.
type Fate string

// The fates.
const (
	Sent     Fate = "sent"
	Waits    Fate = "waits"    // it is tried again by itself
	Returned Fate = "returned" // it is its writer's draft again
)

// Again tries at once to send an answer that could not be sent before. It costs none
// of the tries that are made by themselves, and puts off none.
func (t *Talk) Again(ctx context.Context, actor auth.Actor, id string) (Fate, error) {
	if err := auth.Authorise(actor, auth.TicketsWork, auth.Object{}); err != nil {
		return "", err
	}
	h, err := t.store.Claim(ctx, actor.Person, id, t.now())
	if fault.Is(err, fault.NotFound) {
		return "", fault.New(fault.Conflict, "It is being sent at this moment, or has been sent already. Look at the conversation.")
	}
	if err != nil {
		return "", err
	}
	ctx = context.WithoutCancel(ctx) // a closed tab leaves nothing half done
	return t.settle(ctx, h, t.deliver(ctx, h), func(*Held) {})
}

// settle keeps what has become of an answer. later says when one that could not be
// sent for now is tried again.
func (t *Talk) settle(ctx context.Context, h Held, err error, later func(*Held)) (Fate, error) {
	switch fault.CodeOf(err) {
	case "":
		return Sent, t.store.Sent(ctx, h.ID)
	case fault.Conflict, fault.Invalid, fault.Forbidden, fault.NotFound, fault.Stale, fault.TooLarge, fault.Unauthenticated:
		return Returned, t.giveBack(ctx, h, "Not sent: "+fault.Sentence(err), err)
	}
	h.Why = fault.Sentence(err)
	if later(&h); h.Tries >= most {
		return Returned, t.giveBack(ctx, h, "This could not be sent, because of this: "+h.Why+" Your words are in the box; try again.", err)
	}
	t.log.Error("an answer was not sent yet", "ticket", h.Ticket, "tries", h.Tries, "again", h.Due, "err", err)
	return Waits, t.store.Later(ctx, h)
}

// giveBack makes an answer its writer's draft again, and tells them: they may have
// left the ticket, and believe that it was sent.
func (t *Talk) giveBack(ctx context.Context, h Held, why string, err error) error {
	t.log.Warn("an answer was not sent, and went back to who wrote it", "ticket", h.Ticket, "person", h.By.ID, "tries", h.Tries, "err", err)
	if err := t.store.Back(ctx, h, t.back(why)); err != nil {
		return err
	}
	if err := t.unsent(ctx, h, why); err != nil && ctx.Err() == nil {
		t.log.Error("whoever wrote an answer was not told that it was not sent", "ticket", h.Ticket, "person", h.By.ID, "err", err)
	}
	return nil
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
