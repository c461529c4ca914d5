package stock_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agent "github.com/deskbell/deskbell/agent/stock"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// server is the other side: it takes in what it is told as the true one does.
type server struct {
	t     *testing.T
	facts []stock.Fact
	hash  string
	log   []string // whole or delta, and when
	last  wire.Stock
	start time.Time
	bytes int
	fails error
}

func (s *server) Call(_ context.Context, t wire.Type, _ string, body any) (wire.Envelope, error) {
	b, err := json.Marshal(body)
	if err != nil || t != wire.TypeStock {
		s.t.Error(t, err)
	}
	if s.fails != nil {
		s.log = append(s.log, "failed")
		return wire.Envelope{}, s.fails
	}
	var m wire.Stock
	if err := json.Unmarshal(b, &m); err != nil {
		s.t.Error(err)
	}
	what := "whole"
	facts := s.facts
	if m.Base == "" {
		if facts, err = stock.Unpack(m.Facts); err != nil {
			s.t.Error(err)
		}
	} else {
		what = "delta"
		if m.Base != s.hash {
			s.log = append(s.log, "conflict")
			return wire.Envelope{}, fault.New(fault.Conflict, "other facts")
		}
		facts = stock.Apply(facts, m.Changes)
	}
	if stock.Hash(facts) != m.Hash {
		s.t.Errorf("a %s leads to %s, and not to %s", what, stock.Hash(facts), m.Hash)
	}
	s.facts, s.hash, s.last, s.bytes = facts, m.Hash, m, s.bytes+len(b)
	s.log = append(s.log, what)
	return wire.Envelope{}, nil
}

func keeper(dir string, off bool) *agent.Keeper {
	return agent.New(agent.Options{
		Dir: dir, Off: off, Log: slog.New(slog.DiscardHandler), Subnet: func() string { return "10.0.0.0/24" },
		System: func() diagnostics.System { return diagnostics.System{Platform: "Debian 12", Kernel: "6.1"} },
	})
}

func machine(packages ...inventory.Package) *inventory.Inventory {
	return &inventory.Inventory{Software: inventory.Section[inventory.Software]{State: diagnostics.StateOK, Data: &inventory.Software{Packages: packages}}}
}

// attend holds a session for a time.
func attend(t *testing.T, k *agent.Keeper, endpoint string, s *server, want bool, long time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	k.Attend(ctx, endpoint, s, want)
}

// A machine tells all once, then what has changed, not more often than a quarter of
// an hour, and after a restart nothing that the server has.
func TestItIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		k, s := keeper(dir, false), &server{t: t, start: time.Now()}
		go func() {
			time.Sleep(2 * time.Minute)
			k.Noted(machine(inventory.Package{Name: "a", Version: "1"}))
			time.Sleep(10 * time.Minute)
			for i := range 5 { // five changes within a quarter of an hour are told together
				k.Noted(machine(inventory.Package{Name: "a", Version: fmt.Sprint(2 + i)}))
				time.Sleep(time.Minute)
			}
		}()
		attend(t, k, "E1", s, true, time.Hour)
		if diff := cmp.Diff([]string{"whole", "delta"}, s.log); diff != "" {
			t.Error(diff)
		}
		if v, _ := stock.Find(s.facts, stock.Software, "a"); v != "6" || len(s.last.Changes) < 2 || s.last.Changes[0].From != "1" {
			t.Errorf("the server has version %s by %+v", v, s.last.Changes)
		}
		k = keeper(dir, false)
		if k.Hash("E1") != s.hash {
			t.Error("after a restart it does not know what the server has")
		}
		attend(t, k, "E1", s, false, time.Hour)
		k.Noted(machine(inventory.Package{Name: "a", Version: "6"}))
		attend(t, k, "E1", s, false, time.Hour)
		if len(s.log) != 2 {
			t.Errorf("it told %v", s.log)
		}
		// Without a session changes gather, and keep their dates.
		k.Noted(machine(inventory.Package{Name: "a", Version: "7"}))
		at := time.Now().UTC().Truncate(time.Second)
		time.Sleep(48 * time.Hour)
		k.Noted(machine(inventory.Package{Name: "b"}))
		attend(t, k, "E1", s, false, time.Hour)
		if len(s.log) != 3 || s.log[2] != "delta" || len(s.last.Changes) != 3 || !s.last.Changes[0].At.Equal(at) {
			t.Errorf("%v: %+v", s.log, s.last.Changes)
		}
		// Another server, or one that was restored, gets all, with the past.
		if k.Hash("E2") != "" {
			t.Error("another server is taken for this one")
		}
		other := &server{t: t}
		attend(t, k, "E2", other, true, time.Hour)
		if diff := cmp.Diff([]string{"whole"}, other.log); diff != "" || len(other.last.Changes) < 5 {
			t.Error(diff, other.last.Changes)
		}
		other.hash = "restored"
		k.Noted(machine(inventory.Package{Name: "c"}))
		attend(t, k, "E2", other, false, time.Hour)
		if diff := cmp.Diff([]string{"whole", "conflict", "whole"}, other.log); diff != "" {
			t.Error(diff)
		}
	})
}

// What is read for the first time makes it tell all: it is no change.
func TestAFirstReadingIsNoChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, s := keeper(t.TempDir(), false), &server{t: t}
		k.Noted(machine(inventory.Package{Name: "a"}))
		attend(t, k, "E", s, true, time.Hour)
		i := machine(inventory.Package{Name: "a"})
		i.Drivers = inventory.Section[inventory.Drivers]{State: diagnostics.StateOK, Data: &inventory.Drivers{Kernel: "6.1", Modules: []inventory.Module{{Name: "x"}}}}
		k.Noted(i)
		attend(t, k, "E", s, false, time.Hour)
		if diff := cmp.Diff([]string{"whole", "whole"}, s.log); diff != "" || len(s.last.Changes) > 0 {
			t.Error(diff, s.last.Changes)
		}
	})
}

// However much changes, a day costs no more than 30 KiB beside the first telling.
func TestADayHasABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, s := keeper(t.TempDir(), false), &server{t: t}
		go func() {
			for hour := range 72 {
				var list []inventory.Package
				for n := range 60 {
					list = append(list, inventory.Package{Name: fmt.Sprintf("package-with-a-name-%d", n), Version: fmt.Sprint(hour, ".", n)})
				}
				k.Noted(machine(list...))
				time.Sleep(time.Hour)
			}
		}()
		attend(t, k, "E", s, true, 71*time.Hour)
		time.Sleep(2 * time.Hour)
		if s.bytes > 3*(30<<10)+(8<<10) || len(s.log) < 4 {
			t.Errorf("three days cost %d bytes in %d messages", s.bytes, len(s.log))
		}
	})
}

// A machine that forbids its inventory tells nothing; an older server is left alone;
// a damaged file begins anew; trouble is tried again.
func TestNothingIsForced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := &server{t: t}
		off := keeper(dir, true)
		off.Noted(machine(inventory.Package{Name: "a"}))
		attend(t, off, "E", s, true, time.Hour)
		if len(s.log) > 0 {
			t.Errorf("it told %v", s.log)
		}
		k := keeper(dir, false)
		s.fails = fault.New(fault.Unsupported, "what is that?")
		attend(t, k, "E", s, true, 24*time.Hour)
		if len(s.log) != 1 {
			t.Errorf("an older server was told %d times", len(s.log))
		}
		s.fails, s.log = fault.New(fault.Unavailable, "later"), nil
		attend(t, k, "E", s, true, 2*time.Hour)
		if len(s.log) < 5 || len(s.log) > 12 {
			t.Errorf("in two hours it tried %d times", len(s.log))
		}
		s.fails, s.log = nil, nil
		if err := os.WriteFile(filepath.Join(dir, "stock.json"), []byte(strings.Repeat("{", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		attend(t, k, "E", s, true, time.Hour)
		if len(s.log) > 0 {
			t.Errorf("it told %v of nothing", s.log)
		}
		k.Noted(machine(inventory.Package{Name: "a"}))
		attend(t, k, "E", s, true, time.Hour)
		if diff := cmp.Diff([]string{"whole"}, s.log); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSubnet(t *testing.T) {
	for _, address := range []string{"", "nonsense", "127.0.0.1", "::1", "192.0.2.1"} {
		if got := agent.Subnet(address); got != "" {
			t.Errorf("%q is of %s", address, got)
		}
	}
}
