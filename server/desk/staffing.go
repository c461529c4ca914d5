package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/assign"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// Who of a team gets a ticket: by hand, by taking the next one, or by the team's
// own mode.

// Staffing is what giving out tickets needs in a transaction.
type Staffing interface {
	// NextGiven returns the first due ticket that somebody was given and has not begun;
	// fault.NotFound when there is none. First due is what the queue calls “due”: the
	// soonest that a clock which runs has run or will run out, which puts first what is
	// late already; then by priority, then the oldest; what no clock runs for is last.
	NextGiven(person string) (ticket.Ticket, error)
	// NextFree returns the first due ticket of these teams that nobody has and
	// nobody else is being given in this very moment; fault.NotFound when there is
	// none. "" is the tickets of no team.
	NextFree(teams []string) (ticket.Ticket, error)
	// Loads counts people's tickets whose clock runs.
	Loads(people []string) (map[string]int, error)
	// Turns returns when members were last given a ticket of the team, and the number
	// of the turn that begins now. Two transactions that ask for it follow each other.
	Turns(team string) (turns map[string]int64, now int64, err error)
	SetTurn(team, person string, turn int64) error
	Profiles(people []string) (map[string]Profile, error)
	// Staff lists those who have a role and are not disabled.
	Staff() ([]ticket.Person, error)
	// PutProfile stores a profile; fault.Stale when it has changed since its version.
	PutProfile(p Profile) error
}

// Hours knows calendars.
type Hours interface {
	// Open reports whether a moment is within a calendar's hours. What no calendar
	// says is open.
	Open(calendar string, at time.Time) bool
}

// SetHours lets people's working hours count; before, it is always a working hour.
func (d *Desk) SetHours(h Hours) { d.hours = h }

// TakeNext gives an actor the next ticket that is theirs to do: one that they were
// given and have not begun; else the first due that nobody has, of their teams.
// However many press at once, no two get the same. fault.NotFound when nothing is
// left.
func (d *Desk) TakeNext(ctx context.Context, actor auth.Actor, once Once) (Outcome, error) {
	if err := auth.Authorise(actor, auth.TicketsWork, auth.Object{}); err != nil {
		return Outcome{}, err
	}
	var out Outcome
	err := d.store.Update(ctx, func(tx Tx) (err error) {
		out, err = once.do(tx, actor, d.now(), func() (Outcome, error) {
			t, err := d.takeNext(tx, actor)
			return Outcome{Ticket: t.ID, Number: t.Number, Version: t.Version}, err
		})
		return err
	})
	return out, err
}

func (d *Desk) takeNext(tx Tx, actor auth.Actor) (ticket.Ticket, error) {
	t, err := tx.NextGiven(actor.Person)
	if fault.Is(err, fault.NotFound) {
		t, err = tx.NextFree(d.queuesOf(actor.Person))
	}
	if fault.Is(err, fault.NotFound) {
		return t, fault.New(fault.NotFound, "Nothing is left to take: no ticket of your teams waits for somebody.")
	}
	if err != nil {
		return t, err
	}
	after, events, err := ticket.Apply(t, ticket.Take{}, actorOf(actor), d.now())
	if err != nil {
		return t, err
	}
	return after, tx.Save(t, after, events)
}

// queuesOf lists the teams whose tickets somebody takes. What no team has is for
// the first tier, and for those who are in no team; for everybody where there is
// no first tier.
func (d *Desk) queuesOf(person string) []string {
	book := d.book()
	var queues []string
	first, inFirst := false, false
	for _, t := range rulebook.Offered[*rulebook.Team](book) {
		mine := slices.Contains(t.Members, person)
		first, inFirst = first || t.Tier == 1, inFirst || t.Tier == 1 && mine
		if mine {
			queues = append(queues, t.ID)
		}
	}
	if len(queues) == 0 || inFirst || !first {
		queues = append(queues, "")
	}
	return queues
}

// giveOut gives a ticket that nobody has to a member of its team, when the team
// does that by itself and somebody is there. The ticket is stored already.
func (d *Desk) giveOut(tx Tx, t ticket.Ticket) (ticket.Ticket, assign.Reason, error) {
	team, ok := rulebook.Get[*rulebook.Team](d.book(), t.Team)
	if !ok || team.Retired || !team.Mode.Automatic() || t.Assignee.ID != "" || t.State != ticket.New && t.State != ticket.Approved {
		return t, assign.Manual, nil
	}
	people, turn, err := d.candidates(tx, team)
	if err != nil {
		return t, "", err
	}
	q := assign.Question{Mode: team.Mode, Cap: team.Cap, Wants: d.wants(t)}
	for {
		id, why := assign.Choose(q, people)
		if why != assign.Chosen {
			return t, why, nil
		}
		to, err := worker(tx, id)
		if fault.Is(err, fault.Invalid) { // not on the staff any more, though the team names them
			people = slices.DeleteFunc(people, func(p assign.Person) bool { return p.ID == id })
			continue
		}
		if err != nil {
			return t, "", err
		}
		after, events, err := ticket.Apply(t, ticket.Delegate{To: to}, ticket.Actor{Side: ticket.System}, d.now())
		if err != nil {
			return t, "", err
		}
		if err := tx.Save(t, after, events); err != nil {
			return t, "", err
		}
		return after, why, tx.SetTurn(team.ID, id, turn)
	}
}

// candidates gathers what is known of a team's members.
func (d *Desk) candidates(tx Tx, team *rulebook.Team) ([]assign.Person, int64, error) {
	turns, turn, err := tx.Turns(team.ID) // first: it keeps a second choice waiting until this one is seen
	if err != nil {
		return nil, 0, err
	}
	loads, err := tx.Loads(team.Members)
	if err != nil {
		return nil, 0, err
	}
	profiles, err := tx.Profiles(team.Members)
	if err != nil {
		return nil, 0, err
	}
	now := d.now()
	people := make([]assign.Person, len(team.Members))
	for i, id := range team.Members {
		p := profiles[id]
		calendar := p.Calendar
		if calendar == "" {
			calendar = team.Calendar
		}
		people[i] = assign.Person{
			ID: id, Load: loads[id], Turn: turns[id], Skills: append(slices.Clone(team.Skills[id]), p.Skills...),
			Away: p.AwayUntil.After(now), Closed: calendar != "" && d.hours != nil && !d.hours.Open(calendar, now),
		}
	}
	return people, turn, nil
}

// wants is what a ticket is about, as skills: its tags and its category.
func (d *Desk) wants(t ticket.Ticket) []string {
	wants := slices.Clone(t.Tags)
	if t.Category != "" {
		wants = append(wants, t.Category)
		if d.categoryWords != nil {
			wants = append(wants, d.categoryWords(t.Category)...)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(wants)))
}

// SetCategoryWords lets the names of categories count as skills.
func (d *Desk) SetCategoryWords(words func(category string) []string) { d.categoryWords = words }

// worker returns somebody who may work on tickets.
func worker(tx Tx, id string) (ticket.Person, error) {
	p, role, err := tx.Person(id)
	if fault.Is(err, fault.NotFound) {
		return p, fault.Field("assignee", "There is no such person on the staff.")
	}
	if err == nil && !auth.May(auth.Actor{Kind: auth.Staff, Person: p.ID, Role: role}, auth.TicketsWork) {
		return p, fault.Field("assignee", p.Name+" does not work on tickets.")
	}
	return p, err
}

// complete fills in what a command leaves to the desk's configuration and to who is
// on the staff, and refuses what does not fit them.
func (d *Desk) complete(tx Tx, t ticket.Ticket, c ticket.Command) (_ ticket.Command, err error) {
	switch c := c.(type) {
	case ticket.Assign:
		if c.To.ID != "" {
			c.To, err = worker(tx, c.To.ID)
		}
		return c, err
	case ticket.Delegate:
		if c.To.ID != "" {
			if c.To, err = worker(tx, c.To.ID); err != nil {
				return nil, err
			}
		}
		if c.Body != "" && c.Message == "" {
			c.Message = d.newID()
		}
		return c, d.checkTeam(c.Team)
	case ticket.Escalate:
		if c.Message == "" {
			c.Message = d.newID()
		}
		if team, ok := rulebook.Get[*rulebook.Team](d.book(), c.Team); ok && c.Tier == 0 {
			c.Tier = team.Tier
		}
		c.Tier = max(c.Tier, t.Tier)
		return c, d.checkTeam(c.Team)
	case ticket.Note:
		return mentioning(tx, c)
	case ticket.Watch:
		c.Who, err = named(tx, c.Who)
		return c, err
	}
	return c, nil
}

func (d *Desk) checkTeam(id string) error {
	if id == "" {
		return nil
	}
	if t, ok := rulebook.Get[*rulebook.Team](d.book(), id); !ok || t.Retired {
		return fault.Field("team", "There is no such team.")
	}
	return nil
}

// named fills in the names of people of the staff, each once.
func named(tx Tx, people []ticket.Person) ([]ticket.Person, error) {
	if len(people) > 50 {
		return nil, fault.Field("mentions", "At most 50 people are named at once.")
	}
	var out []ticket.Person
	for _, p := range people {
		if slices.ContainsFunc(out, func(q ticket.Person) bool { return q.ID == p.ID }) {
			continue
		}
		q, role, err := tx.Person(p.ID)
		if err != nil || role == auth.NoRole {
			return nil, fault.Field("mentions", "Somebody who is named is not on the staff.")
		}
		out = append(out, q)
	}
	return out, nil
}

// mentioning adds to those whom a note names by their ids those whom it names in
// words.
func mentioning(tx Tx, c ticket.Note) (ticket.Command, error) {
	if strings.Contains(c.Body, "@") {
		staff, err := tx.Staff()
		if err != nil {
			return nil, err
		}
		c.Mentions = append(slices.Clone(c.Mentions), Mentioned(c.Body, staff)...)
	}
	var err error
	c.Mentions, err = named(tx, c.Mentions)
	return c, err
}

// Mentioned returns whom a note names: those of the staff whose name follows an @
// in it. Of two names that both fit, the longer one is meant.
func Mentioned(body string, staff []ticket.Person) []ticket.Person {
	byLength := slices.Clone(staff)
	slices.SortStableFunc(byLength, func(a, b ticket.Person) int { return len(b.Name) - len(a.Name) })
	var out []ticket.Person
	for rest := body; ; {
		_, after, found := strings.Cut(rest, "@")
		if !found {
			return out
		}
		rest = after
		longest := 0
		for _, p := range byLength {
			if len(p.Name) < longest {
				break
			}
			if p.Name == "" || len(after) < len(p.Name) || !strings.EqualFold(after[:len(p.Name)], p.Name) {
				continue
			}
			longest = len(p.Name)
			if !slices.ContainsFunc(out, func(q ticket.Person) bool { return q.ID == p.ID }) {
				out = append(out, p)
			}
		}
	}
}
