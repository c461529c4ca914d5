package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/availability"
)

// Availability says how sites and services did.
type Availability interface {
	Report(ctx context.Context, actor auth.Actor, q availability.Query) (availability.Report, error)
}

// AvailabilityTimes are how long something was so, in milliseconds.
type AvailabilityTimes struct {
	Up      int64 `json:"up_ms"`
	Down    int64 `json:"down_ms"`
	Unknown int64 `json:"unknown_ms" doc:"Nobody looked, or nobody could know."`
	Out     int64 `json:"taken_out_ms" doc:"In maintenance as a whole, or paused."`
	Idle    int64 `json:"idle_ms" doc:"Of a site: no endpoint had to be there."`
	Outages int   `json:"outages"`
	Longest int64 `json:"longest_outage_ms"`

	Repair OrNull[int64] `json:"mean_time_to_repair_ms" doc:"Of the outages that are over; null: there is none."`
}

func availabilityTimes(t availability.Times) AvailabilityTimes {
	out := AvailabilityTimes{
		Up: t.Up.Milliseconds(), Down: t.Down.Milliseconds(), Unknown: t.Unknown.Milliseconds(), Out: t.Out.Milliseconds(), Idle: t.Idle.Milliseconds(),
		Outages: len(t.Outages), Longest: t.Longest().Milliseconds(),
	}
	if mean, ok := t.Repair(); ok {
		out.Repair = some(mean.Milliseconds())
	}
	return out
}

// AvailabilityEndpoints are the minutes of a site's endpoints, and their health meanwhile.
type AvailabilityEndpoints struct {
	Up      int64           `json:"up_min"`
	Down    int64           `json:"down_min"`
	Unknown int64           `json:"unknown_min"`
	Out     int64           `json:"taken_out_min" doc:"In maintenance."`
	Ill     OrNull[float64] `json:"with_a_problem_percent" doc:"Of the time in which they had a score, how much it was under 70; null: none had one."`
	Worst   OrNull[float64] `json:"worst_hour_percent" doc:"The same, of the worst hour."`
	WorstAt OrNull[string]  `json:"worst_hour" doc:"When it began."`
	Median  OrNull[int]     `json:"median_score"`
	Decile  OrNull[int]     `json:"worst_tenth_score" doc:"A tenth of the time had this score or less."`
}

// AvailabilityOutage is a time in which something was down.
type AvailabilityOutage struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to" doc:"Until when it was seen to be down."`
	Down int64     `json:"down_ms" doc:"Without what was unknown or taken out in between."`
	Open bool      `json:"open" doc:"It was not seen up again."`
}

// AvailabilityLine is how one thing did.
type AvailabilityLine struct {
	ID        string                        `json:"id"`
	Name      string                        `json:"name"`
	Gone      bool                          `json:"gone" doc:"It is not there any more."`
	From      time.Time                     `json:"from" doc:"Since when it was there."`
	To        time.Time                     `json:"to"`
	Percent   OrNull[float64]               `json:"available_percent" doc:"Of what is known to be up or down; of a site of its endpoints' time. null: nothing is known."`
	Times     AvailabilityTimes             `json:"times"`
	Endpoints OrNull[AvailabilityEndpoints] `json:"endpoints" doc:"Of a site or a group; null: it is a check."`
	Outages   []AvailabilityOutage          `json:"outages" nullable:"false" doc:"The first hundred."`
}

// maxToldOutages is how many outages of one thing are told.
const maxToldOutages = 100

func availabilityLine(k availability.Kind, l *availability.Line) AvailabilityLine {
	out := AvailabilityLine{ID: l.ID, Name: l.Name, Gone: l.Gone, From: utc(l.From), To: utc(l.To), Times: availabilityTimes(l.Times), Outages: []AvailabilityOutage{}}
	out.Percent = orNull(l.Percent(k))
	for _, o := range l.Times.Outages[:min(len(l.Times.Outages), maxToldOutages)] {
		out.Outages = append(out.Outages, AvailabilityOutage{From: utc(o.From), To: utc(o.To), Down: o.Down.Milliseconds(), Open: o.Open})
	}
	if k == availability.Check {
		return out
	}
	e := AvailabilityEndpoints{
		Up: l.Count.Up, Down: l.Count.Down, Unknown: l.Count.Unknown, Out: l.Count.Out,
		Ill: orNull(l.Scores.Ill()), Worst: orNull(l.Worst.Percent, !l.Worst.At.IsZero()), Median: orNull(l.Scores.At(50)), Decile: orNull(l.Scores.At(10)),
	}
	if !l.Worst.At.IsZero() {
		e.WorstAt = some(l.Worst.At.UTC().Format(time.RFC3339))
	}
	out.Endpoints = some(e)
	return out
}

// orNull is a value that may not be known.
func orNull[T any](v T, known bool) OrNull[T] {
	if !known {
		return OrNull[T]{}
	}
	return some(v)
}

// AvailabilityReport is how things did in a time.
type AvailabilityReport struct {
	Kind  string             `json:"kind"`
	From  time.Time          `json:"from"`
	To    time.Time          `json:"to"`
	Since OrNull[string]     `json:"since" doc:"Since when it is written down; null: it is not yet."`
	Lines []AvailabilityLine `json:"lines" nullable:"false" doc:"The least available first."`
}

type availabilityIn struct {
	Kind string    `query:"kind" enum:"site,group,check" default:"site" doc:"What the report is about."`
	ID   string    `query:"id" maxLength:"100" doc:"Of one thing, a group by its name; left out: all."`
	From time.Time `query:"from" required:"true" doc:"The first moment."`
	To   time.Time `query:"to" required:"true" doc:"The first moment after; a year later at most."`
}

type availabilityOut struct{ Body AvailabilityReport }

func (a *API) availability() {
	add(a, auth.ReportsRead, huma.Operation{
		Method: http.MethodGet, Path: "/reports/availability", Tags: []string{reportTag}, Summary: "Read how available sites, groups or checks were",
		Description: "The same as the console shows: what each figure means stands there. What is kept is 400 days.",
	}, a.readAvailability)
}

func (a *API) readAvailability(ctx context.Context, actor auth.Actor, in *availabilityIn) (*availabilityOut, error) {
	if in.From.IsZero() || in.To.IsZero() {
		return nil, fault.Field("from", "Say from when to when.")
	}
	r, err := a.Availability.Report(ctx, actor, availability.Query{Kind: availability.Kind(in.Kind), ID: in.ID, From: in.From, To: in.To})
	if err != nil {
		return nil, err
	}
	out := AvailabilityReport{Kind: in.Kind, From: utc(in.From), To: utc(in.To), Lines: []AvailabilityLine{}}
	if !r.Since.IsZero() {
		out.Since = some(r.Since.UTC().Format(time.RFC3339))
	}
	for i := range r.Lines {
		out.Lines = append(out.Lines, availabilityLine(r.Kind, &r.Lines[i]))
	}
	return &availabilityOut{out}, nil
}
