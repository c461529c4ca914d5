package console

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
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

type surveysView struct {
	Frame frame
	Form  kit.Form
	Typed url.Values
	Kind  wire.AskKind
	Sites []kit.Option
	List  []survey.Survey
}

func surveysPath(k wire.AskKind) string { return "/noc/questions?kind=" + string(k) }

func surveyPath(id string) string { return "/noc/questions/" + id }

// surveysPage offers to ask the fleet and lists what it was asked.
func (c *Console) surveysPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showSurveys(w, r, actor, http.StatusOK, surveysView{Form: kit.Form{ID: "fleet"}, Typed: r.URL.Query()})
}

func (c *Console) showSurveys(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v surveysView) error {
	v.Kind = wire.FleetKinds()[0]
	for _, k := range wire.FleetKinds() {
		if string(k) == v.Typed.Get("kind") {
			v.Kind = k
		}
	}
	var err error
	if v.Frame, err = c.frame(r, actor, atNOC, "Ask the fleet", ""); err != nil {
		return err
	}
	if v.Sites, err = c.siteOptions(r.Context(), actor); err != nil {
		return err
	}
	if v.List, err = c.Surveys.List(r.Context(), actor, "", 30); err != nil {
		return err
	}
	return c.out.Show(w, r, status, surveysWhole(v))
}

// askFleet asks the fleet; what is refused stands beside the field.
func (c *Console) askFleet(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q := survey.Request{}
	var err error
	if q.Kind, q.Params, err = fleetQuestion(r); err == nil {
		get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
		q.Scope = survey.Scope{Site: get("site"), OS: get("os"), Agent: get("agent"), Text: get("text"), Online: get("online") != ""}
		q.For = time.Duration(small(r, "for")) * time.Minute
		var s survey.Survey
		if s, err = c.Surveys.Ask(r.Context(), actor, q); err == nil {
			http.Redirect(w, r, surveyPath(s.ID), http.StatusSeeOther)
			return nil
		}
	}
	if code := fault.CodeOf(err); code != fault.Invalid && code != fault.TooMany {
		return err
	}
	status := http.StatusUnprocessableEntity
	if fault.Is(err, fault.TooMany) {
		status = http.StatusTooManyRequests
	}
	return c.showSurveys(w, r, actor, status, surveysView{Form: kit.Form{ID: "fleet"}.Refused(err), Typed: r.PostForm})
}

// fleetQuestion reads the form: what only the fleet is asked, and else the tools' own.
func fleetQuestion(r *http.Request) (wire.AskKind, json.RawMessage, error) {
	if err := r.ParseForm(); err != nil {
		return "", nil, fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	kind := wire.AskKind(r.PostFormValue("kind"))
	var params any
	switch kind {
	case wire.AskHasFinding:
		params = wire.HasFindingParams{Code: r.PostFormValue("code")}
	case wire.AskHasSoftware:
		params = wire.HasSoftwareParams{Name: r.PostFormValue("name")}
	case wire.AskHasProcess:
		params = wire.HasProcessParams{Name: r.PostFormValue("name")}
	default:
		return question(r)
	}
	raw, err := json.Marshal(params)
	return kind, raw, err
}

type surveyView struct {
	Frame   frame
	Result  survey.Result
	Replies []survey.Reply
	More    string // where the next ones are; empty: there are none
	Answer  string // only machines with it
	Seen    int    // how many had answered when the list was made
}

const surveyPage = 200

// surveyPage shows a question with its answers: as a page, as what has come since, or as
// further machines.
func (c *Console) surveyPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	ctx, id, q := r.Context(), r.PathValue("id"), r.URL.Query()
	v := surveyView{Answer: q.Get("answer")}
	var err error
	if v.Result, err = c.Surveys.Get(ctx, actor, id); err != nil {
		return err
	}
	v.Seen = v.Result.Answered + v.Result.Failed
	if kit.Partial(r) && q.Get("part") == "counts" {
		if n, err := strconv.Atoi(q.Get("seen")); err == nil {
			v.Seen = n
		}
		return c.out.Show(w, r, http.StatusOK, surveyAgain(v))
	}
	after := -1
	if n, err := strconv.Atoi(q.Get("after")); err == nil {
		after = n
	}
	var more bool
	if v.Replies, more, err = c.Surveys.Replies(ctx, actor, id, survey.Query{Answer: v.Answer, After: after, Limit: surveyPage}); err != nil {
		return err
	}
	if more {
		v.More = surveyAddress(id, v.Answer, v.Replies[len(v.Replies)-1].Seq)
	}
	if kit.Partial(r) && after >= 0 {
		return c.out.Show(w, r, http.StatusOK, surveyRows(v))
	}
	if kit.Partial(r) && q.Get("part") == "list" {
		return c.out.Show(w, r, http.StatusOK, surveyListAgain(v))
	}
	if v.Frame, err = c.frame(r, actor, atNOC, survey.Words(v.Result.Kind, v.Result.Params), "endpoint"); err != nil {
		return err
	}
	v.Frame.doc.Live += "&survey=" + url.QueryEscape(id)
	return c.out.Show(w, r, http.StatusOK, surveyWhole(v))
}

func surveyAddress(id, answer string, after int) string {
	q := url.Values{}
	if answer != "" {
		q.Set("answer", answer)
	}
	if after >= 0 {
		q.Set("after", strconv.Itoa(after))
	}
	if len(q) == 0 {
		return surveyPath(id)
	}
	return surveyPath(id) + "?" + q.Encode()
}

// endSurvey ends a question that nobody waits for any more.
func (c *Console) endSurvey(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	id := r.PathValue("id")
	if err := c.Surveys.End(r.Context(), actor, id); err != nil {
		return err
	}
	http.Redirect(w, r, surveyPath(id), http.StatusSeeOther)
	return nil
}

// surveyCSV is all machines of a question for spreadsheets.
func (c *Console) surveyCSV(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	id := r.PathValue("id")
	list, _, err := c.Surveys.Replies(r.Context(), actor, id, survey.Query{After: -1})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "deskbell-question-"+id+".csv"))
	rows := [][]string{{"endpoint", "site", "system", "state", "answer", "detail", "reason", "at"}}
	for _, x := range list {
		at := ""
		if !x.At.IsZero() {
			at = x.At.UTC().Format(time.RFC3339)
		}
		rows = append(rows, []string{inert(x.Name), inert(x.Site), kit.OSWord(x.OS), string(x.Standing), inert(x.Group), inert(x.Detail), inert(x.Sentence), at})
	}
	return csv.NewWriter(w).WriteAll(rows)
}

// surveyLengths are how long a question may be open, in minutes.
func surveyLengths() []kit.Option {
	return kit.Pairs("10", "10 minutes", "60", "1 hour", "480", "8 hours", "1440", "1 day", "10080", "7 days")
}

func findingOptions() []kit.Option {
	var out []kit.Option
	for _, r := range diagnostics.Rules() {
		out = append(out, kit.Option{Value: string(r.Code), Word: r.Title + " (" + string(r.Code) + ")"})
	}
	return out
}

// scopeWords says who is asked.
func scopeWords(s survey.Scope, n int) string {
	var parts []string
	if s.Named != "" {
		parts = append(parts, "at "+s.Named)
	}
	if s.OS != "" {
		parts = append(parts, "with "+kit.OSWord(s.OS))
	}
	if s.Agent != "" {
		parts = append(parts, "with an agent "+s.Agent)
	}
	if s.Text != "" {
		parts = append(parts, "called “"+s.Text+"”")
	}
	if s.Online {
		parts = append(parts, "that were online")
	}
	if len(parts) == 0 {
		return kit.Plural(n, "The one endpoint", "All %d endpoints")
	}
	return kit.Plural(n, "1 endpoint ", "%d endpoints ") + strings.Join(parts, ", ")
}

func surveyStateWord(s survey.State) string {
	switch s {
	case survey.Open:
		return "Answers are coming"
	case survey.Ended:
		return "Ended early"
	}
	return "Done"
}

func standingWord(s survey.Standing) string {
	switch s {
	case survey.Answered:
		return "Answered"
	case survey.Failed:
		return "No answer"
	case survey.Silent:
		return "Did not come back"
	case survey.Asked:
		return "Answering"
	case survey.Busy:
		return "Too busy, is asked again"
	}
	return "Is asked when it is there"
}

func standingIcon(s survey.Standing) string {
	switch s {
	case survey.Answered:
		return "sev-healthy"
	case survey.Failed:
		return "sev-critical"
	case survey.Silent:
		return "sev-unknown"
	}
	return "clock"
}

// restOf says in a sentence who has not answered.
func restOf(r survey.Result) string {
	var parts []string
	add := func(n int, words string) {
		if n > 0 {
			parts = append(parts, kit.Count(n)+" "+words)
		}
	}
	add(r.Tally.Failed, "gave no answer")
	add(r.Tally.Asked, "answering")
	add(r.Tally.Busy, "too busy, asked again")
	add(r.Tally.Waiting, "waited for")
	add(r.Tally.Silent, "did not come back")
	return strings.Join(parts, " · ")
}
