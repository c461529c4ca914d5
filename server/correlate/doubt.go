package correlate

import (
	"math"
	"slices"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// Doubt is a cell that begins to look like an outage, of which endpoints may know more.
type Doubt struct {
	Cell    Cell
	Tickets []string // the oldest first
}

// doubtful is the confidence from which on endpoints are asked.
const doubtful = 0.1

// Doubts are those of the last look, the likeliest first; of those that share tickets the
// likeliest is one.
func (d *Detector) Doubts() []Doubt { return d.doubts }

// doubt keeps those of a list that begins with the likeliest.
func (d *Detector) doubt(list []Candidate) {
	d.doubts = nil
	n := 0
	for n < len(list) && list[n].Confidence >= doubtful {
		n++
	}
	for _, c := range merge(list[:n]) {
		d.doubts = append(d.doubts, Doubt{c.Cell, c.Tickets})
	}
}

// The bounds of asking.
const (
	askAgain     = 5 * time.Minute  // so soon at the earliest about the same
	leftAlone    = 10 * time.Minute // so long at least an endpoint is
	newTickets   = 2                // so many must have come until it is asked about the same again
	roundsAnHour = 12
	roundsAtOnce = 2
	// Patience is how long answers are waited for: a look gives up after ten seconds, and each
	// second more is a proposal that comes later.
	Patience = 12 * time.Second
	sure     = 0.97 // from which confidence on it is waited for no answers
)

// Pace bounds how much is asked. The zero Pace has asked nothing yet.
type Pace struct {
	rounds []round
	asked  map[string]time.Time // machines
}

// round is one, of a doubt.
type round struct {
	Doubt
	about string // the service that is looked at; empty: none
	at    time.Time
	over  bool
}

// Due are the doubts about which it is asked now.
func (p *Pace) Due(now time.Time, doubts []Doubt) (out []Doubt) {
	p.rounds = slices.DeleteFunc(p.rounds, func(r round) bool { return now.Sub(r.at) >= time.Hour || r.at.After(now) })
	for m, at := range p.asked {
		if now.Sub(at) >= leftAlone || at.After(now) {
			delete(p.asked, m)
		}
	}
	for _, x := range doubts {
		again := slices.ContainsFunc(p.rounds, func(r round) bool {
			n := shared(r.Tickets, x.Tickets)
			return (r.Cell == x.Cell || 2*n > len(x.Tickets)) && (now.Sub(r.at) < askAgain || len(x.Tickets)-n < newTickets)
		})
		if !again && len(out) < roundsAtOnce && len(p.rounds)+len(out) < roundsAnHour {
			out = append(out, x)
		}
	}
	return out
}

// Begin notes that these endpoints are asked about a doubt, and to look at a service.
func (p *Pace) Begin(now time.Time, x Doubt, about string, whom []Asked) {
	p.rounds = append(p.rounds, round{Doubt: x, about: about, at: now})
	if p.asked == nil {
		p.asked = map[string]time.Time{}
	}
	for _, a := range whom {
		p.asked[a.Machine] = now
	}
}

// End notes that all have answered who will.
func (p *Pace) End(x Doubt) {
	for i := range p.rounds {
		if p.rounds[i].Cell == x.Cell {
			p.rounds[i].over = true
		}
	}
}

// Free reports whether an endpoint may be asked.
func (p *Pace) Free(machine string) bool { _, asked := p.asked[machine]; return !asked }

// Holds reports whether it is worth to wait a moment with a candidate: who was asked about
// it has not answered yet, and may say that it is none.
func (p *Pace) Holds(now time.Time, c Candidate) bool {
	return slices.ContainsFunc(p.rounds, func(r round) bool {
		return !r.over && c.Confidence < sure && r.would(c.Cell) && now.Sub(r.at) < Patience && 2*shared(r.Tickets, c.Tickets) >= min(len(r.Tickets), len(c.Tickets))
	})
}

// would reports whether an outage of a cell would show by what is looked at.
func (r *round) would(c Cell) bool {
	_, line := sees(c, "")
	_, service := sees(c, r.about)
	return line && r.Line() || service && r.about != ""
}

func shared(a, b []string) (n int) {
	for _, id := range a {
		if slices.Contains(b, id) {
			n++
		}
	}
	return n
}

// So many endpoints are asked about one doubt at most.
const (
	askRang = 5
	askNear = 8
	askFar  = 5
)

// Asked is an endpoint that is asked about a doubt, and why it is.
type Asked struct {
	Machine, Site string
	Group         Group
}

// Whom says who is asked about a doubt: who rang last, their neighbours, and others at as
// many other sites as there are. there are the machines that can be asked, in an order of
// chance. Of one place at which nobody is there, nobody is asked: what is well elsewhere
// says nothing of it.
func (d *Detector) Whom(x Doubt, tickets []Ticket, there []string) (out []Asked) {
	part := d.parts[x.Cell.Part]
	can := make(map[string]bool, len(there))
	for _, m := range there {
		can[m] = true
	}
	rang, near := map[string]bool{}, map[int32]int{}
	add := func(m string, g Group) { out = append(out, Asked{m, d.part[d.siteOf(m)].Name, g}); can[m] = false }
	for _, t := range slices.Backward(tickets) {
		if t.Machine == "" || rang[t.Machine] || !slices.Contains(x.Tickets, t.ID) {
			continue
		}
		rang[t.Machine] = true
		near[d.nearest(t.Machine)]++
		if can[t.Machine] && len(out) < askRang {
			add(t.Machine, Rang)
		}
	}
	sites := map[int32]bool{}
	for m := range rang {
		sites[d.siteOf(m)] = true
	}
	// Neighbours are where those are who rang, and as many of each.
	each := int(math.Ceil(askNear / float64(max(len(near), 1))))
	took, far := map[int32]int{}, map[int32]int{}
	nNear, nFar := 0, 0
	for most := 1; most <= askFar; most += askFar - 1 { // first one of each site
		for _, m := range there {
			if nNear == askNear && nFar == askFar {
				return out
			}
			if !can[m] || rang[m] {
				continue
			}
			parts, site, place := d.machineParts(m), d.siteOf(m), d.nearest(m)
			in := part == 0 || slices.Contains(parts, part)
			switch {
			case in && near[place] > 0 && took[place] < each && nNear < askNear:
				took[place]++
				nNear++
				add(m, Near)
			case (!in || part == 0) && !sites[site] && nFar < askFar && far[site] < most:
				far[site]++
				nFar++
				add(m, Far)
			}
		}
	}
	if nNear == 0 && nFar == len(out) {
		return nil
	}
	return out
}

// nearest is what a machine shares with its neighbours: its subnet, or else its site.
func (d *Detector) nearest(machine string) int32 {
	list := d.machineParts(machine)
	if i := slices.IndexFunc(list, func(p int32) bool { return d.part[p].Kind == stock.Subnet }); i >= 0 {
		return list[i]
	}
	return d.siteOf(machine)
}

func (d *Detector) siteOf(machine string) int32 {
	for _, p := range d.machineParts(machine) {
		if d.part[p].Kind == Site {
			return p
		}
	}
	return 0
}

// AboutOf is which service endpoints are asked to look at: what the doubt is about, or else
// what its tickets are about most, of what can be looked at; empty: none.
func AboutOf(x Doubt, tickets []Ticket, can func(about string) bool) (best string) {
	if x.Cell.About != "" {
		if can(x.Cell.About) {
			return x.Cell.About
		}
		return ""
	}
	count := map[string]int{}
	for _, t := range tickets {
		if t.About != "" && slices.Contains(x.Tickets, t.ID) && can(t.About) {
			count[t.About]++
			if n := count[t.About]; 2*n > len(x.Tickets) && n > count[best] {
				best = t.About
			}
		}
	}
	return best
}

// Line reports whether endpoints are asked to look at their own lines.
func (x Doubt) Line() bool { may, _ := sees(x.Cell, ""); return may }
