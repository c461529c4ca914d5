// Package wire is the protocol between an endpoint's agent and the server: one
// outbound websocket, JSON text messages for everything that is rare, and one
// compact binary frame for health. docs/wire.md describes it whole, so that a
// stranger can write either side; the examples there are parsed by this
// package's tests.
//
// The package holds types, limits and pure functions. The websocket itself is
// in the socket package below it.
package wire

import (
	"encoding/json"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// Version is the protocol's version. Each side speaks to a neighbour one version
// older; a new message type or a new field needs no new version.
const Version = 1

// Subprotocol is the websocket subprotocol that both sides must name.
const Subprotocol = "deskbell.v1"

// ConnectPath is where an agent opens its websocket.
const ConnectPath = "/agent/v1/connect"

// Limits. They hold for the whole message, after any fragmentation; compression
// is never negotiated, so there is no second size.
const (
	MaxUnproven  = 4 << 10   // a message before both sides are proven
	MaxMessage   = 2 << 20   // a text message
	MaxBinary    = 128 << 10 // a binary frame
	MaxBlobChunk = 64 << 10  // the data in one blob chunk
	MaxBlob      = 25 << 20  // an attachment
	MaxTitle     = 200       // characters in a ticket's title
	MaxBody      = 64 << 10  // bytes in a message's text
	MaxSamples   = 240       // samples in one health frame
	MaxRecent    = 64        // ids in Prove.Recent: the message has to stay within MaxUnproven
	MaxFiles     = 10        // attachments on one message
)

// Times.
const (
	HandshakeTimeout = 10 * time.Second  // from the accepted connection to the welcome
	WriteTimeout     = 10 * time.Second  // after which a reader is too slow
	FrameInterval    = time.Minute       // between health frames of an idle endpoint
	SampleInterval   = 15 * time.Second  // between samples
	SilenceTimeout   = 150 * time.Second // two and a half frames: the server gives a session up
	AckTimeout       = 20 * time.Second  // the agent gives a session up that does not acknowledge
)

// Type names a message.
//
// The messages of the handshake carry neither id nor re. In a session every text
// message of an agent's carries an id and is answered once, with Re: by the
// answer of its own type (tickets, portal, blob.wanted, blob), by ack or by error.
// Exceptions are goodbye and answer: they carry no id (an answer's Re is the
// ask's id) and nothing answers them. An agent answers nothing but ask.
//
// Several messages of an agent's may be under way at once, and their answers may
// come in any order; what has to be in order the agent sends one by one.
type Type string

// The messages of the handshake, in their order. See Proof.
const (
	TypeHello     Type = "hello"     // agent: versions and a nonce
	TypeChallenge Type = "challenge" // server: its proof and a nonce
	TypeProve     Type = "prove"     // agent: its proof
	TypeEnrol     Type = "enrol"     // agent, instead of prove: a token and a new key
	TypeWelcome   Type = "welcome"   // server: the session is up
	TypeEnrolled  Type = "enrolled"  // server, after enrol: the identity; the socket closes
	TypeRefused   Type = "refused"   // server: why not, and when to come back
)

// The messages of a session that agents send.
const (
	TypeRatchet     Type = "ratchet"      // the ratchet of the welcome is stored
	TypeInventory   Type = "inventory"    // what the machine is, when it changed
	TypeFindings    Type = "findings"     // what is wrong now, when it changed
	TypeStock       Type = "stock"        // the facts by which machines are compared, when they changed
	TypeGoodbye     Type = "goodbye"      // why the session ends
	TypeTicketOpen  Type = "ticket.open"  // somebody rang
	TypeTicketReply Type = "ticket.reply" // the requester answers
	TypeTicketAct   Type = "ticket.act"   // the requester confirms, reopens, rates
	TypeTicketsGet  Type = "tickets.get"  // a person's own tickets
	TypeTicketRead  Type = "ticket.read"  // the requester has read up to here
	TypePortalLink  Type = "portal.link"  // a one-time link into the portal
	TypeSuggest     Type = "kb.suggest"   // which articles may answer what somebody writes
	TypeHelped      Type = "kb.helped"    // an article has, and nobody rings
	TypeFixTold     Type = "fix.told"     // whether it works after a fix on this machine
	// TypeAnnouncementsGet asks for the announcements that concern the machine.
	TypeAnnouncementsGet Type = "announcements.get"
	// TypeAnnouncementHit says that an announced outage hits somebody too.
	TypeAnnouncementHit Type = "announcement.hit"
	// TypeOutageFixed says whether an outage that is said to be over is over for somebody.
	TypeOutageFixed Type = "outage.fixed"
	TypeBlobPut     Type = "blob.put" // an attachment is about to come in chunks
	TypeBlobGet     Type = "blob.get" // asks for an attachment's bytes
	TypeAnswer      Type = "answer"   // one part of an answer to ask
)

// The messages of a session that servers send.
const (
	TypeAck           Type = "ack"            // it is durable; or it was refused for good
	TypeError         Type = "error"          // this message did nothing
	TypeTickets       Type = "tickets"        // answers tickets.get
	TypeTicketChanged Type = "ticket.changed" // something the requester may see has changed
	TypeApprovals     Type = "approvals"      // what waits for somebody's yes or no
	TypeAnnouncements Type = "announcements"  // what employees are told of known outages
	TypePortal        Type = "portal"         // answers portal.link
	TypeArticles      Type = "kb.articles"    // answers kb.suggest
	TypeBlobWanted    Type = "blob.wanted"    // answers blob.put: send from this offset
	TypeBlob          Type = "blob"           // answers blob.get: the chunks follow
	TypeLive          Type = "live"           // send samples every second for a while
	TypeAsk           Type = "ask"            // a named diagnostic
	TypeAskCancel     Type = "ask.cancel"     // nobody waits for it any more
)

// Envelope is a text message. ID is minted by the sender, a ULID; the receiver
// makes the effect of one ID happen once, however often the message comes. Re is
// the ID of the message that this one answers.
type Envelope struct {
	Type Type            `json:"type"`
	ID   string          `json:"id,omitempty"`
	Re   string          `json:"re,omitempty"`
	Body json.RawMessage `json:"body,omitempty"`
}

// Encode makes a text message.
func Encode(t Type, id, re string, body any) ([]byte, error) {
	var raw json.RawMessage
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		raw = b
	}
	return json.Marshal(Envelope{Type: t, ID: id, Re: re, Body: raw})
}

// Decode reads a text message's envelope.
func Decode(b []byte) (Envelope, error) {
	var e Envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return e, fault.Wrap(err, fault.Invalid, "The message is not a JSON object of the form that the protocol prescribes.")
	}
	if e.Type == "" {
		return e, fault.Field("type", "The message names no type.")
	}
	if len(e.ID) > 64 || len(e.Re) > 64 {
		return e, fault.Field("id", "The message's id is longer than 64 characters.")
	}
	return e, nil
}

// Into reads the body. Unknown fields are ignored: they are a newer neighbour's.
func (e Envelope) Into(body any) error {
	if len(e.Body) == 0 {
		return fault.Field("body", "The message "+string(e.Type)+" has no body.")
	}
	if err := json.Unmarshal(e.Body, body); err != nil {
		return fault.Wrap(err, fault.Invalid, "The body of the message "+string(e.Type)+" does not have the fields that the protocol prescribes.")
	}
	return nil
}

// Binary frames start with one byte that names them.
const (
	FrameHealth    = 0x01 // agent: samples
	FrameHealthAck = 0x02 // server: the highest sequence number taken in
	FrameBlob      = 0x03 // either: a chunk of an attachment
)

// The codes of a websocket close, beside the standard 1001, 1002, 1007 and 1009.
const (
	CloseMalformed   = 4000 // not JSON, not a frame, or against the order of the handshake
	CloseVersion     = 4002 // no version in common
	CloseUnproven    = 4003 // the proof does not hold
	CloseHeld        = 4004 // the identity is held by the administrator
	CloseRevoked     = 4005 // the identity was withdrawn
	CloseReplaced    = 4006 // the same machine has opened a newer session
	CloseSlow        = 4007 // the other side does not read
	CloseTooMany     = 4008 // over a rate
	CloseUnavailable = 4009 // not now; the refusal says when
)
