// Package local is what a person's programs may ask of the agent on their own
// machine: the types and the client of the local API. It is HTTP with JSON over a
// Unix socket or a named pipe, never TCP. The agent knows the caller from the
// operating system, so no request says who it comes from, and nobody sees
// another person's tickets.
//
// The handlers are in package localapi.
package local

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
)

// Version is the local API's. Tray, window and agent are updated apart, so fields
// are only ever added.
const Version = 1

// Status is all that a tray shows. It is always whole: a tray that reconnects
// needs no history.
type Status struct {
	Version      int        `json:"version"` // of the local API
	Agent        string     `json:"agent"`   // the agent's version
	Enrolled     bool       `json:"enrolled"`
	Organisation string     `json:"organisation,omitempty"`
	Site         string     `json:"site,omitempty"`
	Endpoint     string     `json:"endpoint,omitempty"`
	Server       string     `json:"server,omitempty"`
	Connection   Connection `json:"connection"`
	Since        time.Time  `json:"since,omitzero"`      // when the connection became what it is
	Problem      string     `json:"problem,omitempty"`   // one sentence, when it is not connected
	Waiting      int        `json:"waiting"`             // of the caller's: saved, not yet sent
	Unread       int        `json:"unread"`              // of the caller's: messages of the help desk
	News         []News     `json:"news,omitempty"`      // the unread ones, newest first, at most 20
	Approvals    []Approval `json:"approvals,omitempty"` // what waits for the caller's decision, the oldest first
	Looking      []Look     `json:"looking,omitempty"`   // who looks at this machine now
	Consents     []Consent  `json:"consents,omitempty"`  // what the caller is asked to agree to, the oldest first
	Screens      []string   `json:"screens,omitempty"`   // pictures of the caller's screens that were agreed to and are to be handed over, by id
	// Announcements are known outages that concern this machine: live ones first, and
	// those that ended within a day.
	Announcements []Announcement `json:"announcements,omitempty"`
	// Questions are whether outages that are said to be over are fixed for the caller.
	Questions []OutageAsked `json:"questions,omitempty"`
	Tickets   int64         `json:"tickets"` // rises whenever a ticket of the caller's changes
}

// Connection is how the agent stands to the server.
type Connection string

// The connections.
const (
	Connected   Connection = "connected"
	Connecting  Connection = "connecting"
	Offline     Connection = "offline"
	Held        Connection = "held"         // the administrator holds this identity
	NotEnrolled Connection = "not_enrolled" // no identity yet
	NoAgent     Connection = "no_agent"     // never sent: the client's word for an agent that does not answer
)

// News is one message that the caller has not read.
type News struct {
	ID     string    `json:"id"` // the message's
	Ticket string    `json:"ticket"`
	Number int64     `json:"number"`
	Title  string    `json:"title"`
	Author string    `json:"author"`
	Text   string    `json:"text"` // its beginning, one line
	At     time.Time `json:"at"`
	Solved bool      `json:"solved,omitempty"` // the ticket is resolved, and this is the last word on it
}

// Approval is a request that waits for the caller's yes or no, in the portal.
type Approval struct {
	Number    int64     `json:"number"`
	Title     string    `json:"title"`
	Requester string    `json:"requester"`
	AskedAt   time.Time `json:"asked_at"`
}

// Look is one look at this machine from afar, for the employee to read. The
// agent keeps them; the server has no say in it.
type Look struct {
	ID     string       `json:"id"`
	Who    string       `json:"who"`
	Role   string       `json:"role,omitempty"`
	Kind   wire.AskKind `json:"kind"`
	What   string       `json:"what"` // a sentence: "the list of running programs"
	Ticket int64        `json:"ticket,omitempty"`
	At     time.Time    `json:"at"`
	Ended  time.Time    `json:"ended,omitzero"`
	Result string       `json:"result,omitempty"` // answered, refused, expired, …
	// Until is when a look ends that lasts; zero: it is done at once, or nobody knows.
	Until time.Time `json:"until,omitzero"`
	// Consent says what the requester said when they were asked; "" they were not.
	Consent ConsentOutcome `json:"consent,omitempty"`
}

// ConsentOutcome is what came of asking for consent.
type ConsentOutcome string

// The outcomes.
const (
	ConsentAsked      ConsentOutcome = "asked" // they have not answered yet
	ConsentGiven      ConsentOutcome = "given"
	ConsentBefore     ConsentOutcome = "before" // given earlier, for the rest of this ticket
	ConsentRefused    ConsentOutcome = "refused"
	ConsentUnanswered ConsentOutcome = "unanswered" // which is a no
	ConsentImpossible ConsentOutcome = "impossible" // nobody could be asked, which is a no
)

// Asking reports whether a look waits for somebody's yes: nobody looks yet.
func (l Look) Asking() bool { return l.Consent == ConsentAsked && l.Ended.IsZero() }

// Ledger is what is written down of looks, and how far it can be believed: each
// line of it carries the hash of the one before.
type Ledger struct {
	Looks []Look    `json:"looks"`          // newest first
	Since time.Time `json:"since,omitzero"` // when it was begun
	// Removed is how many lines are missing that were written here, and Changed how
	// many are not as they were written; both 0 in a ledger that is whole.
	Removed int `json:"removed,omitempty"`
	Changed int `json:"changed,omitempty"`
}

// Whole reports whether nothing was removed and nothing changed.
func (l Ledger) Whole() bool { return l.Removed == 0 && l.Changed == 0 }

// CheckupRequest starts a check-up.
type CheckupRequest struct {
	Sections []diagnostics.SectionName `json:"sections,omitempty"` // none means all
	Quick    bool                      `json:"quick,omitempty"`    // within a second, without what takes its time
}

// Checkup is a check-up as far as it has come. The agent keeps the finished ones
// for an hour, so that a ticket can name one instead of carrying it.
type Checkup struct {
	ID       string                    `json:"id"`
	Done     bool                      `json:"done"`
	Pending  []diagnostics.SectionName `json:"pending,omitempty"`
	Snapshot diagnostics.Snapshot      `json:"snapshot"` // redacted: exactly what would be sent
	Findings []diagnostics.Finding     `json:"findings"`
	Redacted int                       `json:"redacted"` // how many secrets were taken out
}

// Draft is a ticket that an employee sends.
//
// Ref, here and in Reply and Act, is a ULID that the caller mints for each thing
// it sends. The same Ref of the same caller again has no second effect and
// returns the same receipt: who lost the answer may ask again. Empty lets the
// agent mint one.
type Draft struct {
	Ref         string                    `json:"ref,omitempty"`
	Kind        wire.Kind                 `json:"kind,omitempty"` // empty leaves it to the help desk
	Title       string                    `json:"title"`
	Body        string                    `json:"body,omitempty"`
	Checkup     string                    `json:"checkup,omitempty"` // id; empty sends none
	Without     []diagnostics.SectionName `json:"without,omitempty"` // sections the employee took out
	Attachments []wire.Attachment         `json:"attachments,omitempty"`
	Language    string                    `json:"language,omitempty"` // that the caller reads
}

// Receipt says what has become of something that was to be sent.
type Receipt struct {
	Ref      string     `json:"ref"`      // names it from now on
	Delivery Delivery   `json:"delivery"` // saved, or sent when that took less than a moment
	Ticket   string     `json:"ticket,omitempty"`
	Number   int64      `json:"number,omitempty"`
	Code     fault.Code `json:"code,omitempty"` // when refused
	Sentence string     `json:"sentence,omitempty"`
}

// Delivery is how far something got on its way to the server.
type Delivery string

// The deliveries.
const (
	Saved   Delivery = "saved"   // on this machine's disk; it will be sent
	Sent    Delivery = "sent"    // on the server's disk
	Refused Delivery = "refused" // the server will not have it; the sentence says why
)

// Ticket is a ticket of the caller's, with what is still on its way.
type Ticket struct {
	wire.TicketView
	Delivery Delivery         `json:"delivery"`
	Problem  string           `json:"problem,omitempty"` // why it was refused
	Pending  []PendingMessage `json:"pending,omitempty"` // written, not yet on the server
}

// PendingMessage is a reply or an act that is still on this machine.
type PendingMessage struct {
	Ref      string    `json:"ref"`
	At       time.Time `json:"at"`
	Body     string    `json:"body,omitempty"`
	Act      wire.Act  `json:"act,omitempty"`
	Delivery Delivery  `json:"delivery"`
	Problem  string    `json:"problem,omitempty"`
}

// Tickets is the list of the caller's tickets, newest change first.
type Tickets struct {
	Items []Ticket  `json:"items"`
	AsOf  time.Time `json:"as_of,omitzero"` // when the server last said so; zero: never
}

// Reply is a message on a ticket.
type Reply struct {
	Ref         string            `json:"ref,omitempty"`
	Body        string            `json:"body"`
	Attachments []wire.Attachment `json:"attachments,omitempty"`
}

// Act is what the caller does to their ticket.
type Act struct {
	Ref     string   `json:"ref,omitempty"`
	Act     wire.Act `json:"act"`
	Rating  int      `json:"rating,omitempty"`
	Comment string   `json:"comment,omitempty"`
}

// Read tells how far the caller has read.
type Read struct {
	Message string `json:"message"`
}

// Question is what somebody is writing, before they send it.
type Question struct {
	Text string `json:"text"`
}

// Article is an article that may answer it: words, without marks.
type Article struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// PortalRequest says where a link into the portal leads.
type PortalRequest struct {
	Page wire.PortalPage `json:"page,omitempty"`
}

// Portal is a one-time link into the portal.
type Portal struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Problem is an error in the local API's answers: an RFC 9457 problem with our
// code and sentence.
type Problem struct {
	Type   string     `json:"type"`
	Title  string     `json:"title"`
	Status int        `json:"status"`
	Detail string     `json:"detail"` // the sentence
	Code   fault.Code `json:"code"`
	Field  string     `json:"field,omitempty"`
	// Said is the sentence for readers of other languages, where there is one.
	Said tongue.Text `json:"said,omitzero"`
}
