package local

import (
	"context"
	"net/http"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// About is how this machine is set up, for whoever works at it to read. Nobody
// changes it here: whoever administers the machine does, where the agent starts.
type About struct {
	Collected []Collected    `json:"collected"`
	Recorder  bool           `json:"recorder"`            // the flight recorder runs
	Acts      []wire.AskKind `json:"acts,omitempty"`      // what may be done from afar
	Forbidden []wire.AskKind `json:"forbidden,omitempty"` // what may not even be looked at
	AskFirst  []wire.AskKind `json:"ask_first,omitempty"` // for what people are asked before
}

// Collection names something that is read on this machine.
type Collection string

// The collections.
const (
	CollectHealth    Collection = "health"
	CollectMachine   Collection = "machine"
	CollectFindings  Collection = "findings"
	CollectCheckup   Collection = "checkup"
	CollectRecorder  Collection = "recorder"
	CollectInventory Collection = "inventory"
	CollectHistory   Collection = "history"
	CollectFacts     Collection = "facts"
)

// Collected is one of them: what exactly, how often, and how long it stays here.
type Collected struct {
	ID     Collection    `json:"id"`
	Items  []string      `json:"items"`               // as the code calls them
	Off    bool          `json:"off,omitempty"`       // this machine's settings say no
	Every  time.Duration `json:"every_ns,omitempty"`  // 0: when somebody asks, or it changes
	Rarely time.Duration `json:"rarely_ns,omitempty"` // for a part of it, when that is less often
	Kept   time.Duration `json:"kept_ns,omitempty"`   // 0: the newest only
	Coarse time.Duration `json:"coarse_ns,omitempty"` // averages, when they stay longer
}

// About returns how this machine is set up.
func (c *Client) About(ctx context.Context) (About, error) {
	return call[About](ctx, c, http.MethodGet, "/v1/about", nil)
}
