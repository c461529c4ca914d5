package triage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxPasses bounds how often the rules are asked about one change. What rules set
// is an update that others may react to; eight in a row is more than any set of
// rules that ends has needed.
const maxPasses = 8

// Set is rules that have been read, in the order in which they are asked.
type Set struct{ rules []compiled }

type compiled struct {
	Named
	condition *Condition
}

// NewSet returns the rules that act. A rule that cannot be read, as after a fact was
// taken away, is not among them and is returned as stopped.
func NewSet(rules []Named) (*Set, []Stopped) {
	s := &Set{}
	var stopped []Stopped
	for _, r := range sorted(rules) {
		if !r.Live || r.Disabled != "" {
			continue
		}
		c, err := Compile(r.When)
		if err != nil {
			stopped = append(stopped, Stopped{Rule: r.ID, Name: r.Name, Reason: err.Error()})
			continue
		}
		s.rules = append(s.rules, compiled{r, c})
	}
	return s, stopped
}

// Len is how many rules act.
func (s *Set) Len() int { return len(s.rules) }

// Outcome is what the rules want done about one change of one ticket.
type Outcome struct {
	Steps   []Step
	Stopped []Stopped // rules to be disabled; nothing of theirs is in Steps
	Failed  []Failed  // rules whose condition could not be answered for this ticket
}

// Step is what one rule does. What a later rule does again is left out of it.
type Step struct {
	Rule, Name string
	Do         Effects
}

// Stopped is a rule that does not end, and why.
type Stopped struct{ Rule, Name, Reason string }

// Failed is a rule that did not fit because its condition could not be answered.
type Failed struct{ Rule, Name, Reason string }

// Run asks the rules about a ticket. They are asked in their order, each knows what
// those before it have set, and as long as a pass changes something the rules for
// updates are asked again. Rules that undo each other without end are found by the
// state that comes back; the last of them is stopped, and all is begun anew without
// it. The error is ctx's.
func (s *Set) Run(ctx context.Context, f Facts, on On) (Outcome, error) {
	var out Outcome
	off := map[string]bool{}
	for {
		r := run{set: s, off: off, failed: map[string]Failed{}}
		stopped, err := r.all(ctx, f, on)
		if err != nil {
			return Outcome{}, err
		}
		if stopped == nil {
			out.Steps = r.steps()
			for _, c := range s.rules {
				if f, ok := r.failed[c.ID]; ok {
					out.Failed = append(out.Failed, f)
				}
			}
			return out, nil
		}
		off[stopped.Rule] = true
		out.Stopped = append(out.Stopped, *stopped)
	}
}

// run is one attempt to come to an end.
type run struct {
	set    *Set
	off    map[string]bool
	failed map[string]Failed
	fired  []fired
	asked  map[string]bool // replies that are in fired
}

type fired struct {
	rule compiled
	do   Effects
	pass int
}

func (r *run) all(ctx context.Context, f Facts, on On) (*Stopped, error) {
	seen := map[string]int{stateOf(&f): 0} // after which pass a state was seen
	r.asked = map[string]bool{}
	for pass := 1; ; pass++ {
		before := stateOf(&f)
		var stopped *Stopped
		var err error
		if f, stopped, err = r.pass(ctx, f, on, pass); stopped != nil || err != nil {
			return stopped, err
		}
		after := stateOf(&f)
		if after == before {
			return nil, nil
		}
		if from, again := seen[after]; again {
			return r.loop(from), nil
		}
		if pass == maxPasses {
			return r.endless(), nil
		}
		seen[after] = pass
		on = Updated
	}
}

// pass asks every rule once.
func (r *run) pass(ctx context.Context, f Facts, on On, pass int) (Facts, *Stopped, error) {
	for _, c := range r.set.rules {
		if r.off[c.ID] || !slices.Contains(c.On, on) {
			continue
		}
		fits, err := c.condition.Fits(ctx, &f)
		if errors.Is(err, errTime) { // the machine may have slept: once more
			fits, err = c.condition.Fits(ctx, &f)
		}
		switch {
		case errors.Is(err, errSteps), errors.Is(err, errTime):
			return f, &Stopped{c.ID, c.Name, "It does not end: " + err.Error() + "."}, nil
		case err != nil && ctx.Err() != nil:
			return f, nil, err
		case err != nil:
			r.failed[c.ID] = Failed{c.ID, c.Name, err.Error()}
			continue
		case !fits:
			continue
		}
		var do Effects
		f, do = f.with(c.Then)
		if c.Then.Reply != "" && !r.asked[c.Then.Reply] {
			r.asked[c.Then.Reply], do.Reply = true, c.Then.Reply
		}
		if !do.Empty() {
			r.fired = append(r.fired, fired{c, do, pass})
		}
		if c.Stop {
			break
		}
	}
	return f, nil, nil
}

// loop names the rules that have led back to where they began.
func (r *run) loop(from int) *Stopped {
	var ring []compiled
	var trace []string
	for _, x := range r.fired {
		if x.pass <= from {
			continue
		}
		trace = append(trace, "“"+x.rule.Name+"” "+x.do.Words())
		if !slices.ContainsFunc(ring, func(c compiled) bool { return c.ID == x.rule.ID }) {
			ring = append(ring, x.rule)
		}
	}
	last := r.last(ring)
	return &Stopped{last.ID, last.Name, "It goes round in a ring: " + clip(strings.Join(trace, ", then "), 400) + ", and from the beginning."}
}

// endless names the last rule of a run that does not come to rest.
func (r *run) endless() *Stopped {
	var late []compiled
	for _, x := range r.fired {
		if x.pass == maxPasses {
			late = append(late, x.rule)
		}
	}
	last := r.last(late)
	return &Stopped{last.ID, last.Name, fmt.Sprintf("It and other rules set each other off without coming to rest; stopped after %d rounds.", maxPasses)}
}

// last is the one among rules that is asked last: stopping it changes least.
func (r *run) last(among []compiled) Named {
	for _, c := range slices.Backward(r.set.rules) {
		if slices.ContainsFunc(among, func(x compiled) bool { return x.ID == c.ID }) {
			return c.Named
		}
	}
	return Named{}
}

// steps is what has been done in the end: of several rules that set the same, only
// the last one is told in the ticket.
func (r *run) steps() []Step {
	team, category, priority := -1, -1, -1
	for i, x := range r.fired {
		if x.do.Team != "" {
			team = i
		}
		if x.do.Category != "" {
			category = i
		}
		if x.do.Priority != 0 {
			priority = i
		}
	}
	var out []Step
	for i, x := range r.fired {
		do := x.do
		if i != team {
			do.Team = ""
		}
		if i != category {
			do.Category = ""
		}
		if i != priority {
			do.Priority, do.Reason = 0, ""
		}
		if !do.Empty() {
			out = append(out, Step{x.rule.ID, x.rule.Name, do})
		}
	}
	return out
}

// stateOf is what rules can change, as a key.
func stateOf(f *Facts) string {
	return f.Team + "\x00" + f.Category + "\x00" + strconv.Itoa(f.Priority) + "\x00" + strings.Join(f.Tags, "\x00")
}

// Words says in short what an effect does, with ids.
func (e Effects) Words() string {
	var parts []string
	if e.Team != "" {
		parts = append(parts, "team "+e.Team)
	}
	if e.Category != "" {
		parts = append(parts, "category "+e.Category)
	}
	if e.Priority != 0 {
		parts = append(parts, "priority "+strconv.Itoa(e.Priority))
	}
	if e.Reply != "" {
		parts = append(parts, "reply "+e.Reply)
	}
	for _, t := range e.Tags {
		parts = append(parts, "tag "+t)
	}
	return strings.Join(parts, ", ")
}
