package peers_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/peers"
)

var (
	noon = time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC)
	anna = auth.Actor{Kind: auth.Staff, Person: "anna", Role: auth.Technician}
)

// memory is a store that forgets at the end.
type memory struct {
	changes map[string][]stock.Change
	fails   error
}

func (m *memory) Facts(context.Context, func(peers.Stored) error) error { return m.fails }
func (m *memory) SaveFacts(_ context.Context, s peers.Stored, list []stock.Change) error {
	for _, c := range list {
		m.changes[s.Endpoint] = append([]stock.Change{c}, m.changes[s.Endpoint]...)
	}
	return m.fails
}
func (m *memory) Changes(_ context.Context, id string, _ time.Time, _ int) ([]stock.Change, error) {
	return m.changes[id], m.fails
}
func (m *memory) ChangesBetween(context.Context, time.Time, time.Time, int) ([]peers.Dated, error) {
	return nil, m.fails
}
func (m *memory) Touched(context.Context, stock.Kind, time.Time) ([]string, error) {
	return nil, m.fails
}
func (m *memory) Arrived(context.Context, time.Time) (map[stock.Fact]int, error) {
	return nil, m.fails
}
func (m *memory) ForgetFacts(context.Context, string) error          { return m.fails }
func (m *memory) SweepChanges(context.Context, time.Time, int) error { return m.fails }

type world struct {
	*peers.Keeper
	t       *testing.T
	members []peers.Member
	store   *memory
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, store: &memory{changes: map[string][]stock.Change{}}}
	w.Keeper = peers.New(w.store, func() []peers.Member { return w.members }, func() time.Time { return noon }, slog.New(slog.DiscardHandler))
	if err := w.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// machine adds a machine; system and model stand before its software.
func (w *world) machine(id, site, system, model string, changes []stock.Change, facts ...stock.Fact) {
	w.t.Helper()
	w.members = append(w.members, peers.Member{ID: id, Name: id, SiteID: site, Site: "Site " + site})
	if system == "" {
		return // it does not tell
	}
	facts = append(facts, stock.Fact{Kind: stock.System, Name: "system", Value: system}, stock.Fact{Kind: stock.Hardware, Name: "model", Value: model})
	for _, k := range []stock.Kind{stock.System, stock.Hardware, stock.Software, stock.Resolver} {
		facts = append(facts, stock.Fact{Kind: stock.Read, Name: string(k)})
	}
	clean, _ := stock.Clean(facts)
	if err := w.Take(w.t.Context(), id, wire.Stock{Hash: stock.Hash(clean), TakenAt: noon, Facts: stock.Pack(clean), Changes: changes}); err != nil {
		w.t.Fatal(err)
	}
}

func software(name, version string) stock.Fact {
	return stock.Fact{Kind: stock.Software, Name: name, Value: version}
}

// A machine that differs is told so with counts and dates, the surest first, and what
// is alike or has no usual value is not named.
func TestAgainstItsPeers(t *testing.T) {
	w := newWorld(t)
	since := noon.Add(-30 * time.Hour)
	w.machine("me", "B", "Debian 12", "Desk 3000", []stock.Change{
		{At: since.Add(-time.Hour), Kind: stock.Software, Name: "browser", Did: stock.Changed, From: "2.9", To: "3.0"},
		{At: since, Kind: stock.Software, Name: "browser", Did: stock.Changed, From: "3.0", To: "3.1"},
		{At: since, Kind: stock.Software, Name: "vpn", Did: stock.Removed, From: "1"},
		{At: since, Kind: stock.Software, Name: "odd", Did: stock.Added, To: "5"}, // since then it has changed unseen
	}, software("browser", "3.1"), software("odd", "6"), software("alike", "1"), software("spread", "x"), software("ahead", "10.2"), stock.Fact{Kind: stock.Resolver, Name: "10.0.0.9"})
	for i := range 50 {
		facts := []stock.Fact{software("browser", "3.2"), software("vpn", "1"), software("alike", "1"), software("spread", fmt.Sprint(i%4)), software("ahead", "10.1~rc2"), {Kind: stock.Resolver, Name: "10.0.0.2"}}
		switch {
		case i < 3: // a few are different themselves
			facts = []stock.Fact{software("browser", "3.0"), software("alike", "2"), software("odd", "1"), {Kind: stock.Resolver, Name: "10.0.0.2"}}
		case i == 3:
			facts = append(facts, software("half", "1"))
		}
		w.machine(fmt.Sprint("peer-", i), "B", "Debian 12", "Desk 3000", nil, facts...)
	}
	for i := range 7 {
		w.machine(fmt.Sprint("other-model-", i), "B", "Debian 12", "Note 1", nil, software("never", "1"))
		w.machine(fmt.Sprint("other-system-", i), "B", "Windows 11", "Desk 3000", nil, software("never", "1"))
		w.machine(fmt.Sprint("other-site-", i), "C", "Debian 12", "Desk 3000", nil, software("never", "1"))
	}
	w.machine("silent", "B", "", "", nil)
	c, err := w.Compare(t.Context(), anna, "me")
	if err != nil {
		t.Fatal(err)
	}
	want := []peers.Line{
		{How: peers.Older, Kind: stock.Software, Name: "browser", Mine: "3.1", Usual: "3.2", Count: 47, Of: 50, Since: since, From: "3.0"},
		{How: peers.Lacks, Kind: stock.Resolver, Name: "10.0.0.2", Count: 50, Of: 50},
		{How: peers.Lacks, Kind: stock.Software, Name: "vpn", Usual: "1", Count: 47, Of: 50, Since: since, From: "1"},
		{How: peers.Newer, Kind: stock.Software, Name: "ahead", Mine: "10.2", Usual: "10.1~rc2", Count: 47, Of: 47},
		{How: peers.Alone, Kind: stock.Resolver, Name: "10.0.0.9", Of: 50},
		{How: peers.Alone, Kind: stock.Software, Name: "odd", Mine: "6", Count: 3, Of: 50},
	}
	if diff := cmp.Diff(want, c.Lines); diff != "" {
		t.Error(diff)
	}
	if !c.Known || c.Few() || c.Peers != 50 || c.Silent != 1 || c.Model != "Desk 3000" || c.Site != "Site B" || c.System != "Debian 12" || len(c.Changes) != 4 || !c.TakenAt.Equal(noon) {
		t.Errorf("%+v", c)
	}

	// Fewer than five of the model: all models count.
	c, err = w.Compare(t.Context(), anna, "other-model-0")
	if err != nil || c.Peers != 6 || c.Model != "Note 1" {
		t.Errorf("%+v, %v", c, err)
	}
	w.machine("alone", "B", "Debian 12", "Tower 9", nil)
	if c, err = w.Compare(t.Context(), anna, "alone"); err != nil || c.Peers != 58 || c.Model != "" {
		t.Errorf("%d peers of %q, %v", c.Peers, c.Model, err)
	}
}

// Too few peers, none that told, a machine that did not tell, one that nobody knows,
// and somebody who may not look.
func TestNobodyToCompareWith(t *testing.T) {
	w := newWorld(t)
	w.machine("me", "B", "Debian 12", "Desk", nil, software("mine", "1"))
	for i := range 4 {
		w.machine(fmt.Sprint(i), "B", "Debian 12", "Desk", nil)
	}
	w.machine("silent", "B", "", "", nil)
	c, err := w.Compare(t.Context(), anna, "me")
	if err != nil || !c.Few() || c.Peers != 4 || c.Silent != 1 || len(c.Lines) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err = w.Compare(t.Context(), anna, "silent"); err != nil || c.Known {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err = w.Compare(t.Context(), anna, "gone"); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if _, err = w.Compare(t.Context(), auth.Actor{Kind: auth.Requester, Person: "mia"}, "me"); err == nil {
		t.Error("a requester may compare machines")
	}
	if err := w.Forget(t.Context(), "me"); err != nil {
		t.Fatal(err)
	}
	if c, err = w.Compare(t.Context(), anna, "me"); err != nil || c.Known {
		t.Errorf("%+v, %v", c, err)
	}
}

// What could not be written down is not known either.
func TestWhatIsNotKeptIsNotKnown(t *testing.T) {
	w := newWorld(t)
	w.machine("me", "B", "Debian 12", "Desk", nil, software("a", "1"))
	hash := w.Index().Hash("me")
	w.store.fails = fault.New(fault.Full, "The disk is full.")
	facts, _ := stock.Clean([]stock.Fact{software("a", "2")})
	if err := w.Take(t.Context(), "me", wire.Stock{Hash: stock.Hash(facts), TakenAt: noon, Facts: stock.Pack(facts)}); !fault.Is(err, fault.Full) {
		t.Error(err)
	}
	if w.Index().Hash("me") != hash {
		t.Error("what was not kept is compared with")
	}
}

func TestVersions(t *testing.T) {
	rising := []string{"1.2~beta1", "1.2", "1.2.1", "1.2.9", "1.2.10", "1.2.10-3", "1.10", "2", "2026.1", "10000000000000000000000.1"}
	for i, a := range rising {
		for j, b := range rising {
			if got, want := peers.OlderForTest(a, b), i-j; got < 0 != (want < 0) || got > 0 != (want > 0) {
				t.Errorf("%s against %s: %d", a, b, got)
			}
		}
	}
	for _, pair := range [][2]string{{"on", "off"}, {"1.x", "1.2"}, {"1, 2", "3"}, {"", "1"}, {"4:7.4.7-1+deb12u8", "4:7.4.7-1+deb12u8"}, {"001.2", "1.02"}} {
		if got := peers.OlderForTest(pair[0], pair[1]); got != 0 {
			t.Errorf("%s against %s: %d", pair[0], pair[1], got)
		}
	}
	debian := []string{"4:7.4.7-1+deb12u8", "4:7.4.7-1+deb12u10", "5:1"}
	if !slices.IsSortedFunc(debian, peers.OlderForTest) || peers.OlderForTest(debian[1], debian[0]) <= 0 {
		t.Error(debian)
	}
	if peers.OlderForTest("3.2-rc1", "3.2") >= 0 || peers.OlderForTest("128.14.0esr-1", "128.15.0esr-1") >= 0 {
		t.Error("release candidates and esr")
	}
}
