package scenario

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/deskbell/deskbell/server/correlate"
)

// What is true of endpoints that are asked.
const (
	unreachable = 0.05 // share of addresses of services that no endpoint reaches, though the service works
	blocked     = 0.03 // share of sites from which an address is never reached
	wrong       = 0.02 // share of looks that fail by chance
	lineHidden  = 0.05 // share of places' outages that no endpoint sees on its line, whatever it has told
	off         = 0.1  // share of machines that are off, or cannot be asked
	mute        = 0.05 // share of questions that nobody answers
)

// lineCodes are what a machine sees of its own line.
var lineCodes = []string{"network.loss", "wireless.weak", "dns.fails", "network.latency"}

// asked answers for the endpoints.
type asked struct {
	*org
	r       *rand.Rand
	x       outage
	looks   map[string]*checked
	blocked map[string]map[int]bool // sites by service; a service with all of them nobody reaches
	blind   bool                    // nobody sees the outage on the line
	hit     map[int]bool
	shows   map[int]bool // it sees the outage on its line
	off     map[int]bool

	pace    correlate.Pace
	coming  []coming
	answers []correlate.Answer
	ends    []ending
	rounds  int
	n       int
}

type coming struct {
	at time.Time
	correlate.Answer
}

type ending struct {
	at time.Time
	correlate.Doubt
}

func newAsked(o *org, r *rand.Rand, x outage, looks []checked, failures []told) *asked {
	a := &asked{org: o, r: r, x: x, looks: map[string]*checked{}, blocked: map[string]map[int]bool{}, blind: r.Float64() < lineHidden, hit: map[int]bool{}, shows: map[int]bool{}, off: map[int]bool{}}
	for _, i := range x.affected {
		a.hit[i] = true
	}
	for n := range looks {
		c := &looks[n]
		a.looks[c.about], a.blocked[c.about] = c, map[int]bool{}
		never := r.Float64() < unreachable
		for s := range o.sites {
			a.blocked[c.about][s] = r.Float64() < blocked || never
		}
	}
	fails := map[string]bool{}
	for _, f := range failures {
		fails[f.Machine] = fails[f.Machine] || f.Code == x.code && slices.Contains(lineCodes, f.Code)
	}
	for i := range o.machines {
		a.off[i], a.shows[i] = r.Float64() < off, fails[id(i)]
	}
	return a
}

// dead reports whether a machine is cut off from the server too.
func (a *asked) dead(i int, now time.Time) bool {
	return a.x.code == "silent" && a.hit[i] && !now.Before(a.x.at)
}

// there are the machines that can be asked, as far as the server knows.
func (a *asked) there(now time.Time) (out []string) {
	for _, i := range a.r.Perm(len(a.machines)) {
		// It takes a minute until it knows that a machine is silent.
		if !a.off[i] && !a.dead(i, now.Add(-time.Minute)) && a.pace.Free(id(i)) {
			out = append(out, id(i))
		}
	}
	return out
}

// wonder asks about what is in doubt.
func (a *asked) wonder(now time.Time, d *correlate.Detector, tickets []correlate.Ticket, ids map[string]int) {
	if a == nil {
		return
	}
	for _, x := range a.pace.Due(now, d.Doubts()) {
		about := correlate.AboutOf(x, tickets, func(about string) bool { return a.looks[about] != nil })
		if about == "" && !x.Line() {
			continue
		}
		whom := d.Whom(x, tickets, a.there(now))
		if len(whom) == 0 {
			continue
		}
		a.pace.Begin(now, x, about, whom)
		a.rounds++
		end := now
		for _, m := range whom {
			a.n++
			if a.r.Float64() < mute || a.dead(ids[m.Machine], now) {
				end = now.Add(correlate.Patience)
				continue
			}
			one := correlate.Answer{Machine: m.Machine, Group: m.Group, Site: m.Site, At: now}
			if about != "" {
				one.About, one.Failed = about, a.misses(about, ids[m.Machine], now)
				took := time.Duration((0.3 + a.r.ExpFloat64()) * float64(time.Second))
				if one.Failed && a.r.Float64() < 0.7 { // nothing comes until the time is over
					took = 10 * time.Second
				}
				a.coming = append(a.coming, coming{now.Add(min(took, correlate.Patience)), one})
			}
			if x.Line() {
				one.About, one.Failed = "", a.sees(ids[m.Machine], now)
				a.coming = append(a.coming, coming{now.Add(2*time.Second + time.Duration(a.r.Float64()*float64(7*time.Second))), one})
			}
		}
		for _, c := range a.coming {
			if c.at.After(end) {
				end = c.at
			}
		}
		a.ends = append(a.ends, ending{end, x})
	}
}

// misses says whether a machine finds a service failing.
func (a *asked) misses(about string, i int, now time.Time) bool {
	c, on := a.looks[about], !a.x.at.IsZero() && !now.Before(a.x.at)
	switch {
	case a.blocked[about][a.machines[i].site],
		!c.blip.IsZero() && !now.Before(c.blip) && now.Before(c.blip.Add(c.long)),
		on && c.seen:
		return true
	case on && a.hit[i] && a.shows[i] && a.r.Float64() < 0.7: // what its line does to it
		return true
	}
	return a.r.Float64() < wrong
}

// sees says whether a machine finds something wrong on its own line.
func (a *asked) sees(i int, now time.Time) bool {
	if !a.x.at.IsZero() && !now.Before(a.x.at) && a.hit[i] && a.shows[i] && !a.blind {
		return true
	}
	return a.r.Float64() < wrong
}

// take takes in what has come.
func (a *asked) take(now time.Time) []correlate.Answer {
	if a == nil {
		return nil
	}
	slices.SortStableFunc(a.coming, func(x, y coming) int { return x.at.Compare(y.at) })
	for len(a.coming) > 0 && !a.coming[0].at.After(now) {
		a.answers, a.coming = append(a.answers, a.coming[0].Answer), a.coming[1:]
	}
	slices.SortStableFunc(a.answers, func(x, y correlate.Answer) int { return x.At.Compare(y.At) })
	a.answers = slices.DeleteFunc(a.answers, func(x correlate.Answer) bool { return now.Sub(x.At) > time.Hour })
	a.ends = slices.DeleteFunc(a.ends, func(e ending) bool {
		if e.at.After(now) {
			return false
		}
		a.pace.End(e.Doubt)
		return true
	})
	return a.answers
}

// next is when the next round is over; zero: none is under way. What comes before is taken
// in with whatever else happens.
func (a *asked) next() (at time.Time) {
	if a == nil {
		return at
	}
	for _, e := range a.ends {
		if at.IsZero() || e.at.Before(at) {
			at = e.at
		}
	}
	return at
}

func (a *asked) waiting() int {
	if a == nil {
		return 0
	}
	return len(a.coming) + len(a.ends)
}

func (a *asked) holds(now time.Time, c correlate.Candidate) bool {
	return a != nil && a.pace.Holds(now, c)
}

func (a *asked) count(d *Day) {
	if a != nil {
		d.Rounds, d.Asked = a.rounds, a.n
	}
}
