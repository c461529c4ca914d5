package group_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/group"
)

var (
	operator = auth.Actor{Kind: auth.Staff, Person: "o", Role: auth.Operator}
	anna     = auth.Actor{Kind: auth.Staff, Person: "a", Role: auth.Technician}
)

// memory is a store that can be told to fail.
type memory struct {
	groups map[string]group.Group
	did    []audit.Action
	broken error
	// renamed is what was last written of a rename.
	renamed []string
}

func (m *memory) Groups(context.Context) (out []group.Group, err error) {
	for _, g := range m.groups {
		out = append(out, g)
	}
	return out, nil
}

func (m *memory) SaveGroup(_ context.Context, g group.Group, e audit.Entry) error {
	if m.broken == nil {
		m.groups[g.ID], m.did = g, append(m.did, e.Action)
	}
	return m.broken
}

func (m *memory) RenameGroup(_ context.Context, g group.Group, from string, follow []group.Doc, log []audit.Entry) error {
	if m.broken == nil {
		m.groups[g.ID] = g
		m.renamed = []string{from + " → " + g.Name}
		for _, d := range follow {
			m.renamed = append(m.renamed, fmt.Sprintf("%s %s %s", d.Of, d.ID, d.Doc))
		}
		for _, e := range log {
			m.did = append(m.did, e.Action)
			m.renamed = append(m.renamed, fmt.Sprintf("%s %s %v", e.Action, e.Object, e.Detail))
		}
	}
	return m.broken
}

func (m *memory) DeleteGroup(_ context.Context, id string, e audit.Entry) error {
	if m.broken == nil {
		delete(m.groups, id)
		m.did = append(m.did, e.Action)
	}
	return m.broken
}

// world is a few machines.
type world struct {
	*group.Keeper
	store    *memory
	change   sync.Mutex // of the machines, while a loop runs
	machines []group.Machine
	told     map[string][]stock.Fact
	asked    int // for facts
	put      []string
	follow   []group.Follower
}

func newWorld(t *testing.T) *world {
	w := &world{store: &memory{groups: map[string]group.Group{}}, told: map[string][]stock.Fact{}}
	w.machines = []group.Machine{
		{ID: "1", Name: "FIN-1", Site: "Berlin", OS: "windows", Platform: "Windows 11 Pro 10.0.26100", Address: "10.0.4.7", Agent: "1.2.0"},
		{ID: "2", Name: "FIN-2", Site: "New York", OS: "windows", Platform: "Windows 10 Pro", Address: "10.0.5.7", Agent: "1.10.0"},
		{ID: "3", Name: "lab", Site: "Berlin", OS: "linux", Platform: "Debian GNU/Linux 12 (bookworm)", Address: "10.0.4.8", Agent: "1.2.1"},
		{ID: "4", Name: "Mac", Site: "New York", OS: "darwin", Platform: "macOS 15", Address: "10.0.5.9"},
		{ID: "5", Name: "new", Site: "Berlin"},
	}
	w.told["1"] = []stock.Fact{{Kind: stock.Read, Name: "software"}, {Kind: stock.Software, Name: "Firefox", Value: "140"}, {Kind: stock.Hardware, Name: "model", Value: "LENOVO ThinkPad X1"}, {Kind: stock.Read, Name: "hardware"}, {Kind: stock.Hardware, Name: "form", Value: "laptop"}, {Kind: stock.Subnet, Name: "10.0.4.0/24"}, {Kind: stock.Read, Name: "accesspoint"}, {Kind: stock.AccessPoint, Name: "2e70-c92f-7f4d"}}
	w.told["2"] = []stock.Fact{{Kind: stock.Read, Name: "software"}, {Kind: stock.Software, Name: "Word", Value: "16"}, {Kind: stock.Hardware, Name: "model", Value: "Dell XPS"}, {Kind: stock.Read, Name: "hardware"}, {Kind: stock.Hardware, Name: "form", Value: "a toaster"}, {Kind: stock.Read, Name: "accesspoint"}}
	w.told["3"] = []stock.Fact{{Kind: stock.Software, Name: "vim", Value: "9"}, {Kind: stock.Read, Name: "hardware"}, {Kind: stock.Hardware, Name: "form", Value: "virtual"}} // its list was cut short
	w.restart(t)
	return w
}

func (w *world) restart(t *testing.T) {
	t.Helper()
	w.Keeper = group.New(group.Options{
		Store: w.store, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		AccessPoint: func(address string) string { return stock.AccessPointName([]byte("a server's key"), address) },
		Machines: func(tell func(group.Machine)) {
			w.change.Lock()
			defer w.change.Unlock()
			for _, m := range w.machines {
				tell(m)
			}
		},
		Facts: func(id string, kinds ...stock.Kind) (out []stock.Fact) {
			w.asked++
			for _, f := range w.told[id] {
				if slices.Contains(kinds, f.Kind) {
					out = append(out, f)
				}
			}
			return out
		},
		Hash: func(id string) string { return fmt.Sprint(w.told[id]) },
		Count: func(of func(string) []string) map[string]group.Count {
			w.change.Lock()
			defer w.change.Unlock()
			out := map[string]group.Count{}
			for _, m := range w.machines {
				for _, g := range of(m.ID) {
					c := out[g]
					c.Endpoints++
					if m.ID < "3" {
						c.Online++
					}
					if m.ID == "1" {
						c.Suffering++
					}
					out[g] = c
				}
			}
			return out
		},
		Followers: w.follow,
		Put: func(series string, _ time.Time, v float64, of string) {
			w.put = append(w.put, fmt.Sprintf("%s %s %g", of, series, v))
		},
	})
	if err := w.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) save(t *testing.T, g group.Group) group.Standing {
	t.Helper()
	s, err := w.Save(t.Context(), operator, g)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestWhoIsIn: what each word of a condition means. What a machine has not told fits
// neither what asks for it nor what excludes it.
func TestWhoIsIn(t *testing.T) {
	w := newWorld(t)
	for text, want := range map[string]string{
		"site:berlin":                       "FIN-1 lab new",
		`site:"New York",Paris`:             "FIN-2 Mac",
		"-site:Berlin":                      "FIN-2 Mac",
		"site:New*":                         "FIN-2 Mac",
		"endpoint:fin-*":                    "FIN-1 FIN-2",
		"endpoint:*":                        "FIN-1 FIN-2 lab Mac new",
		"endpoint:F*N*2":                    "FIN-2",
		"endpoint:F*FIN-2":                  "",
		"endpoint:F*-":                      "",
		"endpoint:3":                        "lab", // an id
		"os:windows -site:Berlin":           "FIN-2",
		"os:macos,linux":                    "lab Mac",
		"-os:windows":                       "lab Mac", // of the new one it is not known
		`platform:"Windows 11*"`:            "FIN-1",
		"agent:1.2.*":                       "FIN-1 lab",
		"-agent:1.2.*":                      "FIN-2",
		"address:10.0.4.*":                  "FIN-1 lab",
		"fin":                               "FIN-1 FIN-2",
		`"10.0.5" -fin`:                     "Mac",
		"-fin":                              "lab Mac new",
		"model:*thinkpad*":                  "FIN-1",
		"-model:*thinkpad*":                 "FIN-2 lab",
		"form:laptop":                       "FIN-1",
		"form:Laptop,virtual":               "FIN-1 lab",
		"-form:laptop":                      "lab", // what tells something else, or is of before, is not known
		"software:firefox,vim":              "FIN-1 lab",
		"-software:firefox":                 "FIN-2",
		"subnet:10.0.4.0/24 site:Berlin":    "FIN-1",
		"ap:2e70-c92f-7f4d":                 "FIN-1",
		"ap:54:05:DB:aa:bb:cc,x":            "FIN-1", // by its hardware address
		"ap:*":                              "FIN-1",
		"-ap:54-05-db-aa-bb-cc":             "FIN-2", // of the others it is not known
		"ap:54:05:db:aa:bb:cd":              "",
		"software:word os:windows model:D*": "FIN-2",
	} {
		list, err := w.Try(anna, group.Group{Condition: text})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var names []string
		for _, m := range list {
			names = append(names, m.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestGroupsThatAreRefused: each says what is wrong, and of which field; nothing is kept.
func TestGroupsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.machines = append(w.machines, group.Machine{ID: "6", Name: "Lab"})
	if s := w.save(t, group.Group{Name: "Labs", Machines: []string{"3"}}); s.Endpoints != 1 {
		t.Errorf("a group of one named machine: %+v", s)
	}
	for _, x := range []struct {
		g           group.Group
		field, says string
	}{
		{group.Group{Condition: "os:linux"}, "name", "name"},
		{group.Group{Name: strings.Repeat("x", 81), Condition: "os:linux"}, "name", "80"},
		{group.Group{Name: "a\x00b", Condition: "os:linux"}, "name", "name"},
		{group.Group{Name: "LABS", Condition: "os:linux"}, "name", "already"},
		{group.Group{Name: "A", Note: strings.Repeat("x", 501), Condition: "os:linux"}, "note", "500"},
		{group.Group{Name: "A"}, "condition", "which machines"},
		{group.Group{Name: "A", Condition: "kind:laptop"}, "condition", "kind: is nothing that endpoints are chosen by. Possible are site, endpoint"},
		{group.Group{Name: "A", Condition: "os:beos"}, "condition", `"beos"`},
		{group.Group{Name: "A", Condition: "form:notebook"}, "condition", "laptop, desktop, tablet, server, virtual"},
		{group.Group{Name: "A", Condition: "site:"}, "condition", "site:Berlin"},
		{group.Group{Name: "A", Condition: "agent>1.2"}, "condition", "compared"},
		{group.Group{Name: "A", Condition: `site:"New`}, "condition", "not closed"},
		{group.Group{Name: "A", Condition: strings.Repeat("a ", 41)}, "condition", "41"},
		{group.Group{Name: "A", Condition: strings.Repeat("a", 1001)}, "condition", "1000"},
		{group.Group{Name: "A", Machines: []string{"nobody"}}, "machines", "“nobody”"},
		{group.Group{Name: "A", Machines: []string{"LAB"}}, "machines", "2 endpoints"},
	} {
		_, err := w.Save(t.Context(), operator, x.g)
		if !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != x.field || !strings.Contains(fault.Sentence(err), x.says) {
			t.Errorf("%+v: %v of %q", x.g, err, fault.FieldOf(err))
		}
	}
	if _, err := w.Save(t.Context(), anna, group.Group{Name: "A", Condition: "os:linux"}); !fault.Is(err, fault.Forbidden) {
		t.Error(err)
	}
	if _, err := w.List(auth.Actor{Kind: auth.Requester, Person: "p"}); err == nil {
		t.Error("an employee sees the groups")
	}
	if len(w.store.groups) != 1 {
		t.Errorf("kept: %v", w.store.groups)
	}
}

// TestAGroupFollowsItsMachines: by what is known of them, each looked at anew only when
// that has changed; by name and by condition; over a restart; and a change of the group
// counts at once, when it is stored and not before.
func TestAGroupFollowsItsMachines(t *testing.T) {
	w := newWorld(t)
	of := func(what string, want ...string) {
		t.Helper()
		var got []string
		for _, m := range w.machines {
			got = append(got, strings.Join(w.Of(m.ID), "+"))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	fire := w.save(t, group.Group{Name: " With  Firefox", Condition: "software:firefox"})
	lab := w.save(t, group.Group{Name: "lab", Condition: "os:linux", Machines: []string{"FIN-1", "1", " "}})
	if lab.Endpoints != 2 || !slices.Equal(lab.Machines, []string{"1"}) || fire.Name != "With Firefox" {
		t.Errorf("%+v %+v", fire, lab)
	}
	of("made", "lab+With Firefox", "", "lab", "", "")
	w.asked = 0
	w.Refresh()
	if w.asked != 0 {
		t.Errorf("%d machines were looked at without need", w.asked)
	}
	w.told["4"] = []stock.Fact{{Kind: stock.Software, Name: "firefox"}}
	w.machines[1].OS = "linux"
	w.Refresh()
	of("told", "lab+With Firefox", "lab", "lab", "With Firefox", "")
	if w.asked != 2 {
		t.Errorf("%d machines were looked at, and 2 have changed", w.asked)
	}
	if got := w.Members("lab"); !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Errorf("members: %v", got)
	}
	w.restart(t)
	of("after a restart", "lab+With Firefox", "lab", "lab", "With Firefox", "")

	w.machines = append(w.machines[1:], group.Machine{ID: "7", Name: "x", OS: "linux"})
	w.Refresh()
	of("one is withdrawn, one is new", "lab", "lab", "With Firefox", "", "lab")
	if w.Of("1") != nil {
		t.Error("who is withdrawn is in groups")
	}
	change := lab.Group
	change.Condition = "site:Berlin" // and the machine that is gone is still named
	w.store.broken = errors.New("the disk")
	if _, err := w.Save(t.Context(), operator, change); err == nil {
		t.Error("what was not stored counts")
	}
	of("not stored", "lab", "lab", "With Firefox", "", "lab")
	w.store.broken = nil
	changed := w.save(t, change)
	of("changed", "", "lab", "With Firefox", "lab", "")
	if changed.Version != 2 || !slices.Equal(changed.Machines, []string{"1"}) {
		t.Errorf("%+v", changed)
	}
	if _, err := w.Save(t.Context(), operator, change); !fault.Is(err, fault.Stale) {
		t.Errorf("a second change of the same version: %v", err)
	}
	if err := w.Delete(t.Context(), anna, lab.ID); !fault.Is(err, fault.Forbidden) {
		t.Error(err)
	}
	if err := w.Delete(t.Context(), operator, lab.ID); err != nil {
		t.Error(err)
	}
	of("deleted", "", "", "With Firefox", "", "")
	if err := w.Delete(t.Context(), operator, lab.ID); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if d := cmp.Diff([]audit.Action{audit.GroupMade, audit.GroupMade, audit.GroupChanged, audit.GroupDeleted}, w.store.did); d != "" {
		t.Error(d)
	}
}

// TestHowGroupsDo: once a minute each group's series say how many are in it and which
// share of those that are there suffer; of nobody there is no share.
func TestHowGroupsDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.save(t, group.Group{Name: "fin", Condition: "fin"})
		w.save(t, group.Group{Name: "mac", Condition: "os:macos"})
		w.save(t, group.Group{Name: "none", Condition: "site:Paris"})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		time.Sleep(65 * time.Second)
		w.change.Lock()
		w.machines[2].Name = "fin-3"
		w.change.Unlock()
		time.Sleep(10 * time.Second)
		if !slices.Equal(w.Of("3"), []string{"fin"}) {
			t.Error("a new name is not seen by itself")
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if d := cmp.Diff([]string{
			"fin group_endpoints 2", "fin group_online 2", "fin group_suffering 1", "fin group_suffering_ratio 0.5",
			"mac group_endpoints 1", "mac group_online 0", "mac group_suffering 0",
			"none group_endpoints 0", "none group_online 0", "none group_suffering 0",
		}, w.put); d != "" {
			t.Error(d)
		}
	})
}
