package api

import (
	"context"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/watch"
)

type actOnAlertsIn struct {
	Body struct {
		Alerts []string    `json:"alerts" minItems:"1" maxItems:"1000" doc:"Their ids."`
		Do     watch.Doing `json:"do" enum:"acknowledge,unacknowledge,assign,note" doc:"acknowledge: I have seen it, and have it unless somebody else does."`
		To     string      `json:"to,omitempty" maxLength:"64" doc:"Of assign: the id of a person of the staff; left out: nobody."`
		Note   string      `json:"note,omitempty" maxLength:"2000" doc:"Beside any of them; of note it has to be there."`
	}
}

type actOnAlertsOut struct {
	Body struct {
		Items   []Alert        `json:"items" nullable:"false" doc:"Those that were changed."`
		Refused []AlertRefusal `json:"refused" nullable:"false"`
	}
}

// AlertRefusal is an alert with which something was not done.
type AlertRefusal struct {
	Alert    string `json:"alert" doc:"Its id."`
	Sentence string `json:"sentence"`
}

func (a *API) actOnAlerts(ctx context.Context, actor auth.Actor, in *actOnAlertsIn) (*actOnAlertsOut, error) {
	got, err := a.Alerts.Act(ctx, actor, watch.Act{Do: in.Body.Do, To: in.Body.To, Note: in.Body.Note, Alerts: in.Body.Alerts})
	if err != nil {
		return nil, err
	}
	out := &actOnAlertsOut{}
	out.Body.Items, out.Body.Refused = []Alert{}, []AlertRefusal{}
	for _, i := range got.Changed {
		out.Body.Items = append(out.Body.Items, alertOf(i))
	}
	for _, r := range got.Refused {
		out.Body.Refused = append(out.Body.Refused, AlertRefusal(r))
	}
	return out, nil
}
