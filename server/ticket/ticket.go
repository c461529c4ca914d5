// Package ticket is the life of a ticket, and pure: a Ticket is the fold of its
// Events, and Apply decides which events a command makes. No clock, no storage,
// no protocol. The history is the truth; everything else about a ticket, now and
// at any moment of the past, is computed from it.
package ticket

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// Kind is what a ticket is about.
type Kind string

// The kinds.
const (
	Incident Kind = "incident" // something does not work
	Request  Kind = "request"  // something is wanted
)

// State is where a ticket stands.
type State string

// The states.
const (
	New        State = "new"         // nobody has taken it
	Assigned   State = "assigned"    // given to somebody who has not begun
	InProgress State = "in_progress" // somebody works on it
	Pending    State = "pending"     // waits, for what Waiting says
	Resolved   State = "resolved"    // solved; the requester may confirm or reopen
	Closed     State = "closed"      // for good
	Cancelled  State = "cancelled"   // not wanted any more
)

// Open reports whether somebody still has to do something about the ticket.
func (s State) Open() bool {
	switch s {
	case New, Assigned, InProgress, Pending:
		return true
	}
	return false
}

// States lists all states in the order of a ticket's life.
func States() []State {
	return []State{New, Assigned, InProgress, Pending, Resolved, Closed, Cancelled}
}

// Waiting says what a pending ticket waits for.
type Waiting string

// What a ticket may wait for.
const (
	WaitRequester Waiting = "requester" // ends with the requester's answer
	WaitVendor    Waiting = "vendor"
	WaitChange    Waiting = "change"
)

// Level is high, medium or low: an impact or an urgency.
type Level int

// The levels.
const (
	High   Level = 1
	Medium Level = 2
	Low    Level = 3
)

// Priority is 1 (first) to 5.
type Priority int

// matrix is the usual 3×3: rows are impact, columns urgency, high to low.
var matrix = [3][3]Priority{{1, 2, 3}, {2, 3, 4}, {3, 4, 5}}

// PriorityOf returns the priority of an impact and an urgency.
func PriorityOf(impact, urgency Level) Priority {
	return matrix[clamp(impact)-1][clamp(urgency)-1]
}

func clamp(l Level) Level { return min(max(l, High), Low) }

// Person is somebody as a ticket remembers them. The name is as it was then.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Side says on which side of the desk an actor stands.
type Side string

// The sides.
const (
	Staff     Side = "staff"
	Requester Side = "requester"
	System    Side = "system"
)

// Actor is who does something.
type Actor struct {
	Person
	Side Side `json:"side"`
}

// Attachment names bytes that are stored by their content.
type Attachment struct {
	SHA256 string `json:"sha256"`
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Type   string `json:"type"`
}

// Code says how a ticket was solved.
type Code string

// The codes.
const (
	Fixed         Code = "fixed"          // the cause is gone
	Workaround    Code = "workaround"     // it works another way
	Explained     Code = "explained"      // nothing was broken
	NotReproduced Code = "not_reproduced" // it did not show again
	Duplicate     Code = "duplicate"      // another ticket has it
	Elsewhere     Code = "elsewhere"      // not ours to solve; the solution says whose
)

// Codes lists the solution codes.
func Codes() []Code {
	return []Code{Fixed, Workaround, Explained, NotReproduced, Duplicate, Elsewhere}
}

// Ticket is what the history of one ticket comes to.
type Ticket struct {
	ID      string
	Number  int64
	Ref     string // the id of the message that opened it, when an endpoint did
	Version int64  // rises by one an event

	Kind  Kind
	State State
	Title string
	Body  string

	Requester Person
	Endpoint  string // id; empty when it was not rung from one
	Site      string // id

	Impact   Level
	Urgency  Level
	Priority Priority

	Findings    []diagnostics.Finding
	Snapshot    string // id; empty when none was sent
	Attachments []Attachment

	Assignee    Person
	Waiting     Waiting
	Solution    string
	Code        Code
	Rating      int // 1 to 5; 0 is none
	Comment     string
	Reopened    int
	LastRead    string // the newest message the requester has read
	CreatedAt   time.Time
	UpdatedAt   time.Time
	RespondedAt time.Time // the first time staff took or answered it
	ResolvedAt  time.Time // the last time
	ClosedAt    time.Time
}
