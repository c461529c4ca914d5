// Package incident finds one outage behind many tickets while they come, proposes it,
// and keeps what people make of it: who confirmed it, which tickets are part of it, what
// happened when, and what was learned. What makes an outage is package correlate's to say.
package incident

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/correlate"
	"github.com/deskbell/deskbell/server/ticket"
)

// State is where an incident stands.
type State string

// The states.
const (
	Proposed  State = "proposed"  // it looks like an outage, and nobody has said yet
	Lapsed    State = "lapsed"    // nobody has said, and nothing more has come
	Dismissed State = "dismissed" // somebody has said that it is none
	Open      State = "open"      // it is one
	Resolved  State = "resolved"  // it was one
)

// States lists all states.
func States() []State { return []State{Proposed, Open, Resolved, Dismissed, Lapsed} }

// Going reports whether somebody may still have to do something about it.
func (s State) Going() bool { return s == Proposed || s == Open }

// Incident is one outage, or what looks like one.
type Incident struct {
	ID      string `json:"-"`
	Number  int64  `json:"-"`
	Version int64  `json:"version"` // rises with each change
	Edition int64  `json:"edition"` // rises with what people change: a burst makes nobody's form old
	State   State  `json:"-"`
	Title   string `json:"title"`
	Text    string `json:"text,omitempty"`   // what somebody has written about it
	Titled  bool   `json:"titled,omitempty"` // somebody has named it: it keeps its name

	Cell  Cell      `json:"cell"`           // what its tickets have in common; zero: nobody has said
	Also  []Cell    `json:"also,omitempty"` // others that explain the same tickets, the best first
	Since time.Time `json:"since"`

	// What spoke for it when it was looked at last.
	Rate       Rate     `json:"rate,omitzero"`
	Evidence   Evidence `json:"evidence,omitzero"`
	Down       string   `json:"down,omitempty"`   // a check of its service that fails
	Probes     []Probe  `json:"probes,omitempty"` // what endpoints said that were asked
	Confidence float64  `json:"confidence,omitempty"`
	Causes     []Cause  `json:"causes,omitempty"` // the likeliest first

	CreatedAt time.Time `json:"created_at"`
	NewsAt    time.Time `json:"news_at"` // of the newest ticket, or of what somebody did
	OpenedAt  time.Time `json:"opened_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"` // resolved, dismissed or lapsed
	By        Person    `json:"by,omitzero"`       // who opened or dismissed it
	Why       string    `json:"why,omitempty"`     // it was dismissed
	Until     time.Time `json:"until,omitzero"`    // the same is not proposed before
	Closing   string    `json:"closing,omitempty"` // how it ended

	PostMortem string `json:"post_mortem,omitempty"` // Markdown; empty: nobody has written any

	Heard []Heard `json:"heard,omitempty"` // what employees were told of it
	Ask   *Asking `json:"ask,omitempty"`   // they were asked whether it is fixed

	Tickets int `json:"-"`
	People  int `json:"-"` // different ones who rang
}

// Person is who did something; the zero Person is Deskbell.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Cell is what tickets have in common, as it is kept: correlate.Cell, in words that stay.
type Cell struct {
	Kind  stock.Kind `json:"kind,omitempty"` // of a fact, or correlate.Site; empty: wherever
	Name  string     `json:"name,omitempty"`
	Value string     `json:"value,omitempty"`
	About string     `json:"about,omitempty"` // id of a category; empty: whatever it is about
}

func cellOf(c correlate.Cell) Cell { return Cell{c.Part.Kind, c.Part.Name, c.Part.Value, c.About} }

// Part is what its machines have in common; zero: nothing.
func (c Cell) Part() correlate.Part {
	return correlate.Part{Kind: c.Kind, Name: c.Name, Value: c.Value}
}

// Rate is how many people rang, against what is usual.
type Rate struct {
	Minutes  int     `json:"minutes"`
	People   int     `json:"people"`
	Expected float64 `json:"expected"`
	P        float64 `json:"p"` // chance of so many, were all as usual
}

// Evidence is what endpoints say themselves: of a code, how many of the cell have it and
// how many elsewhere.
type Evidence struct {
	Code  string  `json:"code,omitempty"`
	In    int     `json:"in"`
	Of    int     `json:"of"`
	Out   int     `json:"out"`
	OutOf int     `json:"out_of"`
	P     float64 `json:"p"`
}

// Cause is something by which those that suffer differ from the others.
type Cause struct {
	Kind  stock.Kind `json:"kind"` // of a fact, correlate.Site or correlate.About
	Name  string     `json:"name"`
	Value string     `json:"value,omitempty"`
	Any   bool       `json:"any,omitempty"` // the fact with whatever value
	In    int        `json:"in"`
	Of    int        `json:"of"`
	Out   int        `json:"out"`
	OutOf int        `json:"out_of"`
	Q     float64    `json:"q"`              // chance, corrected for all that was looked at
	New   int        `json:"new,omitempty"`  // so many of them got it shortly before
	From  time.Time  `json:"from,omitzero"`  // when the first of these did
	More  int        `json:"more,omitempty"` // so many facts always come with it
}

// How is the way by which a ticket became part of an incident.
type How string

// The ways.
const (
	Found  How = "found"   // it was one of those that looked like an outage
	Joined How = "joined"  // it came later and fits
	ByHand How = "by_hand" // somebody put it there
)

// Member is a ticket of an incident.
type Member struct {
	Incident string
	Ticket   string
	How      How
	At       time.Time // since when it is part of it
	Out      bool      // somebody took it out: it does not come back by itself
	Labelled bool      // it says itself that it is part of it

	// As the ticket is now.
	Number    int64
	Title     string
	State     ticket.State
	Requester string // name
	Site      string // name

	RequesterID string
	Endpoint    string   // where it was rung; empty: nobody knows
	Critical    []string // codes of what was critical there then
	CameAt      time.Time
}

// Did is what happened to an incident.
type Did string

// What happens.
const (
	DidPropose  Did = "proposed"
	DidMove     Did = "moved" // it looks like another cell now
	DidJoin     Did = "joined"
	DidTakeOut  Did = "taken_out"
	DidOpen     Did = "opened"
	DidConfirm  Did = "confirmed"
	DidDismiss  Did = "dismissed"
	DidLapse    Did = "lapsed"
	DidChange   Did = "changed"
	DidNote     Did = "noted"
	DidAnnounce Did = "announced"
	DidSay      Did = "said" // a word on how it goes, to employees
	DidResolve  Did = "resolved"
	DidAsk      Did = "asked"    // those whom it hit, whether it is fixed
	DidHear     Did = "heard"    // what they said, when all is made of it
	DidProbe    Did = "probed"   // endpoints were asked
	DidReview   Did = "reviewed" // its post-mortem was written
)

// Line is a line of an incident's timeline.
type Line struct {
	At   time.Time
	Did  Did
	By   Person // zero: Deskbell
	Text string
	N    int // of tickets
}

// Bounds.
const (
	maxTitle  = 120 // characters, here and below
	maxText   = 4000
	maxNote   = 2000
	maxMember = 2000 // tickets
)
