package ticket

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// EventType names what happened. Types are stored, so they are never renamed.
type EventType string

// The types.
const (
	Opened      EventType = "opened"
	Took        EventType = "took"     // the actor has it now
	AssignedTo  EventType = "assigned" // Person has it now, or nobody
	Replied     EventType = "replied"
	Noted       EventType = "noted" // an internal note
	Waits       EventType = "waits"
	Resumed     EventType = "resumed"
	ResolvedAs  EventType = "resolved"
	Confirmed   EventType = "confirmed"
	ReopenedBy  EventType = "reopened"
	Rated       EventType = "rated"
	Prioritised EventType = "prioritised"
	ClosedBy    EventType = "closed"
	CancelledBy EventType = "cancelled"
	Asked       EventType = "asked" // somebody looked into the machine
	ReadTo      EventType = "read"  // the requester has read up to a message
)

// Event is one thing that happened to a ticket. Which fields it uses is up to its
// type; the zero fields are left out where it is stored.
type Event struct {
	Type  EventType `json:"type"`
	At    time.Time `json:"at"`
	Actor Actor     `json:"actor"`

	// Opened.
	Kind      Kind                  `json:"kind,omitempty"`
	Title     string                `json:"title,omitempty"`
	Requester *Person               `json:"requester,omitempty"`
	Endpoint  string                `json:"endpoint,omitempty"`
	Site      string                `json:"site,omitempty"`
	Findings  []diagnostics.Finding `json:"findings,omitempty"`
	Snapshot  string                `json:"snapshot,omitempty"`

	// Opened, Replied, Noted, and the words that go with other events.
	Message     string       `json:"message,omitempty"` // the message's id
	Body        string       `json:"body,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`

	Person   *Person  `json:"person,omitempty"` // AssignedTo; nil: nobody
	Waiting  Waiting  `json:"waiting,omitempty"`
	Code     Code     `json:"code,omitempty"`
	Rating   int      `json:"rating,omitempty"`
	Impact   Level    `json:"impact,omitempty"`
	Urgency  Level    `json:"urgency,omitempty"`
	Priority Priority `json:"priority,omitempty"`
	Ask      string   `json:"ask,omitempty"` // Asked: its id
}

// Public reports whether the requester may see the event.
func (e Event) Public() bool {
	switch e.Type {
	case Noted, Prioritised, ReadTo:
		return false
	}
	return true
}

// Says reports whether the event is a message that stands in the conversation.
func (e Event) Says() bool {
	switch e.Type {
	case Replied, Noted:
		return true
	case ResolvedAs, ReopenedBy, Waits, CancelledBy:
		return e.Body != ""
	}
	return false
}

// Fold returns the ticket after one more event.
func (t Ticket) Fold(e Event) Ticket {
	t.Version++
	if e.Type == ReadTo { // reading is not a change that anybody waits for
		t.LastRead = e.Message
		return t
	}
	t.UpdatedAt = e.At
	if e.Actor.Side == Staff && t.RespondedAt.IsZero() && (e.Type == Took || e.Type == Replied || e.Type == ResolvedAs) {
		t.RespondedAt = e.At
	}
	switch e.Type {
	case Opened:
		t.Kind, t.State, t.Title, t.Body = e.Kind, New, e.Title, e.Body
		t.Requester = *e.Requester
		t.Endpoint, t.Site, t.Findings, t.Snapshot, t.Attachments = e.Endpoint, e.Site, e.Findings, e.Snapshot, e.Attachments
		t.Impact, t.Urgency, t.Priority = e.Impact, e.Urgency, e.Priority
		t.CreatedAt = e.At
	case Took:
		t.Assignee, t.State, t.Waiting = e.Actor.Person, InProgress, ""
	case AssignedTo:
		t.Assignee, t.State = Person{}, New
		if e.Person != nil {
			t.Assignee, t.State = *e.Person, Assigned
		}
		t.Waiting = ""
	case Waits:
		t.State, t.Waiting = Pending, e.Waiting
	case Resumed:
		t.State, t.Waiting = t.working(), ""
	case ResolvedAs:
		t.State, t.Waiting, t.Solution, t.Code, t.ResolvedAt = Resolved, "", e.Body, e.Code, e.At
	case Confirmed, ClosedBy:
		t.State, t.ClosedAt = Closed, e.At
	case CancelledBy:
		t.State, t.Waiting, t.ClosedAt = Cancelled, "", e.At
	case ReopenedBy:
		t.State, t.Reopened, t.ResolvedAt, t.ClosedAt = t.working(), t.Reopened+1, time.Time{}, time.Time{}
	case Rated:
		t.Rating, t.Comment = e.Rating, e.Body
	case Prioritised:
		t.Impact, t.Urgency, t.Priority = e.Impact, e.Urgency, e.Priority
	}
	return t
}

// working is the state of a ticket that goes on: somebody's, or nobody's yet.
func (t Ticket) working() State {
	if t.Assignee.ID == "" {
		return New
	}
	return InProgress
}

// Replay returns the ticket that a history comes to.
func Replay(id string, number int64, ref string, history []Event) Ticket {
	t := Ticket{ID: id, Number: number, Ref: ref}
	for _, e := range history {
		t = t.Fold(e)
	}
	return t
}
