package desk

import (
	"context"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// Do carries a command out on a ticket. seen is the version that the actor looked
// at; 0 means that it does not matter, as for a note. When the ticket has changed
// since, nothing happens and the error is fault.Stale, except for Take, where who
// was first is the better answer.
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
	if err := authoriseWork(actor, before); err != nil {
		return before, err
	}
	if c, err = d.complete(tx, before, c); err != nil {
		return before, err
	}
	if err := checkBlobs(tx, c); err != nil {
		return before, err
	}
	after, events, err := ticket.Apply(before, c, actorOf(actor), d.now())
	if err != nil {
		return before, err
	}
	if _, first := c.(ticket.Take); seen != 0 && seen != before.Version && !first {
		return before, fault.Newf(fault.Stale, "Ticket %d has changed since you opened it. Nothing was saved; look at the change and try again.", before.Number)
	}
	if len(events) == 0 {
		return after, nil
	}
	if err := tx.Save(before, after, events); err != nil {
		return before, err
	}
	if after.Assignee.ID == "" && (after.Team != before.Team || after.State == ticket.Approved) {
		after, _, err = d.giveOut(tx, after)
	}
	return after, err
}

func authoriseWork(actor auth.Actor, t ticket.Ticket) error {
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
