package ticket

import "slices"

// What of a ticket's history its requester sees. When tickets are merged, each of
// the requesters goes on seeing their own, with what the staff says on the other
// one since; never another requester's words.

// Shown returns a history as the requester may see it: what is among staff is not
// in it, nor what the requesters of merged tickets said, nor what other tickets
// there are.
func Shown(history []Event, requester string) []Event {
	var out []Event
	for _, e := range history {
		if Told(e, requester) {
			out = append(out, e.bare(requester))
		}
	}
	return out
}

// Told reports whether the requester may see an event of their own ticket.
func Told(e Event, requester string) bool {
	return e.Public() && (e.Actor.Side != Requester || e.Actor.ID == requester || e.anybodys())
}

// ShownOnward returns what the requester of a merged ticket sees of the history of
// the one that it went into: the staff's words and steps since then, and their own
// answers.
func ShownOnward(history []Event, merged, requester string) []Event {
	at := slices.IndexFunc(history, func(e Event) bool { return e.Type == Absorbed && e.Other != nil && e.Other.ID == merged })
	if at < 0 {
		return nil
	}
	var out []Event
	for _, e := range history[at+1:] {
		if ToldOnward(e, requester) {
			out = append(out, e.bare(requester))
		}
	}
	return out
}

// ToldOnward reports whether the requester of a merged ticket may see an event of
// the one that it went into, if it came after.
func ToldOnward(e Event, requester string) bool {
	switch e.Type {
	case Opened, Asked, Merged, Rated, Confirmed, ApprovalAsked, ApprovedBy, RejectedBy, PersonalDataGone: // the other requester's own
		return false
	}
	return e.Public() && (e.Actor.Side != Requester || e.Actor.ID == requester && e.Says() || e.Type == Resumed)
}

// anybodys reports whether an event is told whichever employee made it: another one
// decides about a request, or has answered what was waited for.
func (e Event) anybodys() bool {
	return e.Type == ApprovedBy || e.Type == RejectedBy || e.Type == Resumed
}

// bare is the event without what only the staff needs to know. That it goes on is
// nobody's name.
func (e Event) bare(requester string) Event {
	if e.Type == Resumed && e.Actor.Side == Requester && e.Actor.ID != requester {
		e.Actor = Actor{Side: System}
	}
	e.Category, e.Team, e.Tags, e.Untags, e.Fields = "", "", nil, nil, nil
	e.CategoryName, e.TeamName, e.Was = "", "", ""
	e.Relation, e.Other, e.People = "", nil, nil
	return e
}

// Bare is the ticket as its requester may see it, without what only the staff
// needs to know: how it is filed, who watches it, what other tickets there are.
func (t Ticket) Bare() Ticket {
	t.Category, t.Team, t.Tags, t.Fields, t.Overridden, t.Major, t.Tier, t.NOC = "", "", nil, nil, false, false, 0, false
	t.Parent, t.Links, t.MergedInto, t.Also, t.Watchers = Reference{}, nil, Reference{}, nil, nil
	return t
}
