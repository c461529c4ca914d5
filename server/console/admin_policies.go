package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

type policyView struct {
	Frame       frame
	Book        *rulebook.Book
	Policy      rulebook.Policy
	Escalations string
	Problem     string
}

// policyPage edits a policy, or makes one.
func (c *Console) policyPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := policyView{}
	if id := r.PathValue("id"); id != "new" {
		found, ok := rulebook.Get[*rulebook.Policy](c.Rulebook(), id)
		if !ok {
			return fault.New(fault.NotFound, "There is no such policy. Somebody may have deleted it.")
		}
		v.Policy = *found
	} else {
		v.Policy = newPolicy(c.Rulebook())
	}
	v.Escalations = escalationLines(v.Policy.Escalations)
	return c.showPolicy(w, r, actor, http.StatusOK, v)
}

// newPolicy is what a desk begins with: targets that differ by priority, paused
// while the requester or somebody else has to move.
func newPolicy(b *rulebook.Book) rulebook.Policy {
	p := rulebook.Policy{Policy: sla.Policy{Updates: sla.AfterReply, Pauses: []sla.Pause{{State: ticket.Pending}, {State: ticket.WaitingApproval}}}}
	unit := sla.Hours24
	for _, c := range rulebook.Offered[*rulebook.Calendar](b) {
		p.Policy.Calendar, unit = c.ID, sla.OpenHours
		break
	}
	for i, hours := range [][3]int{{1, 2, 4}, {2, 4, 8}, {4, 8, 16}, {8, 16, 40}, {8, 24, 80}} {
		of := func(n int) sla.Target { return sla.Target{Amount: n, Unit: unit} }
		p.Goals = append(p.Goals, sla.Goal{Priority: ticket.Priority(i + 1), FirstResponse: of(hours[0]), NextUpdate: of(hours[1]), Resolution: of(hours[2])})
	}
	p.Escalations = []sla.Escalation{
		{Clock: sla.FirstResponse, Share: 75, Notify: []sla.Who{sla.Assignee}}, {Clock: sla.Resolution, Share: 75, Notify: []sla.Who{sla.Assignee}},
		{Clock: sla.Resolution, Share: 100, Notify: []sla.Who{sla.Assignee, sla.Team}},
	}
	return p
}

func (c *Console) showPolicy(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v policyView) error {
	v.Book = c.Rulebook()
	title := "New policy"
	if v.Policy.ID != "" {
		title = "Policy " + v.Policy.Base().Name
	}
	var err error
	if v.Frame, err = c.adminFrame(r, actor, title); err != nil {
		return err
	}
	return c.out.Show(w, r, status, policyEditor(v))
}

// changePolicy saves or deletes a policy, by the button that was pressed. What
// somebody has written comes back.
func (c *Console) changePolicy(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.policyOf(r)
	if err == nil {
		if r.PostFormValue("do") == "delete" {
			err = c.Rules.Delete(r.Context(), actor, rulebook.PolicyKind, v.Policy.ID, v.Policy.Version)
		} else {
			_, err = c.Rules.Save(r.Context(), actor, &v.Policy)
		}
	}
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, "/admin/service-levels", http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Conflict, fault.Stale:
		v.Problem = fault.Sentence(err)
		return c.showPolicy(w, r, actor, gate.Status(err), v)
	}
	return err
}

// policyOf reads the editor's form. Of the condition it keeps what it has no field
// for, as it was.
func (c *Console) policyOf(r *http.Request) (policyView, error) {
	r.PostFormValue("") // reads the form
	var x rulebook.Policy
	if old, ok := rulebook.Get[*rulebook.Policy](c.Rulebook(), r.PathValue("id")); ok {
		x = *old
	}
	x.Entry = rulebook.Entry{
		ID: r.PathValue("id"), Name: r.PostFormValue("name"), Position: small(r, "position"), Version: version(r), Retired: r.PostFormValue("off") != "",
	}
	if x.ID == "new" {
		x.ID, x.Version = "", 0
	}
	x.Policy.Calendar, x.Updates, x.TakingAnswers = r.PostFormValue("calendar"), sla.Updates(r.PostFormValue("updates")), r.PostFormValue("taking") != ""
	x.When.Expression, x.When.VIP, x.When.Major = strings.TrimSpace(r.PostFormValue("expression")), r.PostFormValue("vip") != "", r.PostFormValue("major") != ""
	x.When.Teams = nil
	if t := r.PostFormValue("team"); t != "" {
		x.When.Teams = []string{t}
	}
	x.When.Kinds = nil
	if k := r.PostFormValue("kind"); k != "" {
		x.When.Kinds = []ticket.Kind{ticket.Kind(k)}
	}
	x.Goals = nil
	for p := ticket.Priority(1); p <= 5; p++ {
		of := func(k sla.Kind) sla.Target {
			n := small(r, goalField(p, k))
			if n == 0 {
				return sla.Target{}
			}
			return sla.Target{Amount: n, Unit: sla.Unit(r.PostFormValue(goalField(p, k) + "-unit"))}
		}
		g := sla.Goal{Priority: p, FirstResponse: of(sla.FirstResponse), NextUpdate: of(sla.NextUpdate), Resolution: of(sla.Resolution)}
		if g != (sla.Goal{Priority: p}) {
			x.Goals = append(x.Goals, g)
		}
	}
	x.Pauses = nil
	for _, s := range r.PostForm["pause"] {
		state, waiting, _ := strings.Cut(s, "/")
		x.Pauses = append(x.Pauses, sla.Pause{State: ticket.State(state), Waiting: ticket.Waiting(waiting)})
	}
	v := policyView{Policy: x, Escalations: r.PostFormValue("escalations")}
	var err error
	v.Policy.Escalations, err = escalationsOf(c.Rulebook(), v.Escalations)
	return v, err
}

func goalField(p ticket.Priority, k sla.Kind) string { return fmt.Sprintf("p%d-%s", p, k) }

// pauses lists what a policy may pause for, as the form names it.
func pauses() []sla.Pause {
	out := []sla.Pause{{State: ticket.WaitingApproval}}
	for _, w := range ticket.Waitings() {
		out = append(out, sla.Pause{State: ticket.Pending, Waiting: w})
	}
	return out
}

func pausesIn(p sla.Policy, x sla.Pause) bool {
	return slices.ContainsFunc(p.Pauses, func(q sla.Pause) bool { return q.State == x.State && (q.Waiting == "" || q.Waiting == x.Waiting) })
}

// escalationLines writes escalations as lines: resolution 75 assignee team noc.
func escalationLines(list []sla.Escalation) string {
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintf(&b, "%s %d", e.Clock, e.Share)
		for _, w := range e.Notify {
			b.WriteString(" " + string(w))
		}
		for _, p := range e.People {
			b.WriteString(" person:" + p)
		}
		if e.Raise {
			b.WriteString(" raise")
		}
		if e.NOC {
			b.WriteString(" noc")
		}
		if e.Team != "" {
			b.WriteString(" to:" + e.Team)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func escalationsOf(b *rulebook.Book, text string) ([]sla.Escalation, error) {
	var out []sla.Escalation
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		e := sla.Escalation{Clock: sla.Kind(words[0])}
		var err error
		if len(words) > 1 {
			e.Share, err = strconv.Atoi(strings.TrimSuffix(words[1], "%"))
		}
		if err != nil || len(words) < 3 {
			return nil, fault.Field("escalations", "“"+strings.TrimSpace(line)+"” is not an escalation. Write it like: resolution 75 assignee team.")
		}
		for _, w := range words[2:] {
			switch name, of, _ := strings.Cut(w, ":"); name {
			case "raise":
				e.Raise = true
			case "noc":
				e.NOC = true
			case "to":
				e.Team = teamNamed(b, of)
			case "person":
				e.People = append(e.People, of)
			default:
				e.Notify = append(e.Notify, sla.Who(w))
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// teamNamed returns the id of a team by its id or its name.
func teamNamed(b *rulebook.Book, s string) string {
	for _, t := range rulebook.All[*rulebook.Team](b) {
		if strings.EqualFold(strings.ReplaceAll(t.Name, " ", "-"), s) {
			return t.ID
		}
	}
	return s
}

// whenWords says for which tickets a policy is.
func whenWords(b *rulebook.Book, c sla.Condition) string {
	var parts []string
	for _, k := range c.Kinds {
		parts = append(parts, string(k)+"s")
	}
	for _, t := range c.Teams {
		parts = append(parts, "team "+rulebook.NameOf[*rulebook.Team](b, t))
	}
	if c.VIP {
		parts = append(parts, "VIPs")
	}
	if c.Major {
		parts = append(parts, "major incidents")
	}
	if n := len(c.Priorities) + len(c.Sites) + len(c.Categories) + len(c.Requesters) + len(c.Tags); n > 0 {
		parts = append(parts, "further conditions")
	}
	if c.Expression != "" {
		parts = append(parts, c.Expression)
	}
	if len(parts) == 0 {
		return "all tickets"
	}
	return strings.Join(parts, ", ")
}

// dayWords writes a day with its weekday.
func dayWords(d sla.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return t.Format("Mon 2006-01-02")
}

func oneIs[T comparable](list []T, v T) bool { return len(list) == 1 && list[0] == v }

func goalOf(p sla.Policy, at ticket.Priority, k sla.Kind) sla.Target {
	for _, g := range p.Goals {
		if g.Priority == at {
			switch k {
			case sla.FirstResponse:
				return g.FirstResponse
			case sla.NextUpdate:
				return g.NextUpdate
			}
			return g.Resolution
		}
	}
	return sla.Target{}
}

func amountWord(t sla.Target) string {
	if t.Amount == 0 {
		return ""
	}
	return strconv.Itoa(t.Amount)
}
