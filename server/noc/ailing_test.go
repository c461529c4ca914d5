package noc_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/noc"
)

// TestShowing changes what endpoints show, and which of them may connect, by chance: what
// is counted along is what is there.
func TestShowing(t *testing.T) {
	run(t, 8, func(t *testing.T, w *wall) {
		random := rand.New(rand.NewPCG(5, 2))
		codes := []diagnostics.Code{diagnostics.NoRoute, diagnostics.GatewaySilent, diagnostics.CaptivePortal}
		states := []enrol.State{enrol.Active, enrol.Held, enrol.Revoked}
		most := 0
		for range 400 {
			id := w.ids[random.IntN(len(w.ids))]
			switch random.IntN(4) {
			case 0:
				w.SetState(id, states[random.IntN(len(states))])
			case 1:
				w.Joined(noc.Join{Identity: enrol.Identity{ID: id, State: states[random.IntN(2)]}, Session: "s", Hostname: "PC"})
			default:
				var list wire.Findings
				for range random.IntN(4) { // one twice at times
					list.Findings = append(list.Findings, diagnostics.Finding{Code: codes[random.IntN(len(codes))]})
				}
				if err := w.SetFindings(t.Context(), id, list); err != nil {
					t.Fatal(err)
				}
			}
			shown, ailing := map[string]int{}, map[string][]diagnostics.Finding{}
			var places []string
			for _, v := range w.Matching(noc.Query{}) {
				places = append(places, v.ID)
				if len(v.Findings) > 0 || v.Presence == noc.Silent {
					ailing[v.ID] = v.Findings
				}
				of := map[string]bool{}
				for _, f := range v.Findings {
					of[string(f.Code)] = true
				}
				for code := range maps.Keys(of) {
					shown[code]++
				}
			}
			for _, code := range codes {
				if n := w.Showing(string(code)); n != shown[string(code)] {
					t.Fatalf("%d are said to show %s, and %d do", n, code, shown[string(code)])
				}
				most = max(most, shown[string(code)])
			}
			told := map[string][]diagnostics.Finding{}
			w.Ailing(func(id string, _ noc.Presence, _ time.Time, f []diagnostics.Finding) { told[id] = f })
			if diff := cmp.Diff(ailing, told); diff != "" {
				t.Fatalf("who ails:\n%s", diff)
			}
			var placed []string
			w.Places(func(id, _ string, _ *enrol.Site) { placed = append(placed, id) })
			if !slices.Equal(places, placed) {
				t.Fatalf("%q instead of %q", placed, places)
			}
		}
		if most < 4 {
			t.Errorf("at most %d showed the same: that shows little", most)
		}
		// Whoever falls silent ails, though it has found nothing.
		id := w.ids[0]
		w.SetState(id, enrol.Active)
		w.Joined(noc.Join{Identity: enrol.Identity{ID: id, State: enrol.Active}, Session: "t", Hostname: "PC"})
		if err := w.SetFindings(t.Context(), id, wire.Findings{}); err != nil {
			t.Fatal(err)
		}
		w.Left(id, "t", "")
		v, err := w.Get(t.Context(), auth.SystemActor("test"), id)
		if err != nil || v.Presence != noc.Silent {
			t.Fatalf("%v (%v)", v.Presence, err)
		}
		silent := false
		w.Ailing(func(i string, p noc.Presence, since time.Time, _ []diagnostics.Finding) {
			silent = silent || i == id && p == noc.Silent && since.Equal(v.Since)
		})
		if !silent {
			t.Error("who is silent does not ail")
		}
	})
}
