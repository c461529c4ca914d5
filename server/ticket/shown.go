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
		decides := e.Type == ApprovedBy || e.Type == RejectedBy // by another employee, for this one
		if e.Public() && (e.Actor.Side != Requester || e.Actor.ID == requester || decides) {
			out = append(out, e.bare())
		}
	}
	return out
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
		switch e.Type {
		case Opened, Asked, Merged, Rated, Confirmed, ApprovalAsked, ApprovedBy, RejectedBy, PersonalDataGone: // the other requester's own
			continue
		}
		if e.Public() && (e.Actor.Side != Requester || e.Actor.ID == requester && e.Says()) {
			out = append(out, e.bare())
		}
	}
	return out
}

// bare is the event without what only the staff needs to know.
func (e Event) bare() Event {
	e.Category, e.Team, e.Tags, e.Untags, e.Fields = "", "", nil, nil, nil
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
