package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/survey"
)

// Surveys ask many endpoints one question.
type Surveys interface {
	Ask(ctx context.Context, actor auth.Actor, r survey.Request) (survey.Survey, error)
	Get(ctx context.Context, actor auth.Actor, id string) (survey.Result, error)
	Replies(ctx context.Context, actor auth.Actor, id string, q survey.Query) ([]survey.Reply, bool, error)
	List(ctx context.Context, actor auth.Actor, before string, limit int) ([]survey.Survey, error)
	End(ctx context.Context, actor auth.Actor, id string) error
}

// FleetScope says which endpoints are asked; what is left out does not matter.
type FleetScope struct {
	Site     string `json:"site,omitempty" maxLength:"64" doc:"Its id."`
	SiteName string `json:"site_name,omitempty" readOnly:"true" doc:"What the site was called then."`
	OS       string `json:"os,omitempty" enum:"linux,windows,darwin"`
	Agent    string `json:"agent,omitempty" maxLength:"200" doc:"The agent's version begins so." example:"1.2."`
	Text     string `json:"text,omitempty" maxLength:"200" doc:"In the name or the address."`
	Online   bool   `json:"online,omitempty" doc:"Only those that are connected now."`
}

// FleetQuestion is one question to many endpoints.
type FleetQuestion struct {
	ID       string          `json:"id"`
	Kind     wire.AskKind    `json:"kind" example:"probe.ping"`
	Params   json.RawMessage `json:"params"`
	Scope    FleetScope      `json:"scope"`
	Asker    Named           `json:"asker"`
	State    survey.State    `json:"state" enum:"open,done,ended" doc:"ended: by a person."`
	Total    int             `json:"total" doc:"How many endpoints are asked."`
	Answered int             `json:"answered"`
	Failed   int             `json:"failed" doc:"How many gave no answer and will give none."`
	AskedAt  time.Time       `json:"asked_at"`
	Until    time.Time       `json:"until" doc:"Who comes back before then is asked."`
	EndedAt  time.Time       `json:"ended_at,omitzero"`
}

func fleetQuestionOf(s survey.Survey) FleetQuestion {
	return FleetQuestion{
		ID: s.ID, Kind: s.Kind, Params: s.Params, Asker: Named{s.AskerID, s.AskerName}, State: s.State, Total: s.Total, Answered: s.Answered, Failed: s.Failed,
		Scope:   FleetScope{Site: s.Scope.Site, SiteName: s.Scope.Named, OS: s.Scope.OS, Agent: s.Scope.Agent, Text: s.Scope.Text, Online: s.Scope.Online},
		AskedAt: utc(s.AskedAt), Until: utc(s.Until), EndedAt: utc(s.EndedAt),
	}
}

// FleetGroup counts equal answers.
type FleetGroup struct {
	Answer string `json:"answer" doc:"Empty: all answers that are too rare to be named."`
	Count  int    `json:"count"`
}

// FleetResult is a question with its answers by group.
type FleetResult struct {
	FleetQuestion
	Silent  int          `json:"silent" doc:"How many did not come before the end."`
	Waiting int          `json:"waiting" doc:"How many are offline, or not asked yet."`
	Busy    int          `json:"busy" doc:"How many were asked too often by others, and are asked again."`
	Asked   int          `json:"asked" doc:"How many are answering."`
	Groups  []FleetGroup `json:"groups" nullable:"false" doc:"The answers, the most frequent first."`
	Reasons []FleetGroup `json:"reasons" nullable:"false" doc:"Why endpoints gave none."`
}

// FleetAnswer is what became of one endpoint.
type FleetAnswer struct {
	Endpoint string          `json:"endpoint" doc:"Its id."`
	Name     string          `json:"name"`
	Site     string          `json:"site"`
	OS       string          `json:"os"`
	Standing survey.Standing `json:"standing" enum:"waiting,asked,busy,answered,failed,silent"`
	Answer   string          `json:"answer,omitempty"`
	Detail   string          `json:"detail,omitempty"`
	Code     fault.Code      `json:"code,omitempty" doc:"Why it gave no answer."`
	Sentence string          `json:"sentence,omitempty"`
	At       time.Time       `json:"at,omitzero"`
}

const fleetTag = "Questions to the fleet"

func (a *API) surveys() {
	add(a, auth.FleetAsk, huma.Operation{
		Method: http.MethodPost, Path: "/fleet/questions", Tags: []string{fleetTag}, Summary: "Ask many endpoints one question",
		Description: "What the kinds take as params:\n\n- `has.finding`: code\n- `has.process`: name\n- `has.software`: name\n- `probe.ping`: host\n- `probe.path`: host; rounds, family optional\n- `probe.dns`: name; type, server optional\n- `probe.tcp`: host, port\n" +
			"- `probe.http`: url\n- `probe.tls`: host; port, name optional\n- `probe.portal`: url optional\n- `probe.proxy`: url\n\n" +
			"Each endpoint is asked by itself, under its own policy, and its employee can read who asked. Those that are offline are asked when they come back, until the question's end. " +
			"Twenty questions are open at once, five of one person. Read the answers at /fleet/questions/{id}, or hear how far it has come at /events?survey={id}.",
		DefaultStatus: http.StatusAccepted,
	}, a.askFleet)
	add(a, auth.FleetAsk, huma.Operation{
		Method: http.MethodGet, Path: "/fleet/questions", Tags: []string{fleetTag}, Summary: "List questions to the fleet", Description: "The newest first.",
	}, a.listSurveys)
	add(a, auth.FleetAsk, huma.Operation{
		Method: http.MethodGet, Path: "/fleet/questions/{id}", Tags: []string{fleetTag}, Summary: "Read a question with its answers by group",
	}, a.readSurvey)
	add(a, auth.FleetAsk, huma.Operation{
		Method: http.MethodGet, Path: "/fleet/questions/{id}/answers", Tags: []string{fleetTag}, Summary: "List what became of each endpoint", Description: "By site and name.",
	}, a.listReplies)
	add(a, auth.FleetAsk, huma.Operation{
		Method: http.MethodDelete, Path: "/fleet/questions/{id}", Tags: []string{fleetTag}, Summary: "End a question",
		Description: "What has been answered stays.", DefaultStatus: http.StatusNoContent,
	}, a.endSurvey)
}

type askFleetIn struct {
	Body struct {
		Kind   wire.AskKind    `json:"kind" example:"probe.ping"`
		Params json.RawMessage `json:"params" doc:"What the kind takes."`
		Scope  *FleetScope     `json:"scope,omitempty" doc:"Left out: all endpoints."`
		For    string          `json:"for,omitempty" doc:"How long late endpoints may take: 10m, 24h. From 1m to 168h; 10m when it is left out." example:"10m"`
	}
}

type fleetQuestionOut struct {
	Location string `header:"Location" doc:"Where the answers are read."`
	Body     FleetQuestion
}

func (a *API) askFleet(ctx context.Context, actor auth.Actor, in *askFleetIn) (*fleetQuestionOut, error) {
	r := survey.Request{Kind: in.Body.Kind, Params: in.Body.Params}
	if s := in.Body.Scope; s != nil {
		r.Scope = survey.Scope{Site: s.Site, OS: s.OS, Agent: s.Agent, Text: s.Text, Online: s.Online}
	}
	if in.Body.For != "" {
		var err error
		if r.For, err = duration("for", in.Body.For); err != nil {
			return nil, err
		}
	}
	s, err := a.Surveys.Ask(ctx, actor, r)
	if err != nil {
		return nil, err
	}
	return &fleetQuestionOut{Location: Prefix + "/fleet/questions/" + s.ID, Body: fleetQuestionOf(s)}, nil
}

type listSurveysIn struct{ Paging }

func (a *API) listSurveys(ctx context.Context, actor auth.Actor, in *listSurveysIn) (*pageOut[FleetQuestion], error) {
	const list = "fleet questions"
	var before string
	if err := readCursor(list, in.Cursor, &before); err != nil {
		return nil, err
	}
	all, err := a.Surveys.List(ctx, actor, before, in.Limit)
	if err != nil {
		return nil, err
	}
	var items []FleetQuestion
	for _, s := range all {
		items = append(items, fleetQuestionOf(s))
	}
	next := ""
	if len(all) == in.Limit { // perhaps an empty part follows
		next = all[len(all)-1].ID
	}
	return pageOf(list, items, nextID(next)), nil
}

type surveyIn struct {
	ID string `path:"id" maxLength:"64" doc:"The question's id."`
}

type fleetResultOut struct{ Body FleetResult }

func (a *API) readSurvey(ctx context.Context, actor auth.Actor, in *surveyIn) (*fleetResultOut, error) {
	r, err := a.Surveys.Get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := FleetResult{FleetQuestion: fleetQuestionOf(r.Survey), Silent: r.Tally.Silent, Waiting: r.Tally.Waiting, Busy: r.Tally.Busy, Asked: r.Tally.Asked, Groups: []FleetGroup{}, Reasons: []FleetGroup{}}
	for _, g := range r.Groups {
		out.Groups = append(out.Groups, FleetGroup{g.Answer, g.Count})
	}
	for _, g := range r.Others {
		out.Reasons = append(out.Reasons, FleetGroup{g.Answer, g.Count})
	}
	return &fleetResultOut{out}, nil
}

type listRepliesIn struct {
	ID string `path:"id" maxLength:"64" doc:"The question's id."`
	Paging
	Answer   string          `query:"answer" maxLength:"1000" doc:"Only endpoints with this answer, or that gave none for this reason."`
	Standing survey.Standing `query:"standing" enum:"waiting,asked,busy,answered,failed,silent" doc:"Only those."`
}

func (a *API) listReplies(ctx context.Context, actor auth.Actor, in *listRepliesIn) (*pageOut[FleetAnswer], error) {
	const list = "fleet answers"
	after := -1
	if err := readCursor(list, in.Cursor, &after); err != nil {
		return nil, err
	}
	replies, more, err := a.Surveys.Replies(ctx, actor, in.ID, survey.Query{Answer: in.Answer, Standing: in.Standing, After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	var items []FleetAnswer
	for _, r := range replies {
		items = append(items, FleetAnswer{
			Endpoint: r.Endpoint, Name: r.Name, Site: r.Site, OS: r.OS, Standing: r.Standing, Answer: r.Group, Detail: r.Detail, Code: r.Code, Sentence: r.Sentence, At: utc(r.At),
		})
	}
	var next any
	if more {
		next = replies[len(replies)-1].Seq
	}
	return pageOf(list, items, next), nil
}

func (a *API) endSurvey(ctx context.Context, actor auth.Actor, in *surveyIn) (*struct{}, error) {
	return nil, a.Surveys.End(ctx, actor, in.ID)
}
