package ticket

import (
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// What binds tickets to each other. Each command changes one ticket; whoever gives
// it gives its counterpart to the other one, in the same transaction.

// LinkTo relates the ticket to another one.
type LinkTo struct{ Link }

func (c LinkTo) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case c.Relation.Reverse() == "":
		return nil, fault.Field("relation", "There is no such relation between tickets.")
	case c.To.ID == t.ID:
		return nil, fault.Field("other", "A ticket is not linked to itself. Give the number of another one.")
	case slices.ContainsFunc(t.Links, func(l Link) bool { return l.Relation == c.Relation && l.To.ID == c.To.ID }):
		return nil, fault.New(fault.Conflict, "The tickets are linked that way already.")
	case len(t.Links) >= 1000:
		return nil, fault.New(fault.Conflict, "The ticket has 1000 links, and no room for more.")
	}
	return []Event{{Type: Linked, Relation: c.Relation, Other: &c.To}}, nil
}

// Unlink takes a relation away.
type Unlink struct{ Link }

func (c Unlink) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case !slices.ContainsFunc(t.Links, func(l Link) bool { return l.Relation == c.Relation && l.To.ID == c.To.ID }):
		return nil, fault.New(fault.Conflict, "The tickets are not linked that way.")
	}
	return []Event{{Type: Unlinked, Relation: c.Relation, Other: &c.To}}, nil
}

// SetParent makes the ticket a child of another one; the zero Reference takes it
// out. The caller has made sure that no ticket becomes its own ancestor.
type SetParent struct{ Parent Reference }

func (c SetParent) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case t.MergedInto.ID != "":
		return nil, ended(t)
	case c.Parent.ID == t.ID:
		return nil, fault.Field("parent", "A ticket is not its own parent. Give the number of another one.")
	case c.Parent.ID == t.Parent.ID:
		return nil, fault.New(fault.Conflict, "The ticket has that parent already.")
	case c.Parent.ID == "":
		return []Event{{Type: Parented}}, nil
	}
	return []Event{{Type: Parented, Other: &c.Parent}}, nil
}

// Follow copies a state of the parent down. Only Down makes it.
type Follow struct {
	Parent   Reference
	State    State
	Waiting  Waiting
	Until    time.Time
	Assignee Person // who works on a child that is nobody's
	Solution string
	Code     Code
	Message  string // the id of Solution as a message
	Reopens  bool
	Undoes   bool // with Reopens: the parent had never ended
}

// Down returns what an event of a parent does to its children: work and solution
// are copied, and waiting unless it is for the requester, who is another one
// there. Staff who reopen a parent reopen its children; its requester does not.
// Closing and cancelling stay the parent's own.
func Down(parent Ticket, e Event) (Follow, bool) {
	f := Follow{Parent: Reference{ID: parent.ID, Number: parent.Number}, State: parent.State, Assignee: parent.Assignee}
	switch e.Type {
	case Took, Resumed:
		return f, parent.State == InProgress
	case Waits:
		f.Waiting, f.Until = e.Waiting, e.Until
		return f, e.Waiting != WaitRequester
	case ResolvedAs:
		f.Solution, f.Code = e.Body, e.Code
		return f, true
	case ReopenedBy:
		f.State, f.Reopens = InProgress, true
		return f, e.Actor.Side == Staff && parent.State == InProgress
	case TakenBack: // who was resolved along with it goes on along with it
		f.State, f.Reopens, f.Undoes = InProgress, true, true
		return f, e.State.Open() && parent.Assignee.ID != ""
	case Followed: // a parent that has a parent itself
		f.State, f.Waiting, f.Until, f.Solution, f.Code = e.State, e.Waiting, e.Until, e.Body, e.Code
		f.Reopens, f.Undoes = e.State == InProgress && (parent.ReopenedAt.Equal(e.At) || e.Undoes), e.Undoes
		return f, true
	}
	return f, false
}

func (c Follow) apply(t Ticket, by Actor) ([]Event, error) {
	reopens := c.Reopens && (t.State == Resolved || t.State == Closed) && t.MergedInto.ID == ""
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case !t.State.Open() && !reopens:
		return nil, ended(t)
	case t.State == WaitingApproval:
		return nil, undecided(t)
	case c.Reopens && !reopens: // it never ended
		return nil, nil
	case c.State == t.State && c.Waiting == t.Waiting && c.Until.Equal(t.WaitUntil):
		return nil, nil
	}
	e := Event{Type: Followed, State: c.State, Waiting: c.Waiting, Until: c.Until, Body: c.Solution, Code: c.Code, Message: c.Message, Other: &c.Parent, Undoes: c.Undoes && reopens}
	switch c.State {
	case Resolved, InProgress:
		if c.Assignee.ID == "" && t.Assignee.ID == "" {
			return nil, fault.New(fault.Conflict, "Nobody has the ticket or its parent. Take one of them first.")
		}
		if c.Assignee.ID != "" {
			e.Person = &c.Assignee
		}
	case Pending:
	default:
		return nil, fault.New(fault.Internal, "A parent's state is copied down that is not to be.")
	}
	return []Event{e}, nil
}

// MergeInto ends the ticket: it goes on as another one.
type MergeInto struct{ Into Reference }

func (c MergeInto) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case t.MergedInto.ID != "":
		return nil, ended(t)
	case c.Into.ID == t.ID:
		return nil, fault.Field("into", "A ticket is not merged into itself. Give the number of another one.")
	}
	return []Event{{Type: Merged, Other: &c.Into}}, nil
}

// Absorb is the other side of MergeInto. The requester of the other ticket hears
// what the staff says here from now on.
type Absorb struct {
	From      Reference
	Requester Person
	Also      []Joined // who had been merged into that one before
}

func (c Absorb) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case t.MergedInto.ID != "":
		return nil, ended(t)
	case t.State == Closed || t.State == Cancelled || t.State == Rejected:
		return nil, ended(t)
	}
	events := []Event{{Type: Absorbed, Other: &c.From, Person: &c.Requester}}
	for _, j := range c.Also {
		events = append(events, Event{Type: Absorbed, Other: &j.Ticket, Person: &j.Person})
	}
	return events, nil
}

// SplitOff says that a message of the ticket became another one, which is opened
// with the relation SplitFrom.
type SplitOff struct {
	Message string
	Into    Reference
}

func (c SplitOff) apply(_ Ticket, by Actor) ([]Event, error) {
	if by.Side == Requester {
		return nil, errStaff
	}
	return []Event{{Type: Split, Message: c.Message, Other: &c.Into}}, nil
}
