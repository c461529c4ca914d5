package ring_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/uitest"
)

// recorded is what the flight recorder has around a mark.
func recorded() *diagnostics.Recording {
	busy := int32(987)
	r := &diagnostics.Recording{
		Version: 1, Mark: diagnostics.Mark{Kind: local.MarkFroze, At: time.Date(2026, 11, 21, 11, 42, 0, 0, time.UTC)},
		Columns: []diagnostics.RecordColumn{{Name: "cpu_busy_percent", Unit: "%", Scale: 10}}, Names: []string{"indexer"},
	}
	s := diagnostics.RecordStretch{Start: r.Mark.At.Add(-10 * time.Minute)}
	for i := range 1200 {
		s.Samples = append(s.Samples, diagnostics.RecordSample{MS: int64(i) * 1000, Values: []*int32{&busy}, Top: [][4]int64{{0, 4711, 980, 512}}})
	}
	r.Stretches = []diagnostics.RecordStretch{s}
	return r
}

// After a mark the ticket carries what was recorded around it: the employee can
// read it before, and exactly that is sent.
func TestSendsTheRecording(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) { a.SetRecording(recorded()) })
	at := recorded().Mark.At.Local().Format("15:04")
	test.Type(w.Window.Canvas().Focused(), "It stands still again and again")
	w.said("And what this computer did around " + at + ".")
	test.Tap(w.RecordedOpen())
	if lines := w.RecordedLines(); !strings.Contains(lines, "processor 98.7 %, indexer 98 %") || strings.Count(lines, "\n") < 119 {
		t.Errorf("to read there is %q", lines[:min(len(lines), 200)])
	}
	w.Laid(w.Content())
	w.Picture("ring-recorded")
	test.Tap(w.SendButton())
	w.said("Sent. Number 1042.")
	got := w.rings()
	if len(got) != 1 || len(got[0].Attachments) != 1 || got[0].Attachments[0].Name != diagnostics.RecordingName {
		t.Fatalf("the agent got %+v", got)
	}
	var sent diagnostics.Recording
	if err := json.Unmarshal(w.agent.File(got[0].Attachments[0].SHA256), &sent); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(*recorded(), sent); d != "" {
		t.Error(d)
	}
}

// Who takes it out sends none.
func TestSendsNoRecording(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) { a.SetRecording(recorded()) })
	test.Type(w.Window.Canvas().Focused(), "It stands still again and again")
	w.said("And what this computer did")
	test.Tap(w.RecordedTick())
	if strings.Contains(w.Said(), "And what this computer did") {
		t.Error("it is still said to be sent")
	}
	test.Tap(w.SendButton())
	w.said("Sent. Number 1042.")
	if got := w.rings(); len(got) != 1 || len(got[0].Attachments) != 0 || len(got[0].Without) != 0 {
		t.Errorf("the agent got %+v", got)
	}
}
