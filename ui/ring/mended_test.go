package ring_test

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/state"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestMendedIsTold is the way of an employee's word on a fix from the local API by
// way of agent, outbox and hub into the reports: once, whatever is said again.
func TestMendedIsTold(t *testing.T) {
	s := servertest.Start(t)
	gone, still := ulid.Make().String(), ulid.Make().String()
	w := newEmployee(t, s, func(dir state.Dir) {
		type entry struct {
			Owner string    `json:"owner"`
			Fix   local.Fix `json:"fix"`
		}
		var all []entry
		for id, outcome := range map[string]local.FixOutcome{gone: local.FixHelped, still: local.FixNoHelp} {
			all = append(all, entry{strconv.Itoa(os.Getuid()), local.Fix{
				ID: id, Recipe: "printing.restart", Finding: "printing.stuck", Title: "Restart printing", StartedAt: time.Now(), EndedAt: time.Now(), Outcome: outcome,
			}})
		}
		b, err := json.Marshal(all)
		if err == nil {
			err = os.WriteFile(dir.Fixes(), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	for _, id := range []string{gone, still, gone} {
		if f, err := w.client.FixHelped(t.Context(), id, true); err != nil || f.Deflected != (id == gone) {
			t.Fatalf("%+v, %v", f, err)
		}
	}
	if _, err := w.client.FixHelped(t.Context(), gone, false); !fault.Is(err, fault.Conflict) {
		t.Errorf("another word on the same fix: %v", err)
	}
	count := func() (said, spared int) {
		err := s.DB.MendedBetween(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour), func(_ time.Time, site string, one bool) {
			if said++; one {
				spared++
			}
			if site == "" {
				t.Error("it belongs to no site")
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return said, spared
	}
	servertest.Wait(t, "both words in the reports", func() bool { said, _ := count(); return said == 2 })
	if _, spared := count(); spared != 1 {
		t.Errorf("%d tickets were spared", spared)
	}
}
