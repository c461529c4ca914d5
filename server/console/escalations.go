package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/oncall"
)

const (
	escalationsPath   = "/noc/escalations"
	newEscalationPath = "/noc/new-escalation"
)

type escalationView struct {
	Frame   frame
	ID      string
	Typed   escalationTyped
	Targets []kit.Option
	Mails   []kit.Option
	Form    kit.Form
}

// escalationTyped is a policy as it stands in the form.
type escalationTyped struct {
	Name, Least, Match, Again, Pause, Mail string
	Off                                    bool
	Version                                int
	Steps                                  []stepTyped
}

type stepTyped struct{ After, Target string }

func typedEscalation(p oncall.Policy) escalationTyped {
	t := escalationTyped{Name: p.Name, Least: string(p.Least), Match: p.Match, Again: strconv.Itoa(p.Again), Pause: spanText(p.Pause), Mail: p.Mail, Off: p.Off, Version: p.Version}
	for _, s := range p.Steps {
		t.Steps = append(t.Steps, stepTyped{After: spanText(s.After), Target: string(s.Kind) + ":" + s.Target})
	}
	return t
}

// policy reads what was typed. What cannot be read is less than nothing, which is refused.
func (t *escalationTyped) policy() oncall.Policy {
	p := oncall.Policy{Name: t.Name, Off: t.Off, Version: t.Version, Least: alert.Severity(t.Least), Match: t.Match, Pause: lengthOf(t.Pause), Mail: t.Mail}
	again, err := strconv.Atoi(strings.TrimSpace(t.Again))
	if err != nil {
		again = -1
	}
	p.Again = again
	for _, s := range t.Steps {
		kind, id, _ := strings.Cut(s.Target, ":")
		p.Steps = append(p.Steps, oncall.Step{After: lengthOf(s.After), Kind: oncall.Target(kind), Target: id})
	}
	return p
}

func (c *Console) newEscalationPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showEscalation(w, r, actor, http.StatusOK, escalationView{Typed: escalationTyped{Least: string(alert.Critical), Again: "1", Pause: "30m"}})
}

func (c *Console) escalationPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	list, err := c.OnCall.Policies(r.Context(), actor)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(p oncall.PolicyState) bool { return p.ID == r.PathValue("id") })
	if at < 0 {
		return fault.New(fault.NotFound, "There is no such escalation.")
	}
	return c.showEscalation(w, r, actor, http.StatusOK, escalationView{ID: list[at].ID, Typed: typedEscalation(list[at].Policy)})
}

func (c *Console) showEscalation(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v escalationView) error {
	title := "New escalation"
	if v.ID != "" {
		title = v.Typed.Name
	}
	rotas, err := c.OnCall.List(actor)
	if err != nil {
		return err
	}
	staff, err := c.colleagues(r.Context(), actor)
	if err != nil {
		return err
	}
	channels, err := c.OnCall.Channels(actor)
	if err != nil {
		return err
	}
	v.Targets, v.Mails = []kit.Option{{Word: "Nobody more"}}, []kit.Option{{Word: "No mail: in the console alone"}}
	for _, s := range rotas {
		v.Targets = append(v.Targets, kit.Option{Value: "rota:" + s.ID, Word: "Who is on call: " + s.Name})
	}
	for _, p := range staff {
		v.Targets = append(v.Targets, kit.Option{Value: "person:" + p.ID, Word: p.Name})
	}
	for _, x := range channels {
		v.Targets = append(v.Targets, kit.Option{Value: "channel:" + x.ID, Word: "The channel " + x.Name})
		if x.Kind == notify.Mail {
			v.Mails = append(v.Mails, kit.Option{Value: x.ID, Word: "By the channel " + x.Name})
		}
	}
	// More than there are can be filled in.
	for range 3 {
		v.Typed.Steps = append(v.Typed.Steps, stepTyped{After: "15m"})
	}
	if v.Frame, err = c.frame(r, actor, atNOC, title, ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, escalationWhole(v))
}

// saveEscalation saves or deletes, by the button that was pressed. What somebody has
// written comes back when it is refused.
func (c *Console) saveEscalation(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	id, get := r.PathValue("id"), r.PostFormValue
	if get("do") == "delete" && id != "" {
		if err := c.OnCall.DeletePolicy(r.Context(), actor, id); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		http.Redirect(w, r, oncallPath, http.StatusSeeOther)
		return nil
	}
	v := escalationView{ID: id, Typed: escalationTyped{
		Name: get("name"), Least: get("least"), Match: get("match"), Again: get("again"), Pause: get("pause"), Mail: get("mail"), Off: get("off") != "", Version: small(r, "version"),
	}}
	for n := range 20 {
		if target := get(fmt.Sprintf("steps.%d.target", n)); target != "" {
			v.Typed.Steps = append(v.Typed.Steps, stepTyped{After: get(fmt.Sprintf("steps.%d.after", n)), Target: target})
		}
	}
	p := v.Typed.policy()
	p.ID = id
	_, err := c.OnCall.SavePolicy(r.Context(), actor, p)
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, oncallPath+"#escalations", http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Stale, fault.Full:
		v.Form = v.Form.Refused(err)
		return c.showEscalation(w, r, actor, gate.Status(err), v)
	}
	return err
}

// stepWords says a step of a policy.
func stepWords(p oncall.PolicyState, n int) string {
	s, name := p.Steps[n], p.Names[n]
	if name == "" {
		name = "somebody or something that is gone"
	} else if s.Kind == oncall.ToRota {
		name = "who is on call by “" + name + "”"
	} else if s.Kind == oncall.ToChannel {
		name = "the channel “" + name + "”"
	}
	if s.After == 0 {
		return "At once: " + name
	}
	return "After " + kit.Duration(s.After) + ": " + name
}
