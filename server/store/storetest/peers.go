package storetest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/peers"
)

func factsOf(list ...stock.Fact) []stock.Fact {
	clean, _ := stock.Clean(append(list, stock.Fact{Kind: stock.Read, Name: "software"}, stock.Fact{Kind: stock.Read, Name: "system"}, stock.Fact{Kind: stock.System, Name: "system", Value: "Debian 12"}))
	return clean
}

func told(facts []stock.Fact, at time.Time, changes ...stock.Change) wire.Stock {
	return wire.Stock{Hash: stock.Hash(facts), TakenAt: at, Facts: stock.Pack(facts), Changes: changes}
}

// testFacts is what machines tell of themselves, from the message to the comparison
// and over a restart: all facts, then what has changed, a change told twice, one that
// fits nothing, and an identity that ends.
func testFacts(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	keeper := func() *peers.Keeper {
		k := peers.New(w.DB.Peers(), func() []peers.Member { return nil }, w.Now, slog.New(slog.DiscardHandler))
		must(t, k.Load(ctx))
		return k
	}
	k := keeper()
	old := factsOf(stock.Fact{Kind: stock.Software, Name: "browser", Value: "3.1"})
	now := factsOf(stock.Fact{Kind: stock.Software, Name: "browser", Value: "3.2"}, stock.Fact{Kind: stock.Software, Name: "tool"})
	at := w.Now().Add(-time.Hour).Truncate(time.Second)
	changes := stock.Diff(old, now, at.Add(-time.Hour), at)
	if !k.Want(w.Endpoint, "") || !k.Want(w.Endpoint, stock.Hash(old)) {
		t.Error("a machine that has told nothing is not asked to")
	}
	wantCode(t, k.Take(ctx, w.Endpoint, wire.Stock{Hash: stock.Hash(now), Base: stock.Hash(old), TakenAt: at, Changes: changes}), fault.Conflict)
	must(t, k.Take(ctx, w.Endpoint, told(old, at.Add(-time.Hour))))
	must(t, k.Take(ctx, w.Endpoint, wire.Stock{Hash: stock.Hash(now), Base: stock.Hash(old), TakenAt: at, Changes: changes}))
	wantCode(t, k.Take(ctx, w.Endpoint, wire.Stock{Hash: stock.Hash(now), Base: stock.Hash(old), TakenAt: at, Changes: changes}), fault.Conflict)
	must(t, k.Take(ctx, w.Endpoint, told(now, at, changes...))) // again: the changes are there already
	forged := told(now, at)
	forged.Hash = stock.Hash(old)
	wantCode(t, k.Take(ctx, w.Endpoint, forged), fault.Invalid)
	wantCode(t, k.Take(ctx, w.Endpoint, wire.Stock{Hash: "x", Facts: []byte("no")}), fault.Invalid)

	w.Reopen(t)
	k = keeper()
	got, hash, taken, ok := k.Index().Facts(w.Endpoint)
	if diff := cmp.Diff(now, got); !ok || diff != "" || hash != stock.Hash(now) || !taken.Equal(at) || k.Want(w.Endpoint, hash) {
		t.Errorf("after a restart: %v, %s, %s", ok, taken, diff)
	}
	list, err := w.DB.Peers().Changes(ctx, w.Endpoint, at.Add(-time.Minute), 10)
	must(t, err)
	if diff := cmp.Diff(changes, list); diff != "" {
		t.Error(diff)
	}
	came, err := w.DB.Peers().Arrived(ctx, at)
	must(t, err)
	if diff := cmp.Diff(map[stock.Fact]int{{Kind: stock.Software, Name: "browser", Value: "3.2"}: 1, {Kind: stock.Software, Name: "tool"}: 1}, came); diff != "" {
		t.Error(diff)
	}
	if none, err := w.DB.Peers().Arrived(ctx, at.Add(time.Hour)); len(none) > 0 || err != nil {
		t.Errorf("later %v came (%v)", none, err)
	}
	all, err := k.Between(ctx, at, at.Add(time.Second), 1)
	must(t, err)
	if len(all) != 1 || all[0].Endpoint != w.Endpoint || all[0].Name != "browser" {
		t.Errorf("%+v", all)
	}
	if none, err := k.Between(ctx, at.Add(time.Second), at.Add(time.Hour), 9); err != nil || len(none) > 0 {
		t.Errorf("%v, %v", none, err)
	}

	// A clock that is a year ahead is set to ours, and what is old goes.
	must(t, k.Take(ctx, w.Endpoint, told(old, at.AddDate(1, 0, 0), stock.Change{At: at.AddDate(1, 0, 0), Kind: stock.Software, Name: "tool", Did: stock.Removed})))
	list, err = w.DB.Peers().Changes(ctx, w.Endpoint, time.Time{}, 10)
	must(t, err)
	if len(list) != 3 || list[0].Name != "tool" || list[0].At.After(w.Now()) {
		t.Errorf("%+v", list)
	}
	must(t, w.DB.Peers().SweepChanges(ctx, at.Add(time.Minute), 100))
	list, err = w.DB.Peers().Changes(ctx, w.Endpoint, time.Time{}, 10)
	must(t, err)
	if len(list) != 1 {
		t.Errorf("%d are left", len(list))
	}
	must(t, k.Forget(ctx, w.Endpoint))
	must(t, k.Forget(ctx, w.Endpoint))
	list, err = w.DB.Peers().Changes(ctx, w.Endpoint, time.Time{}, 10)
	must(t, err)
	if machines, facts := k.Index().Size(); len(list) > 0 || machines > 0 || facts > 0 {
		t.Errorf("%d changes, %d machines and %d facts are left", len(list), machines, facts)
	}
	must(t, w.DB.Peers().Facts(ctx, func(peers.Stored) error { t.Error("facts are left"); return nil }))
}

// testFactsAtOnce is many machines that tell at once, some of them twice: each ends
// as one of what it told, in memory as on disk. An identity that has ended is not read.
func testFactsAtOnce(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	ids := []string{w.Endpoint}
	root := auth.SystemActor("test")
	token, _, err := w.Registry.Create(ctx, root, "Berlin", 20, time.Hour)
	must(t, err)
	for n := range 11 {
		key := make([]byte, 32)
		key[0] = byte(n + 1)
		i, err := w.Registry.Enrol(ctx, wire.Enrol{Token: token, Key: key, Machine: wire.Machine{Hostname: fmt.Sprint(n), OS: "linux"}})
		must(t, err)
		ids = append(ids, i.ID)
	}
	k := peers.New(w.DB.Peers(), func() []peers.Member { return nil }, time.Now, slog.New(slog.DiscardHandler))
	wantCode(t, k.Take(ctx, ids[0], told(factsOf(), w.Now())), fault.Unavailable)
	must(t, k.Load(ctx))
	var wg sync.WaitGroup
	for n, id := range ids {
		for round := range 4 {
			wg.Go(func() {
				facts := factsOf(stock.Fact{Kind: stock.Software, Name: "own", Value: fmt.Sprint(n, ".", round)}, stock.Fact{Kind: stock.Software, Name: "all", Value: fmt.Sprint(round)})
				change := stock.Change{At: time.Now().Truncate(time.Second), Kind: stock.Software, Name: fmt.Sprint("change ", round), Did: stock.Added}
				if err := k.Take(ctx, id, told(facts, time.Now(), change, change)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	seen := 0
	read := func(want int) {
		t.Helper()
		seen = 0
		must(t, w.DB.Peers().Facts(ctx, func(s peers.Stored) error {
			seen++
			if hash := k.Index().Hash(s.Endpoint); hash != s.Hash {
				t.Errorf("%s is %s on disk and %s in memory", s.Endpoint, s.Hash, hash)
			}
			facts, err := stock.Unpack(s.Doc)
			if err != nil || stock.Hash(facts) != s.Hash {
				t.Errorf("%s: %v", s.Endpoint, err)
			}
			return nil
		}))
		if seen != want {
			t.Errorf("%d machines are kept, want %d", seen, want)
		}
	}
	read(len(ids))
	for _, id := range ids {
		list, err := w.DB.Peers().Changes(ctx, id, time.Time{}, 100)
		must(t, err)
		if len(list) != 4 {
			t.Errorf("%s has %d changes", id, len(list))
		}
	}
	must(t, w.DB.Peers().SweepChanges(ctx, time.Time{}, 3))
	list, err := w.DB.Peers().ChangesBetween(ctx, time.Time{}, time.Now().Add(time.Hour), 1000)
	must(t, err)
	if len(list) < 12 || len(list) > 48 {
		t.Errorf("%d changes are left", len(list))
	}
	must(t, w.Registry.Withdraw(ctx, root, ids[3]))
	read(len(ids) - 1)
	for range 40 {
		err = k.Take(context.WithoutCancel(ctx), ids[0], told(factsOf(), w.Now()))
	}
	wantCode(t, err, fault.TooMany)
}
