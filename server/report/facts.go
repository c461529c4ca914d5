package report

import (
	"time"

	"github.com/deskbell/deskbell/server/ticket"
)

// Facts is what the figures need of a ticket's history. Moments are to the
// millisecond; the zero moment is one that has not come.
type Facts struct {
	Ticket  string
	Version int64 // of the ticket, up to which the history was read

	// As they are now.
	Team, Site, Category, Assignee string

	Created time.Time
	ByStaff bool // opened by the staff, for somebody

	// Answered is when a person on the staff first had the ticket, or first said
	// something to the requester. What is automatic does not count. When the staff
	// opened it with words of their own, these were the first public ones: only the
	// next count then, and having it does not.
	Answered   time.Time
	AnsweredBy string

	First   time.Time // first resolved
	FirstBy string
	Last    time.Time // last resolved
	LastBy  string
	Solved  bool // and not reopened since

	Reopened int
	// Again says that one contact was not enough before the first solution: the
	// staff wrote more than once, or the requester wrote back, or was waited for, or
	// the ticket went on to somebody else's team.
	Again bool

	Rating int
	Rated  time.Time

	Spans []Span // during which it was open; the last may go on
}

// Span is a time during which a ticket was open. A zero To goes on.
type Span struct{ From, To time.Time }

// OpenSince returns since when the ticket is open; zero when it is not.
func (f Facts) OpenSince() time.Time {
	if n := len(f.Spans); n > 0 && f.Spans[n-1].To.IsZero() {
		return f.Spans[n-1].From
	}
	return time.Time{}
}

// AtFirstContact reports whether the first solution needed no second contact and
// has held so far.
func (f Facts) AtFirstContact() bool { return !f.First.IsZero() && !f.Again && f.Reopened == 0 }

// FactsOf brings a history down to its facts.
func FactsOf(id string, history []ticket.Event) Facts {
	f := Facts{Ticket: id}
	var t ticket.Ticket
	begun := false     // the opening was the first public word
	words := 0         // the staff's, to the requester
	var unsolved Facts // as they were before the last solution
	for _, e := range history {
		before := t
		t = t.Fold(e)
		at := moment(e.At)
		human := e.Actor.Side == ticket.Staff
		said := human && e.Says() && e.Public() && !e.Automatic
		if e.Type == ticket.Opened {
			f.Created, f.ByStaff = at, human
			begun = human && e.Body != ""
		}
		if f.Answered.IsZero() && human {
			f.Answered, f.AnsweredBy = answer(e, at, said, begun)
		}
		undone := e.Type == ticket.TakenBack || e.Undoes
		solves := before.State != ticket.Resolved && t.State == ticket.Resolved && !undone
		if f.First.IsZero() {
			f.Again = f.Again || again(e, before, words, said && !solves)
		}
		if said {
			words++
		}
		if undone && t.State.Open() {
			f.First, f.FirstBy, f.Last, f.LastBy = unsolved.First, unsolved.FirstBy, unsolved.Last, unsolved.LastBy
		}
		if solves {
			unsolved = f
			f.Last, f.LastBy = at, t.Assignee.ID
			if human {
				f.LastBy = e.Actor.ID
			}
			if f.First.IsZero() {
				f.First, f.FirstBy = f.Last, f.LastBy
			}
		}
		if e.Type == ticket.Rated {
			f.Rating, f.Rated = e.Rating, at
		}
		switch {
		case !before.State.Open() && t.State.Open():
			f.Spans = append(f.Spans, Span{From: at})
		case before.State.Open() && !t.State.Open():
			f.Spans[len(f.Spans)-1].To = at
		}
	}
	f.Version, f.Reopened = t.Version, t.Reopened
	f.Team, f.Site, f.Category, f.Assignee = t.Team, t.Site, t.Category, t.Assignee.ID
	f.Solved = !t.ResolvedAt.IsZero() && (t.State == ticket.Resolved || t.State == ticket.Closed)
	return f
}

// moment is a time as the store keeps it.
func moment(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// answer returns when and by whom an event of the staff's ends the waiting for the
// first answer; zero when it does not.
func answer(e ticket.Event, at time.Time, said, begun bool) (time.Time, string) {
	switch {
	case e.Type == ticket.Opened:
	case said:
		return at, e.Actor.ID
	case begun:
	case e.Type == ticket.Took:
		return at, e.Actor.ID
	case (e.Type == ticket.AssignedTo || e.Type == ticket.HandedOver) && e.Person != nil:
		return at, e.Person.ID
	}
	return time.Time{}, ""
}

// again reports whether an event before the first solution makes it more than one
// contact.
func again(e ticket.Event, before ticket.Ticket, words int, said bool) bool {
	switch {
	case e.Type == ticket.Waits && e.Waiting == ticket.WaitRequester, e.Type == ticket.Escalated:
		return true
	case said:
		return words > 0
	case e.Type == ticket.Replied && e.Actor.Side == ticket.Requester && !e.Automatic:
		return words > 0
	case e.Type == ticket.HandedOver:
		return e.Team != "" && before.Team != "" && e.Team != before.Team
	}
	return false
}
