package contrast_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/contrast"
)

var noon = time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC)

func read(kinds ...stock.Kind) (facts []stock.Fact) {
	for _, k := range kinds {
		facts = append(facts, stock.Fact{Kind: stock.Read, Name: string(k)})
	}
	return facts
}

func set(x *contrast.Index, id string, facts ...stock.Fact) {
	clean, _ := stock.Clean(facts)
	x.Set(id, stock.Hash(clean), noon, clean)
}

// fleet is a fleet with noise: common programs in a few versions, rare ones, and
// machines that could not read their software.
func fleet(n int, seed uint64, plant func(i int) []stock.Fact) (*contrast.Index, []string) {
	r := rand.New(rand.NewPCG(seed, 1))
	x := contrast.NewIndex()
	var ids []string
	for i := range n {
		id := fmt.Sprintf("pc-%05d", i)
		ids = append(ids, id)
		facts := read(stock.Software, stock.Driver, stock.Resolver, stock.Hardware)
		for p := range 60 {
			if r.IntN(10) < 9 {
				facts = append(facts, stock.Fact{Kind: stock.Software, Name: fmt.Sprintf("program-%02d", p), Value: fmt.Sprintf("%d.%d", p, r.IntN(3))})
			}
		}
		for range 5 {
			facts = append(facts, stock.Fact{Kind: stock.Software, Name: fmt.Sprintf("rare-%04d", r.IntN(4000)), Value: "1"})
		}
		facts = append(facts, stock.Fact{Kind: stock.Hardware, Name: "model", Value: fmt.Sprintf("Desk %d", r.IntN(6))}, stock.Fact{Kind: stock.Resolver, Name: fmt.Sprintf("10.%d.0.2", r.IntN(20))})
		set(x, id, append(facts, plant(i)...)...)
	}
	return x, ids
}

// A driver that came last night to a tenth of 10 000 machines makes most of them fail,
// and some others fail by chance: the driver and its companion come first, with the
// night, and chance is not taken for a cause.
func TestAPlantedCauseComesFirst(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var affected, others []string
	var news []contrast.News
	x, ids := fleet(10_000, 3, func(i int) []stock.Fact {
		version := "12.4"
		if i%10 == 3 {
			version = "12.5"
			return []stock.Fact{{Kind: stock.Driver, Name: "netx", Value: version}, {Kind: stock.Software, Name: "netx-tools", Value: version}}
		}
		return []stock.Fact{{Kind: stock.Driver, Name: "netx", Value: version}, {Kind: stock.Software, Name: "netx-tools", Value: "11"}}
	})
	for i, id := range ids {
		bad := i%10 == 3
		if bad {
			news = append(news, contrast.News{Machine: id, Fact: stock.Fact{Kind: stock.Driver, Name: "netx", Value: "12.5"}, At: noon.Add(-10*time.Hour + time.Duration(i)*time.Second)})
		}
		switch {
		case bad && r.IntN(20) == 0, !bad && r.IntN(300) == 0: // only one in twenty says so, and some have other troubles
			affected = append(affected, id)
		case r.IntN(3) > 0:
			others = append(others, id)
		}
	}
	affected = append(affected, "never-told")
	got := x.Contrast(affected, others, contrast.Options{News: news})
	if got.Unknown != 1 || got.Affected != len(affected)-1 || got.Unaffected != len(others) || got.Looked < 4000 {
		t.Errorf("%d affected, %d not, %d unknown, %d facts", got.Affected, got.Unaffected, got.Unknown, got.Looked)
	}
	if len(got.Leads) == 0 {
		t.Fatal("nothing separates them")
	}
	first := got.Leads[0]
	var names []string
	for _, f := range first.Facts {
		names = append(names, f.Name+" "+f.Value)
	}
	slices.Sort(names)
	// The old version is there exactly where the new one is not: it is another
	// column, of the same weight, and not of the news.
	if !slices.Equal(names, []string{"netx 12.5", "netx-tools 12.5"}) || !first.Has || first.Q > 1e-6 || first.Odds < 5 || first.New == 0 || first.From.Before(noon.Add(-10*time.Hour)) {
		t.Errorf("first comes %v: %+v", names, first)
	}
	for _, l := range got.Leads {
		if !strings.HasPrefix(l.Facts[0].Name, "netx") {
			t.Errorf("%v is taken for a cause, %g", l.Facts[0], l.Q)
		}
	}
}

// In a fleet without a cause hardly anything is named.
func TestChanceIsNoCause(t *testing.T) {
	named := 0
	for seed := range uint64(40) {
		x, ids := fleet(400, seed, func(int) []stock.Fact { return nil })
		r := rand.New(rand.NewPCG(seed, 2))
		r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		named += min(1, len(x.Contrast(ids[:40], ids[40:], contrast.Options{}).Leads))
	}
	if named > 4 {
		t.Errorf("in %d of 40 fleets chance was taken for a cause", named)
	}
}

// The ranking counts as one would by hand, whatever order machines came in, however
// often they told something else before, and whatever else has left.
func TestContrastCountsAsByHand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.Custom(func(t *rapid.T) []stock.Fact {
			facts := read(rapid.SliceOfDistinct(rapid.SampledFrom([]stock.Kind{stock.Software, stock.Driver}), func(k stock.Kind) stock.Kind { return k }).Draw(t, "read")...)
			for range rapid.IntRange(0, 6).Draw(t, "n") {
				facts = append(facts, stock.Fact{Kind: rapid.SampledFrom([]stock.Kind{stock.Software, stock.Driver, "later"}).Draw(t, "kind"), Name: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name"), Value: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "value")})
			}
			clean, _ := stock.Clean(facts)
			return clean
		})
		x := contrast.NewIndex()
		now := map[string][]stock.Fact{}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			id := fmt.Sprint(rapid.IntRange(0, 14).Draw(t, "machine"))
			if rapid.IntRange(0, 5).Draw(t, "leaves") == 0 {
				x.Remove(id)
				delete(now, id)
				continue
			}
			facts := one.Draw(t, "facts")
			now[id] = facts
			x.Set(id, stock.Hash(facts), noon, facts)
		}
		different := map[stock.Fact]bool{}
		for id, facts := range now {
			got, hash, _, ok := x.Facts(id)
			if diff := cmp.Diff(append([]stock.Fact(nil), facts...), append([]stock.Fact(nil), got...)); !ok || diff != "" || hash != stock.Hash(facts) {
				t.Fatal(id, diff)
			}
			for _, f := range facts {
				different[f] = true
			}
		}
		if machines, facts := x.Size(); machines != len(now) || facts != len(different) {
			t.Fatalf("%d machines and %d facts, want %d and %d", machines, facts, len(now), len(different))
		}
		var affected, others []string
		for _, id := range slices.Sorted(maps.Keys(now)) {
			if rapid.Bool().Draw(t, "affected") {
				affected = append(affected, id)
			} else {
				others = append(others, id)
			}
		}
		got := x.Contrast(affected, others, contrast.Options{Limit: 1000, Most: 2})
		count := func(ids []string, c contrast.Column) (n, of int, who string) {
			var have []string
			for _, id := range ids {
				if !stock.Known(now[id])[c.Kind] {
					continue
				}
				of++
				if v, ok := stock.Find(now[id], c.Kind, c.Name); ok && (c.Any || v == c.Value) {
					n++
					have = append(have, id+",")
				}
			}
			return n, of, strings.Join(have, "")
		}
		seen := map[string]bool{}
		for _, l := range got.Leads {
			set := ""
			for i, c := range l.Facts {
				a, ofA, whoA := count(affected, c)
				b, ofB, whoB := count(others, c)
				if a != c.A || ofA != c.OfA || b != c.B || ofB != c.OfB {
					t.Fatalf("%+v, want %d of %d and %d of %d", c, a, ofA, b, ofB)
				}
				who := fmt.Sprint(whoA, "|", whoB, "|", ofA, "|", ofB)
				if i == 0 {
					set = who
				} else if who != set {
					t.Fatalf("%v do not come together", l.Facts)
				}
			}
			if seen[set] {
				t.Fatalf("%v comes twice", l.Facts)
			}
			seen[set] = true
			if l.Q < l.P-1e-12 || l.P < 0 || l.Q > 1 || l.Has != (l.Odds > 1) && l.P < 0.9 {
				t.Fatalf("%+v", l)
			}
		}
		if !slices.IsSortedFunc(got.Leads, func(a, b contrast.Lead) int {
			if a.P > b.P*1.01 {
				return 1
			}
			return 0
		}) {
			t.Fatal("they are in no order")
		}
	})
}

// Of two that separate alike the newer comes first, and what always comes together
// is one lead.
func TestTheNewerOfTwoEquals(t *testing.T) {
	x := contrast.NewIndex()
	var affected, others []string
	var news []contrast.News
	for i := range 40 {
		id := fmt.Sprint(i)
		facts := read(stock.Software, stock.Resolver)
		if i < 20 {
			affected = append(affected, id)
			for n := range 9 {
				facts = append(facts, stock.Fact{Kind: stock.Software, Name: fmt.Sprintf("suite-%d", n), Value: "5"})
			}
			news = append(news, contrast.News{Machine: id, Fact: stock.Fact{Kind: stock.Resolver, Name: "10.0.0.9"}, At: noon.Add(time.Duration(i) * time.Minute)})
		} else {
			others = append(others, id)
		}
		if i < 19 || i == 39 { // 19 of 20, and one of the others
			facts = append(facts, stock.Fact{Kind: stock.Software, Name: "old", Value: "1"})
		}
		if i > 0 && i < 20 || i == 38 { // the same, other machines
			facts = append(facts, stock.Fact{Kind: stock.Resolver, Name: "10.0.0.9"})
		}
		set(x, id, facts...)
	}
	got := x.Contrast(affected, others, contrast.Options{News: news, Most: 1})
	if len(got.Leads) < 3 {
		t.Fatalf("%+v", got.Leads)
	}
	if l := got.Leads[0]; len(l.Facts) != contrast.MaxTogether || l.More != 2 || l.Facts[0].Name != "suite-0" {
		t.Errorf("%+v", l)
	}
	if l := got.Leads[1]; l.Facts[0].Name != "10.0.0.9" || l.New != 20 || !l.To.Equal(noon.Add(19*time.Minute)) || !l.From.Equal(noon) {
		t.Errorf("%+v", l)
	}
	if l := got.Leads[2]; l.Facts[0].Name != "old" || l.New != 0 {
		t.Errorf("%+v", l)
	}
}

// A machine is compared with its peers by name: who has it, with which value.
func TestShares(t *testing.T) {
	x := contrast.NewIndex()
	set(x, "me", append(read(stock.Software), stock.Fact{Kind: stock.Software, Name: "mine", Value: "1"}, stock.Fact{Kind: stock.Software, Name: "both", Value: "3.1"}, stock.Fact{Kind: stock.Driver, Name: "unread", Value: "1"})...)
	for i := range 6 {
		facts := append(read(stock.Software, stock.Driver), stock.Fact{Kind: stock.Software, Name: "theirs"}, stock.Fact{Kind: stock.Software, Name: "both", Value: "3.2"}, stock.Fact{Kind: stock.Driver, Name: "net", Value: "1"})
		if i == 5 {
			facts = append(read(stock.Driver), stock.Fact{Kind: stock.Software, Name: "claims", Value: "1"})
		}
		set(x, fmt.Sprint(i), facts...)
	}
	got, told := x.Shares("me", []string{"0", "1", "2", "3", "4", "5", "5", "gone"})
	want := []contrast.Share{
		{Kind: stock.Software, Name: "both", Have: 5, Of: 5, Has: true, Mine: "3.1", Values: []contrast.Valued{{Value: "3.2", Count: 5}}},
		{Kind: stock.Software, Name: "mine", Of: 5, Has: true, Mine: "1"},
		{Kind: stock.Software, Name: "theirs", Have: 5, Of: 5, Values: []contrast.Valued{{Count: 5}}},
	}
	if diff := cmp.Diff(want, got); diff != "" || told != 6 {
		t.Error(told, diff)
	}
	if got, _ := x.Shares("gone", []string{"0"}); got != nil {
		t.Errorf("%v", got)
	}
	if v, ok := x.Value("me", stock.Software, "both"); !ok || v != "3.1" {
		t.Errorf("%q", v)
	}
}
