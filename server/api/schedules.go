package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/mailing"
)

// Mailings are reports that are sent by mail again and again.
type Mailings interface {
	List(ctx context.Context, actor auth.Actor) ([]mailing.Standing, error)
	Get(ctx context.Context, actor auth.Actor, id string) (mailing.Standing, error)
	Save(ctx context.Context, actor auth.Actor, m mailing.Mailing, to []string) (mailing.Standing, error)
	Delete(ctx context.Context, actor auth.Actor, id string) error
	Try(ctx context.Context, actor auth.Actor, id string) (address string, err error)
}

// ScheduleBody is what can be written of a scheduled report.
type ScheduleBody struct {
	Name    string `json:"name" maxLength:"200" doc:"The mail's subject begins with it." example:"Availability of sites"`
	Kind    string `json:"kind" enum:"site,group,check" doc:"What the report is about." example:"site"`
	Of      string `json:"id_of,omitempty" maxLength:"200" doc:"The id of one site or check, or the name of one group; left out: all."`
	Every   string `json:"every" enum:"week,month" doc:"It covers the last whole week, from Monday, or month." example:"month"`
	Day     int    `json:"day" minimum:"1" maximum:"28" doc:"Of the week, 1 (Monday) to 7; of the month, 1 to 28." example:"1"`
	At      string `json:"at" pattern:"^[0-2][0-9]:[0-5][0-9]$" doc:"The time of day." example:"08:00"`
	Zone    string `json:"zone" maxLength:"64" doc:"The time zone of it, and of the days of the report." example:"Europe/Berlin"`
	Channel string `json:"channel" maxLength:"64" doc:"The id of the channel for mail whose server sends it." example:"01JQ8XKX4T5M4D2N5B0M8Z9R7A"`
	Paused  bool   `json:"paused,omitempty"`
}

// ScheduleTo is somebody to whom a scheduled report goes.
type ScheduleTo struct {
	Person  string `json:"person,omitempty" doc:"The id of somebody of the staff; left out: an address of nobody's."`
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// ScheduleMail is one mail of the last time, and what became of it.
type ScheduleMail struct {
	To      string `json:"to"`
	State   string `json:"state" enum:"waiting,sent,dead"`
	Problem string `json:"problem,omitempty" doc:"Why it has not arrived."`
}

// Schedule is a report that is sent by mail again and again.
type Schedule struct {
	ID      string         `json:"id"`
	Version int            `json:"version" doc:"A change names the version that it has seen."`
	Owner   string         `json:"owner" doc:"Who saved it last. It is sent by their right."`
	To      []ScheduleTo   `json:"to" nullable:"false"`
	Next    time.Time      `json:"next,omitzero" doc:"When it is sent next; left out: it is not."`
	Sent    time.Time      `json:"sent,omitzero" doc:"When it was sent last."`
	First   string         `json:"first_day,omitempty" doc:"Of what was sent last."`
	Last    string         `json:"last_day,omitempty"`
	Mails   []ScheduleMail `json:"mails" nullable:"false" doc:"Of the last time."`
	Stopped bool           `json:"stopped" doc:"It is not sent any more until it is saved anew."`
	Problem string         `json:"problem,omitempty" doc:"Why it was not sent, or not to all, in a sentence."`
	ScheduleBody
}

func scheduleOf(s mailing.Standing) Schedule {
	out := Schedule{
		ID: s.ID, Version: s.Version, Owner: s.Owner.Name, To: []ScheduleTo{}, Next: utc(s.Next), Sent: utc(s.Run.Sent), First: s.Run.Period.First, Last: s.Run.Period.Last, Mails: []ScheduleMail{},
		Stopped: s.Run.Stopped != "", Problem: s.Trouble(),
		ScheduleBody: ScheduleBody{
			Name: s.Name, Kind: string(s.Kind), Of: s.Of, Every: string(s.Every), Day: s.Day, At: time.Date(2026, 1, 1, 0, s.Minute, 0, 0, time.UTC).Format("15:04"), Zone: s.Zone, Channel: s.Channel, Paused: s.Paused,
		},
	}
	for _, r := range s.To {
		out.To = append(out.To, ScheduleTo(r))
	}
	for _, l := range s.Run.Letters {
		out.Mails = append(out.Mails, ScheduleMail{To: l.To, State: string(l.State), Problem: l.Problem})
	}
	return out
}

func (b ScheduleBody) mailing() (mailing.Mailing, error) {
	m := mailing.Mailing{Name: b.Name, Kind: availability.Kind(b.Kind), Of: b.Of, Channel: b.Channel, Paused: b.Paused}
	at, err := time.Parse("15:04", b.At)
	if err != nil {
		return m, fault.Field("at", "Write the time of day as in 08:00.")
	}
	m.When = mailing.When{Every: mailing.Every(b.Every), Day: b.Day, Minute: at.Hour()*60 + at.Minute(), Zone: b.Zone}
	return m, nil
}

func (a *API) schedules() {
	add(a, auth.ReportsRead, huma.Operation{
		Method: http.MethodGet, Path: "/reports/schedules", Tags: []string{reportTag}, Summary: "List the reports that are sent by mail",
	}, a.listSchedules)
	add(a, auth.ReportsSend, huma.Operation{
		Method: http.MethodPost, Path: "/reports/schedules", Tags: []string{reportTag}, Summary: "Have a report sent by mail each week or month", DefaultStatus: http.StatusCreated,
		Description: "The report of availability of the last whole week or month, with its table as CSV. Each period is sent once.",
	}, a.makeSchedule)
	add(a, auth.ReportsRead, huma.Operation{
		Method: http.MethodGet, Path: "/reports/schedules/{id}", Tags: []string{reportTag}, Summary: "Read a scheduled report, and what became of it",
	}, a.readSchedule)
	add(a, auth.ReportsSend, huma.Operation{
		Method: http.MethodPut, Path: "/reports/schedules/{id}", Tags: []string{reportTag}, Summary: "Change a scheduled report", Description: "Who changes it answers for it from then on.",
	}, a.changeSchedule)
	add(a, auth.ReportsSend, huma.Operation{
		Method: http.MethodDelete, Path: "/reports/schedules/{id}", Tags: []string{reportTag}, Summary: "Delete a scheduled report", DefaultStatus: http.StatusNoContent,
	}, a.deleteSchedule)
	add(a, auth.ReportsSend, huma.Operation{
		Method: http.MethodPost, Path: "/reports/schedules/{id}/trial", Tags: []string{reportTag}, Summary: "Send a scheduled report now, to oneself alone", DefaultStatus: http.StatusAccepted,
	}, a.trySchedule)
}

type schedulesOut struct {
	Body struct {
		Items []Schedule `json:"items" nullable:"false"`
	}
}

func (a *API) listSchedules(ctx context.Context, actor auth.Actor, _ *struct{}) (*schedulesOut, error) {
	list, err := a.Mailings.List(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &schedulesOut{}
	out.Body.Items = []Schedule{}
	for _, s := range list {
		out.Body.Items = append(out.Body.Items, scheduleOf(s))
	}
	return out, nil
}

type scheduleOut struct{ Body Schedule }

// ScheduleMade is a scheduled report as it is written.
type ScheduleMade struct {
	ScheduleBody
	To []string `json:"to" minItems:"1" maxItems:"20" doc:"Addresses, or ids of people of the staff. Addresses that are nobody's of the staff only where the settings of the help desk allow it." example:"[\"mia@example.com\"]"`
}

func (a *API) saveSchedule(ctx context.Context, actor auth.Actor, id string, version int, b ScheduleMade) (*scheduleOut, error) {
	m, err := b.mailing()
	if err != nil {
		return nil, err
	}
	m.ID, m.Version = id, version
	saved, err := a.Mailings.Save(ctx, actor, m, b.To)
	if err != nil {
		return nil, err
	}
	return &scheduleOut{Body: scheduleOf(saved)}, nil
}

func (a *API) makeSchedule(ctx context.Context, actor auth.Actor, in *struct{ Body ScheduleMade }) (*scheduleOut, error) {
	return a.saveSchedule(ctx, actor, "", 0, in.Body)
}

type scheduleIn struct {
	ID string `path:"id" maxLength:"64" doc:"The scheduled report's id."`
}

func (a *API) readSchedule(ctx context.Context, actor auth.Actor, in *scheduleIn) (*scheduleOut, error) {
	s, err := a.Mailings.Get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return &scheduleOut{Body: scheduleOf(s)}, nil
}

type changeScheduleIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The scheduled report's id."`
	Body struct {
		ScheduleMade
		Version int `json:"version" minimum:"1"`
	}
}

func (a *API) changeSchedule(ctx context.Context, actor auth.Actor, in *changeScheduleIn) (*scheduleOut, error) {
	return a.saveSchedule(ctx, actor, in.ID, in.Body.Version, in.Body.ScheduleMade)
}

func (a *API) deleteSchedule(ctx context.Context, actor auth.Actor, in *scheduleIn) (*struct{}, error) {
	return nil, a.Mailings.Delete(ctx, actor, in.ID)
}

type triedScheduleOut struct {
	Body struct {
		To string `json:"to" doc:"The address of who asked. What becomes of the mail stands with the messages of channels."`
	}
}

func (a *API) trySchedule(ctx context.Context, actor auth.Actor, in *scheduleIn) (*triedScheduleOut, error) {
	to, err := a.Mailings.Try(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := &triedScheduleOut{}
	out.Body.To = to
	return out, nil
}
