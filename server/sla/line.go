package sla

import (
	"maps"
	"slices"

	"github.com/deskbell/deskbell/server/ticket"
)

// Line is what clocks need of a ticket's history, and nothing else: when its state
// or its facts changed, and when somebody spoke. It grows by one event at a time and
// is stored beside the ticket, so that neither a change nor a new calendar has to
// read the whole history again. It holds no figure: those are derived from it.
type Line struct {
	Steps []Step `json:"steps"`
}

// Step is a moment at which something changed.
type Step struct {
	At      int64          `json:"at"` // Unix milliseconds; never before the step before it
	State   ticket.State   `json:"state"`
	Waiting ticket.Waiting `json:"waiting,omitempty"`
	Facts   *Facts         `json:"facts,omitempty"` // nil: as they were
	Mark    Mark           `json:"mark,omitempty"`
}

// Mark says what happened at a step beside a change of state.
type Mark string

// The marks.
const (
	Answered Mark = "answered" // the desk said something that the requester reads
	Spoke    Mark = "spoke"    // the requester said something
	Taken    Mark = "taken"    // somebody of the desk has it now
)

// LineOf returns the line of a whole history.
func LineOf(history []ticket.Event) Line {
	var t ticket.Ticket
	var l Line
	for _, e := range history {
		t = t.Fold(e)
		l.Add(t, e)
	}
	return l
}

// Add appends what an event changed; after is the ticket with the event in it. It
// reports whether it changed anything.
//
// The server orders by its own clock, and that clock may be set back. An event whose
// time lies before the step before it counts as having happened at that step: time
// then stands still for the ticket until the clock has caught up, no interval is
// negative, and no deadline that was told moves.
func (l *Line) Add(after ticket.Ticket, e ticket.Event) bool {
	s := Step{At: e.At.UnixMilli(), State: after.State, Waiting: after.Waiting, Mark: markOf(e)}
	facts := factsOf(after)
	n := len(l.Steps)
	if n == 0 {
		s.Facts = &facts
		l.Steps = append(l.Steps, s)
		return true
	}
	last := l.Steps[n-1]
	s.At = max(s.At, last.At)
	if before := l.facts(); !before.equal(facts) {
		s.Facts = &facts
	}
	if s.State == last.State && s.Waiting == last.Waiting && s.Facts == nil && s.Mark == "" {
		return false
	}
	l.Steps = append(l.Steps, s)
	return true
}

// Clone returns a line that can grow by itself.
func (l Line) Clone() Line { return Line{Steps: slices.Clone(l.Steps)} }

// facts returns the newest facts.
func (l Line) facts() Facts {
	for _, s := range slices.Backward(l.Steps) {
		if s.Facts != nil {
			return *s.Facts
		}
	}
	return Facts{}
}

func markOf(e ticket.Event) Mark {
	said := e.Public() && e.Says() && !e.Automatic // an out-of-office is nobody's word
	switch {
	case e.Actor.Side == ticket.Requester && (said || e.Type == ticket.ReopenedBy):
		return Spoke
	case e.Actor.Side == ticket.Staff && said && e.Type != ticket.ReopenedBy:
		return Answered
	case e.Actor.Side == ticket.Staff && e.Type == ticket.Took:
		return Taken
	}
	return ""
}

func factsOf(t ticket.Ticket) Facts {
	return Facts{
		Kind: t.Kind, Priority: t.Priority, Site: t.Site, Category: t.Category, Team: t.Team, Requester: t.Requester.ID,
		Tags: t.Tags, Fields: t.Fields, Major: t.Major,
	}
}

func (f Facts) equal(g Facts) bool {
	return f.Kind == g.Kind && f.Priority == g.Priority && f.Site == g.Site && f.Category == g.Category && f.Team == g.Team &&
		f.Requester == g.Requester && f.Major == g.Major && slices.Equal(f.Tags, g.Tags) && maps.Equal(f.Fields, g.Fields)
}
