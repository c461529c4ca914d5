package ask

import (
	"encoding/json"
	"slices"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// table is all processes of a machine, folded out of the parts of an answer: what is
// kept, and sent to whoever looks, is what was understood of them.
type table struct {
	processes diagnostics.ProcessTable
	upto      int  // the newest part in it
	any       bool // there was one
	older     bool // the machine's agent is older and sends whole lists
}

// Table is a table as the answer that is kept has it.
type Table struct {
	diagnostics.ProcessChanges
	Upto int `json:"upto"` // the number of the newest part in it
}

// newTable returns a table for a question that is answered by one, and else nil.
func newTable(q Ask) *table {
	var p wire.ProcessesParams
	if q.Kind != wire.AskProcesses || json.Unmarshal(q.Params, &p) != nil || !p.All {
		return nil
	}
	return &table{}
}

// fold takes a part in and returns it as it was understood. A part that is none is
// returned as it is, and leaves the table alone.
func (t *table) fold(part int, data json.RawMessage) (json.RawMessage, bool) {
	var c struct {
		diagnostics.ProcessChanges
		Top *json.RawMessage `json:"top"`
	}
	if t.older || json.Unmarshal(data, &c) != nil {
		return data, false
	}
	if c.Top != nil {
		t.older = !t.any
		return data, false
	}
	clean, err := json.Marshal(t.processes.Fold(c.ProcessChanges))
	if err != nil {
		return data, false
	}
	t.upto, t.any = part, true
	return clean, true
}

// answer is the table as the one part of an answer.
func (t *table) answer() []json.RawMessage {
	raw, err := json.Marshal(Table{ProcessChanges: t.processes.Whole(), Upto: t.upto})
	if err != nil {
		return nil
	}
	return []json.RawMessage{raw}
}

// parts are those of an answer that are there. The caller holds the asker's lock, or
// the answer has ended.
func (r *running) parts() []json.RawMessage {
	if r.table != nil && r.table.any {
		return r.table.answer()
	}
	if r.log != nil {
		return r.log.answer()
	}
	return slices.Clone(r.ask.Answer)
}
