package agent_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/state"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

// The agent records this very machine, enrolled or not; what was marked and recorded
// is there after a restart, for the administrator only.
func TestFlightRecorder(t *testing.T) {
	dir := state.Dir(filepath.Join(t.TempDir(), "s"))
	h := start(t, dir)
	m, err := h.Mark(t.Context(), diagnostics.Mark{Kind: local.MarkFroze})
	if err != nil {
		t.Fatal(err)
	}
	// read waits until there are so many seconds that were read whole.
	read := func(h *house, least int) (whole int, r diagnostics.Recording) {
		for end := time.Now().Add(30 * time.Second); whole < least && time.Now().Before(end); {
			if r, err = h.Recording(t.Context()); err != nil {
				t.Fatal(err)
			}
			whole = 0
			for _, s := range r.Stretches {
				for _, one := range s.Samples {
					if one.Values[0] != nil && one.Values[2] != nil && *one.Values[2] > 0 && len(one.Top) > 0 {
						whole++
					}
				}
			}
			time.Sleep(50 * time.Millisecond)
		}
		return whole, r
	}
	before, r := read(h, 3)
	if before < 3 || !r.Mark.At.Equal(m.At) || r.Columns[0].Name != "cpu_busy_percent" || r.Columns[2].Name != "memory_available_mebibytes" {
		t.Fatalf("%d seconds were recorded around %v of %v", before, r.Mark, r.Columns)
	}
	h.stop()
	h = start(t, dir)
	after, r := read(h, before)
	if after < before || !r.Mark.At.Equal(m.At) || r.Damaged {
		t.Errorf("%d seconds are left of %d, around %v; damaged: %v", after, before, r.Mark, r.Damaged)
	}
	list, err := os.ReadDir(dir.Recorder())
	if err != nil || len(list) < 2 {
		t.Errorf("the folder has %d files, %v", len(list), err)
	}
	for _, name := range append([]string{"."}, list[0].Name()) {
		if i, err := os.Stat(filepath.Join(dir.Recorder(), name)); err != nil || i.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v, %v", name, i.Mode(), err)
		}
	}
}

// TestNoRecorder keeps nothing where the administrator wants nothing kept, and says so.
func TestNoRecorder(t *testing.T) {
	dir := state.Dir(filepath.Join(t.TempDir(), "s"))
	h := start(t, dir, func(o *agent.Options) { o.NoRecorder = true })
	if _, err := h.Mark(t.Context(), diagnostics.Mark{Kind: local.MarkFroze}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a mark is answered with %v", err)
	}
	if _, err := h.Recording(t.Context()); !fault.Is(err, fault.NotFound) {
		t.Errorf("a recording is answered with %v", err)
	}
	if list, err := os.ReadDir(dir.Recorder()); len(list) > 0 {
		t.Errorf("the folder has %v, %v", list, err)
	}
}
