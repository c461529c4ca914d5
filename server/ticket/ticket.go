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

	// Only of requests.
	WaitingApproval State = "waiting_for_approval" // the approver has to say yes or no
	Approved        State = "approved"             // it may be done, and nobody has begun
	Rejected        State = "rejected"             // it is not going to be done
)

// Open reports whether somebody still has to do something about the ticket.
func (s State) Open() bool {
	switch s {
	case New, WaitingApproval, Approved, Assigned, InProgress, Pending:
		return true
	}
	return false
}

// States lists all states in the order of a ticket's life.
func States() []State {
	return []State{New, WaitingApproval, Approved, Rejected, Assigned, InProgress, Pending, Resolved, Closed, Cancelled}
}

// Waiting says what a pending ticket waits for.
type Waiting string

// What a ticket may wait for.
const (
	WaitRequester Waiting = "requester" // ends with the requester's answer
	WaitVendor    Waiting = "vendor"
	WaitChange    Waiting = "change"
	WaitScheduled Waiting = "scheduled" // ends by itself at a moment
)

// Waitings lists what a ticket may wait for.
func Waitings() []Waiting { return []Waiting{WaitRequester, WaitVendor, WaitChange, WaitScheduled} }

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

// Matrix gives a priority for each impact and urgency: rows are impact, columns
// urgency, both from high to low.
type Matrix [3][3]Priority

// UsualMatrix is the 3×3 that most desks begin with.
func UsualMatrix() Matrix { return Matrix{{1, 2, 3}, {2, 3, 4}, {3, 4, 5}} }

// Of returns the priority of an impact and an urgency.
func (m Matrix) Of(impact, urgency Level) Priority { return m[clamp(impact)-1][clamp(urgency)-1] }

// PriorityOf returns the priority of an impact and an urgency by the usual matrix.
func PriorityOf(impact, urgency Level) Priority { return UsualMatrix().Of(impact, urgency) }

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

// Reference names another ticket.
type Reference struct {
	ID     string `json:"id"`
	Number int64  `json:"number"`
}

// Relation is how a ticket stands to another one.
type Relation string

// The relations. What is said of one ticket is said of the other the other way round.
const (
	Related      Relation = "related"
	Duplicates   Relation = "duplicates"
	DuplicatedBy Relation = "duplicated_by"
	CausedBy     Relation = "caused_by"
	Causes       Relation = "causes"
	SplitFrom    Relation = "split_from" // made of a message of the other one
	SplitInto    Relation = "split_into"
	Follows      Relation = "follows" // opened because the other one could not be reopened any more
	FollowedBy   Relation = "followed_by"
)

var reverse = map[Relation]Relation{
	Related: Related, Duplicates: DuplicatedBy, DuplicatedBy: Duplicates, CausedBy: Causes, Causes: CausedBy,
	SplitFrom: SplitInto, SplitInto: SplitFrom, Follows: FollowedBy, FollowedBy: Follows,
}

// Reverse returns the relation as the other ticket has it, and "" for no relation.
func (r Relation) Reverse() Relation { return reverse[r] }

// LinkRelations lists the relations that people make; the others come about.
func LinkRelations() []Relation {
	return []Relation{Related, Duplicates, DuplicatedBy, CausedBy, Causes}
}

// Link is a relation to another ticket.
type Link struct {
	Relation Relation  `json:"relation"`
	To       Reference `json:"to"`
}

// Joined is the requester of a ticket that was merged into this one. They go on
// seeing their own ticket, with what the staff says here.
type Joined struct {
	Person Person    `json:"person"`
	Ticket Reference `json:"ticket"`
	At     time.Time `json:"at"`
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

	Category   string            // id in the rulebook; "" when nobody has said
	Team       string            // id in the rulebook
	Tags       []string          // sorted
	Fields     map[string]string // what the category asks for, by the field's id
	Overridden bool              // the priority was set by hand, against the matrix
	Major      bool
	Tier       int  // how often it was escalated to a further tier
	NOC        bool // the operators have been called

	Parent     Reference
	Links      []Link
	MergedInto Reference
	Also       []Joined // whose tickets were merged into this one
	Watchers   []Person
	Approver   Person    // who has to decide, or has decided
	ApprovedAt time.Time // zero: nobody has said yes, or it counts no more

	Assignee    Person
	Waiting     Waiting
	WaitUntil   time.Time // when scheduled waiting ends
	Solution    string
	Code        Code
	Rating      int // 1 to 5; 0 is none
	Comment     string
	Reopened    int
	ReopenedBy  Person // the last time
	ReopenedAt  time.Time
	LastRead    string // the newest message the requester has read
	CreatedAt   time.Time
	UpdatedAt   time.Time
	RespondedAt time.Time // the first time staff took or answered it
	ResolvedAt  time.Time // the last time
	// FirstResolvedAt stays when the ticket is reopened.
	FirstResolvedAt time.Time
	ClosedAt        time.Time
}
