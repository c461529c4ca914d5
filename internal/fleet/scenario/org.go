// Package scenario makes up days of an organisation, normal ones and such with an
// outage, and measures what server/correlate makes of their tickets and of what the
// endpoints say. It is the server's own code that is measured, with nothing but the
// world around it made up. The same seed makes the same day.
package scenario

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/correlate"
)

// abouts are what people ring about, with how many of a hundred tickets, and the
// share of people who use it.
var abouts = []struct {
	name        string
	share, uses float64
}{
	{"mail", 14, 1}, {"network", 11, 1}, {"computer", 13, 1}, {"printing", 10, 0.7}, {"accounts", 12, 1}, {"vpn", 6, 0.5}, {"phone", 5, 0.8},
	{"office", 9, 0.95}, {"erp", 7, 0.4}, {"crm", 4, 0.2}, {"files", 4, 0.9}, {"timesheets", 3, 0.9}, {"design", 1, 0.05}, {"laboratory", 1, 0.03},
}

const (
	regions      = 5
	concentrator = 3
	programs     = 40
	drivers      = 12
	codes        = 15 // of findings that have nothing to do with an outage
)

// org is an organisation, as it is in truth and as its machines tell it.
type org struct {
	r        *rand.Rand
	machines []machine
	sites    []site
	parts    []correlate.Part
	number   map[correlate.Part]int32
	count    []int
	rings    []float64      // cumulative
	updates  []int32        // parts that came in the last days
	truth    map[string]int // what tickets are about
}

type site struct {
	name    string
	region  int
	people  []int
	about   []float64 // cumulative
	subnets int
}

type machine struct {
	site, region, subnet int
	home                 int // concentrator from which it comes, −1: it is in the office
	ap                   int // −1: none
	uses                 uint32
	facts                []int32 // in truth
	told                 []int32 // as the server knows them
}

func gamma(r *rand.Rand, shape float64) float64 {
	// Marsaglia and Tsang; all shapes here are at least one.
	d := shape - 1.0/3
	for c := 1 / math.Sqrt(9*d); ; {
		x := r.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

func poisson(r *rand.Rand, mean float64) (n int) {
	if mean > 50 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*r.NormFloat64())))
	}
	for p := r.Float64(); p > math.Exp(-mean); p *= r.Float64() {
		n++
	}
	return n
}

func pick(r *rand.Rand, cumulative []float64) int {
	i, _ := slices.BinarySearch(cumulative, r.Float64()*cumulative[len(cumulative)-1])
	return min(i, len(cumulative)-1)
}

// skewed draws one of n, the first ones oftener.
func skewed(r *rand.Rand, n int) int {
	for i := range n - 1 {
		if r.Float64() < 0.55 {
			return i
		}
	}
	return n - 1
}

func (o *org) part(kind stock.Kind, name, value string) int32 {
	p := correlate.Part{Kind: kind, Name: name, Value: value}
	if n, ok := o.number[p]; ok {
		return n
	}
	n := int32(len(o.parts))
	o.number[p], o.parts, o.count = n, append(o.parts, p), append(o.count, 0)
	return n
}

// newOrg makes an organisation of so many people, each with a machine.
func newOrg(r *rand.Rand, people int) *org {
	o := &org{r: r, machines: make([]machine, people), number: map[correlate.Part]int32{}, truth: map[string]int{}}
	sizes := make([]float64, max(people/250, 3))
	all := 0.0
	for i := range sizes {
		sizes[i] = math.Exp(0.9 * r.NormFloat64())
		all += sizes[i]
		sizes[i] = all
	}
	for i := range sizes {
		s := site{name: fmt.Sprintf("Site %02d", i+1), region: skewed(r, regions)}
		sum := 0.0
		for _, a := range abouts {
			sum += a.share * math.Exp(0.3*r.NormFloat64())
			s.about = append(s.about, sum)
		}
		o.sites = append(o.sites, s)
	}
	for i := range o.machines {
		s := pick(r, sizes)
		o.machines[i] = machine{site: s, region: o.sites[s].region, home: -1, ap: -1}
		o.sites[s].people = append(o.sites[s].people, i)
	}
	rates := make([]float64, len(o.sites))
	for s := range o.sites {
		o.place(s)
		rates[s] = math.Exp(0.3 * r.NormFloat64())
	}
	o.install()
	sum := 0.0
	for i := range o.machines {
		m := &o.machines[i]
		for a, about := range abouts {
			if r.Float64() < about.uses {
				m.uses |= 1 << a
			}
		}
		sum += gamma(r, 1) * rates[m.site]
		o.rings = append(o.rings, sum)
		for _, p := range m.told {
			o.count[p]++
		}
	}
	return o
}

// place deals the people of a site out: to subnets, access points, or home.
func (o *org) place(s int) {
	r, people := o.r, o.sites[s].people
	o.sites[s].subnets = (len(people) + 219) / 220
	for n, i := range people {
		m := &o.machines[i]
		m.subnet = n / 220
		if r.Float64() < 0.25 {
			m.home = skewed(r, concentrator)
		} else if r.Float64() < 0.6 {
			m.ap = n / 40
		}
	}
}

// network are the facts of where a machine is.
func (o *org) network(m machine) []int32 {
	out := []int32{
		o.part(stock.Resolver, fmt.Sprintf("10.%d.0.53", m.region), ""), o.part(stock.Resolver, fmt.Sprintf("10.%d.1.53", m.region), ""),
	}
	if m.home >= 0 {
		return append(out, o.part(stock.Tunnel, "wg", ""), o.part(stock.Subnet, fmt.Sprintf("10.25%d.0.0/16", m.home), ""),
			o.part(stock.Gateway, []string{"192.168.0.1", "192.168.1.1", "192.168.178.1"}[o.r.IntN(3)], ""))
	}
	out = append(out, o.part(stock.Subnet, fmt.Sprintf("10.%d.%d.0/24", 100+m.site, m.subnet), ""), o.part(stock.Gateway, fmt.Sprintf("10.%d.%d.1", 100+m.site, m.subnet), ""))
	if m.ap >= 0 {
		out = append(out, o.part(stock.AccessPoint, fmt.Sprintf("ap-%d-%d", m.site, m.ap), ""))
	}
	return out
}

// install gives machines their hardware and software, and the updates of the last
// days, one of which may be a bad one.
func (o *org) install() {
	r := o.r
	has := make([]float64, programs)
	for p := range has {
		has[p] = 0.1 + 0.9*r.Float64()
	}
	for i := range o.machines {
		m := &o.machines[i]
		model := skewed(r, 8)
		m.facts = append(m.facts, o.part(stock.Hardware, "model", fmt.Sprintf("Desk %d", model)), o.part(stock.System, "kernel", fmt.Sprintf("6.%d", skewed(r, 3))),
			o.part(stock.Graphics, fmt.Sprintf("gpu-%d", model%4), fmt.Sprintf("5.%d", skewed(r, 3))))
		for p := range programs {
			if r.Float64() < has[p] {
				m.facts = append(m.facts, o.part(stock.Software, fmt.Sprintf("program-%02d", p), fmt.Sprintf("%d.%d", p, skewed(r, 3))))
			}
		}
		for d := range drivers {
			m.facts = append(m.facts, o.part(stock.Driver, fmt.Sprintf("driver-%02d", d), fmt.Sprintf("2.%d", skewed(r, 2))))
		}
	}
	updated := map[string]bool{}
	for n := 0; n < 5; {
		kind, name, value := stock.Software, fmt.Sprintf("program-%02d", r.IntN(programs)), "new"
		if r.IntN(3) == 0 {
			kind, name = stock.Driver, fmt.Sprintf("driver-%02d", r.IntN(drivers))
		}
		if updated[name] {
			continue
		}
		updated[name] = true
		n++
		o.roll(kind, name, value)
	}
	for i := range o.machines {
		m := &o.machines[i]
		before := slices.Clone(m.facts) // a late machine has told yesterday's
		m.facts = append(m.facts, o.network(*m)...)
		site := o.part(correlate.Site, o.sites[m.site].name, "")
		switch x := r.Float64(); {
		case x < 0.05: // it has never told of itself
			m.told = []int32{site}
		case x < 0.15: // it was elsewhere when it told, and without the newest update
			old := *m
			old.home, old.ap = -1, -1
			if m.home < 0 {
				old.home = skewed(r, concentrator)
			}
			newest := o.parts[o.updates[0]]
			told := slices.DeleteFunc(before, func(p int32) bool { return o.parts[p] == newest })
			m.told = append(append(told, o.network(old)...), site)
		default:
			m.told = append(slices.Clone(m.facts), site)
		}
	}
}

// roll brings an update to some machines that have the program: a ring of machines
// dealt out at random, or some sites.
func (o *org) roll(kind stock.Kind, name, value string) {
	r := o.r
	share := 0.04 + 0.26*r.Float64()
	bySite := r.Float64() < 0.3
	sites := map[int]bool{}
	for s := range o.sites {
		sites[s] = r.Float64() < 2*share
	}
	to := o.part(kind, name, value)
	o.updates = append(o.updates, to)
	for i := range o.machines {
		m := &o.machines[i]
		if bySite && (!sites[m.site] || r.IntN(2) == 0) || !bySite && r.Float64() > share {
			continue
		}
		for j, p := range m.facts {
			if o.parts[p].Kind == kind && o.parts[p].Name == name {
				m.facts[j] = to
			}
		}
	}
}
