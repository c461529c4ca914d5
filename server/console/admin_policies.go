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
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

type policyView struct {
	Frame  frame
	Book   *rulebook.Book
	Policy rulebook.Policy
	Form   kit.Form
	Sites  []kit.Option
	Staff  []kit.Option
	// Requesters are those that the condition names, as they were typed.
	Requesters []string
}

// policyPage edits a policy, or makes one.
func (c *Console) policyPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	var v policyView
	if id := r.PathValue("id"); id != "new" {
		found, ok := rulebook.Get[*rulebook.Policy](c.Rulebook(), id)
		if !ok {
			return fault.New(fault.NotFound, "There is no such policy. Somebody may have deleted it.")
		}
		v.Policy = *found
	} else {
		v.Policy = newPolicy(c.Rulebook())
	}
	var err error
	if v.Requesters, err = c.requesterWords(r.Context(), actor, v.Policy.When.Requesters); err != nil {
		return err
	}
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
	p.Position = nextPosition(rulebook.All[*rulebook.Policy](b))
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
	v.Form.Fixed = !v.Frame.may(auth.RulebookManage)
	if v.Sites, err = c.siteOptions(r.Context(), actor); err != nil {
		return err
	}
	if v.Staff, err = c.staffOptions(r.Context(), actor); err != nil {
		return err
	}
	return c.out.Show(w, r, status, policyEditor(v))
}

// changePolicy saves or deletes a policy, by the button that was pressed. What
// somebody has written comes back.
func (c *Console) changePolicy(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.policyOf(r, actor)
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
		v.Form = v.Form.Refused(err)
		return c.showPolicy(w, r, actor, gate.Status(err), v)
	}
	return err
}

// policyOf reads the editor's form.
func (c *Console) policyOf(r *http.Request, actor auth.Actor) (policyView, error) {
	r.PostFormValue("") // reads the form
	x := rulebook.Policy{Entry: rulebook.Entry{
		ID: r.PathValue("id"), Name: r.PostFormValue("name"), Position: small(r, "position"), Version: version(r), Retired: r.PostFormValue("off") != "",
	}}
	if x.ID == "new" {
		x.ID, x.Version = "", 0
	}
	x.Policy.Calendar, x.Updates, x.TakingAnswers = r.PostFormValue("calendar"), sla.Updates(r.PostFormValue("updates")), r.PostFormValue("taking") != ""
	x.When = sla.Condition{
		Sites: chosen(r, "sites"), Categories: chosen(r, "categories"), Teams: chosen(r, "teams"), Tags: typedTags(r.PostFormValue("tags")),
		VIP: r.PostFormValue("vip") != "", Major: r.PostFormValue("major") != "", Expression: strings.TrimSpace(r.PostFormValue("expression")),
	}
	for _, k := range r.PostForm["kinds"] {
		x.When.Kinds = append(x.When.Kinds, ticket.Kind(k))
	}
	for _, p := range r.PostForm["priorities"] {
		n, _ := strconv.Atoi(p) // 0 is no priority
		x.When.Priorities = append(x.When.Priorities, ticket.Priority(n))
	}
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
	for _, s := range r.PostForm["pauses"] {
		state, waiting, _ := strings.Cut(s, "/")
		x.Pauses = append(x.Pauses, sla.Pause{State: ticket.State(state), Waiting: ticket.Waiting(waiting)})
	}
	for _, key := range r.PostForm["escalations"] {
		x.Escalations = append(x.Escalations, escalationOf(r, key))
	}
	v := policyView{Policy: x, Requesters: chosen(r, "requesters")}
	var err error
	v.Policy.When.Requesters, err = c.requesterIDs(r.Context(), actor, v.Requesters)
	return v, err
}

// escalationOf reads the row of a key.
func escalationOf(r *http.Request, key string) sla.Escalation {
	of := func(name string) string { return escalationField(key, name) }
	e := sla.Escalation{
		Clock: sla.Kind(r.PostFormValue(of("clock"))), Share: small(r, of("share")), Team: r.PostFormValue(of("team")),
		Raise: r.PostFormValue(of("raise")) != "", NOC: r.PostFormValue(of("noc")) != "", People: r.PostForm[of("people")],
	}
	for _, w := range r.PostForm[of("notify")] {
		e.Notify = append(e.Notify, sla.Who(w))
	}
	return e
}

func escalationField(key, name string) string { return "escalation-" + key + "-" + name }

// escalationAt is the escalation of a row, a usual one for a fresh row.
func escalationAt(p sla.Policy, key string) sla.Escalation {
	if i, err := strconv.Atoi(key); err == nil && i < len(p.Escalations) {
		return p.Escalations[i]
	}
	return sla.Escalation{Clock: sla.Resolution, Share: 90}
}

func rowKeys(n int) []string {
	var keys []string
	for i := range n {
		keys = append(keys, strconv.Itoa(i))
	}
	return keys
}

// chosen are the rows of a list in which something was chosen, each once.
func chosen(r *http.Request, name string) []string {
	var out []string
	for _, s := range r.PostForm[name] {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func goalField(p ticket.Priority, k sla.Kind) string { return fmt.Sprintf("p%d-%s", p, k) }

// pauses lists what a policy may pause for, as the form names it, and what this one
// pauses for beside.
func pauses(have sla.Policy) []sla.Pause {
	out := []sla.Pause{{State: ticket.WaitingApproval}}
	for _, w := range ticket.Waitings() {
		out = append(out, sla.Pause{State: ticket.Pending, Waiting: w})
	}
	for _, p := range have.Pauses {
		if p.State != ticket.Pending && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

func pausesIn(p sla.Policy, x sla.Pause) bool {
	return slices.ContainsFunc(p.Pauses, func(q sla.Pause) bool { return q.State == x.State && (q.Waiting == "" || q.Waiting == x.Waiting) })
}

// whenWords says for which tickets a policy is. sites names the sites.
func whenWords(b *rulebook.Book, sites []kit.Option, c sla.Condition) string {
	var parts []string
	several := func(what string, names []string) {
		if len(names) > 0 {
			parts = append(parts, what+strings.Join(names, " or "))
		}
	}
	several("", each(c.Kinds, func(k ticket.Kind) string { return string(k) + "s" }))
	several("", each(c.Priorities, kit.PriorityWord))
	several("team ", each(c.Teams, func(id string) string { return rulebook.NameOf[*rulebook.Team](b, id) }))
	several("site ", each(c.Sites, func(id string) string { return optionWord(sites, id) }))
	several("category ", each(c.Categories, func(id string) string { return rulebook.PathOf(b, id) }))
	several("tag ", c.Tags)
	if n := len(c.Requesters); n > 0 {
		parts = append(parts, kit.Plural(n, "1 requester", "%d requesters"))
	}
	if c.VIP {
		parts = append(parts, "VIPs")
	}
	if c.Major {
		parts = append(parts, "major incidents")
	}
	if c.Expression != "" {
		parts = append(parts, c.Expression)
	}
	if len(parts) == 0 {
		return "all tickets"
	}
	return strings.Join(parts, ", ")
}

func each[T any](list []T, word func(T) string) []string {
	var out []string
	for _, v := range list {
		out = append(out, word(v))
	}
	return out
}

// dayWords writes a day with its weekday.
func dayWords(d sla.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return t.Format("Mon 2006-01-02")
}

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

func updatesOf(u sla.Updates) sla.Updates {
	if u == "" {
		return sla.AfterReply
	}
	return u
}

func pauseOptions(have sla.Policy) []kit.Option {
	var out []kit.Option
	for _, p := range pauses(have) {
		out = append(out, kit.Option{Value: string(p.State) + "/" + string(p.Waiting), Word: kit.StateWord(p.State, p.Waiting)})
	}
	return out
}

func pauseOf(value string) sla.Pause {
	state, waiting, _ := strings.Cut(value, "/")
	return sla.Pause{State: ticket.State(state), Waiting: ticket.Waiting(waiting)}
}

func priorityOptions() []kit.Option {
	var out []kit.Option
	for p := ticket.Priority(1); p <= 5; p++ {
		out = append(out, kit.Option{Value: strconv.Itoa(int(p)), Word: kit.PriorityWord(p)})
	}
	return out
}

func peopleToo(n int) string {
	if n == 0 {
		return "Tell certain people too"
	}
	return kit.Plural(n, "1 person is told too", "%d people are told too")
}

// withGone adds who was chosen and is not on the staff any more.
func withGone(staff []kit.Option, ids []string) []kit.Option {
	out := slices.Clone(staff)
	for _, id := range ids {
		if !slices.ContainsFunc(staff, func(o kit.Option) bool { return o.Value == id }) {
			out = append(out, kit.Option{Value: id, Word: "Somebody who is not on the staff any more"})
		}
	}
	return out
}
