package stock

import (
	"slices"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// place is at which access points the machine is.
type place struct {
	names []string
	known bool // it could be read
}

// At takes over at which access points the machine is now, by their opaque names; known
// is false where it cannot be read. Until all facts were noted once, there is nothing to
// add it to, and it waits for them.
func (k *Keeper) At(names []string, known bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.place = &place{slices.Sorted(slices.Values(names)), known}
	h := k.read()
	if h.Hash == "" {
		return
	}
	facts, err := stock.Unpack(h.Facts)
	if err != nil {
		return // they are made anew with the next reading
	}
	k.note(h, stock.AtAccessPoints(facts, names, known), h.Left)
}

// placed adds where the machine is to what else is known of it. After a start it is where
// it was, until it was looked.
func (k *Keeper) placed(facts []stock.Fact, h kept) []stock.Fact {
	if k.place != nil {
		return stock.AtAccessPoints(facts, k.place.names, k.place.known)
	}
	before, err := stock.Unpack(h.Facts)
	if err != nil {
		return facts
	}
	names, known := stock.AccessPointsOf(before)
	return stock.AtAccessPoints(facts, names, known)
}

// lasting are changes without those of which no past is kept.
func lasting(list []stock.Change) []stock.Change {
	return slices.DeleteFunc(slices.Clone(list), func(c stock.Change) bool { return stock.Passing(c.Kind) })
}

// forget drops from what was told already that of which no past is kept.
func (h *kept) forget() {
	told := len(h.Changes) - max(0, h.Untold)
	h.Changes = append(lasting(h.Changes[:told]), h.Changes[told:]...)
}
