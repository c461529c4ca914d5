package kit

import (
	"encoding/json"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
)

// processesOf reads a part about processes: a table of all, or a list of the
// heaviest, as older agents send it.
func processesOf(raw json.RawMessage) (*diagnostics.Processes, *ask.Table, error) {
	var form struct {
		Top  *json.RawMessage `json:"top"`
		Upto *int             `json:"upto"`
	}
	if err := json.Unmarshal(raw, &form); err != nil {
		return nil, nil, err
	}
	if form.Top == nil && form.Upto != nil {
		t, err := one[ask.Table](raw)
		return nil, t, err
	}
	p, err := one[diagnostics.Processes](raw)
	return p, nil, err
}

// mayEnd reports whether processes can be ended from where somebody stands.
func (a Answer) mayEnd() bool { return a.Reach.Can(wire.ActEndProcess) }
