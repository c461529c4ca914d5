package desk

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// Do carries a command out on a ticket. seen is the version that the actor looked
// at; 0 means that it does not matter, as for a note. When the ticket has changed
// since, nothing happens and the error is fault.Stale, except for Take, where who
// was first is the better answer.
//
// The ticket that it returns may be another one: a requester's answer to a ticket
// that was merged goes to the one it went into, and who comes back after too long
// opens a new one.
func (d *Desk) Do(ctx context.Context, actor auth.Actor, id string, seen int64, c ticket.Command) (ticket.Ticket, error) {
	var after ticket.Ticket
	err := d.store.Update(ctx, func(tx Tx) (err error) {
		after, err = d.do(tx, actor, id, seen, c)
		return err
	})
	return after, err
}

func (d *Desk) do(tx Tx, actor auth.Actor, id string, seen int64, c ticket.Command) (ticket.Ticket, error) {
	before, err := tx.Ticket(id)
	if err != nil {
		return before, err
	}
	if err := authoriseWork(actor, before, c); err != nil {
		return before, err
	}
	switch c := c.(type) {
	case ticket.LinkTo, ticket.Unlink:
		return d.link(tx, actorOf(actor), before, seen, c)
	case ticket.MergeInto:
		if stale(before, seen) {
			return before, errStale(before)
		}
		_, err := d.merge(tx, actorOf(actor), c.Into.ID, []string{before.ID})
		return before, err
	}
	if actor.Kind == auth.Requester {
		if t, done, err := d.byRequester(tx, actor, before, c); done || err != nil {
			return t, err
		}
	}
	return d.change(tx, actor, before, seen, c)
}

// change carries out a command that is about this one ticket, and what follows
// from it for its children.
func (d *Desk) change(tx Tx, actor auth.Actor, before ticket.Ticket, seen int64, c ticket.Command) (ticket.Ticket, error) {
	c, err := d.fill(tx, actor, before, c)
	if err != nil {
		return before, err
	}
	if err := checkBlobs(tx, c); err != nil {
		return before, err
	}
	by, now := actorOf(actor), d.now()
	after, events, err := ticket.Apply(before, c, by, now)
	if err != nil {
		return before, err
	}
	if _, first := c.(ticket.Take); stale(before, seen) && !first {
		return before, errStale(before)
	}
	for _, more := range d.then(after, c) {
		var then []ticket.Event
		if after, then, err = ticket.Apply(after, more, by, now); err != nil {
			return before, err
		}
		events = append(events, then...)
	}
	d.called(before, events)
	if err := d.save(tx, before, after, events, by, now); err != nil || len(events) == 0 {
		return after, err
	}
	if after.Assignee.ID == "" && (after.Team != before.Team || after.State == ticket.Approved) {
		after, _, err = d.giveOut(tx, after)
	}
	return after, err
}

// save stores what happened to a ticket, and hands down to its children what is
// theirs too.
func (d *Desk) save(tx Tx, before, after ticket.Ticket, events []ticket.Event, by ticket.Actor, now time.Time) error {
	if len(events) == 0 {
		return nil
	}
	if err := tx.Save(before, after, events); err != nil {
		return err
	}
	return d.handDown(tx, by, now, after, events)
}

func stale(t ticket.Ticket, seen int64) bool { return seen != 0 && seen != t.Version }

func errStale(t ticket.Ticket) error {
	return fault.Newf(fault.Stale, "Ticket %d has changed since you opened it. Nothing was saved; look at the change and try again.", t.Number)
}

func authoriseWork(actor auth.Actor, t ticket.Ticket, c ticket.Command) error {
	if _, decides := c.(ticket.Decide); decides {
		return auth.Authorise(actor, auth.ApprovalsDecide, auth.Object{Requester: t.Approver.ID})
	}
	if actor.Kind == auth.Requester {
		return auth.Authorise(actor, auth.OwnAct, auth.Object{Requester: t.Requester.ID})
	}
	return auth.Authorise(actor, auth.TicketsWork, auth.Object{})
}

// checkBlobs refuses attachments whose bytes have not arrived, and fills in their
// true size and type.
func checkBlobs(tx Tx, c ticket.Command) error {
	var list []ticket.Attachment
	switch c := c.(type) {
	case ticket.Reply:
		list = c.Attachments
	case ticket.Note:
		list = c.Attachments
	case ticket.Open:
		list = c.Attachments
	}
	if len(list) > maxAttachments {
		return fault.Field("attachments", "A message carries at most 10 attachments.")
	}
	for i := range list {
		b, err := tx.Blob(list[i].SHA256)
		if err != nil || !b.Complete {
			return fault.New(fault.Unavailable, "An attachment has not arrived yet. Send it first.")
		}
		list[i].Size, list[i].Type = b.Size, b.Type
		list[i].Name = ticket.CleanName(list[i].Name)
	}
	return nil
}

const maxAttachments = 10
