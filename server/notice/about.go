package notice

import (
	"fmt"

	"github.com/deskbell/deskbell/server/ticket"
)

// about returns who is to be told of an event, and what; pure. A person is told
// once of one event, by the strongest reason, and never of what they did.
func about(t ticket.Ticket, version int64, e ticket.Event, team, operators []string) []Notice {
	var out []Notice
	told := map[string]bool{"": true}
	if e.Actor.Side == ticket.Staff {
		told[e.Actor.ID] = true
	}
	tell := func(person string, k Kind) {
		if told[person] {
			return
		}
		told[person] = true
		n := Notice{
			Person: person, Kind: k, Ticket: ticket.Reference{ID: t.ID, Number: t.Number}, Title: t.Title, What: e.Type, Text: e.Body, At: e.At,
			Cause: fmt.Sprintf("%s.%d.%s", t.ID, version, k),
		}
		if e.Actor.Side != ticket.System {
			n.Actor = e.Actor.Person
		}
		out = append(out, n)
	}
	if e.Undoes { // it is as it was
		return nil
	}
	switch e.Type {
	case ticket.Noted:
		for _, p := range e.People {
			tell(p.ID, Mentioned)
		}
	case ticket.AssignedTo, ticket.HandedOver, ticket.Followed:
		if e.Person != nil {
			tell(e.Person.ID, Assigned)
		}
	case ticket.Escalated:
		if e.Automatic { // by a clock, which tells of it itself: of many at once as one
			break
		}
		for _, p := range team {
			tell(p, Escalated)
		}
		for _, p := range operators {
			tell(p, Escalated)
		}
	}
	if e.Type == ticket.Resumed && e.Actor.Side == ticket.Requester {
		return nil // they answered: that is told of
	}
	if e.Actor.Side == ticket.Requester && concerns(e) {
		tell(t.Assignee.ID, Answered)
	}
	if concerns(e) {
		for _, p := range t.Watchers {
			tell(p.ID, Changed)
		}
	}
	return out
}

// concerns reports whether an event is worth a word to who watches the ticket.
// Filing it is not, nor looking at it.
func concerns(e ticket.Event) bool {
	switch e.Type {
	case ticket.Took, ticket.AssignedTo, ticket.HandedOver, ticket.Escalated, ticket.Replied, ticket.Noted, ticket.Waits, ticket.Resumed,
		ticket.ResolvedAs, ticket.Confirmed, ticket.ReopenedBy, ticket.Rated, ticket.Prioritised, ticket.Overrode, ticket.MajorSet,
		ticket.ClosedBy, ticket.CancelledBy, ticket.Merged, ticket.ApprovedBy, ticket.RejectedBy, ticket.Followed:
		return !e.Automatic
	}
	return false
}
