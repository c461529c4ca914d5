package scenario

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/correlate"
)

// Kind is what happens on a day.
type Kind string

// The kinds.
const (
	Normal      Kind = "a normal day"
	Site        Kind = "a site"
	Service     Kind = "a service"
	AccessPoint Kind = "an access point"
	Update      Kind = "a bad update"
	DNS         Kind = "DNS"
	VPN         Kind = "a slow VPN"
)

// Kinds lists the outages.
func Kinds() []Kind { return []Kind{Site, Service, AccessPoint, Update, DNS, VPN} }

// outage is one, with what is true of it.
type outage struct {
	kind     Kind
	at       time.Time
	affected []int
	about    []float64     // weights over abouts
	fails    float64       // share of the affected endpoints that notice themselves
	code     string        // what those say
	spread   time.Duration // over which it reaches the affected
	part     func(correlate.Part) bool
	service  string
}

// lasts is how long an outage has to be found.
const lasts = 3 * time.Hour

func weights(of map[string]float64) []float64 {
	out := make([]float64, len(abouts))
	for i, a := range abouts {
		out[i] = of[a.name]
	}
	return out
}

// strike makes an outage of which at least six people tell the desk; smaller ones are no
// major incident.
func (o *org) strike(k Kind, day time.Time) (x outage, tickets []correlate.Ticket, failures []told) {
	r := o.r
	for {
		x = o.draw(k)
		x.kind, x.at = k, day.Add(8*time.Hour+time.Duration(r.Float64()*float64(7*time.Hour+30*time.Minute)))
		tickets, failures = o.happen(x)
		people := map[string]bool{}
		for _, t := range tickets {
			people[t.Person] = true
		}
		if len(people) >= 6 {
			return x, tickets, failures
		}
	}
}

// happen lets people and endpoints notice.
func (o *org) happen(x outage) (tickets []correlate.Ticket, failures []told) {
	r := o.r
	rings := (0.05 + 0.2*r.Float64()) * 0.7
	if most := 150.0; rings*float64(len(x.affected)) > most {
		rings = most / float64(len(x.affected))
	}
	cumulative := make([]float64, len(x.about))
	sum := 0.0
	for i, w := range x.about {
		sum += w
		cumulative[i] = sum
	}
	for _, i := range x.affected {
		begin := x.at.Add(time.Duration(r.Float64() * float64(x.spread)))
		if r.Float64() < x.fails {
			at := begin.Add(time.Duration(r.Float64() * float64(5*time.Minute)))
			failures = append(failures, told{correlate.Failure{Machine: id(i), Code: x.code, Since: at}, at.Add(late(r))})
		}
		if r.Float64() >= rings {
			continue
		}
		about := pick(r, cumulative)
		at := begin.Add(delay(r))
		for again := true; again && at.Before(x.at.Add(lasts)); again = r.Float64() < 0.08 { // some ring twice
			tickets = append(tickets, o.ring(i, about, at))
			at = at.Add(10*time.Minute + delay(r))
		}
	}
	return tickets, failures
}

func (o *org) draw(k Kind) (x outage) {
	r := o.r
	switch k {
	case Site:
		s := r.IntN(len(o.sites))
		x = outage{about: weights(map[string]float64{"network": 55, "mail": 12, "phone": 13, "erp": 8, "files": 7, "vpn": 5}), fails: 0.4, code: "network.loss"}
		if r.IntN(2) == 0 { // its line is dead, and with it all that its endpoints could say
			x.fails, x.code = 0.9, "silent"
		}
		x.affected = o.those(func(m machine) bool { return m.site == s && m.home < 0 })
		x.part = o.only(s)
	case Service:
		a := r.IntN(len(abouts))
		x = outage{about: make([]float64, len(abouts)), service: abouts[a].name}
		x.about[a] = 1
		x.affected = o.those(func(m machine) bool { return m.uses&(1<<a) != 0 })
		x.part = func(correlate.Part) bool { return false }
	case AccessPoint:
		m := o.machines[r.IntN(len(o.machines))]
		x = outage{about: weights(map[string]float64{"network": 75, "mail": 8, "vpn": 7, "computer": 10}), fails: 0.5, code: "wireless.weak"}
		x.affected = o.those(func(n machine) bool { return m.ap >= 0 && n.site == m.site && n.ap == m.ap })
		name := fmt.Sprintf("ap-%d-%d", m.site, m.ap)
		x.part = func(p correlate.Part) bool { return p.Kind == stock.AccessPoint && p.Name == name }
	case Update:
		p := o.updates[0]
		a := r.IntN(len(abouts))
		x = outage{about: make([]float64, len(abouts)), fails: 0.6, code: "crash", spread: 2 * time.Hour}
		x.about[a], x.about[2] = 70, 30
		hit := 0.3 + 0.5*r.Float64()
		x.affected = o.those(func(m machine) bool { return has(m.facts, p) && r.Float64() < hit })
		x.part = func(q correlate.Part) bool { return q == o.parts[p] }
	case DNS:
		region := r.IntN(regions)
		x = outage{about: weights(map[string]float64{"network": 45, "mail": 20, "files": 10, "erp": 10, "accounts": 8, "vpn": 7}), fails: 0.4, code: "dns.fails"}
		x.affected = o.those(func(m machine) bool { return m.region == region })
		a, b := fmt.Sprintf("10.%d.0.53", region), fmt.Sprintf("10.%d.1.53", region)
		x.part = func(p correlate.Part) bool { return p.Kind == stock.Resolver && (p.Name == a || p.Name == b) }
	case VPN:
		home := r.IntN(2*concentrator) - concentrator // half of them: all concentrators
		x = outage{about: weights(map[string]float64{"vpn": 60, "network": 15, "files": 15, "erp": 10}), fails: 0.35, code: "network.latency"}
		x.affected = o.those(func(m machine) bool { return m.home >= 0 && (home < 0 || m.home == home) })
		pool := fmt.Sprintf("10.25%d.0.0/16", home)
		x.part = func(p correlate.Part) bool {
			if home < 0 {
				return p.Kind == stock.Tunnel
			}
			return p.Kind == stock.Subnet && p.Name == pool
		}
	}
	return x
}

// only accepts a site, and the subnet or gateway of a site that has but one.
func (o *org) only(s int) func(correlate.Part) bool {
	return func(p correlate.Part) bool {
		if p.Kind == correlate.Site {
			return p.Name == o.sites[s].name
		}
		return o.sites[s].subnets == 1 && (p.Kind == stock.Subnet && p.Name == fmt.Sprintf("10.%d.0.0/24", 100+s) || p.Kind == stock.Gateway && p.Name == fmt.Sprintf("10.%d.0.1", 100+s))
	}
}

func (o *org) those(in func(machine) bool) (out []int) {
	for i, m := range o.machines {
		if in(m) {
			out = append(out, i)
		}
	}
	return out
}

func has(list []int32, p int32) bool {
	for _, x := range list {
		if x == p {
			return true
		}
	}
	return false
}

// cell says whether a cell is the outage's: its part, whatever the tickets name; of a
// service, the service and nothing narrower.
func (x outage) cell(c correlate.Cell) bool {
	if x.service != "" {
		return c.Part == correlate.Part{} && c.About == x.service
	}
	return x.part(c.Part)
}

// cause says whether a cause is the outage's.
func (x outage) cause(c correlate.Cause) bool {
	for _, f := range c.Facts {
		if c.Named && f.Name == x.service && x.service != "" || !c.Named && x.part(correlate.Part{Kind: f.Kind, Name: f.Name, Value: f.Value}) {
			return true
		}
	}
	return false
}

func newRand(seed uint64, k Kind) *rand.Rand {
	h := uint64(14695981039346656037)
	for _, b := range []byte(k) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return rand.New(rand.NewPCG(seed, h))
}
