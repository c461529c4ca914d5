package watch

import (
	"slices"
	"strings"

	"github.com/deskbell/deskbell/server/alert"
)

// Query selects alerts.
type Query struct {
	States   []alert.State // none: all that are live
	Severity alert.Severity
	Endpoint string
	Site     string
	Rule     string
	Limit    int
}

func (q *Query) fits(i *Item) bool {
	state := i.Alert.State
	if len(q.States) == 0 && !state.Live() || len(q.States) > 0 && !slices.Contains(q.States, state) {
		return false
	}
	return (q.Severity == "" || q.Severity == i.Severity) && (q.Endpoint == "" || q.Endpoint == i.Endpoint()) &&
		(q.Site == "" || strings.EqualFold(q.Site, i.Site())) && (q.Rule == "" || q.Rule == i.Rule)
}

// order puts what fires first, then the most urgent, then the newest.
func order(a, b *Item) int {
	rank := func(i *Item) int {
		return slices.Index([]alert.State{alert.Firing, alert.Unknown, alert.Pending}, i.Alert.Counts()) & 3
	}
	if c := rank(a) - rank(b); c != 0 {
		return c
	}
	if c := a.Severity.Rank() - b.Severity.Rank(); c != 0 {
		return c
	}
	if c := b.Alert.Since.Compare(a.Alert.Since); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// few keeps the first of many in their order, as many as most; 0 keeps all. Tens of
// thousands of alerts are not copied and sorted for the page that shows some.
type few struct {
	most int
	list []*Item
	full bool // the list was cut to what it holds at most: what comes after its last is not wanted
}

func (f *few) add(i *Item) {
	if f.full && order(i, f.list[f.most-1]) >= 0 {
		return
	}
	if f.list = append(f.list, i); f.most > 0 && len(f.list) >= 2*f.most {
		slices.SortFunc(f.list, order)
		f.list, f.full = f.list[:f.most], true
	}
}

// copied are the items in order.
func (f *few) copied() []Item {
	slices.SortFunc(f.list, order)
	if f.most > 0 && len(f.list) > f.most {
		f.list = f.list[:f.most]
	}
	out := make([]Item, len(f.list))
	for n, i := range f.list {
		out[n] = *i
	}
	return out
}
