package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/oncall"
)

// EscalationStep is one that is told.
type EscalationStep struct {
	After  int           `json:"after_seconds" minimum:"0" maximum:"86400" doc:"Since the step before without an answer; of the first, since the alert fires and nothing holds it."`
	Kind   oncall.Target `json:"kind" enum:"rota,person,channel" doc:"rota: whoever is on call by then."`
	Target string        `json:"target" maxLength:"64" doc:"Its id."`
}

// EscalationBody is what can be written of a policy.
type EscalationBody struct {
	Name  string           `json:"name" maxLength:"80" example:"Nights"`
	Off   bool             `json:"off,omitempty"`
	Least alert.Severity   `json:"least,omitempty" enum:",critical,warning,info" doc:"Left out: critical."`
	Match string           `json:"match,omitempty" maxLength:"2000" doc:"Which alerts; left out: all." example:"{site=\"Berlin\"}"`
	Steps []EscalationStep `json:"steps" minItems:"1" maxItems:"10" nullable:"false"`
	Again int              `json:"again,omitempty" minimum:"0" maximum:"9" doc:"How often it begins anew after the last step."`
	Pause int              `json:"pause_seconds,omitempty" minimum:"0" maximum:"86400" doc:"Before it begins anew."`
	Mail  string           `json:"mail,omitempty" maxLength:"64" doc:"The id of the channel by which people get mail at their account's address; left out: they are told in the console alone."`
}

// Escalation says who is told of alerts that nobody answers.
type Escalation struct {
	ID      string `json:"id"`
	Version int    `json:"version" doc:"A change names the version that it has seen."`
	Runs    int    `json:"runs" doc:"Alerts with which it is under way."`
	EscalationBody
}

func escalationOf(p oncall.Policy, runs int) Escalation {
	e := Escalation{ID: p.ID, Version: p.Version, Runs: runs, EscalationBody: EscalationBody{
		Name: p.Name, Off: p.Off, Least: p.Least, Match: p.Match, Again: p.Again, Pause: int(p.Pause / time.Second), Mail: p.Mail,
	}}
	for _, s := range p.Steps {
		e.Steps = append(e.Steps, EscalationStep{After: int(s.After / time.Second), Kind: s.Kind, Target: s.Target})
	}
	return e
}

func (b EscalationBody) policy() oncall.Policy {
	p := oncall.Policy{Name: b.Name, Off: b.Off, Least: b.Least, Match: b.Match, Again: b.Again, Pause: time.Duration(b.Pause) * time.Second, Mail: b.Mail}
	if p.Least == "" {
		p.Least = alert.Critical
	}
	for _, s := range b.Steps {
		p.Steps = append(p.Steps, oncall.Step{After: time.Duration(s.After) * time.Second, Kind: s.Kind, Target: s.Target})
	}
	return p
}

func (a *API) escalations() {
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/oncall/escalations", Tags: []string{oncallTag}, Summary: "List who is told of alerts that nobody answers",
	}, a.listEscalations)
	add(a, auth.OnCallManage, huma.Operation{
		Method: http.MethodPost, Path: "/oncall/escalations", Tags: []string{oncallTag}, Summary: "Make an escalation", DefaultStatus: http.StatusCreated,
	}, a.makeEscalation)
	add(a, auth.OnCallManage, huma.Operation{
		Method: http.MethodPut, Path: "/oncall/escalations/{id}", Tags: []string{oncallTag}, Summary: "Change an escalation",
	}, a.changeEscalation)
	add(a, auth.OnCallManage, huma.Operation{
		Method: http.MethodDelete, Path: "/oncall/escalations/{id}", Tags: []string{oncallTag}, Summary: "Delete an escalation", Description: "What it has begun ends.", DefaultStatus: http.StatusNoContent,
	}, a.deleteEscalation)
}

type escalationsOut struct {
	Body struct {
		Items []Escalation `json:"items" nullable:"false"`
	}
}

func (a *API) listEscalations(ctx context.Context, actor auth.Actor, _ *struct{}) (*escalationsOut, error) {
	list, err := a.OnCall.Policies(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &escalationsOut{}
	out.Body.Items = []Escalation{}
	for _, p := range list {
		out.Body.Items = append(out.Body.Items, escalationOf(p.Policy, p.Runs))
	}
	return out, nil
}

type makeEscalationIn struct{ Body EscalationBody }

type escalationOut struct{ Body Escalation }

func (a *API) saveEscalation(ctx context.Context, actor auth.Actor, p oncall.Policy) (*escalationOut, error) {
	saved, err := a.OnCall.SavePolicy(ctx, actor, p)
	if err != nil {
		return nil, err
	}
	return &escalationOut{Body: escalationOf(saved, 0)}, nil
}

func (a *API) makeEscalation(ctx context.Context, actor auth.Actor, in *makeEscalationIn) (*escalationOut, error) {
	return a.saveEscalation(ctx, actor, in.Body.policy())
}

type changeEscalationIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The escalation's id."`
	Body struct {
		EscalationBody
		Version int `json:"version" minimum:"1"`
	}
}

func (a *API) changeEscalation(ctx context.Context, actor auth.Actor, in *changeEscalationIn) (*escalationOut, error) {
	p := in.Body.policy()
	p.ID, p.Version = in.ID, in.Body.Version
	return a.saveEscalation(ctx, actor, p)
}

type escalationIn struct {
	ID string `path:"id" maxLength:"64" doc:"The escalation's id."`
}

func (a *API) deleteEscalation(ctx context.Context, actor auth.Actor, in *escalationIn) (*struct{}, error) {
	return nil, a.OnCall.DeletePolicy(ctx, actor, in.ID)
}
