package machine

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// The log of a simulated machine is followed for ten minutes, and of files only those
// are read that it allows.
func TestLogGoesOn(t *testing.T) {
	eachModel(t, func(t *testing.T, m *Machine, now time.Time) {
		get := func(p wire.LogParams) ([]Part, error) {
			raw, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			return m.Answer(wire.Ask{Kind: wire.AskLog, Params: raw, ExpiresAt: now.Add(time.Minute)}, now)
		}
		parts, err := get(wire.LogParams{Lines: 20, Follow: true, Level: "warning"})
		if err != nil {
			t.Fatal(err)
		}
		var took time.Duration
		last, lines := time.Time{}, 0
		for _, p := range parts {
			took += p.After
			for _, e := range p.Data.(diagnostics.LogPart).Entries {
				if e.At.Before(last) || e.Level == "info" {
					t.Fatalf("%+v after %v", e, last)
				}
				last = e.At
				lines++
			}
		}
		if took < 10*time.Minute || took > 11*time.Minute || lines < 60 {
			t.Errorf("%d parts with %d lines in %v", len(parts), lines, took)
		}
		if parts, err := get(wire.LogParams{File: "/var/log/app/web.log"}); err != nil || len(parts) != 1 || parts[0].Data.(diagnostics.LogPart).Source != "/var/log/app/web.log" {
			t.Errorf("%d parts, %v", len(parts), err)
		}
		if _, err := get(wire.LogParams{File: "/etc/shadow"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v", err)
		}
	})
}
