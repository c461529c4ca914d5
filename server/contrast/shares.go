package contrast

import (
	"cmp"
	"slices"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// Share is how many of a machine's peers have a fact of one name, with which values,
// and what the machine itself has.
type Share struct {
	Kind   stock.Kind
	Name   string
	Have   int // peers that have it
	Of     int // peers that could tell
	Has    bool
	Mine   string   // the machine's own value
	Values []Valued // of the peers, the commonest first
}

// Valued is how many peers have a value.
type Valued struct {
	Value string
	Count int
}

// Shares compares one machine with its peers: all facts that it has and all that any
// of them has, of the kinds that it could read itself. It says how many of the peers
// have told of themselves.
func (x *Index) Shares(id string, peers []string) (shares []Share, told int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	m := x.machines[id]
	if m == nil {
		return nil, 0
	}
	c := x.count(slices.Compact(slices.Sorted(slices.Values(peers))))
	at := make([]int32, len(x.entries)) // 1 + the place in shares
	share := func(name uint32) *Share {
		e := &x.entries[name]
		if at[name] == 0 {
			shares = append(shares, Share{Kind: stock.Kind(e.key.kind), Name: e.key.name, Have: int(c.names[name]), Of: c.known[e.kind]})
			at[name] = int32(len(shares))
		}
		return &shares[at[name]-1]
	}
	for n := range x.facts {
		e := &x.facts[n]
		if e.uses > 0 && c.facts[n] > 0 && m.known&(1<<x.entries[e.name].kind) != 0 {
			s := share(e.name)
			s.Values = append(s.Values, Valued{e.Value, int(c.facts[n])})
		}
	}
	for _, n := range m.facts {
		if e := &x.facts[n]; m.known&(1<<x.entries[e.name].kind) != 0 {
			s := share(e.name)
			s.Has, s.Mine = true, e.Value
		}
	}
	for _, s := range shares {
		slices.SortFunc(s.Values, func(a, b Valued) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value)) })
	}
	slices.SortFunc(shares, func(a, b Share) int {
		return cmp.Or(cmp.Compare(place(a.Kind), place(b.Kind)), cmp.Compare(a.Name, b.Name))
	})
	return shares, c.machines
}
