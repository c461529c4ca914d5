package console

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/watch"
)

// Alerts asks the rules of the time series.
type Alerts interface {
	Alerts(actor auth.Actor, q watch.Query) ([]watch.Item, int, error)
	Alarm(actor auth.Actor) (watch.Alarm, error)
	Urgent(actor auth.Actor, most int) (list []watch.Item, firing, held int, err error)
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
	Maintained(endpoint, site string) []alert.Hold
	MaintainedCheck(id string) []alert.Hold
}

const (
	alertsPath     = "/noc/alerts"
	alertRulesPath = "/noc/alerts/rules"
	maxAlerts      = 300 // on a page
	maxAlertLog    = 50
	maxWallAlerts  = 8
)

type alertsView struct {
	Frame    frame
	List     []watch.Item
	Held     []watch.Item // of those that are shown: what is held back
	Ending   []watch.SilenceState
	More     int
	Log      []watch.Entry
	Mistakes int
	// MaySilence is whether an alert offers a silence of it.
	MaySilence bool
	Staff      []auth.Person // whom an alert can be given to
	Incidents  []incident.Incident
}

func (c *Console) alertsView(r *http.Request, actor auth.Actor) (alertsView, error) {
	var v alertsView
	var err error
	if v.Incidents, err = c.incidentsNow(r, actor); err != nil {
		return v, err
	}
	if v.List, v.More, err = c.Alerts.Alerts(actor, watch.Query{Limit: maxAlerts}); err != nil {
		return v, err
	}
	v.List, v.Held = apart(v.List)
	silences, err := c.Alerts.Silences(actor)
	if err != nil {
		return v, err
	}
	for _, s := range silences {
		if s.Soon {
			v.Ending = append(v.Ending, s)
		}
	}
	v.MaySilence = auth.May(actor, auth.AlertsHold)
	_, mistakes, err := c.Alerts.Rules(actor)
	if err != nil {
		return v, err
	}
	v.Mistakes = len(mistakes)
	v.Log, err = c.Alerts.Log(r.Context(), actor, watch.LogQuery{Limit: maxAlertLog})
	return v, err
}

// alertsPage lists the alerts that are not over, and what became of the others.
func (c *Console) alertsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.alertsView(r, actor)
	if err != nil {
		return err
	}
	if kit.Partial(r) {
		return c.out.Show(w, r, http.StatusOK, alertsAgain(v))
	}
	if v.Staff, err = c.colleagues(r.Context(), actor); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atNOC, "Alerts", "alert,incident"); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, alertsWhole(v))
}

type alertRulesView struct {
	Frame    frame
	Rules    []watch.RuleState
	Holding  []alert.Inhibition
	Mistakes []alert.Mistake
	Form     kit.Form
	Typed    string
	Hours    int
	Tried    []watch.Trial
	Done     bool // a trial was made
}

// tryHours are how far a trial can look back.
func tryHours() []kit.Option {
	return kit.Pairs("1", "The last hour", "24", "The last day", "168", "The last week", "336", "The last 14 days")
}

const ruleExample = `groups:
- name: own
  rules:
  - alert: Hot
    expr: deskbell_temperature_celsius > 85
    for: 10m
    labels: {severity: warning}
    annotations:
      summary: '{{ $labels.name }} is {{ $value }} °C hot.'
      clear: deskbell_temperature_celsius < 75
`

// alertRulesPage lists the rules, and offers to try one on the past.
func (c *Console) alertRulesPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showAlertRules(w, r, actor, http.StatusOK, alertRulesView{Form: kit.Form{ID: "try"}, Typed: ruleExample, Hours: 24})
}

func (c *Console) showAlertRules(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v alertRulesView) error {
	var err error
	if v.Frame, err = c.frame(r, actor, atNOC, "Alert rules", ""); err != nil {
		return err
	}
	if v.Rules, v.Mistakes, err = c.Alerts.Rules(actor); err != nil {
		return err
	}
	if v.Holding, err = c.Alerts.Inhibitions(actor); err != nil {
		return err
	}
	return c.out.Show(w, r, status, alertRulesWhole(v))
}

// tryAlertRules says when rules would have fired; what is refused stands beside the
// field, and nothing that was typed is lost.
func (c *Console) tryAlertRules(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	v := alertRulesView{Form: kit.Form{ID: "try"}, Typed: r.PostFormValue("rules"), Hours: small(r, "hours"), Done: true}
	var err error
	if v.Tried, err = c.Alerts.Try(r.Context(), actor, []byte(v.Typed), time.Duration(v.Hours)*time.Hour); err == nil {
		return c.showAlertRules(w, r, actor, http.StatusOK, v)
	}
	code := fault.CodeOf(err)
	if code != fault.Invalid && code != fault.TooMany && code != fault.TooLarge && code != fault.Unavailable {
		return err
	}
	v.Done, v.Form = false, v.Form.Refused(err)
	return c.showAlertRules(w, r, actor, http.StatusUnprocessableEntity, v)
}

// wallAlerts are what fires, for beside the wall.
func (c *Console) wallAlerts(actor auth.Actor, v *nocView) (err error) {
	v.Alerts, v.Firing, v.HeldBack, err = c.Alerts.Urgent(actor, maxWallAlerts)
	if err == nil {
		v.Alarm, err = c.Alerts.Alarm(actor)
	}
	return err
}

// endpointAlerts are those of one endpoint.
func (c *Console) endpointAlerts(actor auth.Actor, id string) (templ.Component, error) {
	if auth.Authorise(actor, auth.NOCRead, auth.Object{}) != nil {
		return nil, nil //nolint:nilerr // who may not see alerts is shown none
	}
	list, _, err := c.Alerts.Alerts(actor, watch.Query{Endpoint: id, Limit: 20})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return endpointAlertList(list), nil
}

func alertSeverity(s alert.Severity) diagnostics.Severity { return diagnostics.Severity(s) }

// alertState is an alert's state in words.
func alertState(a alert.Alert) string {
	var words string
	switch a.State {
	case alert.Pending:
		words = "Pending"
	case alert.Firing:
		words = "Firing"
	case alert.Unknown:
		words = "Unknown, was " + string(a.Was)
	case alert.Resolved:
		words = "Resolved"
	default:
		words = "Quiet"
	}
	if a.Changes.Flapping() {
		words += ", comes and goes"
	}
	return words
}

// ruleNow is how a rule does, in words.
func ruleNow(s watch.RuleState) string {
	switch {
	case s.Firing > 0:
		return kit.Plural(s.Firing, "1 fires", "%d fire")
	case s.Unknown > 0:
		return kit.Plural(s.Unknown, "1 unknown", "%d unknown")
	case s.Pending > 0:
		return kit.Plural(s.Pending, "1 pending", "%d pending")
	case s.AskedAt.IsZero() && s.Rule.Expr != "":
		return "not asked yet"
	}
	return "quiet"
}

// ruleWaits is how long a rule waits, in words.
func ruleWaits(t alert.Timing) string {
	words := "at once"
	if t.For > 0 {
		words = "after " + shortly(t.For)
	}
	if t.Keep > 0 {
		words += ", kept for " + shortly(t.Keep)
	}
	return words
}

func shortly(d time.Duration) string {
	switch {
	case d >= 24*time.Hour && d%(24*time.Hour) == 0:
		return kit.Plural(int(d/(24*time.Hour)), "1 day", "%d days")
	case d >= time.Hour && d%time.Hour == 0:
		return kit.Plural(int(d/time.Hour), "1 hour", "%d hours")
	case d >= time.Minute && d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
}

// triedWords is what a trial came to.
func triedWords(t watch.Trial) string {
	words := "would not have fired."
	if t.Fired > 0 {
		words = kit.Plural(t.Fired, "would have fired once", "would have fired %d times")
		if len(t.Spans) < t.Fired {
			words += fmt.Sprintf("; the newest %d:", len(t.Spans))
		} else {
			words += ":"
		}
	}
	return words
}

// spanWhere is what a time that a rule would have fired is about.
func spanWhere(s alert.Span) string {
	for _, l := range []string{"name", "endpoint", "site"} {
		if w := s.Labels[l]; w != "" {
			return w
		}
	}
	return "all"
}
