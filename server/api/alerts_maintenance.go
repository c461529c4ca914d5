package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/sla/ical"
	"github.com/deskbell/deskbell/server/watch"
)

// Maintenance is a maintenance window and how it does.
type Maintenance struct {
	ID        string            `json:"id"`
	Title     string            `json:"title" doc:"What is done."`
	Sites     []string          `json:"sites" nullable:"false" doc:"Their names."`
	Groups    []string          `json:"groups" nullable:"false" doc:"Their names. It is for the machines that are in them then."`
	Endpoints []string          `json:"endpoints" nullable:"false" doc:"Their ids."`
	Checks    []string          `json:"checks" nullable:"false" doc:"Their ids."`
	By        string            `json:"by" doc:"Who planned it."`
	MadeAt    time.Time         `json:"made_at"`
	From      time.Time         `json:"from,omitzero"`
	Until     time.Time         `json:"until,omitzero" doc:"Its end; left out: it recurs until somebody ends it, or until its calendar ends."`
	Weekly    *SilenceWeekly    `json:"weekly,omitempty" doc:"Within from and until, in these hours alone."`
	Times     []MaintenanceTime `json:"times,omitempty" doc:"Of a calendar: these alone."`
	On        bool              `json:"on"`
	OnUntil   time.Time         `json:"on_until,omitzero" doc:"While it is on."`
	Next      time.Time         `json:"next,omitzero" doc:"While it is not on: when it is again."`
	Over      bool              `json:"over"`
	Holds     int               `json:"holds" doc:"Alerts that it holds back now."`
}

// MaintenanceTime is one time of a calendar.
type MaintenanceTime struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

func maintenanceOf(s watch.WindowState) Maintenance {
	out := Maintenance{
		ID: s.ID, Title: s.Title, Sites: orEmpty(s.Sites), Groups: orEmpty(s.Groups), Endpoints: orEmpty(s.Endpoints), Checks: orEmpty(s.Checks), By: s.Name, MadeAt: utc(s.MadeAt), From: utc(s.Times.From), Until: utc(s.Times.To),
		On: s.On, OnUntil: utc(s.Until), Next: utc(s.Next.From), Over: s.Over, Holds: s.Holds,
	}
	if w := s.Times.Weekly; w != nil {
		out.Weekly = weeklyOf(w)
	}
	for _, x := range s.Times.Listed {
		out.Times = append(out.Times, MaintenanceTime{utc(x.From), utc(x.To)})
	}
	return out
}

func (a *API) maintenance() {
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/alerts/maintenance", Tags: []string{alertTag}, Summary: "List maintenance windows",
		Description: "Those that are on first, then those that come, the next first, then those that are over, of 90 days.",
	}, a.listMaintenance)
	add(a, auth.AlertsHold, huma.Operation{
		Method: http.MethodPost, Path: "/alerts/maintenance", Tags: []string{alertTag}, Summary: "Plan maintenance", DefaultStatus: http.StatusCreated,
		Description: "For sites, groups, endpoints, checks, or several of them. Once, with until; each week, with weekly; or as in a calendar.",
	}, a.planMaintenance)
	add(a, auth.AlertsHold, huma.Operation{
		Method: http.MethodDelete, Path: "/alerts/maintenance/{id}", Tags: []string{alertTag}, Summary: "End a maintenance window", DefaultStatus: http.StatusNoContent,
	}, a.endMaintenance)
}

type maintenanceListOut struct {
	Body struct {
		Items []Maintenance `json:"items" nullable:"false"`
	}
}

func (a *API) listMaintenance(_ context.Context, actor auth.Actor, _ *struct{}) (*maintenanceListOut, error) {
	list, err := a.Alerts.Windows(actor)
	if err != nil {
		return nil, err
	}
	out := &maintenanceListOut{}
	out.Body.Items = []Maintenance{}
	for _, s := range list {
		out.Body.Items = append(out.Body.Items, maintenanceOf(s))
	}
	return out, nil
}

type maintenanceIn struct {
	Body struct {
		Title     string         `json:"title" maxLength:"500" doc:"What is done."`
		Sites     []string       `json:"sites,omitempty" maxItems:"200" doc:"Their names." example:"[\"Berlin\"]"`
		Groups    []string       `json:"groups,omitempty" maxItems:"200" doc:"Their names."`
		Endpoints []string       `json:"endpoints,omitempty" maxItems:"200" doc:"Their ids, or names that one of them alone has."`
		Checks    []string       `json:"checks,omitempty" maxItems:"200" doc:"Services that are looked at: their ids, or names that one of them alone has."`
		From      time.Time      `json:"from,omitzero" doc:"Left out: now."`
		Until     time.Time      `json:"until,omitzero" doc:"It has to be there unless weekly or calendar is."`
		Weekly    *SilenceWeekly `json:"weekly,omitempty"`
		Calendar  string         `json:"calendar,omitempty" maxLength:"1048576" doc:"The text of an iCalendar file (.ics): the times of its events in the year to come."`
		Zone      string         `json:"zone,omitempty" maxLength:"64" doc:"Of times in the calendar that have no time zone; left out: UTC." example:"Europe/Berlin"`
	}
}

type maintenanceOut struct {
	Body Maintenance
}

func (a *API) planMaintenance(ctx context.Context, actor auth.Actor, in *maintenanceIn) (*maintenanceOut, error) {
	b := in.Body
	d := watch.WindowDraft{Title: b.Title, Sites: b.Sites, Groups: b.Groups, Endpoints: b.Endpoints, Checks: b.Checks, Times: alert.Times{Stretch: alert.Stretch{From: b.From, To: b.Until}}}
	if b.Weekly != nil {
		var err error
		if d.Times.Weekly, err = b.Weekly.read(); err != nil {
			return nil, err
		}
	}
	if b.Calendar != "" {
		zone, err := time.LoadLocation(b.Zone)
		if err != nil || b.Zone == "Local" {
			return nil, fault.Field("zone", "This is no time zone. One is written as in Europe/Berlin.")
		}
		events, err := ical.Events(strings.NewReader(b.Calendar), a.Now(), a.Now().AddDate(1, 0, 0), zone)
		if err != nil {
			return nil, err
		}
		d.Times.Listed = []alert.Stretch{}
		for _, e := range events {
			d.Times.Listed = append(d.Times.Listed, alert.Stretch{From: e.From, To: e.To})
		}
	}
	x, err := a.Alerts.PlanWindow(ctx, actor, d)
	if err != nil {
		return nil, err
	}
	list, err := a.Alerts.Windows(actor)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		if s.ID == x.ID {
			return &maintenanceOut{Body: maintenanceOf(s)}, nil
		}
	}
	return &maintenanceOut{Body: maintenanceOf(watch.WindowState{Window: x, Over: true})}, nil
}

type endMaintenanceIn struct {
	ID string `path:"id" maxLength:"64"`
}

func (a *API) endMaintenance(ctx context.Context, actor auth.Actor, in *endMaintenanceIn) (*struct{}, error) {
	return nil, a.Alerts.EndWindow(ctx, actor, in.ID)
}
