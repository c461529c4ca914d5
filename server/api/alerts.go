package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/watch"
)

// Alerts asks the rules of the time series.
type Alerts interface {
	Alerts(actor auth.Actor, q watch.Query) ([]watch.Item, int, error)
	Rules(actor auth.Actor) ([]watch.RuleState, []alert.Mistake, error)
	Inhibitions(actor auth.Actor) ([]alert.Inhibition, error)
	Log(ctx context.Context, actor auth.Actor, q watch.LogQuery) ([]watch.Entry, error)
	Try(ctx context.Context, actor auth.Actor, content []byte, back time.Duration) ([]watch.Trial, error)
	Act(ctx context.Context, actor auth.Actor, a watch.Act) (watch.Outcome, error)
	Silences(actor auth.Actor) ([]watch.SilenceState, error)
	Matching(actor auth.Actor, match string) ([]watch.Item, error)
	Silence(ctx context.Context, actor auth.Actor, d watch.SilenceDraft) (alert.Silence, error)
	EndSilence(ctx context.Context, actor auth.Actor, id string) error
	Windows(actor auth.Actor) ([]watch.WindowState, error)
	PlanWindow(ctx context.Context, actor auth.Actor, d watch.WindowDraft) (alert.Window, error)
	EndWindow(ctx context.Context, actor auth.Actor, id string) error
}

// Alert is one alert as it is now.
type Alert struct {
	ID       string            `json:"id" doc:"Of the rule and the labels: the same whenever it fires again." example:"DiskFull.9c2f1e77a0b3d411"`
	Rule     string            `json:"rule" example:"DiskFull"`
	Severity alert.Severity    `json:"severity" enum:"critical,warning,info"`
	State    alert.State       `json:"state" enum:"pending,firing,unknown,resolved" doc:"unknown: it was pending or firing, and nothing is heard any more. It does not resolve by that."`
	Was      alert.State       `json:"was,omitempty" doc:"Of an unknown one: what it was before."`
	Since    time.Time         `json:"since" doc:"Of the state."`
	ActiveAt time.Time         `json:"active_at,omitzero" doc:"Since when the condition holds."`
	FiredAt  time.Time         `json:"fired_at,omitzero"`
	EndedAt  time.Time         `json:"ended_at,omitzero"`
	Flapping bool              `json:"flapping" doc:"Its condition comes and goes so often that its end is not believed."`
	Value    float64           `json:"value"`
	Labels   map[string]string `json:"labels" doc:"Of the series, of the rule, and the endpoint's name and site."`
	Endpoint string            `json:"endpoint,omitempty" doc:"Its id; left out: the alert is about more than one."`
	Summary  string            `json:"summary"`
	Advice   string            `json:"advice,omitempty"`
	Holds    []alert.Hold      `json:"holds" nullable:"false" doc:"Why nobody is told of it now; none: whoever has to know is told."`
	From     string            `json:"from,omitempty" doc:"Whose alert it is: the name of the token with which it came. Left out: it is of a rule here."`
	Link     string            `json:"link,omitempty" doc:"Of theirs; who has sent it has chosen it."`
	HeardAt  time.Time         `json:"heard_at,omitzero" doc:"Of theirs: when they last said that it fires, or ended."`
	Care     AlertCare         `json:"care" doc:"What people have made of it since it began. It ends with the alert; the log keeps it."`
}

func holdsOf(list []alert.Hold) []alert.Hold {
	out := []alert.Hold{}
	for _, h := range list {
		h.Until = utc(h.Until)
		out = append(out, h)
	}
	return out
}

// AlertCare is what people have made of an alert.
type AlertCare struct {
	AckedAt time.Time `json:"acked_at,omitzero" doc:"Left out: nobody has acknowledged it."`
	AckedBy string    `json:"acked_by,omitempty"`
	OwnerID string    `json:"owner_id,omitempty" doc:"Who has it."`
	Owner   string    `json:"owner,omitempty"`
	Note    string    `json:"note,omitempty" doc:"The newest."`
	NotedBy string    `json:"noted_by,omitempty"`
	NotedAt time.Time `json:"noted_at,omitzero"`
}

func careOf(c watch.Care) AlertCare {
	c.AckedAt, c.NotedAt = utc(c.AckedAt), utc(c.NotedAt)
	return AlertCare(c)
}

func alertOf(i watch.Item) Alert {
	return Alert{
		ID: i.ID, Rule: i.Rule, Severity: i.Severity, State: i.Alert.State, Was: i.Alert.Was, Since: utc(i.Alert.Since), ActiveAt: utc(i.Alert.ActiveAt),
		FiredAt: utc(i.Alert.FiredAt), EndedAt: utc(i.Alert.ResolvedAt), Flapping: i.Alert.Changes.Flapping(), Value: i.Alert.Value,
		Labels: i.Labels, Endpoint: i.Endpoint(), Summary: i.Summary, Advice: i.Advice, From: i.From, Link: i.Link, HeardAt: utc(i.HeardAt), Holds: holdsOf(i.Holds), Care: careOf(i.Care),
	}
}

// AlertRule is a rule and how it does.
type AlertRule struct {
	Name     string         `json:"name"`
	Group    string         `json:"group"`
	File     string         `json:"file" doc:"Where it was read; “built in”: it came with Deskbell."`
	Severity alert.Severity `json:"severity" enum:"critical,warning,info"`
	Expr     string         `json:"expr"`
	For      float64        `json:"for_seconds"`
	Every    float64        `json:"every_seconds" doc:"How often it is asked at most; 0: at each round."`
	Keep     float64        `json:"keep_firing_for_seconds"`
	Clear    string         `json:"clear,omitempty" doc:"PromQL that ends an alert, where that is not expr."`
	Summary  string         `json:"summary" doc:"As it is written, with its template."`
	Advice   string         `json:"advice,omitempty"`
	Firing   int            `json:"firing"`
	Pending  int            `json:"pending"`
	Unknown  int            `json:"unknown"`
	AskedAt  time.Time      `json:"asked_at,omitzero"`
	Took     float64        `json:"took_seconds"`
	Problem  string         `json:"problem,omitempty" doc:"Why it could not be asked."`
}

func alertRuleOf(s watch.RuleState) AlertRule {
	r := s.Rule
	return AlertRule{
		Name: r.Name, Group: r.Group, File: r.File, Severity: r.Severity(), Expr: r.Expr, For: r.Timing.For.Seconds(), Every: r.Every.Seconds(), Keep: r.Timing.Keep.Seconds(),
		Clear: r.Annotations[alert.Clear], Summary: r.Annotations[alert.Summary], Advice: r.Annotations[alert.Advice],
		Firing: s.Firing, Pending: s.Pending, Unknown: s.Unknown, AskedAt: utc(s.AskedAt), Took: s.Took.Seconds(), Problem: s.Problem,
	}
}

// AlertMistake is what is wrong with a rule file.
type AlertMistake struct {
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Rule     string `json:"rule,omitempty"`
	Sentence string `json:"sentence"`
}

// AlertEntry is what became of an alert.
type AlertEntry struct {
	At       time.Time      `json:"at"`
	Alert    string         `json:"alert" doc:"Its id; of silences empty."`
	Rule     string         `json:"rule"`
	Severity alert.Severity `json:"severity" enum:"critical,warning,info"`
	Endpoint string         `json:"endpoint,omitempty"`
	Site     string         `json:"site,omitempty"`
	Did      watch.Did      `json:"did" enum:"fired,unknown,firing,resolved,withdrawn,acknowledged,unacknowledged,assigned,noted,told,silenced,silence_over" doc:"firing: it is heard of again, and still fires; withdrawn: its rule or its endpoint is gone. The others were done by people, or are of silences and about no alert alone."`
	Summary  string         `json:"summary"`
	Value    float64        `json:"value"`
	By       string         `json:"by,omitempty" doc:"Who did it; left out: it did so by itself."`
	To       string         `json:"to,omitempty" doc:"Whom it was given to, or who was told; left out of an assignment: nobody has it any more; of telling: nobody could be told."`
	Note     string         `json:"note,omitempty"`
}

// AlertTrial is what a rule would have done.
type AlertTrial struct {
	Rule  string      `json:"rule"`
	Fired int         `json:"fired" doc:"Times that it would have fired."`
	Spans []AlertSpan `json:"spans" nullable:"false" doc:"The newest 200."`
}

// AlertSpan is one time that a rule would have fired.
type AlertSpan struct {
	From   time.Time         `json:"from"`
	To     time.Time         `json:"to,omitzero" doc:"Left out: it would fire still."`
	Value  float64           `json:"value" doc:"When it began."`
	Labels map[string]string `json:"labels"`
}

const alertTag = "Alerts"

func (a *API) alerts() {
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/alerts", Tags: []string{alertTag}, Summary: "List alerts",
		Description: "What fires first, then what is unknown or pending; by severity, the newest first. Without a state, all that are not over.",
	}, a.listAlerts)
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/alerts/log", Tags: []string{alertTag}, Summary: "List what became of alerts", Description: "The newest first, of 90 days.",
	}, a.alertLog)
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/alerts/rules", Tags: []string{alertTag}, Summary: "List alert rules",
		Description: "Rules come with the server, and from files in the folder “rules” of its data, in the form of Prometheus's rule files. Of a file with a mistake the rules as they were before go on.",
	}, a.alertRules)
	a.inhibitions()
	add(a, auth.AlertsWork, huma.Operation{
		Method: http.MethodPost, Path: "/alerts/act", Tags: []string{alertTag}, Summary: "Acknowledge, assign or note alerts",
		Description: "Those with which it cannot be done are told, the others are changed, all or nothing.", DefaultStatus: http.StatusOK,
	}, a.actOnAlerts)
	a.silences()
	a.maintenance()
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodPost, Path: "/alerts/try", Tags: []string{alertTag}, Summary: "Try alert rules on the past",
		Description: "Says when the rules would have fired. Nothing is kept, and nobody is told.", DefaultStatus: http.StatusOK,
	}, a.tryAlerts)
}

type alertsIn struct {
	State    []alert.State  `query:"state" enum:"pending,firing,unknown,resolved"`
	Severity alert.Severity `query:"severity" enum:"critical,warning,info"`
	Endpoint string         `query:"endpoint" maxLength:"64"`
	Site     string         `query:"site" maxLength:"200" doc:"Its name."`
	Rule     string         `query:"rule" maxLength:"200"`
	Limit    int            `query:"limit" minimum:"1" maximum:"1000" default:"200"`
}

type alertsOut struct {
	Body struct {
		Items []Alert `json:"items" nullable:"false"`
		More  int     `json:"more" doc:"Alerts beyond the limit."`
	}
}

func (a *API) listAlerts(_ context.Context, actor auth.Actor, in *alertsIn) (*alertsOut, error) {
	list, more, err := a.Alerts.Alerts(actor, watch.Query{States: in.State, Severity: in.Severity, Endpoint: in.Endpoint, Site: in.Site, Rule: in.Rule, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &alertsOut{}
	out.Body.Items, out.Body.More = []Alert{}, more
	for _, i := range list {
		out.Body.Items = append(out.Body.Items, alertOf(i))
	}
	return out, nil
}

type alertRulesOut struct {
	Body struct {
		Items    []AlertRule    `json:"items" nullable:"false"`
		Mistakes []AlertMistake `json:"mistakes" nullable:"false" doc:"Why files were not read."`
	}
}

func (a *API) alertRules(_ context.Context, actor auth.Actor, _ *struct{}) (*alertRulesOut, error) {
	list, mistakes, err := a.Alerts.Rules(actor)
	if err != nil {
		return nil, err
	}
	out := &alertRulesOut{}
	out.Body.Items, out.Body.Mistakes = []AlertRule{}, []AlertMistake{}
	for _, r := range list {
		out.Body.Items = append(out.Body.Items, alertRuleOf(r))
	}
	for _, m := range mistakes {
		out.Body.Mistakes = append(out.Body.Mistakes, AlertMistake(m))
	}
	return out, nil
}

type alertLogIn struct {
	Before   time.Time `query:"before" doc:"Only what was before; the last line's time leads to the next page."`
	Endpoint string    `query:"endpoint" maxLength:"64"`
	Alert    string    `query:"alert" maxLength:"300" doc:"Its id."`
	Limit    int       `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type alertLogOut struct {
	Body struct {
		Items []AlertEntry `json:"items" nullable:"false"`
	}
}

func (a *API) alertLog(ctx context.Context, actor auth.Actor, in *alertLogIn) (*alertLogOut, error) {
	list, err := a.Alerts.Log(ctx, actor, watch.LogQuery{Before: in.Before, Endpoint: in.Endpoint, Alert: in.Alert, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &alertLogOut{}
	out.Body.Items = []AlertEntry{}
	for _, e := range list {
		e.At = utc(e.At)
		out.Body.Items = append(out.Body.Items, AlertEntry(e))
	}
	return out, nil
}

type tryAlertsIn struct {
	Body struct {
		Rules string `json:"rules" maxLength:"262144" doc:"A file in the form of Prometheus's rule files." example:"groups: [{name: own, rules: [{alert: Hot, expr: 'deskbell_temperature_celsius > 85', labels: {severity: warning}, annotations: {summary: It is hot.}}]}]"`
		Hours int    `json:"hours" minimum:"1" maximum:"336" default:"24" doc:"How far back."`
	}
}

type tryAlertsOut struct {
	Body struct {
		Items []AlertTrial `json:"items" nullable:"false"`
	}
}

func (a *API) tryAlerts(ctx context.Context, actor auth.Actor, in *tryAlertsIn) (*tryAlertsOut, error) {
	list, err := a.Alerts.Try(ctx, actor, []byte(in.Body.Rules), time.Duration(in.Body.Hours)*time.Hour)
	if err != nil {
		return nil, err
	}
	out := &tryAlertsOut{}
	out.Body.Items = []AlertTrial{}
	for _, t := range list {
		x := AlertTrial{Rule: t.Rule.Name, Fired: t.Fired, Spans: []AlertSpan{}}
		for _, s := range t.Spans {
			x.Spans = append(x.Spans, AlertSpan{From: utc(s.From), To: utc(s.To), Value: s.Value, Labels: s.Labels})
		}
		out.Body.Items = append(out.Body.Items, x)
	}
	return out, nil
}
