package desk

import (
	"context"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/ticket"
)

// maxHops is how often one ticket may have been merged on.
const maxHops = 16

// own is a ticket as its requester sees it: without what is the staff's, and when
// it was merged into another one with what the staff says there since. Of the
// other requester nothing is in it.
func (d *Desk) own(ctx context.Context, row Row, history []ticket.Event) (Detail, error) {
	who := row.Requester.ID
	out := Detail{Row: row, History: ticket.Shown(history, who)}
	var err error
	out.Ticket, err = d.ownTicket(ctx, row.Ticket, func(from, to ticket.Ticket) error {
		more, err := d.store.History(ctx, to.ID)
		out.History = append(out.History, ticket.ShownOnward(more, from.ID, who)...)
		return err
	})
	return out, err
}

// ownTicket is own without the history; each is told of every hop.
func (d *Desk) ownTicket(ctx context.Context, t ticket.Ticket, each func(from, to ticket.Ticket) error) (ticket.Ticket, error) {
	out := t.Bare()
	for range maxHops {
		if t.MergedInto.ID == "" {
			break
		}
		next, err := d.store.Ticket(ctx, t.MergedInto.ID)
		if err == nil && each != nil {
			err = each(t, next.Ticket)
		}
		if err != nil {
			return out, err
		}
		out, t = onward(out, next.Ticket), next.Ticket
	}
	return out, nil
}

// onward is a merged ticket as its requester sees it: its own words, and where the
// other one stands. Solved reads closed: whether it works there is the other
// requester's to say.
func onward(own, other ticket.Ticket) ticket.Ticket {
	own.State, own.Waiting, own.WaitUntil, own.Assignee = other.State, other.Waiting, other.WaitUntil, other.Assignee
	if own.State == ticket.Resolved {
		own.State = ticket.Closed
	}
	own.Solution, own.Code, own.ResolvedAt, own.ClosedAt = other.Solution, other.Code, other.ResolvedAt, other.ClosedAt
	if other.UpdatedAt.After(own.UpdatedAt) {
		own.UpdatedAt = other.UpdatedAt
	}
	own.Version += other.Version
	return own
}

// last follows a ticket to the one that it went into.
func last(tx Tx, t ticket.Ticket) (ticket.Ticket, error) {
	for range maxHops {
		if t.MergedInto.ID == "" {
			return t, nil
		}
		var err error
		if t, err = tx.Ticket(t.MergedInto.ID); err != nil {
			return t, err
		}
	}
	return t, fault.Newf(fault.Conflict, "Ticket %d was merged on too often to follow it.", t.Number)
}
