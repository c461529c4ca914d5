package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/heartbeat"
)

// Heartbeats are jobs that call in.
type Heartbeats interface {
	List(actor auth.Actor) ([]heartbeat.Standing, error)
	Get(ctx context.Context, actor auth.Actor, id string) (heartbeat.Standing, []heartbeat.Call, error)
	Save(ctx context.Context, actor auth.Actor, h heartbeat.Heartbeat, fresh bool) (heartbeat.Standing, error)
	Delete(ctx context.Context, actor auth.Actor, id string) error
}

// HeartbeatBody is what can be written of a heartbeat.
type HeartbeatBody struct {
	Name     string         `json:"name" maxLength:"200" example:"Nightly backup"`
	Note     string         `json:"note,omitempty" maxLength:"2000" doc:"What to do when it does not call."`
	Cron     string         `json:"cron,omitempty" maxLength:"120" doc:"When it is due: minute, hour, day of the month, month, day of the week." example:"30 2 * * *"`
	Zone     string         `json:"zone,omitempty" maxLength:"64" doc:"The time zone of cron; left out: UTC." example:"Europe/Berlin"`
	Every    int            `json:"every_seconds,omitempty" minimum:"0" maximum:"31622400" doc:"In place of cron: how long after its last call it is due."`
	Grace    int            `json:"grace_seconds,omitempty" default:"3600" minimum:"60" maximum:"2678400" doc:"How late it may be, and how long it may run."`
	Severity alert.Severity `json:"severity,omitempty" enum:",critical,warning,info" doc:"Of its alerts. Left out: warning."`
	Paused   bool           `json:"paused,omitempty" doc:"Calls are written down, and nothing is missed."`
}

// Heartbeat is a job that calls in, and how it does.
type Heartbeat struct {
	ID        string          `json:"id"`
	Version   int             `json:"version" doc:"A change names the version that it has seen."`
	State     heartbeat.State `json:"state" enum:"new,up,late,missed,failed,stuck,unknown,paused"`
	URL       string          `json:"url,omitempty" doc:"What the job calls. It is a secret, and only told to those who may change the heartbeat."`
	LastAt    time.Time       `json:"last_at,omitzero" doc:"When it last said that all is well."`
	StartedAt time.Time       `json:"started_at,omitzero" doc:"It said that it begins, and nothing since."`
	FailedAt  time.Time       `json:"failed_at,omitzero"`
	DueAt     time.Time       `json:"due_at,omitzero"`
	HeartbeatBody
}

// HeartbeatCall is one call of a job.
type HeartbeatCall struct {
	At   time.Time      `json:"at"`
	Kind heartbeat.Kind `json:"kind" enum:"success,start,fail"`
	Exit int            `json:"exit,omitempty"`
	Took float64        `json:"took_seconds,omitempty" doc:"Since it said that it begins."`
	From string         `json:"from" doc:"The address that it came from."`
	Body string         `json:"body,omitempty" doc:"The beginning of what came with it."`
}

func (a *API) heartbeatOf(s heartbeat.Standing) Heartbeat {
	h := Heartbeat{
		ID: s.ID, Version: s.Version, State: s.State, LastAt: utc(s.LastAt), StartedAt: utc(s.StartedAt), FailedAt: utc(s.FailedAt), DueAt: utc(s.Due),
		HeartbeatBody: HeartbeatBody{
			Name: s.Name, Note: s.Note, Cron: s.Schedule.Cron, Zone: s.Schedule.Zone, Every: int(s.Schedule.Every / time.Second), Grace: int(s.Grace / time.Second), Severity: s.Severity, Paused: s.Paused,
		},
	}
	if s.Key != "" {
		h.URL = a.BaseURL() + "/beat/" + s.Key
	}
	return h
}

func (b HeartbeatBody) heartbeat() heartbeat.Heartbeat {
	h := heartbeat.Usual()
	h.Name, h.Note, h.Paused, h.Grace = b.Name, b.Note, b.Paused, time.Duration(b.Grace)*time.Second
	h.Schedule = heartbeat.Schedule{Cron: b.Cron, Zone: b.Zone, Every: time.Duration(b.Every) * time.Second}
	if b.Severity != "" {
		h.Severity = b.Severity
	}
	return h
}

const heartbeatTag = "Heartbeats"

func (a *API) heartbeats() {
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/heartbeats", Tags: []string{heartbeatTag}, Summary: "List heartbeats", Description: "What is down comes first.",
	}, a.listHeartbeats)
	add(a, auth.ChecksManage, huma.Operation{
		Method: http.MethodPost, Path: "/heartbeats", Tags: []string{heartbeatTag}, Summary: "Make a heartbeat",
		Description: "The job calls its url by GET or POST when all is well, url/start when it begins, url/fail when it failed, or url/N with its exit code.", DefaultStatus: http.StatusCreated,
	}, a.makeHeartbeat)
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/heartbeats/{id}", Tags: []string{heartbeatTag}, Summary: "Read a heartbeat and its last calls",
	}, a.readHeartbeat)
	add(a, auth.ChecksManage, huma.Operation{
		Method: http.MethodPut, Path: "/heartbeats/{id}", Tags: []string{heartbeatTag}, Summary: "Change a heartbeat",
	}, a.changeHeartbeat)
	add(a, auth.ChecksManage, huma.Operation{
		Method: http.MethodDelete, Path: "/heartbeats/{id}", Tags: []string{heartbeatTag}, Summary: "Delete a heartbeat",
		Description: "Its alert is withdrawn, and its calls are gone.", DefaultStatus: http.StatusNoContent,
	}, a.deleteHeartbeat)
}

type heartbeatsOut struct {
	Body struct {
		Items []Heartbeat `json:"items" nullable:"false"`
	}
}

func (a *API) listHeartbeats(_ context.Context, actor auth.Actor, _ *struct{}) (*heartbeatsOut, error) {
	list, err := a.Heartbeats.List(actor)
	if err != nil {
		return nil, err
	}
	out := &heartbeatsOut{}
	out.Body.Items = []Heartbeat{}
	for _, s := range list {
		out.Body.Items = append(out.Body.Items, a.heartbeatOf(s))
	}
	return out, nil
}

type makeHeartbeatIn struct{ Body HeartbeatBody }

type heartbeatOut struct{ Body Heartbeat }

func (a *API) makeHeartbeat(ctx context.Context, actor auth.Actor, in *makeHeartbeatIn) (*heartbeatOut, error) {
	return a.saveHeartbeat(ctx, actor, in.Body.heartbeat(), false)
}

func (a *API) saveHeartbeat(ctx context.Context, actor auth.Actor, h heartbeat.Heartbeat, fresh bool) (*heartbeatOut, error) {
	saved, err := a.Heartbeats.Save(ctx, actor, h, fresh)
	if err != nil {
		return nil, err
	}
	return &heartbeatOut{Body: a.heartbeatOf(saved)}, nil
}

type heartbeatIn struct {
	ID string `path:"id" maxLength:"64" doc:"The heartbeat's id."`
}

type readHeartbeatOut struct {
	Body struct {
		Heartbeat
		Calls []HeartbeatCall `json:"calls" nullable:"false" doc:"The newest first, a hundred at most."`
	}
}

func (a *API) readHeartbeat(ctx context.Context, actor auth.Actor, in *heartbeatIn) (*readHeartbeatOut, error) {
	s, calls, err := a.Heartbeats.Get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := &readHeartbeatOut{}
	out.Body.Heartbeat, out.Body.Calls = a.heartbeatOf(s), []HeartbeatCall{}
	for _, c := range calls {
		out.Body.Calls = append(out.Body.Calls, HeartbeatCall{At: utc(c.At), Kind: c.Kind, Exit: c.Exit, Took: c.Took.Seconds(), From: c.From, Body: c.Body})
	}
	return out, nil
}

type changeHeartbeatIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The heartbeat's id."`
	Body struct {
		HeartbeatBody
		Version int  `json:"version" minimum:"1"`
		Fresh   bool `json:"new_url,omitempty" doc:"Gives it another address; the old one is nobody's from then on."`
	}
}

func (a *API) changeHeartbeat(ctx context.Context, actor auth.Actor, in *changeHeartbeatIn) (*heartbeatOut, error) {
	h := in.Body.heartbeat()
	h.ID, h.Version = in.ID, in.Body.Version
	return a.saveHeartbeat(ctx, actor, h, in.Body.Fresh)
}

func (a *API) deleteHeartbeat(ctx context.Context, actor auth.Actor, in *heartbeatIn) (*struct{}, error) {
	return nil, a.Heartbeats.Delete(ctx, actor, in.ID)
}
