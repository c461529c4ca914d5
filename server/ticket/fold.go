package ticket

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Fold returns the ticket after one more event. What a ticket holds by reference is
// copied before it changes, so that the ticket before stays what it was.
func (t Ticket) Fold(e Event) Ticket {
	t.Version++
	switch e.Type { // not changes that anybody waits for
	case ReadTo:
		t.LastRead = e.Message
		return t
	case Watched:
		t.Watchers = join(t.Watchers, e.People)
		return t
	case Unwatched:
		t.Watchers = leave(t.Watchers, e.People)
		return t
	}
	t.UpdatedAt = e.At
	if t.RespondedAt.IsZero() && e.responds() {
		t.RespondedAt = e.At
	}
	switch e.Type {
	case Opened:
		return t.opened(e)
	case Took:
		t.Assignee, t.State = e.Actor.Person, InProgress
		t.Waiting, t.WaitUntil = "", time.Time{}
	case AssignedTo:
		t = t.given(e.Person)
	case HandedOver:
		t.Team = cmp.Or(e.Team, t.Team)
		t = t.given(e.Person)
	case Escalated:
		t.Tier, t.NOC = max(t.Tier, e.Tier), t.NOC || e.NOC
		if e.Team != "" && e.Team != t.Team {
			t.Team = e.Team
			t = t.given(nil)
		}
	case Noted:
		t.Watchers = join(t.Watchers, e.People)
	case Waits:
		t.State, t.Waiting, t.WaitUntil = Pending, e.Waiting, e.Until
	case Resumed:
		t.State, t.Waiting, t.WaitUntil = t.working(), "", time.Time{}
	case ResolvedAs:
		t = t.solved(e)
	case Confirmed, ClosedBy:
		t.State, t.ClosedAt = Closed, e.At
	case Merged:
		t.State, t.ClosedAt, t.MergedInto = Closed, e.At, *e.Other
		t.Parent, t.Waiting, t.WaitUntil = Reference{}, "", time.Time{}
	case CancelledBy, RejectedBy:
		t.State, t.ClosedAt = Cancelled, e.At
		if e.Type == RejectedBy {
			t.State = Rejected
		}
		t.Waiting, t.WaitUntil = "", time.Time{}
	case ReopenedBy:
		if t.State == Rejected {
			t.ApprovedAt = time.Time{}
		}
		t.State, t.Reopened, t.ResolvedAt, t.ClosedAt = t.working(), t.Reopened+1, time.Time{}, time.Time{}
		t.ReopenedBy, t.ReopenedAt = e.Actor.Person, e.At
	case TakenBack:
		t = t.takenBack(e)
	case Rated:
		t.Rating, t.Comment = e.Rating, e.Body
	case Prioritised:
		t.Impact, t.Urgency, t.Priority, t.Overridden = e.Impact, e.Urgency, e.Priority, false
	case Overrode:
		t.Priority, t.Overridden = e.Priority, true
	case MajorSet:
		t.Major = e.Major
	case Categorised:
		t.Category = e.Category
	case Tagged:
		t.Tags = tagged(t.Tags, e.Tags, e.Untags)
	case FieldsSet:
		t.Fields = filled(t.Fields, e.Fields)
	case Linked:
		t.Links = append(slices.Clip(slices.Clone(t.Links)), Link{Relation: e.Relation, To: *e.Other})
	case Unlinked:
		t.Links = slices.DeleteFunc(slices.Clone(t.Links), func(l Link) bool { return l.To.ID == e.Other.ID && l.Relation == e.Relation })
	case Split:
		t.Links = append(slices.Clip(slices.Clone(t.Links)), Link{Relation: SplitInto, To: *e.Other})
	case Parented:
		t.Parent = Reference{}
		if e.Other != nil {
			t.Parent = *e.Other
		}
	case Absorbed:
		if e.Person != nil {
			t.Also = append(slices.Clip(slices.Clone(t.Also)), Joined{Person: *e.Person, Ticket: *e.Other, At: e.At})
		}
	case Followed:
		t = t.follows(e)
	case ApprovalAsked:
		t.State, t.Approver, t.ApprovedAt = WaitingApproval, *e.Person, time.Time{}
		t.Waiting, t.WaitUntil = "", time.Time{}
	case ApprovedBy:
		t.State, t.ApprovedAt = Approved, e.At
	}
	return t
}

func (t Ticket) opened(e Event) Ticket {
	t.Kind, t.State, t.Title, t.Body = e.Kind, New, e.Title, e.Body
	t.Requester = *e.Requester
	t.Endpoint, t.Site, t.Findings, t.Snapshot, t.Attachments = e.Endpoint, e.Site, e.Findings, e.Snapshot, e.Attachments
	t.Impact, t.Urgency, t.Priority = e.Impact, e.Urgency, e.Priority
	t.Category, t.Team, t.Tags, t.Fields = e.Category, e.Team, e.Tags, filled(nil, e.Fields)
	if e.Other != nil {
		t.Links = []Link{{Relation: e.Relation, To: *e.Other}}
	}
	t.CreatedAt = e.At
	return t
}

// given is the ticket when somebody, or nobody, has it from now on.
func (t Ticket) given(to *Person) Ticket {
	t.Assignee = Person{}
	t.State = t.working()
	if to != nil {
		t.Assignee, t.State = *to, Assigned
	}
	t.Waiting, t.WaitUntil = "", time.Time{}
	return t
}

func (t Ticket) solved(e Event) Ticket {
	t.State, t.Solution, t.Code, t.ResolvedAt = Resolved, e.Body, e.Code, e.At
	t.Waiting, t.WaitUntil = "", time.Time{}
	if t.FirstResolvedAt.IsZero() {
		t.FirstResolvedAt = e.At
	}
	return t
}

// follows is the ticket after its parent's state was copied down.
func (t Ticket) follows(e Event) Ticket {
	switch e.State {
	case Resolved:
		if t.Assignee.ID == "" && e.Person != nil {
			t.Assignee = *e.Person
		}
		return t.solved(e)
	case Pending:
		t.State, t.Waiting, t.WaitUntil = Pending, e.Waiting, e.Until
	case InProgress:
		if t.Assignee.ID == "" && e.Person != nil {
			t.Assignee = *e.Person
		}
		t.Waiting, t.WaitUntil = "", time.Time{}
		if !t.ResolvedAt.IsZero() { // the parent was reopened
			if !e.Undoes {
				t.Reopened, t.ReopenedBy, t.ReopenedAt = t.Reopened+1, e.Actor.Person, e.At
			} else if t.FirstResolvedAt.Equal(t.ResolvedAt) {
				t.FirstResolvedAt = time.Time{}
			}
			t.ResolvedAt, t.ClosedAt = time.Time{}, time.Time{}
		}
		t.State = t.working()
	}
	return t
}

// working is the state of a ticket that goes on: somebody's, or nobody's yet. What
// was approved stays so while nobody has it.
func (t Ticket) working() State {
	switch {
	case t.Assignee.ID != "":
		return InProgress
	case !t.ApprovedAt.IsZero():
		return Approved
	}
	return New
}

// responds reports whether the event is a person's first sign of life from the
// desk: they took it, or said something that the requester reads.
func (e Event) responds() bool {
	if e.Actor.Side != Staff || e.Automatic {
		return false
	}
	return e.Type == Took || e.Type == Replied || e.Type == ResolvedAs || e.Type == Waits && e.Body != ""
}

func join(have, come []Person) []Person {
	for _, p := range come {
		if !slices.ContainsFunc(have, func(q Person) bool { return q.ID == p.ID }) {
			have = append(slices.Clip(slices.Clone(have)), p)
		}
	}
	return have
}

func leave(have, go_ []Person) []Person {
	out := slices.DeleteFunc(slices.Clone(have), func(q Person) bool {
		return slices.ContainsFunc(go_, func(p Person) bool { return p.ID == q.ID })
	})
	if len(out) == 0 {
		return nil
	}
	return out
}

func tagged(have, come, gone []string) []string {
	out := slices.DeleteFunc(append(slices.Clone(have), come...), func(s string) bool { return slices.Contains(gone, s) })
	slices.Sort(out)
	if out = slices.Compact(out); len(out) == 0 {
		return nil
	}
	return out
}

func filled(have, come map[string]string) map[string]string {
	out := maps.Clone(have)
	for k, v := range come {
		switch {
		case v == "":
			delete(out, k)
		case out == nil:
			out = map[string]string{k: v}
		default:
			out[k] = v
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
