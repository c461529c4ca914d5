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

	HandedOver       EventType = "handed_over" // Team and Person have it now; Body is the note for them
	Escalated        EventType = "escalated"   // Body says what has been tried
	Overrode         EventType = "overrode"    // the priority, by hand
	MajorSet         EventType = "major"
	Categorised      EventType = "categorised"
	Tagged           EventType = "tagged"
	FieldsSet        EventType = "fields"
	Linked           EventType = "linked"
	Unlinked         EventType = "unlinked"
	Parented         EventType = "parented" // no Other: it has no parent any more
	Followed         EventType = "followed" // it took a state over from its parent
	Merged           EventType = "merged"   // into Other
	Absorbed         EventType = "absorbed" // Other was merged into this one
	Split            EventType = "split"    // Message became Other
	ApprovalAsked    EventType = "approval_asked"
	ApprovedBy       EventType = "approved"
	RejectedBy       EventType = "rejected"
	TakenBack        EventType = "taken_back" // its end was undone: it is in State again, and Person has it
	Watched          EventType = "watched"    // People watch it from now on
	Unwatched        EventType = "unwatched"  // People do not any more
	PersonalDataGone EventType = "personal_data_removed"
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

	Automatic bool `json:"automatic,omitempty"` // Replied: a machine wrote it, as an out-of-office does

	Person   *Person  `json:"person,omitempty"` // AssignedTo, HandedOver: nil is nobody; ApprovalAsked, Absorbed
	Waiting  Waiting  `json:"waiting,omitempty"`
	Code     Code     `json:"code,omitempty"`
	Rating   int      `json:"rating,omitempty"`
	Impact   Level    `json:"impact,omitempty"`
	Urgency  Level    `json:"urgency,omitempty"`
	Priority Priority `json:"priority,omitempty"`
	Ask      string   `json:"ask,omitempty"` // Asked: its id

	Until    time.Time `json:"until,omitzero"` // Waits: when scheduled waiting ends
	Category string    `json:"category,omitempty"`
	Team     string    `json:"team,omitempty"`
	Tier     int       `json:"tier,omitempty"`

	// How Category and Team were called at that time, and the one before of its kind:
	// for who reads it later, when they may be called otherwise or be gone.
	CategoryName string `json:"category_name,omitempty"`
	TeamName     string `json:"team_name,omitempty"`
	Was          string `json:"was,omitempty"`

	NOC      bool              `json:"noc,omitempty"`    // Escalated: to the operators
	Tags     []string          `json:"tags,omitempty"`   // Opened: all; Tagged: what came
	Untags   []string          `json:"untags,omitempty"` // Tagged: what went
	Fields   map[string]string `json:"fields,omitempty"` // Opened, FieldsSet; an empty value takes one away
	Major    bool              `json:"major,omitempty"`
	State    State             `json:"state,omitempty"`  // Followed, TakenBack
	Undoes   bool              `json:"undoes,omitempty"` // Followed: the parent's end was undone
	Relation Relation          `json:"relation,omitempty"`
	Other    *Reference        `json:"other,omitempty"`
	People   []Person          `json:"people,omitempty"` // Noted: who is mentioned; Watched, Unwatched
}

// Public reports whether the requester may see the event.
func (e Event) Public() bool {
	switch e.Type {
	case Opened, Took, AssignedTo, Replied, Waits, Resumed, ResolvedAs, Confirmed, ReopenedBy, Rated, ClosedBy, CancelledBy, Asked,
		Followed, TakenBack, Merged, ApprovalAsked, ApprovedBy, RejectedBy, PersonalDataGone:
		return true
	}
	return false
}

// Says reports whether the event is a message that stands in the conversation.
func (e Event) Says() bool {
	switch e.Type {
	case Replied, Noted:
		return true
	case ResolvedAs, ReopenedBy, Waits, CancelledBy, HandedOver, Escalated, Followed, ApprovalAsked, ApprovedBy, RejectedBy:
		return e.Body != ""
	}
	return false
}

// Replay returns the ticket that a history comes to.
func Replay(id string, number int64, ref string, history []Event) Ticket {
	t := Ticket{ID: id, Number: number, Ref: ref}
	for _, e := range history {
		t = t.Fold(e)
	}
	return t
}
