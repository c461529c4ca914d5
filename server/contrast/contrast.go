// Package contrast says by which facts two sets of machines differ: those that
// something has happened to, and those that it has not. Pure: it reads nothing and
// keeps no time.
package contrast

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// Column is a fact over both sets: how many have it, of how many that could tell.
type Column struct {
	stock.Fact
	Any  bool // the fact with whatever value
	A    int  // of the affected
	OfA  int
	B    int // of the unaffected
	OfB  int
	same [2]uint64 // names the set of machines that have it
}

// Lead is what separates the two sets: one fact, or several that always come together.
type Lead struct {
	Facts []Column // the first speaks for them all; at most MaxTogether
	More  int      // so many more always come together with them
	// Has says that the affected have it more often; else they lack it.
	Has  bool
	Odds float64
	P    float64 // Fisher's exact test, two-sided
	Q    float64 // corrected for all that was looked at, Benjamini and Hochberg
	// New is how many of the affected got it shortly before, and From and To when;
	// zero when none did.
	New      int
	From, To time.Time
}

// MaxTogether is how many facts of one lead are named.
const MaxTogether = 7

// Result is a ranking.
type Result struct {
	Affected, Unaffected int // machines that have told of themselves
	Unknown              int // machines that have not
	Looked               int // different columns that were looked at
	Leads                []Lead
}

// Options say how to rank.
type Options struct {
	Limit int     // leads; 0: 20
	Most  float64 // the largest Q; 0: 0.05
	// News are changes of machines shortly before, of the affected.
	News []News
}

// News says that a machine got a fact.
type News struct {
	Machine string
	stock.Fact
	Gone bool // it lost it
	At   time.Time
}

// rank orders columns by how well they separate. What is equal in all machines is
// one lead; of two that separate alike the newer comes first.
func rank(columns []Column, news map[newsKey]news, o Options) (leads []Lead, looked int) {
	groups := map[group][]Column{}
	for _, c := range columns {
		if have, of := c.A+c.B, c.OfA+c.OfB; have == 0 || have == of || c.OfA == 0 || c.OfB == 0 {
			continue // it says nothing of either
		}
		k := group{c.same, c.OfA, c.OfB}
		groups[k] = append(groups[k], c)
	}
	known := map[[4]int]float64{}
	var p []float64
	for _, g := range groups {
		slices.SortFunc(g, byWorth)
		c := g[0]
		k := [4]int{c.A, c.OfA, c.B, c.OfB}
		v, done := known[k]
		if !done {
			v = Fisher(c.A, c.OfA, c.B, c.OfB)
			known[k] = v
		}
		l := Lead{Facts: g, P: v, Odds: Odds(c.A, c.OfA, c.B, c.OfB), Has: c.A*c.OfB > c.B*c.OfA}
		for _, c := range g {
			if n := news[newsKey{c.Fact, c.Any, !l.Has}]; n.count > l.New {
				l.New, l.From, l.To = n.count, n.from, n.to
			}
		}
		leads, p = append(leads, l), append(p, v)
	}
	for i, q := range Correct(p) {
		leads[i].Q = q
	}
	looked = len(leads)
	leads = slices.DeleteFunc(leads, func(l Lead) bool { return l.Q > o.Most })
	slices.SortFunc(leads, func(a, b Lead) int {
		// Chances that differ by less than a thousandth say the same.
		if d := math.Log(a.P) - math.Log(b.P); math.Abs(d) > 1e-3 && a.P != b.P {
			return cmp.Compare(a.P, b.P)
		}
		return cmp.Or(cmp.Compare(b.New, a.New), cmp.Compare(math.Abs(math.Log(b.Odds)), math.Abs(math.Log(a.Odds))), byWorth(a.Facts[0], b.Facts[0]))
	})
	leads = leads[:min(len(leads), o.Limit)]
	for i := range leads {
		l := &leads[i]
		if over := len(l.Facts) - MaxTogether; over > 0 {
			l.Facts, l.More = l.Facts[:MaxTogether], over
		}
	}
	return leads, looked
}

// group are the columns that are equal in every machine.
type group struct {
	same     [2]uint64
	ofA, ofB int
}

// byWorth orders facts that say the same: in the order of the kinds, a version
// before its being there.
func byWorth(a, b Column) int {
	return cmp.Or(cmp.Compare(place(a.Kind), place(b.Kind)), cmp.Compare(a.Name, b.Name), cmp.Compare(order(a.Any), order(b.Any)), cmp.Compare(a.Value, b.Value))
}

func order(any bool) int {
	if any {
		return 1
	}
	return 0
}

// place is where a kind stands among causes: what changes under people first.
func place(k stock.Kind) int {
	return slices.Index([]stock.Kind{
		stock.Software, stock.Driver, stock.Service, stock.Startup, stock.AccessPoint, stock.Resolver, stock.Gateway, stock.Subnet, stock.Tunnel, stock.Network, stock.System, stock.Hardware, stock.Graphics, stock.Update,
	}, k)
}

type newsKey struct {
	stock.Fact
	any, gone bool
}

type news struct {
	count    int
	from, to time.Time
}

// tell counts the machines that got or lost each fact.
func tell(list []News, affected func(machine string) bool) map[newsKey]news {
	out := map[newsKey]news{}
	seen := map[string]map[newsKey]bool{}
	for _, n := range list {
		if !affected(n.Machine) {
			continue
		}
		keys := []newsKey{{Fact: n.Fact, gone: n.Gone}, {Fact: stock.Fact{Kind: n.Kind, Name: n.Name}, any: true, gone: n.Gone}}
		for _, k := range keys {
			if seen[n.Machine] == nil {
				seen[n.Machine] = map[newsKey]bool{}
			}
			v := out[k]
			if !seen[n.Machine][k] {
				seen[n.Machine][k] = true
				v.count++
			}
			if v.from.IsZero() || n.At.Before(v.from) {
				v.from = n.At
			}
			if n.At.After(v.to) {
				v.to = n.At
			}
			out[k] = v
		}
	}
	return out
}
