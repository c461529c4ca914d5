package ask

import (
	"context"
	"encoding/json"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/ticket"
)

// Line reaches endpoints.
type Line interface {
	// Ask sends a question; fault.Unavailable when the endpoint is not connected.
	Ask(endpoint, id string, q wire.Ask) error
	// Frame sends an endpoint a frame of a terminal. It may wait.
	Frame(endpoint string, frame []byte) error
	// Cancel tells an endpoint that nobody waits any more.
	Cancel(endpoint, id string)
}

// Store is what the asker needs kept.
type Store interface {
	Update(ctx context.Context, write func(Tx) error) error
	Ask(ctx context.Context, id string) (Ask, error)
	// Waiting returns the asks of an endpoint that are still to be sent.
	Waiting(ctx context.Context, endpoint string) ([]Ask, error)
	// Asks returns the newest asks of an endpoint or of a ticket, without answers.
	Asks(ctx context.Context, q Query) ([]Ask, error)
}

// Query selects asks, newest first.
type Query struct {
	Endpoint string
	Ticket   string
	Before   string // an id
	Limit    int
}

// Tx is a write.
type Tx interface {
	AddAsk(a Ask) error
	SaveAsk(a Ask) error
	// LoseAsks marks what was running when the server went down: nobody knows
	// what became of it. It returns what it has marked.
	LoseAsks(now time.Time) ([]Ask, error)
	// ExpireAsks ends what waited too long, and returns it.
	ExpireAsks(now time.Time) ([]Ask, error)
	EndpointName(endpoint string) (string, error)
	Ticket(id string) (ticket.Ticket, error)
	Save(before, after ticket.Ticket, events []ticket.Event) error
	Audit(e audit.Entry) error
}

// State is how far an ask has come.
type State string

// The states.
const (
	Waiting   State = "waiting" // the endpoint is offline
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed" // Code and Sentence say why
	Expired   State = "expired"
	Cancelled State = "cancelled"
	Unknown   State = "unknown" // the server went down meanwhile
)

// Ended reports whether nothing more will come.
func (s State) Ended() bool { return s != Waiting && s != Running }

// Ask is a question and its answer.
type Ask struct {
	ID        string
	Endpoint  string
	Ticket    string // id; empty when it belongs to none
	Number    int64  // the ticket's
	Kind      wire.AskKind
	Params    json.RawMessage
	AskerID   string
	AskerName string
	AskerUID  string // set when a requester asks about their own machine
	State     State
	Code      fault.Code
	Sentence  string
	Answer    []json.RawMessage // the parts that were kept
	AskedAt   time.Time
	ExpiresAt time.Time
	EndedAt   time.Time
}

// Request is what somebody wants to know.
type Request struct {
	Endpoint string
	Ticket   string
	Kind     wire.AskKind
	Params   json.RawMessage
	reviewed bool          // it comes from the library of scripts
	Wait     time.Duration // how long an offline endpoint may take to come back; 0: not at all
}
