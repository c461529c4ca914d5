package sla

import (
	"time"

	"github.com/deskbell/deskbell/server/ticket"
)

// Why says why a clock counted in a part of its life, or did not. Closed hours and
// pause rules are two things: the one is when nobody works, the other what somebody
// chose.
type Why string

// The reasons.
const (
	Counts       Why = "counts"       // it ran
	ClosedHours  Why = "closed_hours" // outside of the calendar's hours
	ClosedDay    Why = "holiday"      // Detail names it
	OtherHours   Why = "exception"    // closed by a day's own hours; Detail names it
	PausedByRule Why = "paused"       // the policy pauses in this state
	NotOpen      Why = "not_open"     // resolved, before it was reopened
)

// Stretch is a part of a clock's life in which one reason held.
type Stretch struct {
	From, To time.Time
	Why      Why
	Detail   string         // of a holiday or exception: its name
	State    ticket.State   // of the ticket
	Waiting  ticket.Waiting // and what it waited for
	Counted  time.Duration  // in the clock's own measure
	Used     time.Duration  // of the clock, at the end of it
}

// Explanation is a clock with how it came to its figures.
type Explanation struct {
	Clock
	Calendar  string // its name; empty: around the clock
	Zone      string
	Stretches []Stretch
	Cut       bool // there are more, older ones
}

// maxStretches bounds an explanation: a year of nights and lunch breaks.
const maxStretches = 1500

// Explain derives the clocks of a line with every running and paused part.
func (r *Rules) Explain(l Line, now time.Time) []Explanation {
	cycles := r.cycles(l)
	out := make([]Explanation, 0, len(cycles))
	for _, c := range cycles {
		out = append(out, c.explain(l, now))
	}
	return out
}

func (c cycle) explain(l Line, now time.Time) Explanation {
	x := Explanation{Clock: c.clock(l, now), Calendar: c.p.name}
	if c.p.hours != nil {
		x.Zone = c.p.hours.zone.String()
	}
	u := c.target.Unit.measure()
	var used int64
	add := func(from, to int64, s Stretch, counted int64) {
		used += counted
		s.From, s.To = at(from), at(to)
		s.Counted, s.Used = time.Duration(counted)*time.Millisecond, time.Duration(used)*time.Millisecond
		if n := len(x.Stretches); n > 0 {
			last := &x.Stretches[n-1]
			if last.Why == s.Why && last.Detail == s.Detail && last.State == s.State && last.Waiting == s.Waiting {
				last.To, last.Counted, last.Used = s.To, last.Counted+s.Counted, s.Used
				return
			}
		}
		x.Stretches = append(x.Stretches, s)
	}
	c.phases(l, l.moment(now), func(f phase) {
		if f.to <= f.from {
			return
		}
		s := Stretch{Why: Counts, State: f.step.State, Waiting: f.step.Waiting}
		switch {
		case !f.step.State.Open():
			s.Why = NotOpen
		case !c.runs(f.step):
			s.Why = PausedByRule
		case u != allTime && c.p.hours != nil:
			c.p.hours.split(u, f.from, f.to, func(from, to, counted int64, why Why, detail string) {
				s.Why, s.Detail = why, detail
				add(from, to, s, counted)
			})
			return
		}
		counted := int64(0)
		if s.Why == Counts {
			counted = f.to - f.from
		}
		add(f.from, f.to, s, counted)
	})
	if n := len(x.Stretches); n > maxStretches {
		x.Stretches, x.Cut = x.Stretches[n-maxStretches:], true
	}
	return x
}

// split cuts a part of time into open and closed, each day by itself.
func (h *Hours) split(u measure, from, to int64, yield func(from, to, counted int64, why Why, detail string)) {
	t := h.over(from, to)
	for cursor := from; cursor < to; {
		i := t.at(cursor)
		if i < len(t.spans) && t.spans[i].from <= cursor {
			end := min(t.spans[i].to, to)
			yield(cursor, end, t.sum(u, end)-t.sum(u, cursor), Counts, "")
			cursor = end
			continue
		}
		end := to
		if i < len(t.spans) {
			end = min(end, t.spans[i].from)
		}
		h.closed(cursor, end, yield)
		cursor = end
	}
}

// closed names why a time is closed: the days of their own in it by their names.
func (h *Hours) closed(from, to int64, yield func(from, to, counted int64, why Why, detail string)) {
	for cursor := from; cursor < to; {
		y, m, d := time.UnixMilli(cursor).In(h.zone).Date()
		end := min(to, wall(y, m, d+1, 0, h.zone))
		if end <= cursor {
			end = to
		}
		_, s, special := h.on(y, m, d)
		switch {
		case special && s.holiday:
			yield(cursor, end, 0, ClosedDay, s.name)
		case special:
			yield(cursor, end, 0, OtherHours, s.name)
		default:
			yield(cursor, end, 0, ClosedHours, "")
		}
		cursor = end
	}
}
