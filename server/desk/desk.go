// Package desk is what the help desk does with tickets: they are opened, by an
// endpoint for its employee or in the portal; read, listed, and worked on. What a
// ticket may become is package ticket's to decide, who may do it package auth's;
// desk brings them together with the store it declares.
package desk

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

// Desk is the help desk.
type Desk struct {
	store Store
	book  func() *rulebook.Book
	now   func() time.Time

	hours         Hours // nil: it is always a working hour
	categoryWords func(category string) []string
	log           *slog.Logger

	workingDays WorkingDays
	showing     func(code string) int // how many endpoints show a finding now
}

// New returns a desk over a store. book returns the newest configuration.
func New(store Store, book func() *rulebook.Book, now func() time.Time) *Desk {
	return &Desk{store: store, book: book, now: now, log: slog.New(slog.DiscardHandler), workingDays: Weekdays, showing: func(string) int { return 0 }}
}

// Store is what the desk needs kept. Get-like methods fail with fault.NotFound.
type Store interface {
	// Update runs a write that happens as a whole or not at all, and returns once
	// it is durable.
	Update(ctx context.Context, write func(Tx) error) error

	Ticket(ctx context.Context, id string) (Row, error)
	TicketByNumber(ctx context.Context, number int64) (Row, error)
	Tickets(ctx context.Context, q Query) ([]Row, error)
	History(ctx context.Context, ticket string) ([]ticket.Event, error)
	Snapshot(ctx context.Context, id string) (Snapshot, error)
	Snapshots(ctx context.Context, endpoint string, limit int) ([]Snapshot, error)
	Blob(ctx context.Context, sha256 string) (Blob, error)
	BlobChunk(ctx context.Context, sha256 string, offset int64) ([]byte, error)
	// Known returns which of the messages have had their effect.
	Known(ctx context.Context, endpoint string, messages []string) (map[string]bool, error)
	// Outcome returns what a message was answered.
	Outcome(ctx context.Context, endpoint, message string) (Outcome, error)
	// Accounts returns where a person is signed in to endpoints.
	Accounts(ctx context.Context, person string) ([]Account, error)
	// AccountOf returns the person of an account, if it has rung before.
	AccountOf(ctx context.Context, endpoint, uid string) (Account, error)

	// AnyFree reports whether a team has a ticket that nobody has.
	AnyFree(ctx context.Context, team string) (bool, error)
	Profiles(ctx context.Context, people []string) (map[string]Profile, error)

	// Children returns the tickets under one that were not merged, the oldest first.
	Children(ctx context.Context, parent string) ([]Row, error)
	// Approvals returns what waits for a person's decision, the oldest first.
	Approvals(ctx context.Context, person string, limit int) ([]Row, error)
	// ScheduledUntil returns tickets that wait until a moment or earlier, and
	// ResolvedUntil those that were resolved by then and are not closed, each by the
	// moment, after the last one of the page before.
	ScheduledUntil(ctx context.Context, moment time.Time, after Due, limit int) ([]Due, error)
	ResolvedUntil(ctx context.Context, moment time.Time, after Due, limit int) ([]Due, error)

	Figures
}

// Tx is a write.
type Tx interface {
	// Ticket returns a ticket as it is in this transaction.
	Ticket(id string) (ticket.Ticket, error)
	// Reads keeps which language a person reads, as they showed last.
	Reads(person, language string) error
	// Insert stores a new ticket and its events and sets its number.
	Insert(t *ticket.Ticket, events []ticket.Event) error
	// Save stores what events made of a ticket; fault.Stale when somebody else
	// has changed it since it was read.
	Save(before, after ticket.Ticket, events []ticket.Event) error

	// Children returns the ids of the tickets under one, the oldest first.
	Children(parent string, limit int) ([]string, error)

	AddSnapshot(s Snapshot) error
	Account(endpoint, uid, login, full string, now time.Time) (Account, error)
	EndpointSite(endpoint string) (site string, err error)
	Person(id string) (ticket.Person, auth.Role, error)

	// Seen returns what a message was answered when it came before.
	Seen(endpoint, message string) (Seen, bool, error)
	Remember(endpoint, message string, s Seen, now time.Time) error

	// AddMended notes what somebody at an endpoint said of a fix; of one fix the first
	// word counts.
	AddMended(endpoint, fix string, m Mended, now time.Time) error
	// AddHit counts whom an announced outage hits too, and reports whether they are new.
	AddHit(announcement, who string, at time.Time) (bool, error)

	// PutBlob stores the next chunk of a blob, complete with the last.
	PutBlob(b Blob, offset int64, data []byte, complete bool, now time.Time) error
	// DropBlob forgets a blob that is not complete.
	DropBlob(sha256 string) error
	Blob(sha256 string) (Blob, error)

	Audit(e audit.Entry) error

	ClockTx
	Staffing
}

// Row is a ticket with the names that go with its ids.
type Row struct {
	ticket.Ticket
	EndpointName string
	SiteName     string
	VIP          bool // the requester is marked so
	// Clock is what is due next: of the live clocks the first one. Its Kind is empty
	// when nothing is owed. What a running one has used by now its At says.
	Clock sla.Clock
}

// Snapshot is a stored snapshot. Doc is a diagnostics.Snapshot, as it was sent.
type Snapshot struct {
	ID         string
	Endpoint   string
	Ticket     string
	TakenAt    time.Time // by the endpoint's clock
	ReceivedAt time.Time
	Doc        json.RawMessage
}

// Blob is stored bytes. Complete is false while chunks are missing; Have says how
// many bytes are there.
type Blob struct {
	SHA256   string
	Size     int64
	Type     string
	Complete bool
	Have     int64
}

// Account is a person as an endpoint knows them.
type Account struct {
	Endpoint string
	UID      string
	Login    string
	Person   ticket.Person
}

// Seen is a message that has had its effect.
type Seen struct {
	Hash    []byte // of its body
	Outcome Outcome
}

// Outcome is what the sender of a message is told.
type Outcome struct {
	Ticket  string `json:"ticket,omitempty"`
	Number  int64  `json:"number,omitempty"`
	Version int64  `json:"version,omitempty"` // of the ticket after it; of requests with a key
}

// Query selects tickets. The zero fields do not matter.
type Query struct {
	States     []ticket.State
	Open       bool   // only tickets that somebody still has to do something about
	Assignee   string // a person's id
	Unassigned bool
	Requester  string
	Endpoint   string
	Site       string
	Text       string // in the title, or a number
	Order      Order
	After      *Position // the last row of the page before
	Limit      int       // 1 to 200
}

// Order is how a list is sorted.
type Order string

// The orders.
const (
	ByPriority Order = "priority" // the most urgent first, the older before the younger
	Newest     Order = "newest"   // the highest number first
)

// Position is where a page ended.
type Position struct {
	Priority int   `json:"p,omitempty"`
	Number   int64 `json:"n"`
}

// newID returns a ULID of the moment.
func (d *Desk) newID() string { return ulid.MustNewDefault(d.now()).String() }

// actorOf translates who acts into the ticket's terms.
func actorOf(a auth.Actor) ticket.Actor {
	side := ticket.System
	switch a.Kind {
	case auth.Staff:
		side = ticket.Staff
	case auth.Requester:
		side = ticket.Requester
	}
	return ticket.Actor{Person: ticket.Person{ID: a.Person, Name: a.Name}, Side: side}
}
