package noc_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/noc"
)

// TestRoster: the list is the same one while nothing of it changes, and a new one, which
// is right, as soon as something does.
func TestRoster(t *testing.T) {
	run(t, 3, func(t *testing.T, w *wall) {
		site := enrol.Site{ID: "s1", Name: "Bern"}
		join := noc.Join{Identity: enrol.Identity{ID: w.ids[0], State: enrol.Active}, Session: "1", Hostname: "PC-A", Agent: "deskbell-agent/1", OS: "linux"}
		fresh := func() (list []noc.Member) {
			for _, v := range w.Matching(noc.Query{}) {
				list = append(list, noc.Member{ID: v.ID, Name: v.Name, Site: v.Site.Name, OS: v.OS, Agent: v.Agent})
			}
			return list
		}
		same := func(a, b []noc.Member) bool { return len(a) == len(b) && &a[0] == &b[0] }
		before := w.Roster()
		for _, c := range []struct {
			what string
			news bool
			do   func() error
		}{
			{"an agent of another version joins", true, func() error { w.Joined(join); return nil }},
			{"it joins again", false, func() error { w.Joined(join); return nil }},
			{"a frame comes", false, func() error {
				s := diagnostics.Sample{At: time.Now()}
				s.Set(diagnostics.CPUBusy, 5)
				w.Ingest(w.ids[0], &wire.Health{Seq: 1, Interval: 15 * time.Second, Samples: []diagnostics.Sample{s}})
				return nil
			}},
			{"it has another name", true, func() error { join.Hostname = "PC-NEW"; w.Joined(join); return nil }},
			{"it was moved", true, func() error { join.Identity.Site = site; w.Joined(join); return nil }},
			{"it runs another system", true, func() error { join.OS = "windows"; w.Joined(join); return nil }},
			{"its inventory says so too", false, func() error {
				return w.SetInventory(t.Context(), w.ids[0], wire.Inventory{Hash: "h", System: diagnostics.System{OS: "windows"}}, []byte("{}"))
			}},
			{"its inventory says something else", true, func() error {
				return w.SetInventory(t.Context(), w.ids[0], wire.Inventory{Hash: "i", System: diagnostics.System{OS: "darwin"}}, []byte("{}"))
			}},
			{"it leaves", false, func() error { w.Left(w.ids[0], "1", wire.ByeShutdown); return nil }},
			{"another one is enrolled", true, func() error {
				w.Enrolled(enrol.Identity{ID: "new", Site: site, State: enrol.Active}, wire.Machine{Hostname: "PC-Z", OS: "linux"})
				return nil
			}},
			{"everything is read anew", true, func() error { return w.Load(t.Context()) }},
		} {
			if err := c.do(); err != nil {
				t.Fatal(c.what, err)
			}
			after := w.Roster()
			if same(before, after) == c.news {
				t.Errorf("when %s, the list is a new one: %v", c.what, !c.news)
			}
			byID := func(a, b noc.Member) int { return cmp.Compare(a.ID, b.ID) }
			sorted, want := slices.Clone(after), fresh()
			slices.SortFunc(sorted, byID)
			slices.SortFunc(want, byID)
			if d := gocmp.Diff(want, sorted); d != "" {
				t.Errorf("when %s: %s", c.what, d)
			}
			before = after
		}
	})
}

// TestActive tells of those that may connect, and of no other.
func TestActive(t *testing.T) {
	run(t, 3, func(t *testing.T, w *wall) {
		w.SetState(w.ids[1], enrol.Held)
		got := map[string]noc.Presence{}
		w.Active(func(id, _, site string, p noc.Presence, _ time.Time) {
			if site != "Berlin" {
				t.Errorf("%s is at %q", id, site)
			}
			got[id] = p
		})
		if len(got) != 2 || got[w.ids[0]] != noc.Awaited || got[w.ids[2]] != noc.Awaited {
			t.Errorf("there are %v", got)
		}
		name, site, ok := w.Called(w.ids[0])
		if _, _, held := w.Called(w.ids[1]); !ok || held || name != "PC-A" || site != "Berlin" {
			t.Errorf("one is %q at %q (%v), and one that is held is there: %v", name, site, ok, held)
		}
		if _, err := w.Sites(auth.SystemActor("test")); err != nil || w.Size() != 3 {
			t.Errorf("there are %d (%v)", w.Size(), err)
		}
	})
}
