package correlate

import (
	"cmp"
	"math"
	"slices"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/contrast"
)

// Cause is something by which those that suffer differ from the others.
type Cause struct {
	contrast.Lead
	// Named says that it is what their tickets are about, against what tickets were
	// about before: these are counts of tickets, all others are of machines.
	Named bool
}

// Suffering is whom an outage touches.
type Suffering struct {
	Machines []string // of the tickets, and those that fail themselves
	Others   []string // all others; what of them fails the same way is among the first
	Tickets  []Ticket // of the outage
	News     []contrast.News
}

// Why ranks causes: facts, sites, and what the tickets name. The index knows the facts
// of machines.
func (d *Detector) Why(x *contrast.Index, s Suffering, limit int) []Cause {
	var out []Cause
	for _, l := range x.Contrast(s.Machines, s.Others, contrast.Options{Limit: 4 * limit, News: s.News}).Leads {
		out = append(out, Cause{Lead: l})
	}
	out = append(out, d.sitesOf(s)...)
	out = append(out, d.named(s.Tickets)...)
	out = slices.DeleteFunc(out, func(c Cause) bool { return c.Q > 0.05 || !c.Has })
	slices.SortStableFunc(out, func(a, b Cause) int {
		if diff := math.Log(a.P) - math.Log(b.P); math.Abs(diff) > 1e-3 && a.P != b.P {
			return cmp.Compare(a.P, b.P)
		}
		return cmp.Or(cmp.Compare(b.New, a.New), cmp.Compare(order(a), order(b)))
	})
	return out[:min(len(out), limit)]
}

// order puts a site before the facts that only its machines have.
func order(c Cause) int {
	if c.Facts[0].Kind == Site {
		return 0
	}
	return 1
}

func (d *Detector) sitesOf(s Suffering) []Cause {
	count := func(ids []string) (map[string]int, int) {
		n, of := map[string]int{}, 0
		for _, id := range ids {
			for _, p := range d.machineParts(id) {
				if p := d.part[p]; p.Kind == Site {
					n[p.Name]++
					of++
				}
			}
		}
		return n, of
	}
	in, ofIn := count(s.Machines)
	out, ofOut := count(s.Others)
	return compare(Site, in, ofIn, out, ofOut)
}

// named compares what people ring about with what they usually ring about.
func (d *Detector) named(tickets []Ticket) []Cause {
	in, of := map[string]int{}, 0
	seen := map[string]bool{}
	for _, t := range tickets {
		if seen[t.Person] {
			continue
		}
		seen[t.Person] = true
		of++
		if t.About != "" {
			in[t.About]++
		}
	}
	before := map[string]int{}
	for i, n := range d.aboutN {
		if i > 0 {
			before[d.about[i]] = int(n)
		}
	}
	list := compare(About, in, of, before, int(d.total))
	for i := range list {
		list[i].Named = true
	}
	return list
}

func compare(kind stock.Kind, in map[string]int, ofIn int, out map[string]int, ofOut int) (list []Cause) {
	looked := map[string]bool{}
	for name := range in {
		looked[name] = true
	}
	for name := range out {
		looked[name] = true
	}
	for name, a := range in {
		b := out[name]
		p := contrast.Fisher(a, ofIn, b, ofOut)
		list = append(list, Cause{Lead: contrast.Lead{
			Facts: []contrast.Column{{Fact: stock.Fact{Kind: kind, Name: name}, A: a, OfA: ofIn, B: b, OfB: ofOut}},
			Has:   a*ofOut > b*ofIn, Odds: contrast.Odds(a, ofIn, b, ofOut), P: p, Q: min(p*float64(len(looked)), 1),
		}})
	}
	slices.SortFunc(list, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(a.P, b.P), cmp.Compare(a.Facts[0].Name, b.Facts[0].Name))
	})
	return list
}
