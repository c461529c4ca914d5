package availability

import (
	"cmp"
	"slices"
	"strings"
)

// Thing is something that reports can be about.
type Thing struct {
	Kind     Kind
	ID, Name string
}

// Things lists what was there at the last look, sites first, each kind by name.
func (k *Keeper) Things() []Thing {
	k.mu.Lock()
	out := make([]Thing, 0, len(k.here))
	for s, name := range k.here {
		out = append(out, Thing{s.kind, s.id, name})
	}
	k.mu.Unlock()
	slices.SortFunc(out, func(a, b Thing) int {
		return cmp.Or(slices.Index(Kinds(), a.Kind)-slices.Index(Kinds(), b.Kind), strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return out
}
