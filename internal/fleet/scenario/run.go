package scenario

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/contrast"
	"github.com/deskbell/deskbell/server/correlate"
)

// Options say which days to make.
type Options struct {
	People int    // 0: 10 000
	Days   int    // of each kind; 0: 200
	First  uint64 // seed of the first day; those up to 1000 are for tuning
	Kinds  []Kind // none: all, normal days among them
	Judge  correlate.Options
	Mute   bool // no endpoint is asked about what is in doubt
}

// Day is what came of a day.
type Day struct {
	Kind     Kind
	Seed     uint64
	Rang     int // tickets of the outage, all in all
	Detected bool
	After    time.Duration
	Tickets  int // of the outage, until it was found, that one included
	Cell     int // the place of the true cell, from 1; 0: not among those named
	Cause    int // of the true cause
	False    int // proposals that are no outage
	Hours    float64
	Rounds   int // of questions about what was in doubt
	Asked    int // endpoints
}

// history is how many weeks the detector has learned from.
const history = 8

// Run makes the days, on all processors.
func Run(ctx context.Context, o Options) ([]Day, error) {
	o.People, o.Days = cmp.Or(o.People, 10_000), cmp.Or(o.Days, 200)
	if o.Kinds == nil {
		o.Kinds = append([]Kind{Normal}, Kinds()...)
	}
	days := make([]Day, len(o.Kinds)*o.Days)
	next := make(chan int)
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for n := range next {
				days[n] = one(o, o.Kinds[n/o.Days], o.First+uint64(n%o.Days))
			}
		})
	}
	for n := range days {
		if ctx.Err() != nil {
			break
		}
		next <- n
	}
	close(next)
	all.Wait()
	return days, ctx.Err()
}

// one makes a day and lets the detector see it as it comes.
func one(o Options, k Kind, seed uint64) Day {
	w := newOrg(newRand(seed, k), o.People)
	fleet := known{w, make(map[string]int, o.People)}
	for i := range w.machines {
		fleet.ids[id(i)] = i
	}
	var past []correlate.Ticket
	end := monday.AddDate(0, 0, 7*history)
	for day := monday; day.Before(end); day = day.AddDate(0, 0, 1) {
		past = append(past, w.normal(day)...)
	}
	d := correlate.New(fleet, past, monday, end, o.Judge)
	day := end.AddDate(0, 0, int(seed%5))
	tickets, failures := w.normal(day), w.noise(day)
	var x outage
	of := map[string]bool{}
	if k != Normal {
		var more []correlate.Ticket
		var fails []told
		x, more, fails = w.strike(k, day)
		for _, t := range more {
			of[t.ID] = true
		}
		tickets, failures = append(tickets, more...), append(failures, fails...)
	}
	slices.SortFunc(tickets, func(a, b correlate.Ticket) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	slices.SortFunc(failures, func(a, b told) int { return cmp.Or(a.heard.Compare(b.heard), cmp.Compare(a.Machine, b.Machine)) })
	r := newRand(seed+1<<32, k) // so that the day is the same, whatever is made up beside it
	suggest(r, tickets, w.truth)
	more := w.wide(r, day)
	failures = append(failures, more...)
	slices.SortFunc(failures, func(a, b told) int { return cmp.Or(a.heard.Compare(b.heard), cmp.Compare(a.Machine, b.Machine)) })
	looks := checks(r, x, day)
	asked := newAsked(w, newRand(seed+2<<32, k), x, looks, failures)
	if o.Mute {
		asked = nil
	}
	return feed(watching{fleet, d, x, looks, asked, of, Day{Kind: k, Seed: seed, Rang: len(of)}}, day, tickets, failures)
}

type watching struct {
	fleet known
	d     *correlate.Detector
	x     outage
	looks []checked
	asked *asked // nil: nobody is
	of    map[string]bool
	day   Day
}

// feed looks at every ticket, and each minute when endpoints have said something.
func feed(w watching, day time.Time, tickets []correlate.Ticket, failures []told) Day {
	moments := make([]time.Time, 0, len(tickets)+700)
	for _, t := range tickets {
		moments = append(moments, t.At)
	}
	for m := day.Add(7 * time.Hour); m.Before(day.Add(19 * time.Hour)); m = m.Add(time.Minute) {
		moments = append(moments, m)
	}
	slices.SortFunc(moments, time.Time.Compare)
	dismissed := map[string]bool{}
	var heard []correlate.Failure
	t, f := 0, 0
	for len(moments) > 0 {
		now := moments[0]
		if next := w.asked.next(); !next.IsZero() && next.Before(now) {
			now = next
		} else {
			moments = moments[1:]
		}
		had := t + f - w.asked.waiting()
		for t < len(tickets) && !tickets[t].At.After(now) {
			t++
		}
		for f < len(failures) && !failures[f].heard.After(now) {
			heard = append(heard, failures[f].Failure)
			f++
		}
		answers := w.asked.take(now)
		if t+f-w.asked.waiting() == had {
			continue
		}
		heard = slices.DeleteFunc(heard, func(x correlate.Failure) bool { return now.Sub(x.Since) > 2*time.Hour })
		found := w.d.Look(now, tickets[:t], heard, downAt(w.looks, now), answers...)
		w.asked.wonder(now, w.d, tickets[:t], w.fleet.ids)
		for _, c := range found {
			if !c.Proposed || w.asked.holds(now, c) {
				continue
			}
			if w.hit(now, c) {
				w.found(now, c, tickets[:t], heard)
				w.asked.count(&w.day)
				w.day.Hours = now.Sub(day).Hours() - 7
				return w.day
			}
			// What was dismissed once is not proposed again.
			if !slices.ContainsFunc(c.Tickets, func(id string) bool { return dismissed[id] }) {
				w.day.False++
			}
			for _, id := range c.Tickets {
				dismissed[id] = true
			}
		}
		if !w.x.at.IsZero() && now.After(w.x.at.Add(lasts)) {
			w.asked.count(&w.day)
			w.day.Hours = now.Sub(day).Hours() - 7
			return w.day
		}
	}
	w.asked.count(&w.day)
	w.day.Hours = 12
	return w.day
}

// hit says whether a proposal is the outage: at least half of its tickets
// are, or its cell and what its endpoints say.
func (w *watching) hit(now time.Time, c correlate.Candidate) bool {
	n := 0
	for _, id := range c.Tickets {
		if w.of[id] {
			n++
		}
	}
	if n > 0 && 2*n >= len(c.Tickets) {
		return true
	}
	// A check of the service, or endpoints alone, may give it away, when others happen to
	// ring about it.
	if c.Down != "" && c.Down == w.x.service && !w.x.at.After(now) && w.x.cell(c.Cell) && w.seen() {
		return true
	}
	return c.Evidence.Code != "" && c.Evidence.Code == w.x.code && w.x.cell(c.Cell)
}

// seen says whether a check sees the outage.
func (w *watching) seen() bool {
	return slices.ContainsFunc(w.looks, func(c checked) bool { return c.seen })
}

// found notes how long it took, and where the truth stands.
func (w *watching) found(now time.Time, c correlate.Candidate, tickets []correlate.Ticket, failures []correlate.Failure) {
	w.day.Detected, w.day.After = true, now.Sub(w.x.at)
	for i, cell := range append([]correlate.Cell{c.Cell}, c.Also...) {
		if w.x.cell(cell) {
			w.day.Cell = i + 1
			break
		}
	}
	in := map[string]bool{}
	for _, id := range c.Tickets {
		in[id] = true
	}
	s := correlate.Suffering{}
	affected := map[string]bool{}
	for _, t := range tickets {
		if w.of[t.ID] {
			w.day.Tickets++
		}
		if in[t.ID] {
			s.Tickets = append(s.Tickets, t)
			if t.Machine != "" {
				affected[t.Machine] = true
			}
		}
	}
	for _, f := range failures {
		if f.Code == c.Evidence.Code && now.Sub(f.Since) <= time.Hour {
			affected[f.Machine] = true
		}
	}
	x := contrast.NewIndex()
	for i, m := range w.fleet.machines {
		if affected[id(i)] {
			s.Machines = append(s.Machines, id(i))
		} else {
			s.Others = append(s.Others, id(i))
		}
		if len(m.told) > 1 {
			x.Set(id(i), "", day0, w.fleet.facts(m))
		}
	}
	for i, cause := range w.d.Why(x, s, 10) {
		if w.x.cause(cause) {
			w.day.Cause = i + 1
			break
		}
	}
}

var day0 time.Time

// facts are a machine's as it would tell them.
func (o *org) facts(m machine) (out []stock.Fact) {
	for _, k := range correlate.Kinds() {
		out = append(out, stock.Fact{Kind: stock.Read, Name: string(k)})
	}
	for _, p := range m.told {
		if o.parts[p].Kind != correlate.Site {
			out = append(out, o.parts[p])
		}
	}
	return out
}
