package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/assign"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/rulebook"
)

func nocQuery(text string) noc.Query { return noc.Query{Text: text, Limit: paletteEach} }

type teamsView struct {
	Frame frame
	Teams []*rulebook.Team
	Names map[string]string
}

type teamView struct {
	Frame frame
	Team  rulebook.Team
	Staff []auth.Person
	// Calendars can be chosen as working hours.
	Calendars []*rulebook.Calendar
	Gone      []string // members who are not on the staff any more
	Form      kit.Form
	Theirs    *rulebook.Team // what somebody else has saved meanwhile
}

// teamsPage lists the teams.
func (c *Console) teamsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	f, err := c.adminFrame(r, actor, "Teams")
	if err != nil {
		return err
	}
	people, err := c.colleagues(r.Context(), actor)
	if err != nil {
		return err
	}
	v := teamsView{Frame: f, Teams: rulebook.All[*rulebook.Team](c.Rulebook()), Names: map[string]string{}}
	for _, p := range people {
		v.Names[p.ID] = p.Name
	}
	return c.out.Show(w, r, http.StatusOK, teamList(v))
}

// teamPage shows a team to be changed; “new” is one that is not there yet.
func (c *Console) teamPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	var t rulebook.Team
	if id := r.PathValue("id"); id != "new" {
		have, ok := rulebook.Get[*rulebook.Team](c.Rulebook(), id)
		if !ok {
			return fault.New(fault.NotFound, "There is no such team.")
		}
		t = *have
	}
	return c.showTeam(w, r, actor, http.StatusOK, teamView{Team: t})
}

func (c *Console) showTeam(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v teamView) error {
	var err error
	if v.Staff, err = c.colleagues(r.Context(), actor); err != nil {
		return err
	}
	for _, id := range v.Team.Members {
		if !slices.ContainsFunc(v.Staff, func(p auth.Person) bool { return p.ID == id }) {
			v.Gone = append(v.Gone, id)
		}
	}
	v.Calendars = rulebook.All[*rulebook.Calendar](c.Rulebook())
	title := v.Team.Name
	if title == "" {
		title = "A new team"
	}
	if v.Frame, err = c.adminFrame(r, actor, title); err != nil {
		return err
	}
	v.Form.Fixed = !v.Frame.may(auth.RulebookManage)
	return c.out.Show(w, r, status, teamForm(v))
}

// saveTeam stores a team.
func (c *Console) saveTeam(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "The form cannot be read.")
	}
	t := rulebook.Team{
		Entry: rulebook.Entry{Name: r.PostFormValue("name"), Position: small(r, "position"), Retired: r.PostFormValue("retired") != ""},
		Lead:  r.PostFormValue("lead"), Tier: small(r, "tier"), Calendar: strings.TrimSpace(r.PostFormValue("calendar")),
		Cap: small(r, "cap"), Mode: assign.Mode(r.PostFormValue("mode")),
	}
	if id := r.PathValue("id"); id != "new" {
		t.ID = id
		t.Version, _ = strconv.ParseInt(r.PostFormValue("version"), 10, 64) // 0 is stale
	}
	for _, id := range r.PostForm["member"] {
		t.Members = append(t.Members, id)
		if s := skills(r.PostFormValue("skills-" + id)); len(s) > 0 {
			if t.Skills == nil {
				t.Skills = map[string][]string{}
			}
			t.Skills[id] = s
		}
	}
	if !slices.Contains(t.Members, t.Lead) {
		t.Lead = ""
	}
	_, err := c.Keeping.Save(r.Context(), actor, &t)
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, "/admin/teams", http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Stale, fault.Conflict:
	default:
		return err
	}
	v := teamView{Team: t, Form: kit.Form{}.Refused(err)}
	if theirs, ok := rulebook.Get[*rulebook.Team](c.Rulebook(), t.ID); ok && fault.Is(err, fault.Stale) {
		v.Theirs, v.Team.Version = theirs, theirs.Version
	}
	return c.showTeam(w, r, actor, gate.Status(err), v)
}

// deleteTeam takes a team out.
func (c *Console) deleteTeam(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	err := c.Keeping.Delete(r.Context(), actor, rulebook.TeamKind, r.PathValue("id"), version(r))
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/admin/teams", http.StatusSeeOther)
	return nil
}

// skills reads skills that are separated by commas.
func skills(text string) []string {
	var out []string
	for s := range strings.SplitSeq(text, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func modeOfTeam(m assign.Mode) string {
	switch m {
	case assign.RoundRobin:
		return "In turn: whoever was given one longest ago"
	case assign.LeastLoaded:
		return "To whoever has the fewest whose clock runs"
	case assign.BySkill:
		return "To whoever knows most about it, then to who has the fewest"
	}
	return "By hand: people take them, or are given them"
}

// setProfile stores what somebody says of themselves.
func (c *Console) setProfile(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	p := desk.Profile{Person: actor.Person, Calendar: strings.TrimSpace(r.PostFormValue("calendar")), Skills: skills(r.PostFormValue("skills"))}
	p.Version, _ = strconv.ParseInt(r.PostFormValue("version"), 10, 64) // 0 is a first one
	if text := r.PostFormValue("away_until"); text != "" {
		at, err := parseLocal(text, r.PostFormValue("zone"))
		if err != nil {
			return c.showAccount(w, r, actor, http.StatusUnprocessableEntity, accountView{Problem: fault.Sentence(err)})
		}
		p.AwayUntil = at
	}
	_, err := c.Staffing.SetProfile(r.Context(), actor, p)
	switch fault.CodeOf(err) {
	case "":
		return c.showAccount(w, r, actor, http.StatusOK, accountView{Done: "Saved."})
	case fault.Invalid, fault.Stale:
		return c.showAccount(w, r, actor, gate.Status(err), accountView{Problem: fault.Sentence(err)})
	}
	return err
}
