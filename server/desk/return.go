package desk

import (
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// byRequester carries out what a requester does to a ticket that is not there to
// take it: one that was merged, or one that ended too long ago. done is false when
// it is an ordinary ticket.
func (d *Desk) byRequester(tx Tx, actor auth.Actor, own ticket.Ticket, c ticket.Command) (_ ticket.Ticket, done bool, err error) {
	reopen, again := c.(ticket.Reopen)
	if own.MergedInto.ID == "" {
		if !again || own.State.Open() || own.State == ticket.Cancelled || !own.EndedBefore(d.reopenable()) {
			return own, false, nil
		}
		t, err := d.follow(tx, actor, own, reopen)
		return t, true, err
	}
	target, err := last(tx, own)
	if err != nil {
		return own, true, err
	}
	switch c.(type) {
	case ticket.Read, ticket.Decide:
		return own, false, nil
	case ticket.Reply:
		t, err := d.change(tx, actor, target, 0, c)
		own.Version, own.UpdatedAt = own.Version+t.Version, t.UpdatedAt // what they get is about their own
		return own, true, err
	case ticket.Rate:
		if !target.State.Open() {
			return own, false, nil
		}
		return own, true, fault.New(fault.Conflict, "The ticket is not resolved yet.")
	case ticket.Reopen:
		if target.State.Open() {
			return own, true, fault.New(fault.Conflict, "Your help desk is still on it. Write an answer instead.")
		}
		t, err := d.follow(tx, actor, own, reopen)
		return t, true, err
	}
	return own, true, fault.New(fault.Conflict, "This ticket goes on together with others about the same. Write an answer instead.")
}

// follow opens a new ticket that follows one that cannot be reopened any more. Who
// comes back twice finds the one that they opened.
func (d *Desk) follow(tx Tx, actor auth.Actor, own ticket.Ticket, c ticket.Reopen) (ticket.Ticket, error) {
	for _, l := range own.Links {
		if l.Relation != ticket.FollowedBy {
			continue
		}
		there, err := tx.Ticket(l.To.ID)
		if err != nil {
			return there, err
		}
		if !there.State.Open() || there.Requester.ID != actor.Person {
			continue
		}
		if c.Body == "" {
			return there, nil
		}
		return d.change(tx, actor, there, 0, ticket.Reply{Message: c.Message, Body: c.Body})
	}
	now := d.now()
	body := c.Body
	if body == "" {
		body = "It is back."
	}
	open := ticket.Open{
		Kind: own.Kind, Title: own.Title, Body: body, Requester: own.Requester, Endpoint: own.Endpoint, Site: own.Site,
		Category: own.Category, Team: own.Team, Impact: own.Impact, Urgency: own.Urgency, Matrix: d.matrix(),
		Relation: ticket.Follows, Other: ticket.Reference{ID: own.ID, Number: own.Number},
	}
	made, events, err := ticket.Apply(ticket.Ticket{ID: d.newID()}, open, actorOf(actor), now)
	if err != nil {
		return made, err
	}
	d.called(ticket.Ticket{}, events)
	if err := tx.Insert(&made, events); err != nil {
		return made, err
	}
	back := ticket.LinkTo{Link: ticket.Link{Relation: ticket.FollowedBy, To: ticket.Reference{ID: made.ID, Number: made.Number}}}
	after, events, err := ticket.Apply(own, back, ticket.Actor{Side: ticket.System}, now)
	if err != nil {
		return made, err
	}
	if err := tx.Save(own, after, events); err != nil {
		return made, err
	}
	made, _, err = d.giveOut(tx, made)
	return made, err
}

func (d *Desk) matrix() ticket.Matrix { return rulebook.MatrixOf(d.book()) }
