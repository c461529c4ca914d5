package localapi_test

import (
	"encoding/json"
	"runtime"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

// Who marks a moment gets what was recorded around it, and so does everybody else
// at the machine; without a mark there is nothing to get.
func TestMark(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	if _, err := c.Recording(t.Context()); !fault.Is(err, fault.NotFound) {
		t.Errorf("without a mark: %v", err)
	}
	for end := time.Now().Add(10 * time.Second); len(h.flight.Read(end.Add(-time.Hour), end).Seconds) == 0 && time.Now().Before(end); {
		runtime.Gosched() // until the first second is recorded
	}
	before := time.Now().Add(-time.Second)
	m, err := c.Mark(t.Context(), diagnostics.Mark{Kind: local.MarkFroze})
	if err != nil || m.Kind != local.MarkFroze || m.At.Before(before) || m.At.After(time.Now()) {
		t.Fatalf("the mark is %+v, %v", m, err)
	}
	for _, uid := range []string{"1000", "1001"} {
		r, err := h.as(t, uid).Recording(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !r.Mark.At.Equal(m.At) || len(r.Stretches) != 1 || len(r.Stretches[0].Samples) == 0 || r.Damaged {
			t.Fatalf("%s gets %+v", uid, r)
		}
		s := r.Stretches[0].Samples[0]
		if r.Columns[0].Name != "cpu_busy_percent" || s.Values[0] == nil || float64(*s.Values[0])/r.Columns[0].Scale != 99.5 {
			t.Errorf("%s reads the processor as %v of %+v", uid, s.Values[0], r.Columns[0])
		}
		if len(s.Top) != 1 || r.Names[s.Top[0][0]] != "busy" || s.Top[0] != [4]int64{0, 17, 1500, 5} {
			t.Errorf("%s reads the processes %v of %v", uid, s.Top, r.Names)
		}
		if b, err := json.Marshal(r); err != nil || len(b) > 4096 {
			t.Errorf("a recording this short is %d bytes, %v", len(b), err)
		}
	}
	for name, bad := range map[string]diagnostics.Mark{
		"no kind": {}, "a kind of theirs": {Kind: "slow"}, "yesterday": {Kind: local.MarkFroze, At: time.Now().Add(-25 * time.Hour)}, "to come": {Kind: local.MarkFroze, At: time.Now().Add(time.Hour)},
	} {
		if _, err := c.Mark(t.Context(), bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	old, err := c.Mark(t.Context(), diagnostics.Mark{Kind: local.MarkFroze, At: time.Now().Add(-2 * time.Hour)})
	if err != nil || time.Since(old.At) < 2*time.Hour {
		t.Errorf("of two hours ago: %+v, %v", old, err)
	}
	if r, err := c.Recording(t.Context()); err != nil || !r.Mark.At.Equal(m.At) {
		t.Errorf("a ticket is about the mark %v, %v", r.Mark, err)
	}
	for range 10 {
		_, err = c.Mark(t.Context(), diagnostics.Mark{Kind: local.MarkFroze})
	}
	if !fault.Is(err, fault.TooMany) {
		t.Errorf("the eleventh mark in a minute: %v", err)
	}
}
