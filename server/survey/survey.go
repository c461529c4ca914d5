// Package survey asks many endpoints one question: written down with whom it asks,
// sent to those that are connected a batch at a time, to the others when they come
// back, and counted by answer. Each endpoint answers under its own policy, as if it
// alone had been asked; one that is busy is asked again.
package survey

import (
	"context"
	"encoding/json"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/audit"
)

// Store is what surveys need kept.
type Store interface {
	Update(ctx context.Context, write func(Tx) error) error
	Survey(ctx context.Context, id string) (Survey, error)
	// Surveys returns the newest, before an id when that is set.
	Surveys(ctx context.Context, before string, limit int) ([]Survey, error)
	// Open returns those that have not ended.
	Open(ctx context.Context) ([]Survey, error)
	// Replies returns the machines of a survey in the order in which they were added.
	Replies(ctx context.Context, id string) ([]Reply, error)
}

// Tx is a write.
type Tx interface {
	AddSurvey(s Survey, replies []Reply) error
	SaveSurvey(s Survey) error
	SaveReply(id string, r Reply) error
	Audit(e audit.Entry) error
}

// Line reaches endpoints; the hub is one.
type Line interface {
	Ask(endpoint, id string, q wire.Ask) error
	Cancel(endpoint, id string)
}

// Fleet knows the endpoints.
type Fleet interface {
	// Members returns the endpoints of a scope that may connect, by site and name.
	Members(s Scope) []Member
}

// Member is an endpoint of a scope.
type Member struct {
	Endpoint, Name, SiteID, Site, OS string
}

// Scope says which endpoints are asked; what is empty does not matter.
type Scope struct {
	Site   string `json:"site,omitempty"`      // id
	OS     string `json:"os,omitempty"`        // linux, windows, darwin
	Agent  string `json:"agent,omitempty"`     // the agent's version begins so
	Text   string `json:"text,omitempty"`      // in the name or the address
	Online bool   `json:"online,omitempty"`    // only those that are connected now
	Named  string `json:"site_name,omitempty"` // the site's name, for who reads it later
}

// State is how far a survey has come.
type State string

// The states.
const (
	Open  State = "open"  // answers may come
	Done  State = "done"  // everybody has answered, or the time is over
	Ended State = "ended" // by a person
)

// Survey is one question to many endpoints.
type Survey struct {
	ID        string
	Kind      wire.AskKind
	Params    json.RawMessage
	Scope     Scope
	AskerID   string
	AskerName string
	AskerRole string
	State     State
	Total     int // machines that are asked
	Answered  int // written when it ends; Tally has it before
	Failed    int
	AskedAt   time.Time
	Until     time.Time // late machines may answer until then
	EndedAt   time.Time
}

// Standing is how far one machine has come.
type Standing string

// The standings.
const (
	Waiting  Standing = "waiting" // it is offline, or not its turn yet
	Asked    Standing = "asked"
	Busy     Standing = "busy" // it was asked too often, and is asked again
	Answered Standing = "answered"
	Failed   Standing = "failed" // Code and Sentence say why
	Silent   Standing = "silent" // it did not come before the end
)

// Final reports whether nothing more will come of a machine.
func (s Standing) Final() bool { return s == Answered || s == Failed || s == Silent }

// Reply is what became of one machine.
type Reply struct {
	Seq      int // its place, by site and name
	Endpoint string
	Name     string
	Site     string // its name
	OS       string
	Standing Standing
	Group    string // the answer in few words; equal answers are equal
	Detail   string // what is more
	Code     fault.Code
	Sentence string
	At       time.Time // of the standing, when it is final
}

// Request is a question to the fleet.
type Request struct {
	Kind   wire.AskKind
	Params json.RawMessage
	Scope  Scope
	For    time.Duration // how long late machines may take; 0 means 10 minutes
}

// The limits.
const (
	MaxOpen      = 20 // surveys at once
	MaxOpenOwn   = 5  // of one person
	maxFor       = 7 * 24 * time.Hour
	standardFor  = 10 * time.Minute
	answerWithin = 60 * time.Second // after which a machine that was asked is given up
	maxFlight    = 4000             // questions under way at once, of all surveys
	batch        = 100              // of one survey, before it is another one's turn
	maxBytes     = 64 << 10         // of one machine's answer
	maxTries     = 6                // that a machine is asked when it was busy or went away
	maxGroups    = 500              // distinct answers; further ones are counted together
	maxText      = 200              // characters of a group, a detail or a sentence
	maxListed    = 200              // on a page of the list
)
