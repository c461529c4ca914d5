package sla

import "github.com/deskbell/deskbell/server/ticket"

// cycle is one run of a clock, from what starts it to what ends it, with the policy
// and target that count: those of now while it runs, and those of its end when it
// has ended. What happens to a ticket afterwards does not change what was kept.
type cycle struct {
	kind  Kind
	n     int // the how manieth of its kind
	start int64
	stop  int64 // when ended
	end   ending
	duty
}

// duty is what is owed since when.
type duty struct {
	p      *rule
	target Target
	since  int64 // since then it is this policy and this target
}

type ending int

const (
	live    ending = iota // not ended
	kept                  // what was owed has been done, in time or not
	dropped               // it is not owed any more
)

// cycles returns every run of every clock of a line, the oldest of each kind first.
func (r *Rules) cycles(l Line) []cycle {
	var out []cycle
	if len(l.Steps) == 0 {
		return nil
	}
	var (
		owed        = map[Kind]duty{}
		p           *rule
		opened      = l.Steps[0].At
		responded   bool
		answer, ask = int64(-1), int64(-1) // of the update clock: the desk's last word, the first of the requester since
		updates     int
		solved      *cycle
		before      ticket.State
		owe         = func(k Kind) bool { return owed[k].p != nil && owed[k].target.Set() }
		from        = func() int64 { return updateFrom(owed[NextUpdate].p, answer, ask) }
		add         = func(c cycle) { c.duty = owed[c.kind]; out = append(out, c) }
		facts       Facts
	)
	for _, s := range l.Steps {
		if s.Facts != nil {
			facts = *s.Facts
			p = r.choose(facts)
			for _, k := range Kinds() {
				d := duty{p: p, since: s.At}
				if p != nil {
					d.target = p.target(k, facts.Priority)
				}
				if was, ok := owed[k]; !ok || was.p != d.p || was.target != d.target {
					owed[k] = d
				}
			}
		}
		done := s.State == ticket.Resolved && before.Open()
		gone := !s.State.Open() && !done && before.Open()
		answered := s.Mark == Answered || done
		if s.Mark == Taken && !responded && p != nil && p.policy.TakingAnswers {
			answered = true
		}
		if !responded && (answered || gone) {
			responded = true
			if owe(FirstResponse) {
				add(cycle{kind: FirstResponse, start: opened, stop: s.At, end: ended(gone)})
			}
			if answered {
				answer = s.At
			}
		} else if answered || gone {
			if f := from(); f >= 0 && owe(NextUpdate) {
				add(cycle{kind: NextUpdate, n: updates, start: f, stop: s.At, end: ended(gone)})
				updates++
			}
			answer, ask = s.At, -1
		} else if s.Mark == Spoke && responded && ask < 0 {
			ask = s.At
		}
		switch {
		case done || gone:
			solved = &cycle{kind: Resolution, start: opened, stop: s.At, end: ended(gone), duty: owed[Resolution]}
		case s.State.Open():
			solved = nil // it was reopened: what was used before counts on
		}
		before = s.State
	}
	if !responded && owe(FirstResponse) {
		add(cycle{kind: FirstResponse, start: opened})
	}
	if f := from(); before.Open() && responded && f >= 0 && owe(NextUpdate) {
		add(cycle{kind: NextUpdate, n: updates, start: f})
	}
	switch {
	case solved != nil && solved.p != nil && solved.target.Set():
		out = append(out, *solved)
	case solved == nil && owe(Resolution):
		add(cycle{kind: Resolution, start: opened})
	}
	return out
}

func ended(gone bool) ending {
	if gone {
		return dropped
	}
	return kept
}

// updateFrom returns since when an update is owed; negative: none is.
func updateFrom(p *rule, answer, ask int64) int64 {
	if p != nil && p.policy.Updates == Always {
		return answer
	}
	return ask
}

// phase is a part of a cycle in which nothing changed.
type phase struct {
	from, to int64 // to is the moment that is asked about in the last one
	step     Step
	last     bool
}

// phases calls yield with each part of a cycle until now, without gaps.
func (c cycle) phases(l Line, now int64, yield func(phase)) {
	for i, s := range l.Steps {
		f := phase{from: max(s.At, c.start), to: now, step: s, last: i == len(l.Steps)-1}
		if !f.last {
			f.to = l.Steps[i+1].At
		}
		if c.end != live {
			if s.At >= c.stop {
				return
			}
			f.to = min(f.to, c.stop)
		}
		if f.from < f.to || f.from == f.to && f.last {
			yield(f)
		}
	}
}

// runs reports whether the clock counts in a phase.
func (c cycle) runs(s Step) bool { return s.State.Open() && c.p.pause(s.State, s.Waiting) == nil }

// reach is what a walk along a cycle comes to.
type reach struct {
	used    int64
	at      int64 // when the amount was, or will be, used; 0: not known, since it does not run
	running bool  // in the last phase
	from    int64 // of the run that goes on, and what was used before it
	before  int64
}

// reach walks along the cycle until now, and says when an amount of its measure is
// used. Phases that run one after the other are one run: what is said in between
// does not even round a figure.
func (c cycle) reach(l Line, now, amount int64) reach {
	var r reach
	u := c.target.Unit.measure()
	var begin, end int64
	in := false
	finish := func(open bool) {
		if !in {
			return
		}
		in = false
		if open {
			r.from, r.before = begin, r.used
		}
		passed := c.p.hours.measured(u, begin, end)
		if r.at == 0 && (r.used+passed >= amount || open) {
			if at, ok := c.p.hours.after(u, begin, amount-r.used); ok {
				r.at = at
			}
		}
		r.used += passed
	}
	c.phases(l, now, func(f phase) {
		r.running = c.runs(f.step)
		if !r.running {
			finish(false)
			return
		}
		if !in {
			in, begin = true, f.from
		}
		end = f.to
	})
	finish(c.end == live)
	return r
}
