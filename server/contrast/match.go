package contrast

import (
	"slices"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// Match says of machines which have one of the facts that fit, and which nobody can say
// it of: they could not read all of these kinds, or have told nothing.
func (x *Index) Match(ids []string, kinds []stock.Kind, fits func(stock.Fact) bool) (have, unknown map[string]bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	wanted := make([]bool, len(x.facts))
	for n := range x.facts {
		e := &x.facts[n]
		wanted[n] = e.uses > 0 && slices.Contains(kinds, e.Kind) && fits(e.Fact)
	}
	var read uint32
	for _, k := range kinds {
		read |= 1 << kindBit(k)
	}
	have, unknown = map[string]bool{}, map[string]bool{}
	for _, id := range ids {
		m := x.machines[id]
		switch {
		case m != nil && slices.ContainsFunc(m.facts, func(n uint32) bool { return wanted[n] }):
			have[id] = true
		case m == nil || m.known&read != read || m.left > 0:
			unknown[id] = true
		}
	}
	return have, unknown
}
