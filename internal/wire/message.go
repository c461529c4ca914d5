package wire

import (
	"encoding/json"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

// Hello opens the handshake.
type Hello struct {
	Versions []int  `json:"versions"`
	Nonce    []byte `json:"nonce"` // 32 random bytes
	Agent    string `json:"agent"` // "deskbell-agent/1.2.3 linux/amd64"
}

// Challenge is the server's proof. Key must be the key that was pinned at
// enrolment, and Proof must hold, before the agent says anything else.
type Challenge struct {
	Version int       `json:"version"` // the one to speak
	Key     []byte    `json:"key"`     // the server's Ed25519 public key
	Nonce   []byte    `json:"nonce"`
	Proof   []byte    `json:"proof"`
	Time    time.Time `json:"time"` // the server's clock
}

// Prove is the endpoint's proof, and what the server needs to go on from.
type Prove struct {
	Endpoint  string    `json:"endpoint"`
	Proof     []byte    `json:"proof"`
	Ratchet   []byte    `json:"ratchet,omitempty"` // of the last welcome, as stored; none in the first session
	Boot      string    `json:"boot,omitempty"`    // changes with each start of the machine
	BootedAt  time.Time `json:"booted_at,omitzero"`
	Hostname  string    `json:"hostname"`
	Columns   []Column  `json:"columns"`             // what the session's health frames hold
	Inventory string    `json:"inventory,omitempty"` // hash of the inventory as it is now
	Stock     string    `json:"stock,omitempty"`     // hash of the last Stock that was acknowledged
	// Recent are the ids of what was acknowledged in the last 24 hours, the newest
	// MaxRecent of them. A server that was restored from a backup names those it
	// lacks, and they come again; with them come all older ones that the agent
	// still keeps and that had no place in the list.
	Recent []string `json:"recent,omitempty"`
}

// Column declares one column of the session's health frames.
type Column struct {
	Name  string  `json:"name"`
	Scale float64 `json:"scale"` // steps per unit; the frame carries integers
}

// Welcome opens the session. Ratchet is one step on from the one that the agent
// showed; the agent stores it durably and then says ratchet. A step lower than one
// that was stored before is a copy's, and the identity is held. A higher one than
// the server remembers is believed when the server's own signature in it holds.
type Welcome struct {
	Session       string        `json:"session"`
	Time          time.Time     `json:"time"`
	Ratchet       []byte        `json:"ratchet"`                  // opaque; store it durably, then say ratchet
	WantInventory bool          `json:"want_inventory,omitempty"` // the server has another one
	WantStock     bool          `json:"want_stock,omitempty"`     // the server has other facts, or none
	Missing       []string      `json:"missing,omitempty"`        // of Prove.Recent
	Organisation  string        `json:"organisation,omitempty"`
	Site          string        `json:"site,omitempty"`
	ReturnWithin  time.Duration `json:"return_within_ns,omitempty"` // after a lost session wait a random part of this
}

// Refused ends the handshake; the close that follows has the code in brackets.
// Code is unsupported [CloseVersion], unauthenticated (unknown endpoint, or a
// proof that does not hold) [CloseUnproven], held [CloseHeld], forbidden (the
// identity was withdrawn) [CloseRevoked], too_many [CloseTooMany], unavailable
// [CloseUnavailable], invalid [CloseMalformed]; and after enrol: not_found (a
// token that nobody made), used, expired [CloseUnproven]. A session that is up
// ends with the same close codes and no refused before them.
//
// A server too busy to upgrade answers 503 or 429 with Retry-After instead. The
// agent adds up to half again to whatever it was told to wait.
type Refused struct {
	Code       fault.Code `json:"code"`
	Sentence   string     `json:"sentence"`
	RetryAfter int64      `json:"retry_after_ms,omitempty"` // 0: trying again does not help
}

// Enrol asks for an identity. It is sent in Prove's place. When the connection is
// lost before the answer the agent asks again with the same token and key, and a
// server that has enrolled this key with this token answers with the same
// identity, however often the token may be used.
type Enrol struct {
	Token    string  `json:"token"`
	Key      []byte  `json:"key"`   // the endpoint's new Ed25519 public key
	Proof    []byte  `json:"proof"` // by that key
	Machine  Machine `json:"machine"`
	Previous string  `json:"previous,omitempty"` // the endpoint id it had before, for the administrator's eyes
}

// Machine is what an endpoint says of itself when it enrols.
type Machine struct {
	Hostname string `json:"hostname"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Platform string `json:"platform,omitempty"`
	Agent    string `json:"agent"`
}

// Enrolled is the identity.
type Enrolled struct {
	Endpoint     string `json:"endpoint"`
	Site         string `json:"site"`
	Organisation string `json:"organisation,omitempty"`
}

// Goodbye says why the agent closes. The close frame (1000) follows it at once.
type Goodbye struct {
	Reason GoodbyeReason `json:"reason"`
}

// GoodbyeReason is why a session ends.
type GoodbyeReason string

// The reasons.
const (
	ByeSleep    GoodbyeReason = "sleep"
	ByeShutdown GoodbyeReason = "shutdown"
	ByeStop     GoodbyeReason = "stop"
	ByeUpdate   GoodbyeReason = "update"
	ByeRoam     GoodbyeReason = "roam" // the network changed; it comes back at once
)

// Inventory is what the machine is made of, sent when its hash changes.
type Inventory struct {
	Hash     string             `json:"hash"` // of System without what changes by itself
	System   diagnostics.System `json:"system"`
	Agent    string             `json:"agent"`
	Address  string             `json:"address,omitempty"` // the address the session goes out from
	CPUModel string             `json:"cpu_model,omitempty"`
	Cores    int                `json:"cores,omitempty"`
	Memory   uint64             `json:"memory,omitempty"`
	Disk     uint64             `json:"disk,omitempty"`
	Policy   *Policy            `json:"policy,omitempty"` // none: an older agent, which acts on nothing
}

// Findings are what is wrong with the machine now. An empty list says: nothing.
type Findings struct {
	At       time.Time             `json:"at"`
	Findings []diagnostics.Finding `json:"findings"`
}

// Account is a person as the endpoint's operating system knows them. The agent
// takes it from the kernel's word about the caller, never from the caller.
type Account struct {
	UID  string `json:"uid"`  // a Unix uid in decimal, or a Windows SID
	Name string `json:"name"` // login name
	Full string `json:"full,omitempty"`
}

// TicketOpen is an employee's ring. Its envelope's id names it for ever.
type TicketOpen struct {
	Account     Account               `json:"account"`
	Kind        Kind                  `json:"kind,omitempty"` // empty leaves it to the desk
	Title       string                `json:"title"`
	Body        string                `json:"body,omitempty"`
	RungAt      time.Time             `json:"rung_at"` // by the endpoint's clock
	Findings    []diagnostics.Finding `json:"findings,omitempty"`
	Snapshot    *diagnostics.Snapshot `json:"snapshot,omitempty"`
	Attachments []Attachment          `json:"attachments,omitempty"` // their bytes were put before
	Language    string                `json:"language,omitempty"`    // that they read: en, de, fr, es
}

// Kind is what a ring is about. One that the server does not know is left to the
// desk: nobody's ring is refused for it.
type Kind string

// The kinds.
const (
	KindIncident Kind = "incident" // something does not work
	KindRequest  Kind = "request"  // something is wanted
)

// Attachment names bytes by their content.
type Attachment struct {
	SHA256 string `json:"sha256"` // hex
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Type   string `json:"type,omitempty"` // as the bytes look, not as the name claims
}

// TicketReply is the requester's message on a ticket of theirs. What refers to a
// ticket names it by the server's id, or by the id of the ticket.open that made
// it: a reply may be written before the ring was sent. The agent sends it only
// after the ring's ack; a name that fits no ticket of this account on this
// endpoint is refused for good with not_found. The same holds for ticket.act,
// ticket.read and blob.get.
type TicketReply struct {
	Account     Account      `json:"account"`
	Ticket      string       `json:"ticket"` // its id, or its ref
	Body        string       `json:"body"`
	At          time.Time    `json:"at"`
	Attachments []Attachment `json:"attachments,omitempty"`
}

// TicketAct is what a requester may do to a ticket of theirs.
type TicketAct struct {
	Account Account   `json:"account"`
	Ticket  string    `json:"ticket"`
	Act     Act       `json:"act"`
	Rating  int       `json:"rating,omitempty"` // 1 to 5, with rate
	Comment string    `json:"comment,omitempty"`
	At      time.Time `json:"at"`
}

// Act is a requester's action.
type Act string

// The acts.
const (
	ActConfirm Act = "confirm" // the solution holds
	ActReopen  Act = "reopen"  // it does not
	ActRate    Act = "rate"
	ActCancel  Act = "cancel" // it is not needed any more
)

// TicketsGet asks for a person's own tickets. Agents ask after each welcome for
// everybody whose tickets they keep, since ticket.changed is not repeated.
type TicketsGet struct {
	Account Account `json:"account"`
	Limit   int     `json:"limit,omitempty"` // the newest so many; 0 means 100. Fewer when they do not fit into a message
}

// TicketRead tells how far the requester has read.
type TicketRead struct {
	Account Account `json:"account"`
	Ticket  string  `json:"ticket"`
	Message string  `json:"message"` // the newest message that was shown
}

// Tickets answers TicketsGet, newest change first. A ticket that is not among
// fewer than Limit items is no ticket of this person's any more.
type Tickets struct {
	Items []TicketView `json:"items"`
}

// TicketChanged brings the requester's view of one ticket up to date. The view is
// whole, messages included. Nobody acknowledges it.
type TicketChanged struct {
	UID    string     `json:"uid"` // whose, on this endpoint
	Ticket TicketView `json:"ticket"`
}

// Approvals are the requests that wait for a person's yes or no, the oldest first:
// all of them, each time. They come before each answer to tickets.get and when they
// change. Nobody acknowledges them.
type Approvals struct {
	UID   string     `json:"uid"` // whose, on this endpoint
	Items []Approval `json:"items"`
}

// Approval is a request that waits for somebody's decision. What there is to know
// for it stands in the portal.
type Approval struct {
	Number    int64     `json:"number"`
	Title     string    `json:"title"`
	Requester string    `json:"requester"` // a name
	AskedAt   time.Time `json:"asked_at"`
}

// TicketView is a ticket as its requester sees it. Internal notes are not in it.
type TicketView struct {
	ID        string        `json:"id"`
	Number    int64         `json:"number"`
	Ref       string        `json:"ref,omitempty"` // the id of the ticket.open that made it
	Title     string        `json:"title"`
	Body      string        `json:"body,omitempty"`
	State     string        `json:"state"`
	Waiting   string        `json:"waiting,omitempty"`  // with the state pending: for requester, vendor, change or scheduled
	Assignee  string        `json:"assignee,omitempty"` // a name
	Solution  string        `json:"solution,omitempty"`
	Rating    int           `json:"rating,omitempty"`
	Comment   string        `json:"comment,omitempty"` // what the requester wrote with the rating
	CreatedAt time.Time     `json:"created_at"`
	UpdatedAt time.Time     `json:"updated_at"`
	Version   int64         `json:"version"`
	Messages  []MessageView `json:"messages,omitempty"`
	Unread    int           `json:"unread,omitempty"` // messages of the help desk after the last one read
}

// MessageView is one message as the requester sees it.
type MessageView struct {
	ID          string       `json:"id"`
	At          time.Time    `json:"at"`
	Author      string       `json:"author"`
	Mine        bool         `json:"mine,omitempty"` // written by the requester
	Body        string       `json:"body"`
	Attachments []Attachment `json:"attachments,omitempty"`
}

// Ack says that the message Re is durable, or that it was refused for good. It
// answers every message that has an id and no answer of a type of its own.
type Ack struct {
	OK       bool       `json:"ok"`
	Code     fault.Code `json:"code,omitempty"`
	Sentence string     `json:"sentence,omitempty"`
	Field    string     `json:"field,omitempty"`
	Ticket   string     `json:"ticket,omitempty"` // its id
	Number   int64      `json:"number,omitempty"` // its number
}

// Error says that the message Re did nothing, and may come again, after
// RetryAfter when that is set. Any message with an id may be answered so.
type Error struct {
	Code       fault.Code `json:"code"`
	Sentence   string     `json:"sentence"`
	RetryAfter int64      `json:"retry_after_ms,omitempty"`
}

// PortalLinkRequest asks for a link that signs the account's person in, once.
type PortalLinkRequest struct {
	Account Account    `json:"account"`
	Page    PortalPage `json:"page,omitempty"` // where it leads; empty, or one that the server does not know: to the beginning
}

// PortalPage is a page of the portal.
type PortalPage string

// PageApprovals is where somebody decides about others' requests.
const PageApprovals PortalPage = "approvals"

// Portal answers PortalLinkRequest.
type Portal struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Suggest asks which articles may answer what somebody writes, before they send it.
// It is asked while they type, and answered with an empty list as often as not. No
// outbox keeps it: offline there are no suggestions.
type Suggest struct {
	Account Account `json:"account"`
	Text    string  `json:"text"` // at most 4 KiB of it
}

// Articles answers Suggest: at most three, the likeliest first.
type Articles struct {
	Items []Article `json:"items"`
}

// Article is an article as a window shows it: words, without marks.
type Article struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Helped says that an article has answered what somebody was about to ask: nothing
// is sent to the help desk, and it is counted. Question is what they had written.
type Helped struct {
	Account  Account `json:"account"`
	Article  string  `json:"article"`
	Question string  `json:"question,omitempty"`
}

// FixTold is an employee's word on a fix that they started on their own machine. Its
// envelope's id is the fix's, so that each counts once; the agent's outbox keeps it
// until it is acknowledged. Who said it stays on the machine.
type FixTold struct {
	Recipe  diagnostics.Recipe `json:"recipe"`
	Finding diagnostics.Code   `json:"finding"`
	Outcome string             `json:"outcome"` // what the machine found afterwards: helped, did_not_help, could_not, unknown
	Works   bool               `json:"works"`   // what the employee says
	At      time.Time          `json:"at"`      // when the fix ended
}

// BlobPut announces an attachment. The server answers blob.wanted; the agent sends
// the chunks from that offset on, in order, each with blob.put's id and each but
// the last of MaxBlobChunk bytes; an attachment has at least one byte. When all
// bytes are durable and have the announced hash, the server answers ack with the
// same Re. Bytes of an upload that broke off are kept as long as the server likes
// (an hour is kind), for the next blob.put of this endpoint with the same hash.
type BlobPut struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// BlobWanted says from which byte on the server wants it. Size means that it has
// all: nothing follows then, no chunk and no ack.
type BlobWanted struct {
	Offset int64 `json:"offset"`
}

// BlobGet asks for an attachment of a ticket that the account may see.
type BlobGet struct {
	Account Account `json:"account"`
	Ticket  string  `json:"ticket"`
	SHA256  string  `json:"sha256"`
}

// BlobHeader announces the chunks that answer BlobGet: from offset 0 on, in order,
// each with blob.get's id, until Size bytes have come.
type BlobHeader struct {
	Size int64 `json:"size"`
}

// Live asks for a frame every Interval until For has passed. A later one replaces
// it; For 0 ends it. The agent sends what it has collected first, and while it is
// live every sample goes out by itself, with the flag HealthLive.
type Live struct {
	Interval time.Duration `json:"interval_ns"`
	For      time.Duration `json:"for_ns"`
}

// Ask is a named diagnostic that a person wants. What each kind takes and
// answers is in ask.go.
type Ask struct {
	Kind      AskKind         `json:"kind"`
	Params    json.RawMessage `json:"params,omitempty"`
	Who       Asker           `json:"who"`
	Ticket    int64           `json:"ticket,omitempty"` // number
	ExpiresAt time.Time       `json:"expires_at"`
}

// Asker is who wants to know, for the employee to read.
type Asker struct {
	// ID is the account's on the server. Two people may have one name, and one may
	// change theirs: what somebody agreed to goes by this. Empty from older servers.
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	Role string `json:"role,omitempty"` // "technician", "operator", "you"
	UID  string `json:"uid,omitempty"`  // set when the requester asks about their own machine
}

// Answer is one part of an answer. Parts are numbered from 0; the last has Done.
type Answer struct {
	Part     int             `json:"part"`
	Data     json.RawMessage `json:"data,omitempty"`
	Done     bool            `json:"done,omitempty"`
	Code     fault.Code      `json:"code,omitempty"` // set when it failed or was refused
	Sentence string          `json:"sentence,omitempty"`
}
