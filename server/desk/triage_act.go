package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
	"github.com/deskbell/deskbell/server/triage"
)

const (
	// actsAnHour is how often one rule may act on one ticket within an hour. More is
	// a ring that runs by way of something else than rules.
	actsAnHour = 20
	// answersEvery is how often a rule answers the same ticket at most, so that two
	// machines do not write to each other.
	answersEvery = time.Hour
	actTries     = 5
)

// act has the rules act on a ticket about a change.
func (s *Triage) act(ctx context.Context, set *triage.Set, c Change, on triage.On) error {
	for range actTries {
		row, err := s.desk.store.Ticket(ctx, c.Ticket)
		if err != nil {
			return err
		}
		if !row.State.Open() || row.State == ticket.WaitingApproval {
			return nil
		}
		facts := s.facts(ctx, row, c.Event)
		out, err := set.Run(ctx, facts, on)
		if err != nil {
			return err
		}
		if len(out.Steps) == 0 && len(out.Stopped) == 0 {
			return nil
		}
		// Only now is the history worth reading: what people have set by hand stays.
		history, err := s.desk.store.History(ctx, c.Ticket)
		if err != nil {
			return err
		}
		byHand(&facts, row.Ticket, history)
		if out, err = set.Run(ctx, facts, on); err != nil {
			return err
		}
		stopped := out.Stopped
		out.Steps = slices.DeleteFunc(out.Steps, func(step triage.Step) bool {
			tired := s.desk.now().Add(-time.Hour)
			if actsSince(history, step.Rule, tired, "") < actsAnHour {
				return false
			}
			stopped = append(stopped, triage.Stopped{
				Rule: step.Rule, Name: step.Name, Reason: fmt.Sprintf("It has acted %d times within an hour on ticket %d, and each time something undid it.", actsAnHour, row.Number),
			})
			return true
		})
		s.disable(ctx, stopped)
		for _, f := range out.Failed {
			s.log.Debug("a rule could not be asked about a ticket", "rule", f.Name, "ticket", row.Number, "reason", f.Reason)
		}
		err = s.apply(ctx, row, history, out.Steps)
		if !fault.Is(err, fault.Stale) {
			return err
		}
	}
	return fault.New(fault.Stale, "The ticket changes faster than rules can be asked about it.")
}

// apply stores what rules do to a ticket, all of it or nothing.
func (s *Triage) apply(ctx context.Context, row Row, history []ticket.Event, steps []triage.Step) error {
	texts := map[string]string{}
	for _, step := range steps {
		if step.Do.Reply == "" || s.world.Reply == nil || actsSince(history, step.Rule, s.desk.now().Add(-answersEvery), ticket.Replied) > 0 {
			continue
		}
		text, err := s.world.Reply(ctx, step.Do.Reply, row)
		if err != nil {
			s.log.Warn("a rule's reply was not written", "rule", step.Name, "ticket", row.Number, "err", err)
			continue
		}
		texts[step.Rule] = text
	}
	if len(steps) == 0 {
		return nil
	}
	return s.desk.store.Update(ctx, func(tx Tx) error {
		before, err := tx.Ticket(row.ID)
		if err != nil {
			return err
		}
		if before.Version != row.Version {
			return fault.New(fault.Stale, "The ticket has changed since the rules were asked.")
		}
		for _, step := range steps {
			by := auth.Actor{Kind: auth.System, Person: rulePrefix + step.Rule, Name: "Rule “" + step.Name + "”"}
			for _, c := range commandsOf(step.Do, texts[step.Rule], s.desk.newID) {
				after, err := s.desk.change(tx, by, before, 0, c)
				switch {
				case err == nil:
					before = after
				case fault.Is(err, fault.Conflict), fault.Is(err, fault.Invalid):
					// What does not fit this ticket any more is left out; the rest is done.
					s.log.Warn("a rule could not do something to a ticket", "rule", step.Name, "ticket", row.Number, "err", err)
				default:
					return err
				}
			}
		}
		return nil
	})
}

// commandsOf translates an effect into the ticket's commands.
func commandsOf(do triage.Effects, reply string, newID func() string) []ticket.Command {
	var out []ticket.Command
	if do.Priority != 0 {
		out = append(out, ticket.Override{Priority: ticket.Priority(do.Priority), Reason: do.Reason})
	}
	if len(do.Tags) > 0 {
		out = append(out, ticket.Tag{Add: do.Tags})
	}
	if do.Team != "" { // before the category, whose own team is for tickets that have none
		out = append(out, ticket.Delegate{Team: do.Team})
	}
	if do.Category != "" {
		out = append(out, ticket.Categorise{Category: do.Category})
	}
	if reply != "" {
		out = append(out, ticket.Reply{Message: newID(), Body: reply, Automatic: true})
	}
	return out
}

// actsSince counts a rule's events of a type, or of any for "", since a moment.
func actsSince(history []ticket.Event, rule string, since time.Time, what ticket.EventType) int {
	n := 0
	for _, e := range history {
		if e.Actor.ID == rulePrefix+rule && e.Actor.Side == ticket.System && e.At.After(since) && (what == "" || e.Type == what) {
			n++
		}
	}
	return n
}

// facts is what conditions know of a ticket.
func (s *Triage) facts(ctx context.Context, row Row, e ticket.Event) triage.Facts {
	t := row.Ticket
	at := e.At.In(s.zone)
	f := triage.Facts{
		Title: t.Title, Body: t.Body, Kind: string(t.Kind), State: string(t.State), Waiting: string(t.Waiting), Category: t.Category, Team: t.Team,
		Site: row.SiteName, Endpoint: row.EndpointName, Requester: t.Requester.Name, Tags: t.Tags, Fields: t.Fields, Priority: int(t.Priority),
		Major: t.Major, Assigned: t.Assignee.ID != "", Reopened: t.Reopened, Hour: at.Hour(), Weekday: (int(at.Weekday())+6)%7 + 1,
		Above: func(category string) []string { return rulebook.Above(s.rules.Book(), category) },
	}
	if e.Type == ticket.Replied {
		f.Message = e.Body
	}
	for i, x := range t.Findings {
		f.Findings = append(f.Findings, string(x.Code))
		if i == 0 {
			f.Severity = string(x.Severity)
		}
	}
	if s.world.OS != nil && t.Endpoint != "" {
		f.OS = s.world.OS(t.Endpoint)
	}
	if s.world.VIP != nil {
		f.VIP = s.world.VIP(ctx, t.Requester.ID)
	}
	return f
}

// byHand notes what people have decided. A ticket that somebody has, or that waits,
// is not moved to another team either: that would take it out of their hands.
func byHand(f *triage.Facts, t ticket.Ticket, history []ticket.Event) {
	f.TeamByHand = t.State != ticket.New || t.Assignee.ID != ""
	for _, e := range history {
		staff := e.Actor.Side == ticket.Staff
		switch e.Type {
		case ticket.Opened:
			f.CategoryByHand = f.CategoryByHand || staff && e.Category != ""
			f.TeamByHand = f.TeamByHand || staff && e.Team != ""
		case ticket.Categorised:
			f.CategoryByHand = staff
		case ticket.HandedOver, ticket.Escalated:
			f.TeamByHand = f.TeamByHand || staff
		case ticket.Prioritised, ticket.Overrode:
			f.PriorityByHand = staff
		}
	}
}
