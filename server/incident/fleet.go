package incident

import (
	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/contrast"
	"github.com/deskbell/deskbell/server/correlate"
)

// fleet says what machines have in common, as it was counted last.
type fleet struct {
	index *contrast.Index
	sites map[string]string // by machine
	count map[correlate.Part]int
	came  map[correlate.Part]int // to how many machines lately
}

var kinds = func() map[stock.Kind]bool {
	m := map[stock.Kind]bool{}
	for _, k := range correlate.Kinds() {
		m[k] = true
	}
	return m
}()

// Fleet is what machines have in common now, of which cells are made.
func (k *Keeper) Fleet() correlate.Fleet { return k.countFleet(nil) }

func (k *Keeper) countFleet(came map[correlate.Part]int) *fleet {
	f := &fleet{index: k.Index, sites: map[string]string{}, count: map[correlate.Part]int{}, came: came}
	for _, m := range k.Machines() {
		f.sites[m.ID] = m.Site
		for _, p := range f.Parts(m.ID) {
			f.count[p]++
		}
	}
	return f
}

// Size implements correlate.Fleet.
func (f *fleet) Size() int { return len(f.sites) }

// Parts implements correlate.Fleet.
func (f *fleet) Parts(machine string) []correlate.Part {
	site, ok := f.sites[machine]
	if !ok {
		return nil
	}
	return append([]correlate.Part{{Kind: correlate.Site, Name: site}}, f.index.Some(machine, kinds)...)
}

// Count implements correlate.Fleet.
func (f *fleet) Count(p correlate.Part) int { return f.count[p] }

// New implements correlate.Fleet: most of those that have it got it lately.
func (f *fleet) New(p correlate.Part) bool { return f.came[p] > 0 && 2*f.came[p] >= f.count[p] }
