package desk

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// Parents and children, and links: what binds tickets that stay two.

const (
	// MaxChildren is how many children one ticket has at most, so that a change of
	// it never holds up the desk.
	MaxChildren = 500
	maxAbove    = 20 // generations
)

// Children returns the tickets under a ticket, the oldest first.
func (d *Desk) Children(ctx context.Context, actor auth.Actor, parent string) ([]Row, error) {
	if err := auth.Authorise(actor, auth.TicketsRead, auth.Object{}); err != nil {
		return nil, err
	}
	return d.store.Children(ctx, parent)
}

// parent returns the reference to a parent after looking at those above it: no
// ticket is its own ancestor.
func (d *Desk) parent(tx Tx, t ticket.Ticket, to ticket.Reference) (ticket.Reference, error) {
	if to.ID == "" || to.ID == t.ID {
		return to, nil // the ticket says what is wrong
	}
	up, err := tx.Ticket(to.ID)
	if err != nil {
		return to, fault.Field("parent", "There is no such ticket to put it under.")
	}
	if up.MergedInto.ID != "" {
		return to, fault.Field("parent", "That ticket was merged into another one. Put it under that one.")
	}
	ref := ticket.Reference{ID: up.ID, Number: up.Number}
	above := 0
	for at := up; at.Parent.ID != ""; above++ {
		if at.Parent.ID == t.ID || above >= maxAbove {
			return ref, fault.Field("parent", "That ticket is itself below this one. Choose another parent.")
		}
		if at, err = tx.Ticket(at.Parent.ID); err != nil {
			return ref, err
		}
	}
	children, err := tx.Children(up.ID, MaxChildren)
	if err == nil && len(children) >= MaxChildren {
		err = fault.Newf(fault.Conflict, "Ticket %d has %d children, and no room for more. Put it under another one.", up.Number, MaxChildren)
	}
	return ref, err
}

// handDown gives children what a parent's events are for them too, and theirs. In
// all it changes at most MaxChildren tickets; what hangs still further down stays
// as it is, and the parent gets a note about it.
func (d *Desk) handDown(tx Tx, by ticket.Actor, now time.Time, parent ticket.Ticket, events []ticket.Event) error {
	h := handing{desk: d, tx: tx, by: by, now: now, left: MaxChildren, seen: map[string]bool{parent.ID: true}}
	if by.Side == ticket.Requester { // what their answer sets going, they did not do to others
		h.by = ticket.Actor{Side: ticket.System}
	}
	if err := h.down(parent, events); err != nil || !h.short {
		return err
	}
	note := ticket.Note{Message: d.newID(), Body: "More than 500 tickets hang below this one. Those furthest down were left as they are."}
	after, noted, err := ticket.Apply(parent, note, ticket.Actor{Side: ticket.System}, now)
	if err != nil {
		return err
	}
	return tx.Save(parent, after, noted)
}

// handing is one change on its way down.
type handing struct {
	desk  *Desk
	tx    Tx
	by    ticket.Actor
	now   time.Time
	left  int
	short bool
	seen  map[string]bool // against a family that is its own
}

func (h *handing) down(parent ticket.Ticket, events []ticket.Event) error {
	for _, e := range events {
		f, ok := ticket.Down(parent, e)
		if !ok {
			continue
		}
		children, err := h.tx.Children(parent.ID, MaxChildren)
		if err != nil {
			return err
		}
		for _, id := range children {
			if h.seen[id] {
				continue
			}
			if h.left == 0 {
				h.short = true
				return nil
			}
			h.seen[id] = true
			h.left--
			if err := h.child(id, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// child carries a parent's state to one child. One that does not allow it stays.
func (h *handing) child(id string, f ticket.Follow) error {
	before, err := h.tx.Ticket(id)
	if err != nil {
		return err
	}
	if f.Solution != "" {
		f.Message = h.desk.newID()
	}
	after, events, err := ticket.Apply(before, f, h.by, h.now)
	if fault.Is(err, fault.Conflict) || len(events) == 0 && err == nil {
		return nil
	}
	if err != nil {
		return err
	}
	if err := h.tx.Save(before, after, events); err != nil {
		return err
	}
	return h.down(after, events)
}

// link relates two tickets, or takes the relation away, on both sides.
func (d *Desk) link(tx Tx, by ticket.Actor, t ticket.Ticket, seen int64, c ticket.Command) (ticket.Ticket, error) {
	var l ticket.Link
	add, ok := c.(ticket.LinkTo)
	if l = add.Link; !ok {
		l = c.(ticket.Unlink).Link
	}
	other, err := tx.Ticket(l.To.ID)
	if err != nil {
		return t, fault.Field("other", "There is no such ticket to link.")
	}
	l.To = ticket.Reference{ID: other.ID, Number: other.Number}
	back := ticket.Link{Relation: l.Relation.Reverse(), To: ticket.Reference{ID: t.ID, Number: t.Number}}
	var here, there ticket.Command = ticket.LinkTo{Link: l}, ticket.LinkTo{Link: back}
	if !ok {
		here, there = ticket.Unlink{Link: l}, ticket.Unlink{Link: back}
	}
	now := d.now()
	after, events, err := ticket.Apply(t, here, by, now)
	if err != nil {
		return t, err
	}
	if stale(t, seen) {
		return t, errStale(t)
	}
	if err := tx.Save(t, after, events); err != nil {
		return t, err
	}
	otherAfter, events, err := ticket.Apply(other, there, by, now)
	if fault.Is(err, fault.Conflict) { // it stands there already, from before
		return after, nil
	}
	if err != nil {
		return t, err
	}
	return after, tx.Save(other, otherAfter, events)
}
