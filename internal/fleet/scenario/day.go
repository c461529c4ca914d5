package scenario

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/correlate"
)

// monday is where every made-up history begins.
var monday = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// profile is how the tickets of a day fall on its hours.
var profile = []float64{7: 5, 8: 14, 9: 16, 10: 13, 11: 10, 12: 6, 13: 9, 14: 10, 15: 8, 16: 6, 17: 3}

// weekday is how busy the days of a week are, from Sunday on.
var weekday = [7]float64{0.02, 1.3, 1.1, 1, 0.95, 0.85, 0.04}

const (
	ofNew   = 0.25 // share of what fails widely, and nobody rings about, that is of a version which is new
	onlyOne = 7    // of ten people it is known which machine is theirs, also when they name none
)

// perDay is how many tickets one person rings on a day: one a month.
const perDay = 1.0 / 22

// said is what somebody calls what they ring about: seven of ten get it right.
func said(r *rand.Rand, about int) string {
	switch x := r.Float64(); {
	case x < 0.7:
		return abouts[about].name
	case x < 0.9:
		return abouts[r.IntN(len(abouts))].name
	}
	return ""
}

// suggest gives tickets that say nothing the category that triage suggests: of six in ten
// it is sure enough, and of those it is right in 85 of a hundred.
func suggest(r *rand.Rand, tickets []correlate.Ticket, truth map[string]int) {
	for i := range tickets {
		t := &tickets[i]
		if t.About != "" || r.Float64() >= 0.6 {
			continue
		}
		about := r.IntN(len(abouts))
		if r.Float64() < 0.85 {
			about = truth[t.ID]
		}
		t.About = abouts[about].name
	}
}

// ring makes a ticket. One in seven came by telephone: the machine is not known, and
// mostly the site is.
func (o *org) ring(who, about int, at time.Time) correlate.Ticket {
	r := o.r
	t := correlate.Ticket{ID: fmt.Sprintf("%d-%d-%08x", at.UnixNano(), who, r.Uint32()), At: at, Person: id(who), About: said(r, about)}
	o.truth[t.ID] = about
	switch x := r.Float64(); {
	case x < 0.85, who%10 < onlyOne:
		t.Machine, t.Site = id(who), o.sites[o.machines[who].site].name
	case x < 0.97:
		t.Site = o.sites[o.machines[who].site].name
	}
	return t
}

// normal makes the tickets of a day on which nothing is out of order, and the failures
// that there always are.
func (o *org) normal(day time.Time) (tickets []correlate.Ticket) {
	r := o.r
	busy := gamma(r, 4) / 4 * weekday[day.Weekday()]
	hours := make([]float64, len(profile))
	sum := 0.0
	for h, share := range profile {
		sum += share
		hours[h] = sum
	}
	for range poisson(r, busy*perDay*float64(len(o.machines))) {
		who := pick(r, o.rings)
		m := o.machines[who]
		about := pick(r, o.sites[m.site].about)
		at := day.Add(time.Duration((float64(pick(r, hours)) + r.Float64()) * float64(time.Hour)))
		tickets = append(tickets, o.ring(who, about, at))
		// Some troubles are two people's, and rarely three's: of one room, one printer.
		for again := 0.01; r.Float64() < again; again = 0.05 {
			people := o.sites[m.site].people
			other := people[r.IntN(len(people))]
			at = at.Add(time.Duration(r.Float64() * float64(20*time.Minute)))
			if o.machines[other].subnet == m.subnet {
				tickets = append(tickets, o.ring(other, about, at))
			}
		}
	}
	return tickets
}

// told is a failure, and when the server hears of it.
type told struct {
	correlate.Failure
	heard time.Time
}

// noise makes failures that are nobody's outage: one of ten machines has one a day,
// and three times a day a few machines of one place have the same.
func (o *org) noise(day time.Time) (out []told) {
	r := o.r
	add := func(i, code int, at time.Time) {
		out = append(out, told{correlate.Failure{Machine: id(i), Code: fmt.Sprintf("noise.%d", code), Since: at}, at.Add(late(r))})
	}
	for range poisson(r, 0.1*float64(len(o.machines))) {
		add(r.IntN(len(o.machines)), r.IntN(codes), day.Add(7*time.Hour+time.Duration(r.Float64()*float64(11*time.Hour))))
	}
	for range poisson(r, 3) {
		s := o.sites[r.IntN(len(o.sites))]
		if len(s.people) == 0 {
			continue
		}
		at, code := day.Add(7*time.Hour+time.Duration(r.Float64()*float64(11*time.Hour))), r.IntN(codes)
		for range 5 + r.IntN(25) {
			add(s.people[r.IntN(len(s.people))], code, at.Add(time.Duration(r.Float64()*float64(10*time.Minute))))
		}
	}
	return out
}

// wide makes failures that are nobody's outage at many sites: once in three days up to a
// third of the machines with one version of a program or driver have the same. It is a new
// version oftener than one of as many others.
func (o *org) wide(r *rand.Rand, day time.Time) (out []told) {
	for range poisson(r, 1.0/3) {
		var p int32
		for p = int32(r.IntN(len(o.parts))); o.parts[p].Kind != stock.Software && o.parts[p].Kind != stock.Driver; {
			p = int32(r.IntN(len(o.parts)))
		}
		if r.Float64() < ofNew {
			p = o.updates[r.IntN(len(o.updates))]
		}
		at, code, share := day.Add(7*time.Hour+time.Duration(r.Float64()*float64(11*time.Hour))), r.IntN(codes), r.Float64()/3
		for i, m := range o.machines {
			if has(m.facts, p) && r.Float64() < share {
				since := at.Add(time.Duration(r.Float64() * float64(time.Hour)))
				out = append(out, told{correlate.Failure{Machine: id(i), Code: fmt.Sprintf("noise.%d", code), Since: since}, since.Add(late(r))})
			}
		}
	}
	return out
}

// late is how long it takes until the server hears of a failure: mostly a minute, of one
// in ten machines much longer.
func late(r *rand.Rand) time.Duration {
	d := time.Duration(r.Float64() * float64(time.Minute))
	if r.Float64() < 0.1 {
		d += time.Duration(r.ExpFloat64() * float64(20*time.Minute))
	}
	return d
}

// delay is how long it takes until somebody notices and rings.
func delay(r *rand.Rand) time.Duration {
	return time.Duration(12 * math.Exp(r.NormFloat64()) * float64(time.Minute))
}
