package scenario

import (
	"cmp"
	"slices"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/correlate"
)

// Made is a day of an organisation and the weeks before it, for whoever feeds it to a
// server.
type Made struct {
	Machines []Machine
	From     time.Time // of the past
	Past     []correlate.Ticket
	Day      time.Time // its midnight
	Tickets  []correlate.Ticket
	Failures []Heard
	Outage   map[string]bool // ids of the tickets that are of the outage
	At       time.Time       // when that began; zero: nothing is out of order
}

// Machine is one, with the facts that it has told.
type Machine struct {
	ID, Site string
	Facts    []stock.Fact
}

// Heard is a failure and when the server hears of it.
type Heard struct {
	correlate.Failure
	At time.Time
}

// Abouts are what tickets can be about.
func Abouts() []string {
	var out []string
	for _, a := range abouts {
		out = append(out, a.name)
	}
	return out
}

// Make makes a day.
func Make(k Kind, people int, seed uint64) Made {
	w := newOrg(newRand(seed, k), people)
	end := monday.AddDate(0, 0, 7*history)
	m := Made{From: monday, Day: end.AddDate(0, 0, int(seed%5)), Outage: map[string]bool{}}
	for day := monday; day.Before(end); day = day.AddDate(0, 0, 1) {
		m.Past = append(m.Past, w.normal(day)...)
	}
	m.Tickets = w.normal(m.Day)
	failures := w.noise(m.Day)
	if k != Normal {
		x, tickets, fails := w.strike(k, m.Day)
		for _, t := range tickets {
			m.Outage[t.ID] = true
		}
		m.At, m.Tickets, failures = x.at, append(m.Tickets, tickets...), append(failures, fails...)
	}
	slices.SortFunc(m.Tickets, func(a, b correlate.Ticket) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	for _, f := range failures {
		m.Failures = append(m.Failures, Heard{f.Failure, f.heard})
	}
	slices.SortFunc(m.Failures, func(a, b Heard) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Machine, b.Machine)) })
	for i, one := range w.machines {
		x := Machine{ID: id(i), Site: w.sites[one.site].name}
		if len(one.told) > 1 {
			x.Facts = w.facts(one)
		}
		m.Machines = append(m.Machines, x)
	}
	return m
}
