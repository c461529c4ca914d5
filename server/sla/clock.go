package sla

import (
	"slices"
	"time"

	"github.com/deskbell/deskbell/server/ticket"
)

// State is where a clock stands.
type State string

// The states.
const (
	Running State = "running" // it counts, in open hours; past its due moment it is overdue
	Paused  State = "paused"  // a rule of the policy stops it
	Met     State = "met"     // done, in time
	Missed  State = "missed"  // done, too late
	Stopped State = "stopped" // not owed any more
)

// Clock is one thing that is or was owed.
type Clock struct {
	Kind    Kind
	Cycle   int    // counts the updates; 0 for the other kinds
	Policy  string // its id
	Title   string // the policy's name
	Target  Target
	State   State
	Started time.Time
	Since   time.Time // this target holds since; later than Started after a change of priority or policy
	Stopped time.Time // zero while it runs or is paused
	// Due is when the target is used up: it stays the same as time goes on. Zero
	// while a rule pauses the clock before that.
	Due time.Time
	// Used and Total are in the unit's own measure: time, open time, or working
	// days of which one is 24 h.
	Used, Total time.Duration
	// Of a running clock: since From it runs without a break, and Before was used
	// until then.
	From   time.Time
	Before time.Duration
}

// Live reports whether it is still owed.
func (c Clock) Live() bool { return c.State == Running || c.State == Paused }

// Overdue reports whether it is, or was, later than promised.
func (c Clock) Overdue(now time.Time) bool {
	return c.State == Missed || c.Live() && !c.Due.IsZero() && now.After(c.Due)
}

// Inherited reports whether it was overdue at the moment when its policy or its
// target began to hold: nobody could have kept it, and nobody is alarmed.
func (c Clock) Inherited() bool { return !c.Due.IsZero() && c.Due.Before(c.Since) }

// Left is what is left of the target, negative when it is overused.
func (c Clock) Left() time.Duration { return c.Total - c.Used }

// Share is how much of the target is used, in per cent.
func (c Clock) Share() int {
	if c.Total == 0 {
		return 0
	}
	return int(c.Used * 100 / c.Total)
}

// Clocks derives every clock of a ticket from its whole history.
func (r *Rules) Clocks(history []ticket.Event, now time.Time) []Clock {
	return r.Derive(LineOf(history), now)
}

// Derive is Clocks of a line. A moment before the line's last step counts as that
// step: the clock of the server was set back.
func (r *Rules) Derive(l Line, now time.Time) []Clock {
	cycles := r.cycles(l)
	out := make([]Clock, 0, len(cycles))
	for _, c := range cycles {
		out = append(out, c.clock(l, now))
	}
	return out
}

func (c cycle) clock(l Line, now time.Time) Clock {
	total := c.target.total()
	w := c.reach(l, l.moment(now), total)
	k := Clock{
		Kind: c.kind, Cycle: c.n, Policy: c.p.id, Title: c.p.policy.Name, Target: c.target,
		Started: at(c.start), Since: at(max(c.start, c.since)), Due: at(w.at),
		Used: time.Duration(w.used) * time.Millisecond, Total: time.Duration(total) * time.Millisecond,
	}
	switch {
	case c.end == live && w.running:
		k.State, k.From, k.Before = Running, at(w.from), time.Duration(w.before)*time.Millisecond
	case c.end == live:
		k.State = Paused
	default:
		k.Stopped = at(c.stop)
		if k.State = Met; w.at != 0 && c.stop > w.at {
			k.State = Missed
		} else if c.end == dropped {
			k.State = Stopped
		}
		if w.at == 0 { // it was done earlier: when would it have been due?
			if due, ok := c.p.hours.after(c.target.Unit.measure(), c.stop, total-w.used); ok {
				k.Due = at(due)
			}
		}
	}
	return k
}

// moment is now in the time of the line.
func (l Line) moment(now time.Time) int64 {
	if n := len(l.Steps); n > 0 {
		return max(now.UnixMilli(), l.Steps[n-1].At)
	}
	return now.UnixMilli()
}

// at returns the moment; the zero time for 0.
func at(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Alarm is a share of a target that a live clock reaches.
type Alarm struct {
	Kind    Kind
	Started time.Time // of the clock: with Kind and Share what the alarm is known by
	Policy  string
	Share   int
	At      time.Time
	// Inherited: it had been passed when the target began to hold. It does nothing.
	Inherited bool
	Do        Escalation
}

// Alarms returns the escalations of the clocks that run, in the order of their
// moments, those that are past included. Clocks that a rule pauses have those only
// that were reached before.
func (r *Rules) Alarms(l Line) []Alarm {
	var out []Alarm
	for _, c := range r.cycles(l) {
		if c.end != live {
			continue
		}
		for _, e := range c.p.policy.Escalations {
			if e.Clock != c.kind {
				continue
			}
			w := c.reach(l, l.moment(time.Time{}), c.target.total()*int64(e.Share)/100)
			if w.at == 0 {
				continue
			}
			out = append(out, Alarm{
				Kind: c.kind, Started: at(c.start), Policy: c.p.id, Share: e.Share, At: at(w.at), Inherited: w.at < c.since, Do: e,
			})
		}
	}
	slices.SortStableFunc(out, func(a, b Alarm) int { return a.At.Compare(b.At) })
	return out
}

// Next returns the clock that a list shows: of the live ones the first due; of
// paused ones, which have no due moment, the one with the least left.
func Next(clocks []Clock) (Clock, bool) {
	var best Clock
	found := false
	for _, c := range clocks {
		if c.Live() && (!found || sooner(c, best)) {
			best, found = c, true
		}
	}
	return best, found
}

func sooner(a, b Clock) bool {
	switch {
	case a.Due.IsZero() != b.Due.IsZero():
		return b.Due.IsZero()
	case a.Due.IsZero():
		return a.Left() < b.Left()
	}
	return a.Due.Before(b.Due)
}

// At returns a stored clock as it is at a moment. hours are those of its policy's
// calendar, nil around the clock.
func (c Clock) At(hours *Hours, now time.Time) Clock {
	if c.State == Running {
		c.Used = c.Before + time.Duration(hours.measured(c.Target.Unit.measure(), c.From.UnixMilli(), now.UnixMilli()))*time.Millisecond
	}
	return c
}
