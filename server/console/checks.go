package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/synthetic"
)

// Checks are services that are looked at.
type Checks interface {
	List(actor auth.Actor) ([]synthetic.Standing, error)
	Get(ctx context.Context, actor auth.Actor, id string) (synthetic.Standing, []synthetic.Line, error)
	Save(ctx context.Context, actor auth.Actor, c synthetic.Check) (synthetic.Standing, error)
	Delete(ctx context.Context, actor auth.Actor, id string) error
	Try(ctx context.Context, actor auth.Actor, c synthetic.Check, from string) ([]synthetic.View, error)
	Place(from string) string
	Sites() []synthetic.Site
	// Computers are the names of those that a check names.
	Computers(ids []string) []string
}

const (
	checksPath   = "/noc/checks"
	newCheckPath = "/noc/new-check"
)

type checksView struct {
	Frame frame
	List  []synthetic.Standing
	May   bool
}

// checksPage lists the services that are looked at, what is down first.
func (c *Console) checksPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := checksView{May: auth.May(actor, auth.ChecksManage)}
	var err error
	if v.List, err = c.Checks.List(actor); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atNOC, "Checks", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, checksWhole(v))
}

type checkView struct {
	Frame  frame
	Check  synthetic.Standing
	Typed  checkTyped
	Lines  []synthetic.Line
	Tried  []synthetic.View // what came of trying it
	Place  func(from string) string
	Sites  []kit.Option
	Abouts []kit.Option // categories of tickets
	Form   kit.Form
	May    bool
	Worked []alert.Hold // the maintenance that it is in now
}

// checkTyped is a check as it stands in the form.
type checkTyped struct {
	Name, Note, About, Every, Timeout, Slowest, Failures, Successes, Severity string
	Host, Port, ServerName, Type, Server, Expect                              string
	URL, Method, Headers, Body, Status, Contains, JSONPath, JSONValue         string
	HeaderName, HeaderHas                                                     string
	Stay, Guard, Paused                                                       bool
	Kind                                                                      check.Kind
	Version                                                                   int
	Here                                                                      bool // this server looks
	Sites                                                                     []string
	Each, Endpoints                                                           string
}

func typedCheck(c synthetic.Check) checkTyped {
	s := c.Spec
	t := checkTyped{
		Here: !c.Away, Sites: c.Sites, Each: strconv.Itoa(cmp.Or(c.Each, synthetic.Usual().Each)),
		Name: c.Name, Note: c.Note, About: c.About, Every: spanText(c.Every), Failures: strconv.Itoa(c.Failures), Successes: strconv.Itoa(c.Successes), Severity: string(c.Severity),
		Host: s.Host, ServerName: s.Name, Type: s.Type, Server: s.Server, Expect: s.Expect,
		URL: s.URL, Method: s.Method, Body: s.Body, Status: s.Status, Contains: s.Contains, JSONPath: s.JSONPath, JSONValue: s.JSONValue, HeaderName: s.HeaderName, HeaderHas: s.HeaderHas,
		Stay: s.Stay, Guard: c.Guard, Paused: c.Paused, Kind: s.Kind, Version: c.Version,
	}
	if s.Port > 0 {
		t.Port = strconv.Itoa(s.Port)
	}
	if s.Timeout > 0 {
		t.Timeout = spanText(s.Timeout)
	}
	if s.Slowest > 0 {
		t.Slowest = spanText(s.Slowest)
	}
	var lines []string
	for _, h := range s.Headers {
		lines = append(lines, h.Name+": "+h.Value)
	}
	t.Headers = strings.Join(lines, "\n")
	return t
}

// typedNow is what somebody has written into the form.
func typedNow(r *http.Request, kind check.Kind) checkTyped {
	get := r.PostFormValue
	return checkTyped{
		Name: get("name"), Note: get("note"), About: get("about"), Every: get("every"), Timeout: get("timeout"), Slowest: get("slowest"), Failures: get("failures"), Successes: get("successes"), Severity: get("severity"),
		Host: get("host"), Port: get("port"), ServerName: get("server_name"), Type: get("type"), Server: get("server"), Expect: get("expect"),
		URL: get("url"), Method: get("method"), Headers: get("headers"), Body: get("body"), Status: get("status"), Contains: get("contains"), JSONPath: get("json_path"), JSONValue: get("json_value"),
		HeaderName: get("header_name"), HeaderHas: get("header_has"), Stay: get("stay") != "", Guard: get("guard") != "", Paused: get("paused") != "", Kind: kind, Version: small(r, "version"),
		Here: get("here") != "", Sites: r.PostForm["sites"], Each: get("each"), Endpoints: get("endpoints"),
	}
}

// check reads the form. What cannot be read is what the use case refuses.
func (t checkTyped) check(id string) synthetic.Check {
	number := func(s string) int {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			return -1
		}
		return n
	}
	span := func(s string) time.Duration {
		if strings.TrimSpace(s) == "" {
			return 0
		}
		return lengthOf(s)
	}
	c := synthetic.Check{
		ID: id, Version: t.Version, Name: t.Name, Note: t.Note, About: t.About, Every: lengthOf(t.Every), Failures: number(t.Failures), Successes: number(t.Successes), Severity: alert.Severity(t.Severity), Guard: t.Guard, Paused: t.Paused,
		Spec: check.Spec{
			Kind: t.Kind, Host: t.Host, Timeout: span(t.Timeout), Slowest: span(t.Slowest), Name: t.ServerName, Type: t.Type, Server: t.Server, Expect: t.Expect,
			URL: t.URL, Method: t.Method, Body: strings.ReplaceAll(t.Body, "\r\n", "\n"), Status: t.Status, Contains: t.Contains, JSONPath: t.JSONPath, JSONValue: t.JSONValue, HeaderName: t.HeaderName, HeaderHas: t.HeaderHas, Stay: t.Stay,
		},
	}
	if t.Port != "" {
		c.Spec.Port = number(t.Port)
	}
	c.Away, c.Sites, c.Endpoints = !t.Here, t.Sites, strings.Split(t.Endpoints, "\n")
	if t.Each != "" { // the form has it where there are sites
		c.Each = number(t.Each)
	}
	for line := range strings.Lines(t.Headers) {
		if line = strings.TrimSpace(line); line != "" {
			name, value, _ := strings.Cut(line, ":")
			c.Spec.Headers = append(c.Spec.Headers, check.Header{Name: name, Value: value})
		}
	}
	return c
}

func (c *Console) newCheckPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	kind := check.Kind(r.PathValue("kind"))
	if checkKind(kind) == "" {
		return fault.New(fault.NotFound, "There is no such kind of check.")
	}
	usual := synthetic.Usual()
	usual.Spec = check.Spec{Kind: kind}
	return c.showCheck(w, r, actor, http.StatusOK, checkView{Typed: typedCheck(usual)})
}

func (c *Console) checkPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	var v checkView
	var err error
	if v.Check, v.Lines, err = c.Checks.Get(r.Context(), actor, r.PathValue("id")); err != nil {
		return err
	}
	v.Typed = typedCheck(v.Check.Check)
	v.Typed.Endpoints = strings.Join(c.Checks.Computers(v.Check.Endpoints), "\n")
	return c.showCheck(w, r, actor, http.StatusOK, v)
}

func (c *Console) showCheck(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v checkView) error {
	v.May, v.Place = auth.May(actor, auth.ChecksManage), c.Checks.Place
	v.Abouts = with("", "Nobody has said", categoryOptions(c.Rulebook(), v.Typed.About))
	for _, s := range c.Checks.Sites() {
		v.Sites = append(v.Sites, kit.Option{Value: s.ID, Word: s.Name})
	}
	for _, id := range v.Typed.Sites {
		if !slices.ContainsFunc(v.Sites, func(o kit.Option) bool { return o.Value == id }) {
			v.Sites = append(v.Sites, kit.Option{Value: id, Word: c.Checks.Place(id)})
		}
	}
	title := "New check: " + strings.ToLower(checkKind(v.Typed.Kind))
	if v.Check.ID != "" {
		title, v.Worked = v.Check.Name, c.Alerts.MaintainedCheck(v.Check.ID)
	}
	var err error
	if v.Frame, err = c.frame(r, actor, atNOC, title, ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, checkWhole(v))
}

// saveCheck saves, tries or deletes, by the button that was pressed. What somebody has
// written comes back when it is refused or tried.
func (c *Console) saveCheck(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	id, kind, do := r.PathValue("id"), check.Kind(r.PathValue("kind")), r.PostFormValue("do")
	if do == "delete" && id != "" {
		if err := c.Checks.Delete(r.Context(), actor, id); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		http.Redirect(w, r, checksPath, http.StatusSeeOther)
		return nil
	}
	var v checkView
	if id != "" {
		var err error
		if v.Check, v.Lines, err = c.Checks.Get(r.Context(), actor, id); err != nil {
			return err
		}
		kind = v.Check.Spec.Kind
	}
	v.Typed = typedNow(r, kind)
	wanted := v.Typed.check(id)
	if do == "try" {
		var err error
		v.Tried, err = c.Checks.Try(r.Context(), actor, wanted, "")
		return c.checkAgain(w, r, actor, v, err)
	}
	saved, err := c.Checks.Save(r.Context(), actor, wanted)
	if err == nil {
		http.Redirect(w, r, checksPath+"/"+saved.ID, http.StatusSeeOther)
		return nil
	}
	return c.checkAgain(w, r, actor, v, err)
}

// checkAgain shows the form with what was written, and what was refused of it.
func (c *Console) checkAgain(w http.ResponseWriter, r *http.Request, actor auth.Actor, v checkView, err error) error {
	switch fault.CodeOf(err) {
	case "":
		return c.showCheck(w, r, actor, http.StatusOK, v)
	case fault.Invalid, fault.Stale, fault.Full, fault.TooMany:
		v.Form = kit.Form{}.Refused(err)
		return c.showCheck(w, r, actor, gate.Status(err), v)
	}
	return err
}
