package remote

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// All processes come in parts of a bounded size, without secrets, and end where an
// answer ends; a policy that forbids the list forbids this as well.
func TestAllProcesses(t *testing.T) {
	var table diagnostics.ProcessChanges
	table.Begin, table.Total = true, 2500
	for i := range 2500 {
		table.Rows = append(table.Rows, diagnostics.ProcessRow{ProcessNow: diagnostics.ProcessNow{PID: int32(i + 1), State: "S"}, Name: "app", Command: fmt.Sprintf("app --password=hunter%d", i)})
	}
	m := &machine{all: func(each func(diagnostics.ProcessChanges) bool) error {
		if !each(table) {
			t.Error("nobody wants the second reading")
		}
		each(diagnostics.ProcessChanges{Total: 2499, Gone: []int32{7}})
		return nil
	}}
	got := do(t, New(Options{Prober: m}), ask(t, wire.AskProcesses, wire.ProcessesParams{All: true, Seconds: 600}))
	if len(got.parts) != 4 || got.last.Code != "" {
		t.Fatalf("%d parts, %+v", len(got.parts), got.last)
	}
	var folded diagnostics.ProcessTable
	for _, raw := range got.parts {
		if strings.Contains(string(raw), "hunter") {
			t.Fatalf("a password leaves the machine")
		}
		folded.Fold(decode[diagnostics.ProcessChanges](t, raw))
	}
	if whole := folded.Whole(); len(whole.Rows) != 2499 || whole.Total != 2499 {
		t.Errorf("%d rows of %d", len(whole.Rows), whole.Total)
	}

	m.all = func(each func(diagnostics.ProcessChanges) bool) error {
		for each(table) {
		}
		return nil
	}
	if got := do(t, New(Options{Prober: m}), ask(t, wire.AskProcesses, wire.ProcessesParams{All: true, Seconds: 600})); got.last.Code != fault.TooLarge {
		t.Errorf("without an end: %+v", got.last)
	}
	for _, x := range []struct {
		params json.RawMessage
		policy Policy
		code   fault.Code
	}{
		{json.RawMessage(`{"all":true,"seconds":601}`), Policy{}, fault.Invalid},
		{json.RawMessage(`{"seconds":61}`), Policy{}, fault.Invalid},
		{json.RawMessage(`{"all":true}`), Policy{Allow: map[wire.AskKind]bool{wire.AskProcesses: false}}, fault.Forbidden},
	} {
		if got := do(t, New(Options{Prober: m, Policy: x.policy}), ask(t, wire.AskProcesses, string(x.params))); got.last.Code != x.code {
			t.Errorf("%s: %+v", x.params, got.last)
		}
	}
}
