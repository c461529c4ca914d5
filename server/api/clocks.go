package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/sla/ical"
	"github.com/deskbell/deskbell/server/ticket"
)

const clockTag = "Service levels"

// Clock is something that is or was owed for a ticket.
type Clock struct {
	Kind      sla.Kind   `json:"kind" enum:"first_response,next_update,resolution"`
	Cycle     int        `json:"cycle" doc:"Counts the updates; 0 for the other kinds."`
	Policy    Named      `json:"policy"`
	Target    sla.Target `json:"target"`
	State     sla.State  `json:"state" enum:"running,paused,met,missed,stopped"`
	StartedAt time.Time  `json:"started_at,omitzero"`
	SinceAt   time.Time  `json:"since_at,omitzero" doc:"The target holds since; later than started_at after a change of priority or policy."`
	DueAt     time.Time  `json:"due_at,omitzero" doc:"Left out while a rule pauses the clock."`
	StoppedAt time.Time  `json:"stopped_at,omitzero"`
	Overdue   bool       `json:"overdue"`
	Used      float64    `json:"used_seconds" doc:"In what the target counts: time, open time, or working days of 86400 each."`
	Total     float64    `json:"total_seconds"`
	Share     int        `json:"share" doc:"Per cent of the target."`
}

// NextClock is the clock of a ticket that is due next.
type NextClock struct {
	Kind    sla.Kind  `json:"kind" enum:"first_response,next_update,resolution"`
	State   sla.State `json:"state" enum:"running,paused"`
	DueAt   time.Time `json:"due_at,omitzero" doc:"Left out while a rule pauses the clock."`
	Overdue bool      `json:"overdue"`
	Share   int       `json:"share" doc:"Per cent of the target."`
}

// Stretch is a part of a clock's life in which one reason held.
type Stretch struct {
	From    time.Time      `json:"from"`
	To      time.Time      `json:"to"`
	Why     sla.Why        `json:"why" enum:"counts,closed_hours,holiday,exception,paused,not_open" doc:"closed_hours, holiday and exception are the calendar's; paused is a rule of the policy."`
	Detail  string         `json:"detail,omitempty" doc:"The name of the holiday or exception."`
	State   ticket.State   `json:"state" doc:"The ticket's."`
	Waiting ticket.Waiting `json:"waiting,omitempty"`
	Counted float64        `json:"counted_seconds"`
	Used    float64        `json:"used_seconds" doc:"Of the target, at the end of it."`
}

// ExplainedClock is a clock with how it came to its figures.
type ExplainedClock struct {
	Clock
	Calendar  string    `json:"calendar,omitempty" doc:"Its name; left out around the clock."`
	Zone      string    `json:"zone,omitempty"`
	Stretches []Stretch `json:"stretches" nullable:"false"`
	Cut       bool      `json:"cut,omitempty" doc:"There are older ones that are left out."`
}

// Passed is a share of a target that has had its effect.
type Passed struct {
	Kind  sla.Kind  `json:"kind" enum:"first_response,next_update,resolution"`
	Share int       `json:"share"`
	At    time.Time `json:"at"`
}

// TicketClocks is why the clocks of a ticket stand where they stand.
type TicketClocks struct {
	Now    time.Time        `json:"now"`
	Clocks []ExplainedClock `json:"clocks" nullable:"false"`
	Passed []Passed         `json:"passed" nullable:"false" doc:"Escalations that were carried out."`
}

func (a *API) clocks() {
	rules[rulebook.Calendar](a, "calendars", "calendar")
	rules[rulebook.Policy](a, "policies", "policy")
	add(a, auth.TicketsRead, huma.Operation{
		Method: http.MethodGet, Path: "/tickets/{id}/clocks", Tags: []string{clockTag}, Summary: "Explain a ticket's clocks",
		Description: "Derived from the ticket's whole history, with every running and paused part and why.",
	}, a.explainClocks)
	add(a, auth.RulebookRead, huma.Operation{
		Method: http.MethodPost, Path: "/rulebook/calendars/preview", Tags: []string{rulebookTag}, Summary: "Lay a calendar out",
		Description: "The days from today on, of a calendar that need not be saved. What is wrong with it is said as when it is saved.",
	}, a.previewCalendar)
	add(a, auth.RulebookRead, huma.Operation{
		Method: http.MethodPost, Path: "/rulebook/calendars/holidays", Tags: []string{rulebookTag}, Summary: "Read holidays from an iCalendar file",
		Description: "Returns what the file proposes. Nothing is saved: choose among it, and save the calendar.", MaxBodyBytes: 3 << 20,
	}, a.readHolidays)
}

type clocksOut struct{ Body TicketClocks }

func (a *API) explainClocks(ctx context.Context, actor auth.Actor, in *TicketPath) (*clocksOut, error) {
	d, err := a.get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	x, err := a.Clocks.Explain(ctx, actor, d.ID)
	if err != nil {
		return nil, err
	}
	out := TicketClocks{Now: x.Now, Clocks: []ExplainedClock{}, Passed: []Passed{}}
	for _, c := range x.Clocks {
		e := ExplainedClock{Clock: clockOf(c.Clock, x.Now), Calendar: c.Calendar, Zone: c.Zone, Stretches: []Stretch{}, Cut: c.Cut}
		for _, s := range c.Stretches {
			e.Stretches = append(e.Stretches, Stretch{
				From: s.From, To: s.To, Why: s.Why, Detail: s.Detail, State: s.State, Waiting: s.Waiting, Counted: s.Counted.Seconds(), Used: s.Used.Seconds(),
			})
		}
		out.Clocks = append(out.Clocks, e)
	}
	for _, p := range x.Alarmed {
		out.Passed = append(out.Passed, Passed{Kind: p.Kind, Share: p.Share, At: p.At})
	}
	return &clocksOut{out}, nil
}

func clockOf(c sla.Clock, now time.Time) Clock {
	return Clock{
		Kind: c.Kind, Cycle: c.Cycle, Policy: Named{c.Policy, c.Title}, Target: c.Target, State: c.State, StartedAt: c.Started, SinceAt: c.Since, DueAt: c.Due,
		StoppedAt: c.Stopped, Overdue: c.Overdue(now), Used: c.Used.Seconds(), Total: c.Total.Seconds(), Share: c.Share(),
	}
}

// nextClock is the clock of a row, as it is now; null when nothing is owed.
func (a *API) nextClock(row desk.Row) OrNull[NextClock] {
	if row.Clock.Kind == "" {
		return OrNull[NextClock]{}
	}
	c := a.Clocks.Now(row.Clock)
	return some(NextClock{Kind: c.Kind, State: c.State, DueAt: c.Due, Overdue: c.Overdue(a.Now()), Share: c.Share()})
}

// CalendarDay is a day of a calendar.
type CalendarDay struct {
	Date  sla.Date   `json:"date"`
	Spans []sla.Span `json:"spans" nullable:"false"`
	Name  string     `json:"name,omitempty" doc:"Of the holiday or exception."`
	Open  float64    `json:"open_seconds" doc:"In true time: an hour more or less where the clocks change."`
	Shift float64    `json:"shift_seconds,omitempty" doc:"How much longer or shorter than 24 hours the day is."`
}

type previewIn struct {
	Body struct {
		Calendar sla.Calendar `json:"calendar"`
		Days     int          `json:"days,omitempty" minimum:"1" maximum:"400" doc:"14 when it is left out."`
	}
}

type previewOut struct {
	Body struct {
		Days []CalendarDay `json:"days" nullable:"false"`
	}
}

func (a *API) previewCalendar(_ context.Context, _ auth.Actor, in *previewIn) (*previewOut, error) {
	now := a.Now()
	if err := in.Body.Calendar.Validate(now); err != nil {
		return nil, err
	}
	h, err := in.Body.Calendar.Hours(now)
	if err != nil {
		return nil, err
	}
	n := in.Body.Days
	if n == 0 {
		n = 14
	}
	out := &previewOut{}
	for _, d := range h.Days(now, n) {
		out.Body.Days = append(out.Body.Days, CalendarDay{Date: d.Date, Spans: orEmpty(d.Spans), Name: d.Name, Open: d.Open.Seconds(), Shift: d.Shifts.Seconds()})
	}
	return out, nil
}

type holidaysIn struct {
	Body struct {
		File string   `json:"file" doc:"The text of the file, at most 1 MiB."`
		From sla.Date `json:"from,omitempty" doc:"The first day; today when it is left out."`
		To   sla.Date `json:"to,omitempty" doc:"The day after the last one; two years later when it is left out."`
	}
}

type holidaysOut struct {
	Body struct {
		Holidays []ical.Proposal `json:"holidays" nullable:"false"`
	}
}

func (a *API) readHolidays(_ context.Context, _ auth.Actor, in *holidaysIn) (*holidaysOut, error) {
	from, to := in.Body.From, in.Body.To
	if from == "" {
		from = sla.DateOf(a.Now().UTC())
	}
	if to == "" {
		to = sla.DateOf(a.Now().UTC().AddDate(2, 0, 0))
	}
	list, err := ical.Holidays(strings.NewReader(in.Body.File), from, to)
	if err != nil {
		return nil, err
	}
	out := &holidaysOut{}
	out.Body.Holidays = orEmpty(list)
	return out, nil
}
