package machine

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// All processes of a simulated machine are one tree, and what is told later fits into it.
func TestAllProcessesAreATree(t *testing.T) {
	eachModel(t, func(t *testing.T, m *Machine, now time.Time) {
		raw, err := json.Marshal(wire.ProcessesParams{All: true, Seconds: 3})
		if err != nil {
			t.Fatal(err)
		}
		parts, err := m.Answer(wire.Ask{Kind: wire.AskProcesses, Params: raw, ExpiresAt: now.Add(time.Minute)}, now)
		if err != nil || len(parts) != 3 {
			t.Fatalf("%d parts, %v", len(parts), err)
		}
		var table diagnostics.ProcessTable
		for i, p := range parts {
			c := p.Data.(diagnostics.ProcessChanges)
			if told := table.Fold(c); len(told.Now) != len(c.Now) || c.Begin != (i == 0) || i > 0 && len(c.Now) == 0 {
				t.Errorf("part %d: %d of %d changes fit", i, len(told.Now), len(c.Now))
			}
		}
		known := map[int32]bool{0: true}
		whole := table.Whole()
		for _, r := range whole.Rows {
			known[r.PID] = true
		}
		for _, r := range whole.Rows {
			if !known[r.Parent] || r.Started.IsZero() || r.Name == "" || r.User == "" {
				t.Errorf("%+v", r)
			}
		}
		if len(whole.Rows) != whole.Total || whole.Total < 100 {
			t.Errorf("%d rows of %d", len(whole.Rows), whole.Total)
		}
	})
}
