package sla

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/deskbell/deskbell/server/ticket"
)

// Ordered is a policy with its id.
type Ordered struct {
	ID     string
	Policy Policy
}

// Options are what rules are made with beside policies and calendars.
type Options struct {
	// Around is about when the rules are used; it only decides what is fast.
	Around time.Time
	// Expression compiles a condition's expression; nil: a policy that has one
	// holds for no ticket.
	Expression func(string) (func(Facts) bool, error)
	// VIP reports whether a requester is one; nil: nobody is.
	VIP func(requester string) bool
}

// Rules are policies and calendars made ready. They are never changed.
type Rules struct {
	policies []rule
	vip      func(string) bool
}

type rule struct {
	id     string
	policy Policy
	hours  *Hours // nil: around the clock
	when   func(Facts) bool
	goals  [6]Goal // by priority
	name   string  // of the calendar
}

// Compile makes rules of policies in the order in which they are asked. A policy that is not whole (its calendar is gone, its
// expression does not compile) is left out and named in the second result: the
// others still hold.
func Compile(policies []Ordered, calendars map[string]Calendar, o Options) (*Rules, []string) {
	var wrong []string
	hours := map[string]*Hours{}
	for _, id := range slices.Sorted(maps.Keys(calendars)) {
		h, err := calendars[id].Hours(o.Around)
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("calendar %s: %v", calendars[id].Name, err))
			continue
		}
		hours[id] = h
	}
	r := &Rules{vip: o.VIP}
	for _, p := range policies {
		c := rule{id: p.ID, policy: p.Policy, name: calendars[p.Policy.Calendar].Name}
		if p.Policy.Calendar != "" {
			if c.hours = hours[p.Policy.Calendar]; c.hours == nil {
				wrong = append(wrong, fmt.Sprintf("policy %s: its calendar is gone", p.Policy.Name))
				continue
			}
		}
		if x := p.Policy.When.Expression; x != "" {
			if o.Expression == nil {
				wrong = append(wrong, fmt.Sprintf("policy %s: expressions are not available", p.Policy.Name))
				continue
			}
			var err error
			if c.when, err = o.Expression(x); err != nil {
				wrong = append(wrong, fmt.Sprintf("policy %s: %v", p.Policy.Name, err))
				continue
			}
		}
		for _, g := range p.Policy.Goals {
			if g.Priority >= 1 && g.Priority <= 5 {
				c.goals[g.Priority] = g
			}
		}
		r.policies = append(r.policies, c)
	}
	return r, wrong
}

// choose returns the policy of a ticket; nil: none is for it.
func (r *Rules) choose(f Facts) *rule {
	if r.vip != nil {
		f.VIP = r.vip(f.Requester)
	}
	for i := range r.policies {
		p := &r.policies[i]
		if p.policy.When.holds(f) && (p.when == nil || p.when(f)) {
			return p
		}
	}
	return nil
}

// target returns what is owed by a policy at a priority.
func (p *rule) target(k Kind, at ticket.Priority) Target {
	if at < 1 || at > 5 {
		return Target{}
	}
	return p.goals[at].target(k)
}

// pause returns the rule that stops the clocks in a state; nil: they run.
func (p *rule) pause(s ticket.State, w ticket.Waiting) *Pause {
	for i := range p.policy.Pauses {
		if p.policy.Pauses[i].holds(s, w) {
			return &p.policy.Pauses[i]
		}
	}
	return nil
}
