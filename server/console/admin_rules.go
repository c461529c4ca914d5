package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/triage"
)

type rulesView struct {
	Frame   frame
	Book    *rulebook.Book
	Rules   []*rulebook.Rule
	Problem string
}

// rulesPage lists the triage rules in the order in which they are asked.
func (c *Console) rulesPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showRules(w, r, actor, http.StatusOK, "")
}

func (c *Console) showRules(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, problem string) error {
	v := rulesView{Book: c.Rulebook(), Problem: problem}
	v.Rules = rulebook.All[*rulebook.Rule](v.Book)
	var err error
	if v.Frame, err = c.adminFrame(r, actor, "Triage rules"); err != nil {
		return err
	}
	return c.out.Show(w, r, status, rulesList(v))
}

type ruleView struct {
	Frame   frame
	Book    *rulebook.Book
	Rule    rulebook.Rule
	Form    kit.Form
	Trial   *triage.Trial
	Tickets int // how many it is tried against
}

// trialSize is how many past tickets the page tries a rule against.
const trialSize = 500

// rulePage edits a rule, or makes one.
func (c *Console) rulePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := ruleView{Rule: rulebook.Rule{Rule: triage.Rule{On: []triage.On{triage.Opened}}}}
	if id := r.PathValue("id"); id != "new" {
		found, ok := rulebook.Get[*rulebook.Rule](c.Rulebook(), id)
		if !ok {
			return fault.New(fault.NotFound, "There is no such rule. Somebody may have deleted it.")
		}
		v.Rule = *found
	} else {
		v.Rule.Position = nextPosition(rulebook.All[*rulebook.Rule](c.Rulebook()))
	}
	return c.showRule(w, r, actor, http.StatusOK, v)
}

func nextPosition[T rulebook.Item](list []T) int {
	last := 0
	for _, v := range list {
		last = max(last, v.Base().Position)
	}
	return last + 10
}

func (c *Console) showRule(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v ruleView) error {
	v.Book, v.Tickets = c.Rulebook(), trialSize
	title := "New rule"
	if v.Rule.ID != "" {
		title = "Rule " + v.Rule.Name
	}
	var err error
	if v.Frame, err = c.adminFrame(r, actor, title); err != nil {
		return err
	}
	return c.out.Show(w, r, status, ruleEditor(v))
}

// changeRule tries a rule, saves it, or deletes it, by the button that was pressed.
// What somebody has written comes back whatever becomes of it.
func (c *Console) changeRule(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := ruleView{Rule: ruleOf(r)}
	var err error
	switch r.PostFormValue("do") {
	case "try":
		var trial triage.Trial
		if trial, err = c.Triage.Try(r.Context(), actor, v.Rule.Rule, trialSize); err == nil {
			v.Trial, v.Rule.Tried = &trial, trial.Fingerprint
			return c.showRule(w, r, actor, http.StatusOK, v)
		}
	case "delete":
		if err = c.Rules.Delete(r.Context(), actor, rulebook.RuleKind, v.Rule.ID, v.Rule.Version); err == nil {
			http.Redirect(w, r, "/admin/rules", http.StatusSeeOther)
			return nil
		}
	default:
		v.Rule.Live, v.Rule.Disabled = r.PostFormValue("do") == "live", ""
		if _, err = c.Rules.Save(r.Context(), actor, &v.Rule); err == nil {
			http.Redirect(w, r, "/admin/rules", http.StatusSeeOther)
			return nil
		}
	}
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict, fault.Stale:
		v.Form = v.Form.Refused(err)
		return c.showRule(w, r, actor, gate.Status(err), v)
	}
	return err
}

// switchRule lets a rule act, or stops it, from the list.
func (c *Console) switchRule(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	found, ok := rulebook.Get[*rulebook.Rule](c.Rulebook(), r.PathValue("id"))
	if !ok {
		return fault.New(fault.NotFound, "There is no such rule. Somebody may have deleted it.")
	}
	changed := *found
	changed.Version = version(r)
	changed.Live, changed.Disabled = r.PostFormValue("live") == "yes", ""
	_, err := c.Rules.Save(r.Context(), actor, &changed)
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, "/admin/rules", http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Conflict, fault.Stale:
		return c.showRules(w, r, actor, gate.Status(err), fault.Sentence(err))
	}
	return err
}

// ruleOf reads the editor's form.
func ruleOf(r *http.Request) rulebook.Rule {
	r.PostFormValue("") // reads the form
	out := rulebook.Rule{
		Entry: rulebook.Entry{Name: r.PostFormValue("name"), Position: small(r, "position"), Version: version(r)},
		Rule: triage.Rule{
			When: r.PostFormValue("when"), Stop: r.PostFormValue("stop") != "", Tried: r.PostFormValue("tried"),
			Then: triage.Effects{
				Team: r.PostFormValue("team"), Category: strings.TrimSpace(r.PostFormValue("category")), Priority: small(r, "priority"), Reason: r.PostFormValue("reason"),
				Reply: r.PostFormValue("reply"), Tags: typedTags(r.PostFormValue("tags")),
			},
		},
	}
	if out.ID = r.PathValue("id"); out.ID == "new" {
		out.ID, out.Version = "", 0
	}
	for _, on := range r.PostForm["on"] {
		out.On = append(out.On, triage.On(on))
	}
	return out
}

// effectWords says what a rule does, with names.
func effectWords(b *rulebook.Book, e triage.Effects) string {
	var parts []string
	if e.Team != "" {
		parts = append(parts, "team "+rulebook.NameOf[*rulebook.Team](b, e.Team))
	}
	if e.Category != "" {
		parts = append(parts, "category "+rulebook.PathOf(b, e.Category))
	}
	if e.Priority != 0 {
		parts = append(parts, "priority P"+strconv.Itoa(e.Priority))
	}
	if e.Reply != "" {
		parts = append(parts, "reply “"+rulebook.NameOf[*rulebook.Reply](b, e.Reply)+"”")
	}
	if len(e.Tags) > 0 {
		parts = append(parts, "tags "+strings.Join(e.Tags, " "))
	}
	return strings.Join(parts, ", ")
}

// onWords says when a rule is asked.
func onWords(list []triage.On) string {
	var parts []string
	for _, on := range list {
		parts = append(parts, onWord(on))
	}
	return strings.Join(parts, ", ")
}

func onWord(on triage.On) string {
	switch on {
	case triage.Opened:
		return "opened"
	case triage.Updated:
		return "updated"
	}
	return "requester replied"
}

func askedOn(list []triage.On, on triage.On) bool { return slices.Contains(list, on) }

// agreementWords compares a rule with what technicians have done.
func agreementWords(a triage.Agreement) string {
	if a.Said() == 0 {
		return "technicians had not said"
	}
	return fmt.Sprintf("%.0f %% as technicians chose (%d of %d)", 100*a.Share(), a.Same, a.Said())
}

// wasWords says what technicians have left a ticket with, of what a rule sets.
func wasWords(b *rulebook.Book, sets triage.Effects, e triage.Example) string {
	var was triage.Effects
	if sets.Team != "" {
		was.Team = e.Team
	}
	if sets.Category != "" {
		was.Category = e.Category
	}
	if sets.Priority != 0 {
		was.Priority = e.Priority
	}
	if was.Empty() {
		return "–"
	}
	return effectWords(b, was)
}

func orNew(id string) string {
	if id == "" {
		return "new"
	}
	return id
}

func orNothing(s string) string {
	if s == "" {
		return "nothing new"
	}
	return s
}

func joined(tags []string) string { return strings.Join(tags, " ") }

// typedTags reads tags with spaces or commas between them.
func typedTags(typed string) []string {
	return strings.FieldsFunc(typed, func(c rune) bool { return c == ' ' || c == ',' })
}
