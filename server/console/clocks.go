package console

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/clocks"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/sla"
)

// Clocks says what is owed for tickets.
type Clocks interface {
	Explain(ctx context.Context, actor auth.Actor, id string) (clocks.Explained, error)
	Now(c sla.Clock) sla.Clock
}

// clockRows brings the clocks of rows up to now.
func (c *Console) clockRows(rows []desk.Row) []desk.Row {
	for i := range rows {
		rows[i].Clock = c.Clocks.Now(rows[i].Clock)
	}
	return rows
}

// clocksPanel explains the clocks of a ticket.
func (c *Console) clocksPanel(ctx context.Context, actor auth.Actor, v *ticketView) (templ.Component, error) {
	x, err := c.Clocks.Explain(ctx, actor, v.Ticket.ID)
	if err != nil || len(x.Clocks) == 0 {
		return nil, err
	}
	part, _, err := c.Incidents.OfTicket(ctx, actor, v.Ticket.ID)
	if err != nil {
		return nil, err
	}
	return clocksExplained(x, part), nil
}

// targetWords writes a target: 4 open hours.
func targetWords(t sla.Target) string {
	switch t.Unit {
	case sla.OpenMinutes:
		return kit.Plural(t.Amount, "1 open minute", "%d open minutes")
	case sla.OpenHours:
		return kit.Plural(t.Amount, "1 open hour", "%d open hours")
	case sla.WorkingDays:
		return kit.Plural(t.Amount, "1 working day", "%d working days")
	case sla.Minutes:
		return kit.Plural(t.Amount, "1 minute", "%d minutes")
	case sla.Hours24:
		return kit.Plural(t.Amount, "1 hour", "%d hours")
	}
	return kit.Plural(t.Amount, "1 day of 24 hours", "%d days of 24 hours")
}

// unitWord names a unit in a form.
func unitWord(u sla.Unit) string {
	switch u {
	case sla.OpenMinutes:
		return "open minutes"
	case sla.OpenHours:
		return "open hours"
	case sla.WorkingDays:
		return "working days"
	case sla.Minutes:
		return "minutes, round the clock"
	case sla.Hours24:
		return "hours, round the clock"
	}
	return "days of 24 hours"
}

// measured writes an amount in the measure of a unit.
func measured(u sla.Unit, d time.Duration) string {
	if u == sla.WorkingDays {
		return strconv.FormatFloat(d.Hours()/24, 'f', 1, 64) + " working days"
	}
	return kit.Duration(d)
}

// clockName is a kind with a capital letter.
func clockName(k sla.Kind) string {
	switch k {
	case sla.FirstResponse:
		return "First response"
	case sla.NextUpdate:
		return "Next update"
	}
	return "Resolution"
}

// clockWord says where a clock stands.
func clockWord(c sla.Clock, now time.Time) string {
	switch {
	case c.State == sla.Met:
		return "in time"
	case c.State == sla.Missed:
		return "too late"
	case c.State == sla.Stopped:
		return "not owed any more"
	case c.Overdue(now):
		return "overdue"
	case c.State == sla.Paused:
		return "paused"
	}
	return "running"
}

// clockIcon goes with clockWord.
func clockIcon(c sla.Clock, now time.Time) string {
	switch {
	case c.State == sla.Met:
		return "sev-healthy"
	case c.State == sla.Missed || c.Overdue(now):
		return "sev-critical"
	case c.State == sla.Paused:
		return "sev-maintenance"
	case c.State == sla.Running && c.Share() >= 75:
		return "sev-warning"
	}
	return "clock"
}

// whyWords says why a clock counted, or did not. What a calendar closes and what a
// policy pauses are told apart.
func whyWords(s sla.Stretch) string {
	switch s.Why {
	case sla.Counts:
		return "Runs"
	case sla.ClosedHours:
		return "Closed: outside of opening hours"
	case sla.ClosedDay:
		return "Closed: holiday, " + s.Detail
	case sla.OtherHours:
		return "Closed: other hours, " + s.Detail
	case sla.PausedByRule:
		return "Paused by the policy: " + kit.StateWord(s.State, s.Waiting)
	}
	return "Stands still: " + kit.StateWord(s.State, s.Waiting)
}
