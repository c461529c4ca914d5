package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/report"
)

// Reports makes the help desk's figures.
type Reports interface {
	Figures(ctx context.Context, actor auth.Actor, q report.Query) (report.Report, error)
	Backlog(ctx context.Context, actor auth.Actor, at time.Time, q report.Query) (report.BacklogReport, error)
	Trend(ctx context.Context, actor auth.Actor, q report.Query) (report.TrendReport, error)
}

// ReportTimes sums up lengths of time, in milliseconds.
type ReportTimes struct {
	N      int   `json:"n" doc:"Of how many."`
	Mean   int64 `json:"mean_ms"`
	Median int64 `json:"median_ms" doc:"Of two in the middle the shorter."`
	P90    int64 `json:"p90_ms" doc:"Nine of ten are no longer."`
}

func reportTimes(t report.Times) ReportTimes {
	return ReportTimes{N: t.N, Mean: t.Mean.Milliseconds(), Median: t.Median.Milliseconds(), P90: t.P90.Milliseconds()}
}

// ReportShare is how many of how many.
type ReportShare struct {
	Part int `json:"part"`
	Of   int `json:"of"`
}

// ReportRatings sums up opinions.
type ReportRatings struct {
	N    int             `json:"n"`
	Mean OrNull[float64] `json:"mean" doc:"From 1 to 5; null: there are none."`
	Good int             `json:"good" doc:"Of 4 and 5."`
}

// ReportSet is all figures of one group. What each means is told by GET /reports/definitions.
type ReportSet struct {
	Key          string        `json:"key" doc:"An id, or the first day; empty: none."`
	Name         string        `json:"name,omitempty"`
	Created      int           `json:"created"`
	Resolved     int           `json:"resolved"`
	Answer       ReportTimes   `json:"answer"`
	AnswerOpen   ReportTimes   `json:"answer_open_hours"`
	First        ReportTimes   `json:"first"`
	FirstOpen    ReportTimes   `json:"first_open_hours"`
	Final        ReportTimes   `json:"final"`
	FinalOpen    ReportTimes   `json:"final_open_hours"`
	FirstContact ReportShare   `json:"first_contact"`
	Reopened     ReportShare   `json:"reopened"`
	Kept         ReportShare   `json:"kept"`
	Satisfaction ReportRatings `json:"satisfaction"`
	Deflection   ReportShare   `json:"deflection"`
	Mended       ReportShare   `json:"mended"`
}

func reportSet(s report.Set) ReportSet {
	out := ReportSet{
		Key: s.Key, Name: s.Name, Created: s.Created, Resolved: s.Resolved,
		Answer: reportTimes(s.Answer), AnswerOpen: reportTimes(s.AnswerOpen), First: reportTimes(s.First), FirstOpen: reportTimes(s.FirstOpen),
		Final: reportTimes(s.Final), FinalOpen: reportTimes(s.FinalOpen), FirstContact: ReportShare(s.FirstContact), Reopened: ReportShare(s.Reopened),
		Kept: ReportShare(s.Kept), Deflection: ReportShare(s.Deflection), Mended: ReportShare(s.Mended), Satisfaction: ReportRatings{N: s.Satisfaction.N, Good: s.Satisfaction.Good.Part},
	}
	if s.Satisfaction.N > 0 {
		out.Satisfaction.Mean = some(s.Satisfaction.Mean)
	}
	return out
}

// ReportFigures are figures of a time.
type ReportFigures struct {
	AsOf   time.Time   `json:"as_of" doc:"Changes up to then are counted."`
	Behind bool        `json:"behind" doc:"Older changes still wait to be counted."`
	From   time.Time   `json:"from"`
	To     time.Time   `json:"to"`
	Total  ReportSet   `json:"total"`
	Groups []ReportSet `json:"groups" nullable:"false"`
}

// ReportPile is how many tickets are open, by age.
type ReportPile struct {
	Key    string `json:"key"`
	Name   string `json:"name,omitempty"`
	Open   int    `json:"open"`
	ByAge  []int  `json:"by_age" nullable:"false" doc:"Younger than 1, 3, 7 and 30 days, and older."`
	Oldest int64  `json:"oldest_ms"`
}

func reportPile(p report.Pile) ReportPile {
	return ReportPile{Key: p.Key, Name: p.Name, Open: p.Open, ByAge: p.ByAge[:], Oldest: p.Oldest.Milliseconds()}
}

// ReportBacklog is what was open at a moment.
type ReportBacklog struct {
	AsOf   time.Time    `json:"as_of"`
	Behind bool         `json:"behind"`
	At     time.Time    `json:"at"`
	Total  ReportPile   `json:"total"`
	Groups []ReportPile `json:"groups" nullable:"false"`
}

// ReportTrend is how many tickets were open at the ends of days, weeks or months.
type ReportTrend struct {
	AsOf   time.Time `json:"as_of"`
	Behind bool      `json:"behind"`
	Starts []string  `json:"starts" nullable:"false" doc:"The first days."`
	Open   []int     `json:"open" nullable:"false"`
}

// ReportDefinition says what a figure means.
type ReportDefinition struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Words string `json:"words"`
}

const reportTag = "Reports"

func (a *API) reports() {
	add(a, auth.ReportsRead, huma.Operation{
		Method: http.MethodGet, Path: "/reports/figures", Tags: []string{reportTag}, Summary: "Read the help desk's figures",
		Description: "The same as the console shows. Lengths of time are in milliseconds.",
	}, a.readFigures)
	add(a, auth.ReportsRead, huma.Operation{
		Method: http.MethodGet, Path: "/reports/backlog", Tags: []string{reportTag}, Summary: "Read what was open at a moment, by age",
	}, a.readBacklog)
	add(a, auth.ReportsRead, huma.Operation{
		Method: http.MethodGet, Path: "/reports/trend", Tags: []string{reportTag}, Summary: "Read how many were open over time",
	}, a.readTrend)
	add(a, auth.ReportsRead, huma.Operation{
		Method: http.MethodGet, Path: "/reports/definitions", Tags: []string{reportTag}, Summary: "Read what the figures mean",
	}, func(_ context.Context, _ auth.Actor, in *Paging) (*pageOut[ReportDefinition], error) {
		var list []ReportDefinition
		for _, d := range report.Definitions() {
			list = append(list, ReportDefinition(d))
		}
		return window("reports/definitions", list, *in)
	})
}

// ReportFilter is about which tickets a report is.
type ReportFilter struct {
	Team       string `query:"team" maxLength:"64" doc:"A team's id."`
	Site       string `query:"site" maxLength:"64" doc:"A site's id."`
	Category   string `query:"category" maxLength:"64" doc:"A category's id. What is filed below it counts as well."`
	Technician string `query:"technician" maxLength:"64" doc:"A person's id."`
	Zone       string `query:"zone" maxLength:"64" default:"UTC" doc:"The time zone in which days begin." example:"Europe/Berlin"`
}

func (f ReportFilter) query() (report.Query, error) {
	zone, err := time.LoadLocation(f.Zone)
	if err != nil || f.Zone == "Local" {
		return report.Query{}, fault.Field("zone", "There is no time zone of that name. It looks like Europe/Berlin.")
	}
	return report.Query{Team: f.Team, Site: f.Site, Category: f.Category, Technician: f.Technician, Zone: zone}, nil
}

type figuresIn struct {
	ReportFilter
	From time.Time `query:"from" required:"true" doc:"The first moment."`
	To   time.Time `query:"to" required:"true" doc:"The first moment after."`
	By   string    `query:"by" enum:"team,site,category,technician,day,week,month" doc:"What the figures are told apart by; left out: only the total."`
}

func (in figuresIn) query() (report.Query, error) {
	q, err := in.ReportFilter.query()
	q.From, q.To, q.By = in.From, in.To, report.By(in.By)
	return q, err
}

type figuresOut struct{ Body ReportFigures }

func (a *API) readFigures(ctx context.Context, actor auth.Actor, in *figuresIn) (*figuresOut, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	r, err := a.Reports.Figures(ctx, actor, q)
	if err != nil {
		return nil, err
	}
	out := ReportFigures{AsOf: utc(r.AsOf.At), Behind: r.AsOf.Behind, From: utc(q.From), To: utc(q.To), Total: reportSet(r.Total), Groups: []ReportSet{}}
	for _, g := range r.Groups {
		out.Groups = append(out.Groups, reportSet(g))
	}
	return &figuresOut{out}, nil
}

type backlogIn struct {
	ReportFilter
	At time.Time `query:"at" doc:"The moment; left out: now."`
	By string    `query:"by" enum:"team,site,category,technician" doc:"What the tickets are told apart by."`
}

type backlogOut struct{ Body ReportBacklog }

func (a *API) readBacklog(ctx context.Context, actor auth.Actor, in *backlogIn) (*backlogOut, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	q.By = report.By(in.By)
	r, err := a.Reports.Backlog(ctx, actor, in.At, q)
	if err != nil {
		return nil, err
	}
	out := ReportBacklog{AsOf: utc(r.AsOf.At), Behind: r.AsOf.Behind, At: utc(r.At), Total: reportPile(r.Total), Groups: []ReportPile{}}
	for _, g := range r.Groups {
		out.Groups = append(out.Groups, reportPile(g))
	}
	return &backlogOut{out}, nil
}

type trendIn struct {
	ReportFilter
	From time.Time `query:"from" required:"true" doc:"The first moment."`
	To   time.Time `query:"to" required:"true" doc:"The first moment after."`
	By   string    `query:"by" enum:"day,week,month" default:"day"`
}

type trendOut struct{ Body ReportTrend }

func (a *API) readTrend(ctx context.Context, actor auth.Actor, in *trendIn) (*trendOut, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	q.From, q.To, q.By = in.From, in.To, report.By(in.By)
	r, err := a.Reports.Trend(ctx, actor, q)
	if err != nil {
		return nil, err
	}
	return &trendOut{ReportTrend{AsOf: utc(r.AsOf.At), Behind: r.AsOf.Behind, Starts: append([]string{}, r.Starts...), Open: append([]int{}, r.Open...)}}, nil
}
