package group

import (
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// known is a machine as it was when it was put into groups.
type known struct {
	Machine
	hash string // of what it has told
	in   []string
	seen uint64 // in which refreshing it was there
}

// gather lists the machines there are, in the room of into.
func (k *Keeper) gather(into []Machine) []Machine {
	k.o.Machines(func(m Machine) { into = append(into, m) })
	return into
}

// Refresh puts machines into groups of which something has changed since the last time.
// It is cheap where nothing has.
func (k *Keeper) Refresh() {
	k.refreshing.Lock()
	defer k.refreshing.Unlock()
	k.list = k.gather(k.list[:0])
	k.mu.Lock()
	defer k.mu.Unlock()
	k.round++
	for _, m := range k.list {
		hash := k.o.Hash(m.ID)
		if had := k.machines[m.ID]; had != nil && had.Machine == m && had.hash == hash {
			had.seen = k.round
			continue
		}
		x := &known{Machine: m, hash: hash, seen: k.round}
		for _, g := range k.inOrder() {
			if g.has(&m, k.o.Facts) {
				x.in = append(x.in, g.Name)
			}
		}
		k.machines[m.ID] = x
	}
	for id, m := range k.machines {
		if m.seen != k.round {
			delete(k.machines, id)
		}
	}
}

// regroup says anew who is in one group, and in none of a name that is gone. The caller
// holds mu.
func (k *Keeper) regroup(name string, g *compiled) {
	for _, m := range k.machines {
		in := slices.DeleteFunc(slices.Clone(m.in), func(n string) bool { return n == name }) // the old ones may be with a reader
		if g != nil && g.has(&m.Machine, k.o.Facts) {
			in = append(in, name)
			slices.SortFunc(in, byFold)
		}
		m.in = in
	}
}

func byFold(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }

// Of are the names of the groups that a machine is in, in order. They are read alone.
func (k *Keeper) Of(endpoint string) []string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if m := k.machines[endpoint]; m != nil {
		return m.in
	}
	return nil
}

// Members are the ids of the machines that are in a group now, in order.
func (k *Keeper) Members(name string) []string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	out := []string{}
	for id, m := range k.machines {
		if slices.Contains(m.in, name) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// In says of machines whether they are in a group, which is given by its name or its id;
// ok is false when there is no such group.
func (k *Keeper) In(name string) (in func(id string) bool, ok bool) {
	g, ok := k.Called(name)
	return func(id string) bool { return ok && slices.Contains(k.Of(id), g.Name) }, ok
}

// Names are the groups there are, in order.
func (k *Keeper) Names() []string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var out []string
	for _, g := range k.inOrder() {
		out = append(out, g.Name)
	}
	return out
}

// Called finds a group by its name or its id.
func (k *Keeper) Called(name string) (Group, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if g := k.groups[name]; g != nil {
		return g.Group, true
	}
	for _, g := range k.groups {
		if strings.EqualFold(g.Name, name) {
			return g.Group, true
		}
	}
	return Group{}, false
}

// Count is how a group does.
type Count struct{ Endpoints, Online, Suffering int }

// note puts how each group does into the time series.
func (k *Keeper) note(now time.Time) {
	counts := k.o.Count(k.Of)
	for _, name := range k.Names() {
		c := counts[name]
		k.o.Put("group_endpoints", now, float64(c.Endpoints), name)
		k.o.Put("group_online", now, float64(c.Online), name)
		k.o.Put("group_suffering", now, float64(c.Suffering), name)
		if c.Online > 0 { // of nobody there is no share
			k.o.Put("group_suffering_ratio", now, float64(c.Suffering)/float64(c.Online), name)
		}
	}
}

// Facts are what conditions ask of what machines have told of themselves.
type Facts func(id string, kinds ...stock.Kind) []stock.Fact
