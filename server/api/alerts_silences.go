package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/watch"
)

// AlertSilence is a silence and how it does.
type AlertSilence struct {
	ID      string         `json:"id"`
	Match   string         `json:"match" example:"{site=\"Berlin\", alertname=~\"Disk.*\"}"`
	Why     string         `json:"why"`
	By      string         `json:"by" doc:"Who made it."`
	MadeAt  time.Time      `json:"made_at"`
	From    time.Time      `json:"from"`
	Until   time.Time      `json:"until,omitzero" doc:"When it ends at the latest; left out: there is no such time."`
	Stable  float64        `json:"stable_minutes,omitempty" doc:"It ends when nothing that it matches has fired for so long."`
	Weekly  *SilenceWeekly `json:"weekly,omitempty" doc:"Within from and until, in these hours alone."`
	On      bool           `json:"on"`
	OnUntil time.Time      `json:"on_until,omitzero" doc:"While it is on: until when, as far as that is known."`
	Soon    bool           `json:"soon" doc:"It is on, and ends within a quarter of an hour."`
	Over    bool           `json:"over"`
	Matches int            `json:"matches" doc:"Alerts that are not over and that it matches."`
}

// SilenceWeekly are the hours in which a silence recurs.
type SilenceWeekly struct {
	Days    []int   `json:"days" minItems:"1" maxItems:"7" doc:"0 is Sunday." example:"[6]"`
	Start   string  `json:"start" pattern:"^[0-9]{2}:[0-9]{2}$" example:"22:00"`
	Minutes float64 `json:"minutes" minimum:"1" maximum:"1440" example:"480"`
	Zone    string  `json:"zone,omitempty" maxLength:"64" doc:"It may be left out of maintenance alone: then it is the sites' own, else the desk's." example:"Europe/Berlin"`
}

func silenceOf(s watch.SilenceState) AlertSilence {
	out := AlertSilence{
		ID: s.ID, Match: s.Match.String(), Why: s.Why, By: s.Name, MadeAt: utc(s.MadeAt), From: utc(s.Times.From), Until: utc(s.Times.To), Stable: s.Stable.Minutes(),
		On: s.On, OnUntil: utc(s.Until), Soon: s.Soon, Over: s.Over, Matches: s.Matches,
	}
	if w := s.Times.Weekly; w != nil {
		out.Weekly = weeklyOf(w)
	}
	return out
}

func weeklyOf(w *alert.Weekly) *SilenceWeekly {
	out := &SilenceWeekly{Start: time.Time{}.Add(time.Duration(w.Minute) * time.Minute).Format("15:04"), Minutes: w.For.Minutes(), Zone: w.Zone}
	for _, d := range w.Days {
		out.Days = append(out.Days, int(d))
	}
	return out
}

// read is what was sent.
func (w *SilenceWeekly) read() (*alert.Weekly, error) {
	at, err := time.Parse("15:04", w.Start)
	if err != nil {
		return nil, fault.Field("weekly", "The time of day is written as in 22:00.")
	}
	out := &alert.Weekly{Minute: at.Hour()*60 + at.Minute(), For: time.Duration(w.Minutes * float64(time.Minute)), Zone: w.Zone}
	for _, day := range w.Days {
		out.Days = append(out.Days, time.Weekday(day))
	}
	return out, nil
}

func (a *API) silences() {
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/alerts/silences", Tags: []string{alertTag}, Summary: "List silences",
		Description: "Those that are on first, then those that come, then those that are over, of 90 days.",
	}, a.listSilences)
	add(a, auth.AlertsHold, huma.Operation{
		Method: http.MethodPost, Path: "/alerts/silences", Tags: []string{alertTag}, Summary: "Silence alerts", DefaultStatus: http.StatusCreated,
	}, a.silenceAlerts)
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodPost, Path: "/alerts/silences/preview", Tags: []string{alertTag}, Summary: "List the alerts that a silence would hold", DefaultStatus: http.StatusOK,
	}, a.previewSilence)
	add(a, auth.AlertsHold, huma.Operation{
		Method: http.MethodDelete, Path: "/alerts/silences/{id}", Tags: []string{alertTag}, Summary: "End a silence", DefaultStatus: http.StatusNoContent,
	}, a.endSilence)
}

type silencesOut struct {
	Body struct {
		Items []AlertSilence `json:"items" nullable:"false"`
	}
}

func (a *API) listSilences(_ context.Context, actor auth.Actor, _ *struct{}) (*silencesOut, error) {
	list, err := a.Alerts.Silences(actor)
	if err != nil {
		return nil, err
	}
	out := &silencesOut{}
	out.Body.Items = []AlertSilence{}
	for _, s := range list {
		out.Body.Items = append(out.Body.Items, silenceOf(s))
	}
	return out, nil
}

type silenceIn struct {
	Body struct {
		Match  string         `json:"match" maxLength:"2000" doc:"As in Alertmanager." example:"site=\"Berlin\", alertname=~\"Disk.*\""`
		Why    string         `json:"why" maxLength:"500"`
		From   time.Time      `json:"from,omitzero" doc:"Left out: now."`
		Until  time.Time      `json:"until,omitzero" doc:"When it ends at the latest. It has to be there unless stable_minutes or weekly is."`
		Stable float64        `json:"stable_minutes,omitempty" minimum:"1" maximum:"10080" doc:"It ends when nothing that it matches has fired for so long."`
		Weekly *SilenceWeekly `json:"weekly,omitempty"`
	}
}

type silenceOut struct {
	Body AlertSilence
}

func (a *API) silenceAlerts(ctx context.Context, actor auth.Actor, in *silenceIn) (*silenceOut, error) {
	b := in.Body
	d := watch.SilenceDraft{Match: b.Match, Why: b.Why, Stable: time.Duration(b.Stable * float64(time.Minute)), Times: alert.Times{Stretch: alert.Stretch{From: b.From, To: b.Until}}}
	if b.Weekly != nil {
		var err error
		if d.Times.Weekly, err = b.Weekly.read(); err != nil {
			return nil, err
		}
	}
	s, err := a.Alerts.Silence(ctx, actor, d)
	if err != nil {
		return nil, err
	}
	list, err := a.Alerts.Silences(actor)
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		if x.ID == s.ID {
			return &silenceOut{Body: silenceOf(x)}, nil
		}
	}
	return &silenceOut{Body: silenceOf(watch.SilenceState{Silence: s, Over: true})}, nil
}

type previewSilenceIn struct {
	Body struct {
		Match string `json:"match" maxLength:"2000" example:"site=\"Berlin\""`
	}
}

func (a *API) previewSilence(_ context.Context, actor auth.Actor, in *previewSilenceIn) (*alertsOut, error) {
	list, err := a.Alerts.Matching(actor, in.Body.Match)
	if err != nil {
		return nil, err
	}
	const most = 200
	out := &alertsOut{}
	out.Body.Items = []Alert{}
	for i, x := range list {
		if i == most {
			out.Body.More = len(list) - most
			break
		}
		out.Body.Items = append(out.Body.Items, alertOf(x))
	}
	return out, nil
}

type endSilenceIn struct {
	ID string `path:"id" maxLength:"64"`
}

func (a *API) endSilence(ctx context.Context, actor auth.Actor, in *endSilenceIn) (*struct{}, error) {
	return nil, a.Alerts.EndSilence(ctx, actor, in.ID)
}
