package ticket

import (
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// TakeBack undoes the step that ended the ticket, by who pressed the wrong key: it is
// where it was before. Nobody has reopened it, so it counts as no reopening, nobody is
// told, and no solution was given. That nothing has happened since is for the version
// that the caller has seen to say.
type TakeBack struct {
	State    State // before the end: resolved for a closed ticket, an open state for a resolved one
	Waiting  Waiting
	Until    time.Time
	Assignee Person
}

func (c TakeBack) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case t.MergedInto.ID != "" || t.State != Resolved && t.State != Closed:
		return nil, notResolved(t)
	case t.State == Closed && (c.State != Resolved || t.ResolvedAt.IsZero()),
		t.State == Resolved && !c.possible(t):
		return nil, fault.New(fault.Conflict, "The ticket was not like that before it ended. Reopen it instead.")
	}
	e := Event{Type: TakenBack, State: c.State, Waiting: c.Waiting, Until: c.Until}
	if c.State != Resolved && c.Assignee.ID != "" {
		e.Person = &c.Assignee
	}
	return []Event{e}, nil
}

// possible reports whether a resolved ticket can have been as c says.
func (c TakeBack) possible(t Ticket) bool {
	switch c.State {
	case Assigned, InProgress:
		return c.Assignee.ID != "" && c.Waiting == ""
	case Pending:
		return c.Waiting != "" && (c.Waiting == WaitScheduled) != c.Until.IsZero()
	case Approved:
		return t.Approver.ID != "" && !t.ApprovedAt.IsZero() && c.Waiting == ""
	case WaitingApproval:
		return false // nobody resolves what waits for an approval
	}
	return c.State.Open() && c.Waiting == ""
}

// takenBack is the ticket after its end was undone.
func (t Ticket) takenBack(e Event) Ticket {
	t.State, t.ClosedAt = e.State, time.Time{}
	if e.State == Resolved {
		return t
	}
	if t.FirstResolvedAt.Equal(t.ResolvedAt) {
		t.FirstResolvedAt = time.Time{}
	}
	t.ResolvedAt, t.Waiting, t.WaitUntil, t.Assignee = time.Time{}, e.Waiting, e.Until, Person{}
	if e.Person != nil {
		t.Assignee = *e.Person
	}
	return t
}
