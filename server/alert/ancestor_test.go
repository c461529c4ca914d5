package alert

import (
	"fmt"
	"math/bits"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shown are ancestors in short.
func shown(list []Explains) []string {
	out := []string{}
	for _, e := range list {
		out = append(out, fmt.Sprintf("%s: %d of %d", e.Parent, len(e.Lost), e.Of))
	}
	return out
}

// fleet is sites of subnets of machines, all up: sub[i] machines are in the i-th subnet
// of its site. All share a DNS server.
func fleet(sites map[string][]int) []Hanging {
	var out []Hanging
	for _, site := range []string{"Berlin", "Paris", "Rome"} {
		for i, n := range sites[site] {
			for j := range n {
				out = append(out, Hanging{ID: fmt.Sprintf("%s-%d-%03d", site, i, j), Reach: Up, On: []Parent{
					{Kind: "gateway", Name: fmt.Sprintf("10.0.%d.1", i), Site: site}, {Kind: "subnet", Name: fmt.Sprintf("10.0.%d.0/24", i), Site: site},
					{Kind: "dns", Name: "9.9.9.9"}, {Kind: "site", Name: site}, {Kind: "all"},
				}})
			}
		}
	}
	return out
}

// lose has all whose id begins so be lost.
func lose(list []Hanging, at time.Time, prefix string) {
	for n := range list {
		if len(list[n].ID) >= len(prefix) && list[n].ID[:len(prefix)] == prefix {
			list[n].Reach, list[n].Since = Lost, at
		}
	}
}

// TestAncestors: what is named is the smallest thing that explains the loss, and a loss
// without a common cause names nothing.
func TestAncestors(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(list []Hanging)
		want []string
	}{
		{"nothing", func([]Hanging) {}, []string{}},
		{"a subnet", func(l []Hanging) { lose(l, noon, "Berlin-1") }, []string{"the gateway 10.0.1.1 in Berlin: 50 of 50"}},
		{"a site", func(l []Hanging) { lose(l, noon, "Berlin") }, []string{"the site Berlin: 100 of 100"}},
		{"a site of one subnet", func(l []Hanging) { lose(l, noon, "Rome") }, []string{"the gateway 10.0.0.1 in Rome: 4 of 4"}},
		{"a site, and a subnet of another", func(l []Hanging) { lose(l, noon, "Berlin"); lose(l, noon, "Paris-0") }, []string{"the gateway 10.0.0.1 in Paris: 10 of 10", "the site Berlin: 100 of 100"}},
		{"everything", func(l []Hanging) { lose(l, noon, "") }, []string{"all sites: 134 of 134"}},
		{"nearly all of a subnet", func(l []Hanging) { lose(l, noon, "Berlin-1"); l[50].Reach, l[51].Reach = Up, Up }, []string{"the gateway 10.0.1.1 in Berlin: 48 of 50"}},
		{"too few of a subnet", func(l []Hanging) { lose(l, noon, "Berlin-1-00"); lose(l, noon, "Berlin-1-01") }, []string{}},
		{"some here and there", func(l []Hanging) {
			lose(l, noon, "Berlin-0-001")
			lose(l, noon, "Berlin-1-002")
			lose(l, noon, "Rome-0-001")
		}, []string{}},
		{"one machine", func(l []Hanging) {
			l[0].On = []Parent{{Kind: "gateway", Name: "its own"}}
			lose(l, noon, "Berlin-0-000")
		}, []string{}},
		{"an access point", func(l []Hanging) { radio(l); lose(l, noon, "Berlin-1-00") }, []string{"the access point a0 in Berlin: 10 of 10"}},
		{"two of one gateway", func(l []Hanging) { radio(l); lose(l, noon, "Berlin-1-00"); lose(l, noon, "Berlin-1-03") }, []string{"the access point a0 in Berlin: 10 of 10", "the access point a3 in Berlin: 10 of 10"}},
		{"all of one gateway", func(l []Hanging) { radio(l); lose(l, noon, "Berlin-1") }, []string{"the gateway 10.0.1.1 in Berlin: 50 of 50"}},
		{"the only one behind its gateway", func(l []Hanging) {
			for n := range l {
				if l[n].ID[:4] == "Rome" {
					l[n].On = append(l[n].On, Parent{Kind: "accesspoint", Name: "a9", Site: "Rome"})
				}
			}
			lose(l, noon, "Rome")
		}, []string{"the access point a9 in Rome: 4 of 4"}},
		{"some that roamed away in time", func(l []Hanging) {
			radio(l)
			lose(l, noon, "Berlin-1-00")
			l[50].Reach, l[51].Reach = Up, Up
		}, []string{}},
		{"what is away for a reason says nothing", func(l []Hanging) {
			lose(l, noon, "Berlin-1")
			for n := 50; n < 90; n++ {
				l[n].Reach = Unsure
			}
		}, []string{"the gateway 10.0.1.1 in Berlin: 10 of 10"}},
		{"one after the other, over days", func(l []Hanging) {
			lose(l, noon, "Rome")
			for n := range l {
				if l[n].Reach == Lost {
					l[n].Since = noon.Add(-time.Duration(n) * time.Hour)
				}
			}
		}, []string{}},
		{"one that was lost long before is no part of it", func(l []Hanging) { lose(l, noon, "Rome"); lose(l, noon.Add(-50*time.Hour), "Rome-0-000") }, []string{"the gateway 10.0.0.1 in Rome: 3 of 3"}},
	} {
		list := fleet(map[string][]int{"Berlin": {50, 50}, "Paris": {10, 20}, "Rome": {4}})
		c.do(list)
		if d := cmp.Diff(c.want, shown(Ancestors(list))); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// radio puts the machines of Berlin's second subnet behind five access points of ten.
func radio(list []Hanging) {
	for n := range list {
		if id := list[n].ID; id[:8] == "Berlin-1" {
			list[n].On = append(list[n].On, Parent{Kind: "accesspoint", Name: "a" + id[10:11], Site: "Berlin"})
		}
	}
}

// TestFewestAncestors: over any tree of sites and subnets and any loss, each ancestor
// has (nearly) all that hangs on it lost; none is there for fewer than three; none can be
// left out; nothing that could be explained for three or more is left; and there is no
// smaller set that explains as much.
func TestFewestAncestors(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		list := fleet(map[string][]int{"Berlin": {rapid.IntRange(0, 6).Draw(r, "b0"), rapid.IntRange(0, 6).Draw(r, "b1")}, "Paris": {rapid.IntRange(0, 12).Draw(r, "p")}})
		if rapid.Bool().Draw(r, "radio") {
			for n := range list {
				if ap := rapid.IntRange(0, 2).Draw(r, "ap"); ap > 0 {
					list[n].On = append(list[n].On, Parent{Kind: "accesspoint", Name: fmt.Sprint(list[n].ID[:8], ap), Site: list[n].ID[:5]})
				}
			}
		}
		whole := rapid.SliceOfN(rapid.Bool(), 3, 3).Draw(r, "whole")
		for n := range list {
			of := map[string]int{"Berlin-0": 0, "Berlin-1": 1, "Paris-0": 2}[list[n].ID[:len(list[n].ID)-4]]
			if whole[of] || rapid.Bool().Draw(r, "lost") {
				list[n].Reach, list[n].Since = Lost, noon
			}
			list[n].On = slices.DeleteFunc(list[n].On, func(p Parent) bool { return p.Kind == "dns" }) // a tree
		}
		got := Ancestors(list)
		reach := map[string]Hanging{}
		of := map[Parent][]string{}
		for _, h := range list {
			reach[h.ID] = h
			for _, p := range h.On {
				of[p] = append(of[p], h.ID)
			}
		}
		cover := map[string]int{}
		for _, e := range got {
			if len(e.Lost) < LeastLost || float64(len(e.Lost)) < 0.9*float64(len(of[e.Parent])) {
				r.Fatalf("%s is named for %d of %d", e.Parent, len(e.Lost), len(of[e.Parent]))
			}
			for _, id := range e.Lost {
				if reach[id].Reach != Lost || !slices.Contains(reach[id].On, e.Parent) {
					r.Fatalf("%s does not explain %s", e.Parent, id)
				}
				cover[id]++
			}
		}
		for _, e := range got {
			if !slices.ContainsFunc(e.Lost, func(id string) bool { return cover[id] == 1 }) {
				r.Fatalf("%s could be left out of %v", e.Parent, shown(got))
			}
		}
		// All that could be named, and the smallest choice of them that covers as much.
		var all [][]string
		for p, ids := range of {
			var members []*Hanging
			for _, id := range ids {
				h := reach[id]
				members = append(members, &h)
			}
			if e, ok := explains(p, members); ok {
				all = append(all, e.Lost)
				if fresh := len(slices.DeleteFunc(slices.Clone(e.Lost), func(id string) bool { return cover[id] > 0 })); fresh >= LeastLost {
					r.Fatalf("%s would explain %d more", p, fresh)
				}
			}
		}
		for pick := range 1 << len(all) {
			if bits.OnesCount(uint(pick)) >= len(got) {
				continue
			}
			by := map[string]bool{}
			for n, ids := range all {
				if pick>>n&1 == 1 {
					for _, id := range ids {
						by[id] = true
					}
				}
			}
			if len(by) >= len(cover) {
				r.Fatalf("%d explain as much as %v", bits.OnesCount(uint(pick)), shown(got))
			}
		}
	})
}

// TestOutage: it is over when more are back than lost, one by one or at once; an endpoint
// is let go when it has been back for long enough, or is found lost when all is over; what
// nothing is known of stays.
func TestOutage(t *testing.T) {
	o := Outage{Began: noon, Below: map[string]*Child{}}
	o.Join([]string{"a", "b", "c", "d", "gone"})
	at := map[string]Reach{"a": Lost, "b": Lost, "c": Lost, "d": Lost}
	step := func(after time.Duration, lost, back int, over bool, left ...string) {
		t.Helper()
		gotLost, gotBack := o.Step(func(id string) (Reach, bool) { r, there := at[id]; return r, there }, noon.Add(after))
		var ids []string
		for id := range o.Below {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		if gotLost != lost || gotBack != back || o.Ended.IsZero() == over || !slices.Equal(ids, left) {
			t.Errorf("after %s: %d lost, %d back, over %v, left %v", after, gotLost, gotBack, !o.Ended.IsZero(), ids)
		}
	}
	step(time.Minute, 4, 0, false, "a", "b", "c", "d")
	at["a"], at["b"], at["c"], at["d"] = Unsure, Unsure, Unsure, Unsure
	step(2*time.Hour, 0, 0, false, "a", "b", "c", "d")
	at["a"], at["b"], at["c"], at["d"] = Up, Up, Lost, Lost
	step(3*time.Hour, 2, 2, false, "a", "b", "c", "d")
	at["b"] = Lost // it was there for a moment
	step(3*time.Hour+time.Minute, 3, 1, false, "a", "b", "c", "d")
	at["b"] = Up
	step(3*time.Hour+Recheck, 2, 2, false, "b", "c", "d") // a is let go, and counts as back
	at["c"] = Up
	step(4*time.Hour, 1, 3, true, "c", "d")
	step(4*time.Hour+Recheck-1, 1, 3, true, "c", "d")
	step(4*time.Hour+Recheck, 1, 3, true)
}
