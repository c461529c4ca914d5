package alert

import (
	"cmp"
	"slices"
	"time"
)

// Reach is what is known of an endpoint's connection.
type Reach int8

// What can be known of it. The zero value is that nothing is: it is away for a reason,
// or nobody has looked.
const (
	Unsure Reach = iota
	Up
	Lost // it went silent without a word
)

// Parent is something that endpoints hang on.
type Parent struct {
	Kind string // accesspoint, gateway, subnet, vpn, proxy, dns, site or all
	Name string
	Site string // empty: it is not of one site alone
}

// parentRank orders kinds where the same machines hang on several things: what is
// nearest to them is the likeliest. A DNS server comes last: without it nothing that is
// connected is cut off.
var parentRank = []string{"accesspoint", "gateway", "subnet", "vpn", "proxy", "site", "all", "dns"}

// String says what it is, in words.
func (p Parent) String() string {
	in := ""
	if p.Site != "" {
		in = " in " + p.Site
	}
	switch p.Kind {
	case "accesspoint":
		return "the access point " + p.Name + in
	case "gateway":
		return "the gateway " + p.Name + in
	case "subnet":
		return "the subnet " + p.Name + in
	case "vpn":
		return "the VPN “" + p.Name + "”"
	case "proxy":
		return "the proxy " + p.Name
	case "dns":
		return "the DNS server " + p.Name + in
	case "site":
		return "the site " + p.Name
	}
	return "all sites"
}

// Compare orders parents.
func (p Parent) Compare(q Parent) int {
	return cmp.Or(slices.Index(parentRank, p.Kind)-slices.Index(parentRank, q.Kind), cmp.Compare(p.Site, q.Site), cmp.Compare(p.Name, q.Name))
}

// Hanging is one endpoint, and what it hangs on.
type Hanging struct {
	ID    string
	Reach Reach
	Since time.Time // of being lost
	On    []Parent
}

// Explains is something that is lost, and the endpoints that were lost with it.
type Explains struct {
	Parent
	Lost []string // their ids, in order
	Of   int      // that hang on it and of which something is known, without those that were lost before
}

const (
	// LeastLost is how many endpoints have to be lost at least: one alone is no sign
	// of what it hangs on.
	LeastLost = 3
	lostShare = 0.9 // of those that hang on it

	// Together is within which time endpoints are lost together. Connections that are
	// cut in one moment are missed within a minute and a half of each other, and each
	// two and a half minutes after it was heard of last.
	Together = 5 * time.Minute
)

// Ancestors says what is lost: the fewest things of which (nearly) all that hangs on
// them was lost together, and of those with the same endpoints the nearest to them. What
// was lost long before the others is no part of it.
func Ancestors(list []Hanging) []Explains {
	members := map[Parent][]*Hanging{}
	for n := range list {
		for _, p := range list[n].On {
			members[p] = append(members[p], &list[n])
		}
	}
	var found []Explains
	for p, of := range members {
		if e, ok := explains(p, of); ok {
			found = append(found, e)
		}
	}
	covered := map[string]int{} // by how many of those that are chosen
	var chosen []Explains
	for len(found) > 0 {
		best, most := -1, 0
		for n := range found {
			fresh := 0
			for _, id := range found[n].Lost {
				if covered[id] == 0 {
					fresh++
				}
			}
			if fresh >= LeastLost && (best < 0 || cmp.Or(cmp.Compare(most, fresh), nearer(found[n], found[best])) < 0) {
				best, most = n, fresh
			}
		}
		if best < 0 {
			break
		}
		for _, id := range found[best].Lost {
			covered[id]++
		}
		chosen = append(chosen, found[best])
		found = slices.Delete(found, best, best+1)
	}
	// What was chosen first may have been explained by others since.
	chosen = slices.DeleteFunc(chosen, func(e Explains) bool {
		if slices.ContainsFunc(e.Lost, func(id string) bool { return covered[id] == 1 }) {
			return false
		}
		for _, id := range e.Lost {
			covered[id]--
		}
		return true
	})
	slices.SortFunc(chosen, nearer)
	return chosen
}

// nearer orders what explains as much: the fewest that hang on it first.
func nearer(a, b Explains) int {
	return cmp.Or(a.Of-b.Of, a.Parent.Compare(b.Parent))
}

// explains reports whether (nearly) all that hangs on something was lost together.
func explains(p Parent, of []*Hanging) (Explains, bool) {
	var since []time.Time
	up := 0
	for _, h := range of {
		switch h.Reach {
		case Up:
			up++
		case Lost:
			since = append(since, h.Since)
		}
	}
	from, ok := burst(since)
	if !ok {
		return Explains{}, false
	}
	e := Explains{Parent: p}
	for _, h := range of {
		if h.Reach == Lost && !h.Since.Before(from) {
			e.Lost = append(e.Lost, h.ID)
		}
	}
	e.Of = len(e.Lost) + up
	slices.Sort(e.Lost)
	return e, len(e.Lost) >= LeastLost && float64(len(e.Lost)) >= lostShare*float64(e.Of)
}

// burst is the beginning of the time in which the most were lost together; the newest
// of several.
func burst(since []time.Time) (from time.Time, ok bool) {
	slices.SortFunc(since, time.Time.Compare)
	most := 0
	for n, j := 0, 0; n < len(since); n++ {
		for j < len(since) && since[j].Sub(since[n]) <= Together {
			j++
		}
		if j-n >= most {
			most, from = j-n, since[n]
		}
	}
	return from, most >= LeastLost
}
