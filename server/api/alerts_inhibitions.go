package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
)

// AlertInhibition says which alerts hold back which others.
type AlertInhibition struct {
	Name   string   `json:"name,omitempty"`
	File   string   `json:"file" doc:"Where it was read; “built in”: it came with Deskbell."`
	Source string   `json:"source" doc:"Alerts that hold others back while they fire." example:"{alertname=\"DiskFull\"}"`
	Target string   `json:"target" doc:"Alerts that are held back."`
	Equal  []string `json:"equal" nullable:"false" doc:"Labels that both must have alike; one that is not there is empty."`
}

func (a *API) inhibitions() {
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/alerts/inhibitions", Tags: []string{alertTag}, Summary: "List which alerts hold back which others",
		Description: "They come with the server, and from files in the folder “rules/inhibit” of its data, in the form of an Alertmanager's inhibit_rules. What is wrong with a file stands among the mistakes of the rules.",
	}, a.listInhibitions)
}

type inhibitionsOut struct {
	Body struct {
		Items []AlertInhibition `json:"items" nullable:"false"`
	}
}

func (a *API) listInhibitions(_ context.Context, actor auth.Actor, _ *struct{}) (*inhibitionsOut, error) {
	list, err := a.Alerts.Inhibitions(actor)
	if err != nil {
		return nil, err
	}
	out := &inhibitionsOut{}
	out.Body.Items = []AlertInhibition{}
	for _, i := range list {
		out.Body.Items = append(out.Body.Items, AlertInhibition{Name: i.Name, File: i.File, Source: i.Source.String(), Target: i.Target.String(), Equal: append([]string{}, i.Equal...)})
	}
	return out, nil
}
