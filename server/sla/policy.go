package sla

import (
	"fmt"
	"slices"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/ticket"
)

// Kind is what a clock measures.
type Kind string

// The kinds.
const (
	FirstResponse Kind = "first_response" // until the desk answers for the first time
	NextUpdate    Kind = "next_update"    // until the desk says something again
	Resolution    Kind = "resolution"     // until it is solved
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{FirstResponse, NextUpdate, Resolution} }

// Policy says what is owed for the tickets that it is for. Of several policies the
// first whose condition holds is a ticket's.
type Policy struct {
	Name     string    `json:"-"`
	Calendar string    `json:"calendar,omitempty" doc:"Its id. Left out: around the clock."`
	When     Condition `json:"when"`
	Goals    []Goal    `json:"goals" doc:"One a priority. A priority without one has no clocks."`
	Updates  Updates   `json:"updates,omitempty" enum:",after_reply,always" doc:"What the update clock counts from: the requester's words, or each answer of the desk."`
	// TakingAnswers makes taking the ticket a first response. Else it is something
	// that the requester can read.
	TakingAnswers bool         `json:"taking_answers,omitempty" doc:"Taking the ticket is a first response."`
	Pauses        []Pause      `json:"pauses,omitempty" doc:"States in which the clocks stop."`
	Escalations   []Escalation `json:"escalations,omitempty"`
}

// Updates says when the next update clock starts.
type Updates string

// When it starts. Both wait for the first response, which has its own clock: an
// update target that is shorter does not overtake it.
const (
	AfterReply Updates = "after_reply" // when the requester has written
	Always     Updates = "always"      // with each answer of the desk
)

// Goal is what is owed at one priority.
type Goal struct {
	Priority      ticket.Priority `json:"priority"`
	FirstResponse Target          `json:"first_response"`
	NextUpdate    Target          `json:"next_update"`
	Resolution    Target          `json:"resolution"`
}

func (g Goal) target(k Kind) Target {
	switch k {
	case FirstResponse:
		return g.FirstResponse
	case NextUpdate:
		return g.NextUpdate
	}
	return g.Resolution
}

// Pause stops the clocks of a policy while a ticket is in a state.
type Pause struct {
	State   ticket.State   `json:"state"`
	Waiting ticket.Waiting `json:"waiting,omitempty"` // empty: whatever it waits for
}

func (p Pause) holds(s ticket.State, w ticket.Waiting) bool {
	return p.State == s && (p.Waiting == "" || p.Waiting == w)
}

// Condition says for which tickets a policy is. Lists that are empty do not matter;
// of the others every one has to have the ticket's. The zero Condition is for all.
type Condition struct {
	Kinds      []ticket.Kind     `json:"kinds,omitempty"`
	Priorities []ticket.Priority `json:"priorities,omitempty"`
	Sites      []string          `json:"sites,omitempty"`
	Categories []string          `json:"categories,omitempty"`
	Teams      []string          `json:"teams,omitempty"`
	Requesters []string          `json:"requesters,omitempty"`
	Tags       []string          `json:"tags,omitempty"` // any of them
	VIP        bool              `json:"vip,omitempty"`  // only for such requesters
	Major      bool              `json:"major,omitempty"`
	Expression string            `json:"expression,omitempty"` // in the language of the triage rules
}

// Facts are what a policy is chosen by: what a ticket is, not what was said in it.
type Facts struct {
	Kind      ticket.Kind       `json:"kind"`
	Priority  ticket.Priority   `json:"priority"`
	Site      string            `json:"site,omitempty"`
	Category  string            `json:"category,omitempty"`
	Team      string            `json:"team,omitempty"`
	Requester string            `json:"requester,omitempty"`
	Tags      []string          `json:"tags,omitempty"`
	Fields    map[string]string `json:"fields,omitempty"`
	Major     bool              `json:"major,omitempty"`
	VIP       bool              `json:"-"` // what people are is not part of a ticket's history
}

func (c Condition) holds(f Facts) bool {
	return one(c.Kinds, f.Kind) && one(c.Priorities, f.Priority) && one(c.Sites, f.Site) && one(c.Categories, f.Category) &&
		one(c.Teams, f.Team) && one(c.Requesters, f.Requester) && (!c.VIP || f.VIP) && (!c.Major || f.Major) &&
		(len(c.Tags) == 0 || slices.ContainsFunc(c.Tags, func(t string) bool { return slices.Contains(f.Tags, t) }))
}

func one[T comparable](of []T, v T) bool { return len(of) == 0 || slices.Contains(of, v) }

// Escalation is what happens when a clock has used a share of its target.
type Escalation struct {
	Clock  Kind     `json:"clock" enum:"first_response,next_update,resolution"`
	Share  int      `json:"share" doc:"Per cent of the target."`
	Notify []Who    `json:"notify,omitempty" doc:"Who is told: assignee, team, watchers."`
	People []string `json:"people,omitempty" doc:"Ids of people who are told too."`
	Team   string   `json:"team,omitempty" doc:"The team that gets the ticket."`
	Raise  bool     `json:"raise,omitempty" doc:"One priority up."`
	NOC    bool     `json:"noc,omitempty" doc:"The operators are called."`
}

// Who is told, by what they are to the ticket.
type Who string

// Who may be told.
const (
	Assignee Who = "assignee" // nobody's ticket: its team
	Team     Who = "team"
	Watchers Who = "watchers"
)

const maxEscalations = 20

// Validate says in one sentence what is wrong with a policy; nil: nothing. known
// reports whether there is a calendar of an id.
func (p Policy) Validate(known func(calendar string) bool) error {
	if p.Calendar != "" && !known(p.Calendar) {
		return fault.Field("calendar", "The policy names a calendar that does not exist. Choose one of the list.")
	}
	if p.Updates != "" && p.Updates != AfterReply && p.Updates != Always {
		return fault.Field("updates", "An update is owed after_reply, when the requester has written, or always.")
	}
	if err := p.checkGoals(); err != nil {
		return err
	}
	for _, x := range p.Pauses {
		if !x.State.Open() || (x.Waiting != "" && x.State != ticket.Pending) {
			return fault.Field("pauses", "A clock can be paused while the ticket is in an open state; what it waits for goes with pending only.")
		}
	}
	if len(p.Pauses) > 0 && runsNowhere(p.Pauses) {
		return fault.Field("pauses", "The clock would be paused in every state, so it would never run. Leave out new or in_progress.")
	}
	return p.checkEscalations()
}

func runsNowhere(pauses []Pause) bool {
	for _, s := range []ticket.State{ticket.New, ticket.Assigned, ticket.InProgress} {
		if !slices.ContainsFunc(pauses, func(p Pause) bool { return p.holds(s, "") }) {
			return false
		}
	}
	return true
}

func (p Policy) checkGoals() error {
	seen := map[ticket.Priority]bool{}
	some := false
	for _, g := range p.Goals {
		if g.Priority < 1 || g.Priority > 5 {
			return fault.Field("goals", "A priority is a number from 1 to 5.")
		}
		if seen[g.Priority] {
			return fault.Field("goals", fmt.Sprintf("Priority %d is listed twice.", g.Priority))
		}
		seen[g.Priority] = true
		for _, k := range Kinds() {
			t := g.target(k)
			if t == (Target{}) {
				continue
			}
			some = true
			switch {
			case t.Amount < 1 || t.Amount > 10000:
				return fault.Field("goals", fmt.Sprintf("Priority %d, %s: the amount is a number from 1 to 10000; leave it out where nothing is owed.", g.Priority, Name(k)))
			case !slices.Contains(Units(), t.Unit):
				return fault.Field("goals", fmt.Sprintf("Priority %d, %s: say what the %d counts: open hours, working days, or hours around the clock.", g.Priority, Name(k), t.Amount))
			case t.Unit.measure() != allTime && p.Calendar == "":
				return fault.Field("calendar", fmt.Sprintf("Priority %d, %s counts open hours or working days, and the policy has no calendar. Choose one, or count around the clock.", g.Priority, Name(k)))
			}
		}
		if err := g.checkOrder(); err != nil {
			return err
		}
	}
	if !some {
		return fault.Field("goals", "The policy promises nothing. Give at least one priority a target.")
	}
	return nil
}

// checkOrder refuses a first response that is owed after the solution.
func (g Goal) checkOrder() error {
	a, b := g.FirstResponse, g.Resolution
	if a.Set() && b.Set() && a.Unit.measure() == b.Unit.measure() && a.total() > b.total() {
		return fault.Field("goals", fmt.Sprintf("Priority %d: the first response is owed later than the solution. Swap the two.", g.Priority))
	}
	return nil
}

func (p Policy) checkEscalations() error {
	if len(p.Escalations) > maxEscalations {
		return fault.Field("escalations", "A policy has at most 20 escalations.")
	}
	for i, e := range p.Escalations {
		wrong := func(sentence string) error {
			return fault.Field("escalations", fmt.Sprintf("Escalation %d: %s", i+1, sentence))
		}
		if !slices.Contains(Kinds(), e.Clock) {
			return wrong("say which clock escalates: first_response, next_update or resolution.")
		}
		if e.Share < 1 || e.Share > 1000 {
			return wrong("a share is from 1 to 1000 per cent of the target; 75 is a quarter of it before it is due.")
		}
		for _, w := range e.Notify {
			if w != Assignee && w != Team && w != Watchers {
				return wrong("the assignee, the team or the watchers can be told.")
			}
		}
		if len(e.Notify) == 0 && len(e.People) == 0 && e.Team == "" && !e.Raise && !e.NOC {
			return wrong(fmt.Sprintf("at %d %% it does nothing. Say who is told, or what happens.", e.Share))
		}
	}
	return nil
}

// Name is what people call a kind of clock.
func Name(k Kind) string {
	switch k {
	case FirstResponse:
		return "first response"
	case NextUpdate:
		return "next update"
	}
	return "resolution"
}
