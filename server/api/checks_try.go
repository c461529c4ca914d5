package api

import (
	"context"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/synthetic"
)

// CheckTried is what one look came to, and what it came to from each place.
type CheckTried struct {
	CheckResult
	From  string      `json:"from" doc:"Of the look above: server, or the id of a site."`
	Views []CheckView `json:"views" nullable:"false" doc:"From each place that was tried, the server first."`
}

type checkTriedOut struct{ Body CheckTried }

func tried(list []synthetic.View, err error) (*checkTriedOut, error) {
	if err != nil {
		return nil, err
	}
	out := &checkTriedOut{Body: CheckTried{CheckResult: checkResult(list[0].Life.Last), From: list[0].From, Views: []CheckView{}}}
	for _, v := range list {
		r := checkResult(v.Life.Last)
		out.Body.Views = append(out.Body.Views, CheckView{From: v.From, Name: v.Name, State: synthetic.Awaited, Last: &r})
	}
	return out, nil
}

type tryCheckIn struct {
	From string `query:"from" maxLength:"64" doc:"One place of the check: server, or the id of a site. Left out: all of them."`
	Body CheckBody
}

func (a *API) tryCheck(ctx context.Context, actor auth.Actor, in *tryCheckIn) (*checkTriedOut, error) {
	return tried(a.Checks.Try(ctx, actor, in.Body.check(), in.From))
}

type runCheckIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The check's id."`
	From string `query:"from" maxLength:"64" doc:"One place of the check: server, or the id of a site. Left out: all of them."`
}

func (a *API) runCheck(ctx context.Context, actor auth.Actor, in *runCheckIn) (*checkTriedOut, error) {
	return tried(a.Checks.RunNow(ctx, actor, in.ID, in.From))
}
