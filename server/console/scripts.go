package console

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/scripts"
)

// Scripts is the library of scripts.
type Scripts interface {
	List(ctx context.Context, actor auth.Actor) (newest, running []scripts.Version, err error)
	Get(ctx context.Context, actor auth.Actor, id string) ([]scripts.Version, error)
	Write(ctx context.Context, actor auth.Actor, v scripts.Version, base int) (scripts.Version, error)
	Approve(ctx context.Context, actor auth.Actor, id string, number int) error
	Withdraw(ctx context.Context, actor auth.Actor, id string, number int) error
	Run(ctx context.Context, actor auth.Actor, endpoint, ticketID, id string, number int, values []wire.ScriptValue) (ask.Ask, error)
}

type scriptsView struct {
	Frame  frame
	List   []scripts.Version // of the library: the newest of each; of one script: all
	Form   kit.Form
	Typed  scripts.Version
	Params string // as they are typed
	Base   int
}

func scriptPath(id string) string { return "/admin/scripts/" + id }

// scriptsPage is the library.
func (c *Console) scriptsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showScripts(w, r, actor, http.StatusOK, scriptsView{Typed: scripts.Version{OS: "linux", Script: wire.Script{Interpreter: "sh", Seconds: 60}}})
}

func (c *Console) showScripts(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v scriptsView) error {
	var err error
	if v.List, _, err = c.Scripts.List(r.Context(), actor); err != nil {
		return err
	}
	v.Form.ID = "script"
	if v.Frame, err = c.adminFrame(r, actor, "Scripts"); err != nil {
		return err
	}
	v.Form.Fixed = !v.Frame.may(auth.ScriptsWrite)
	return c.out.Show(w, r, status, scriptsWhole(v))
}

// scriptPage is one script with its versions.
func (c *Console) scriptPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showScript(w, r, actor, http.StatusOK, scriptsView{})
}

func (c *Console) showScript(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v scriptsView) error {
	var err error
	if v.List, err = c.Scripts.Get(r.Context(), actor, r.PathValue("id")); err != nil {
		return err
	}
	if v.Typed.ID == "" {
		v.Typed, v.Params = v.List[0], paramsText(v.List[0].Script.Params)
	}
	v.Base, v.Form.ID = v.List[0].Number, "script"
	if v.Frame, err = c.adminFrame(r, actor, v.List[0].Name); err != nil {
		return err
	}
	v.Form.Fixed = !v.Frame.may(auth.ScriptsWrite)
	return c.out.Show(w, r, status, scriptWhole(v))
}

// writeScript adds a script, or a version of one.
func (c *Console) writeScript(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	get := r.PostFormValue
	v := scriptsView{Params: strings.ReplaceAll(get("params"), "\r\n", "\n"), Typed: scripts.Version{
		ID: r.PathValue("id"), Name: get("name"), About: strings.ReplaceAll(get("about"), "\r\n", "\n"), OS: get("os"), Changes: get("changes") != "",
		Script: wire.Script{Interpreter: get("interpreter"), Root: get("root") != "", Seconds: small(r, "seconds"), Body: strings.ReplaceAll(get("body"), "\r\n", "\n")},
	}}
	var err error
	if v.Typed.Script.Params, err = paramsOf(v.Params); err == nil {
		var written scripts.Version
		if written, err = c.Scripts.Write(r.Context(), actor, v.Typed, small(r, "base")); err == nil {
			http.Redirect(w, r, scriptPath(written.ID), http.StatusSeeOther)
			return nil
		}
	}
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Stale, fault.Full:
		v.Form = v.Form.Refused(err)
		if v.Typed.ID != "" {
			return c.showScript(w, r, actor, gate.Status(err), v)
		}
		return c.showScripts(w, r, actor, gate.Status(err), v)
	}
	return err
}

// decideScript approves a version, or withdraws it.
func (c *Console) decideScript(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	id := r.PathValue("id")
	decide := c.Scripts.Withdraw
	if r.PostFormValue("approve") != "" {
		decide = c.Scripts.Approve
	}
	if err := decide(r.Context(), actor, id, small(r, "version")); err != nil {
		return err
	}
	http.Redirect(w, r, scriptPath(id), http.StatusSeeOther)
	return nil
}

type runView struct {
	Frame   frame
	Machine string
	Action  string // where it is sent
	Back    string
	List    []scripts.Version
	Ticket  bool
}

// runForTicket offers the scripts for a ticket's machine, and runs one.
func (c *Console) runForTicket(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if err != nil {
		return err
	}
	return c.runScript(w, r, actor, d.Endpoint, d.ID, runView{Action: ticketPath(n) + "/scripts", Back: ticketPath(n), Ticket: true})
}

// runOnEndpoint does so for a machine and no ticket.
func (c *Console) runOnEndpoint(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	id := r.PathValue("id")
	return c.runScript(w, r, actor, id, "", runView{Action: "/endpoints/" + id + "/scripts", Back: "/endpoints/" + id})
}

func (c *Console) runScript(w http.ResponseWriter, r *http.Request, actor auth.Actor, endpoint, ticketID string, v runView) error {
	ctx := r.Context()
	m, err := c.machine(ctx, actor, endpoint)
	if err != nil {
		return err
	}
	if m == nil {
		return fault.New(fault.NotFound, "There is no such machine.")
	}
	_, list, err := c.Scripts.List(ctx, actor)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(s scripts.Version) bool { return s.OS != m.OS || !v.Ticket && !s.Script.Root })
	if r.Method == http.MethodPost {
		id, number := r.PostFormValue("script"), small(r, "version")
		i := slices.IndexFunc(list, func(s scripts.Version) bool { return s.ID == id && s.Number == number })
		if i < 0 {
			return fault.New(fault.NotFound, "There is no such script for this machine, or a newer version of it runs now. Look again.")
		}
		var values []wire.ScriptValue
		for _, p := range list[i].Script.Params {
			values = append(values, wire.ScriptValue{Name: p.Name, Value: r.PostFormValue("p_" + p.Name)})
		}
		asked, err := c.Scripts.Run(ctx, actor, endpoint, ticketID, id, number, values)
		if err != nil {
			return err
		}
		http.Redirect(w, r, "/asks/"+asked.ID, http.StatusSeeOther)
		return nil
	}
	v.Machine, v.List = m.Name, list
	if v.Frame, err = c.frame(r, actor, atEndpoints, "Run a script", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, runWhole(v))
}

// paramsOf reads parameters as they are typed: one a line, its name, its type, and
// what the type needs.
func paramsOf(text string) ([]wire.ScriptParam, error) {
	out := []wire.ScriptParam{}
	for l := range strings.Lines(text) {
		l = strings.TrimSpace(l)
		if l == "" {
			continue
		}
		name, rest, _ := strings.Cut(l, " ")
		kind, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
		p := wire.ScriptParam{Name: name, Type: kind}
		rest = strings.TrimSpace(rest)
		switch kind {
		case "text":
			p.Pattern = rest
		case "choice":
			for c := range strings.SplitSeq(rest, "|") {
				p.Choices = append(p.Choices, strings.TrimSpace(c))
			}
		case "number":
			low, high, _ := strings.Cut(rest, " ")
			var err, err2 error
			p.Min, err = strconv.ParseInt(low, 10, 64)
			p.Max, err2 = strconv.ParseInt(strings.TrimSpace(high), 10, 64)
			if err != nil || err2 != nil {
				return nil, fault.Field("params", "A number needs its least and its greatest value, as “days number 1 30”.")
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// paramsText writes parameters as they are typed.
func paramsText(list []wire.ScriptParam) string {
	var b strings.Builder
	for _, p := range list {
		switch p.Type {
		case "number":
			fmt.Fprintf(&b, "%s number %d %d\n", p.Name, p.Min, p.Max)
		case "choice":
			fmt.Fprintf(&b, "%s choice %s\n", p.Name, strings.Join(p.Choices, "|"))
		case "text":
			fmt.Fprintf(&b, "%s text %s\n", p.Name, p.Pattern)
		default:
			fmt.Fprintf(&b, "%s %s\n", p.Name, p.Type)
		}
	}
	return b.String()
}

// versionState says how a version stands.
func versionState(v scripts.Version) string {
	switch {
	case !v.WithdrawnAt.IsZero():
		return "withdrawn"
	case v.ApproverID != "":
		return "approved"
	}
	return "waits for approval"
}

// against compares a version with the one before it.
func against(list []scripts.Version, i int) []diffLine {
	now := strings.Split(reviewed(list[i]), "\n")
	if i+1 == len(list) {
		return diff(now, now) // there is none: nothing is new
	}
	return diff(strings.Split(reviewed(list[i+1]), "\n"), now)
}

// reviewed is all of a version that decides what is done, as text.
func reviewed(v scripts.Version) string {
	rights := "the requester's rights"
	if v.Script.Root {
		rights = "an administrator's rights"
	}
	return fmt.Sprintf("# for %s, %s, with %s, at most %d s\n%s\n%s", v.OS, v.Script.Interpreter, rights, v.Script.Seconds, paramsText(v.Script.Params), v.Script.Body)
}
