package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/noc"
)

type incidentView struct {
	Frame frame
	I     incident.Detail
	Cell  string                  // in words
	Also  []string                // likewise
	Told  []announce.Announcement // to employees, the newest first
	Form  kit.Form                // of what was refused
	Typed url.Values
}

// of is the form of an act: with what was refused, when it was this one.
func (v incidentView) of(what string) kit.Form {
	if v.Form.ID == what {
		return v.Form
	}
	return kit.Form{ID: what}
}

// typed is what stood in a field of an act that was refused, or else what is there.
func (v incidentView) typed(what, name, now string) string {
	if v.Form.ID == what {
		return v.Typed.Get(name)
	}
	return now
}

// changes reports whether the reader may change which tickets are part of it.
func (v incidentView) changes() bool {
	return v.Frame.may(auth.IncidentsWork) && v.I.State != incident.Dismissed && v.I.State != incident.Lapsed
}

// hits is how many people have said that it hits them too.
func (v incidentView) hits() (n int) {
	for _, a := range v.Told {
		n += a.Hits
	}
	return n
}

// incidentPage shows one: what it is, why it may be, its tickets, and what happened.
func (c *Console) incidentPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showIncident(w, r, actor, http.StatusOK, incidentView{})
}

func (c *Console) showIncident(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v incidentView) error {
	var err error
	if v.I, err = c.Incidents.Get(r.Context(), actor, r.PathValue("id")); err != nil {
		return err
	}
	if v.I.Cell != (incident.Cell{}) {
		v.Cell = c.Incidents.Words(v.I.Cell)
	}
	for _, a := range v.I.Also {
		v.Also = append(v.Also, c.Incidents.Words(a))
	}
	if v.Told, err = c.Incidents.Announcements(r.Context(), actor, v.I.Number); err != nil {
		return err
	}
	if kit.Partial(r) {
		v.Frame.actor = actor
		return c.out.Show(w, r, status, incidentAgain(v))
	}
	if v.Frame, err = c.frame(r, actor, atNOC, v.I.Title, "incident,announcement"); err != nil {
		return err
	}
	return c.out.Show(w, r, status, incidentWhole(v))
}

// doToIncident does something to one. What is refused stands beside its field, and
// nothing that was typed is lost.
func (c *Console) doToIncident(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	what := r.PathValue("what")
	do, ok := incidentActs()[what]
	if !ok {
		return fault.New(fault.NotFound, "There is no such page.")
	}
	id := r.PathValue("id")
	err := do(c, r, actor, id)
	if err == nil {
		http.Redirect(w, r, incidentPath(id), http.StatusSeeOther)
		return nil
	}
	status, ok := refusedAs(err)
	if !ok {
		return err
	}
	if what == "post-mortem" {
		return c.showPostMortem(w, r, actor, status, kit.Form{}.Refused(err), r.PostFormValue("text"))
	}
	return c.showIncident(w, r, actor, status, incidentView{Form: kit.Form{ID: what}.Refused(err), Typed: r.PostForm})
}

type incidentAct func(c *Console, r *http.Request, actor auth.Actor, id string) error

// incidentActs are what can be done to an incident, by the last word of the path.
func incidentActs() map[string]incidentAct {
	return map[string]incidentAct{
		"confirm": func(c *Console, r *http.Request, actor auth.Actor, id string) error {
			_, err := c.Incidents.Confirm(r.Context(), actor, id, edition(r), r.PostFormValue("title"), r.PostFormValue("text"))
			return err
		},
		"dismiss": func(c *Console, r *http.Request, actor auth.Actor, id string) error {
			_, err := c.Incidents.Dismiss(r.Context(), actor, id, edition(r), r.PostFormValue("why"), time.Duration(small(r, "quiet"))*time.Hour)
			return err
		},
		"change": func(c *Console, r *http.Request, actor auth.Actor, id string) error {
			_, err := c.Incidents.Rename(r.Context(), actor, id, edition(r), r.PostFormValue("title"), r.PostFormValue("text"))
			return err
		},
		"note": func(c *Console, r *http.Request, actor auth.Actor, id string) error {
			_, err := c.Incidents.Note(r.Context(), actor, id, r.PostFormValue("note"))
			return err
		},
		"put-in": func(c *Console, r *http.Request, actor auth.Actor, id string) error {
			n, err := strconv.ParseInt(strings.TrimLeft(strings.TrimSpace(r.PostFormValue("ticket")), "#"), 10, 64)
			if err != nil {
				return fault.Field("ticket", "Give the number of a ticket.")
			}
			t, err := c.Desk.GetByNumber(r.Context(), actor, n)
			if fault.Is(err, fault.NotFound) {
				return fault.Field("ticket", "There is no ticket of this number.")
			}
			if err == nil {
				_, err = c.Incidents.PutIn(r.Context(), actor, id, t.ID)
			}
			return err
		},
		"take-out": func(c *Console, r *http.Request, actor auth.Actor, id string) error {
			_, err := c.Incidents.TakeOut(r.Context(), actor, id, r.PostFormValue("ticket"))
			return err
		},
		"post-mortem": func(c *Console, r *http.Request, actor auth.Actor, id string) error {
			_, err := c.Incidents.WritePostMortem(r.Context(), actor, id, edition(r), r.PostFormValue("text"))
			return err
		},
		"resolve": func(c *Console, r *http.Request, actor auth.Actor, id string) error {
			_, err := c.Incidents.Resolve(r.Context(), actor, id, edition(r), r.PostFormValue("closing"), time.Duration(small(r, "ask"))*time.Minute)
			return err
		},
	}
}

// edition is what the actor has read of an incident; 0: whatever there is.
func edition(r *http.Request) int64 {
	n, _ := strconv.ParseInt(r.PostFormValue("edition"), 10, 64)
	return n
}

// says is what the requester of a ticket says, who was asked whether it is fixed.
func (v incidentView) says(m incident.Member) string {
	for _, a := range v.I.Asked {
		if a.Who != m.RequesterID {
			continue
		}
		switch {
		case a.Answer == incident.IsFixed && a.Outcome == incident.StaysAs:
			return "Fixed; the computer still shows it"
		case a.Answer == incident.IsFixed:
			return "Fixed"
		case a.Answer == incident.NotFixed:
			return "Still not"
		case a.Outcome == incident.Solved:
			return "Nothing; the computer shows nothing"
		case a.Outcome == incident.StaysAs:
			return "Nothing; the computer does not look well"
		}
		return "Was asked"
	}
	return ""
}

// newlyRung counts those without a ticket for whom it is still not fixed.
func (v incidentView) newlyRung() (n int) {
	for _, a := range v.I.Asked {
		if a.Outcome == incident.NewOne {
			n++
		}
	}
	return n
}

func askOptions() []kit.Option {
	return kit.Pairs("60", "Ask, and wait an hour", "15", "Ask, and wait 15 minutes", "240", "Ask, and wait four hours", "1440", "Ask, and wait a day", "0", "Ask nobody")
}

func quietOptions() []kit.Option {
	return kit.Pairs("4", "For 4 hours", "24", "For a day", "168", "For a week", "720", "For 30 days")
}

func incidentNotice(s incident.State) string {
	if s == incident.Open {
		return "critical"
	}
	return "warning"
}

// rateWords is how many rang against what is usual.
func rateWords(r incident.Rate) string {
	usual := "hardly anybody"
	if r.Expected >= 0.05 {
		usual = strconv.FormatFloat(r.Expected, 'f', 1, 64)
	}
	return kit.Plural(r.People, "1 person", "%d people") + " in " + strconv.Itoa(r.Minutes) + " min, usually " + usual
}

// evidenceWords is what endpoints say themselves.
func evidenceWords(e incident.Evidence) string {
	if e.Code == "" {
		return "say nothing of it"
	}
	return fmt.Sprintf("%d of %d there %s, elsewhere %d of %d", e.In, e.Of, signWords(e.Code), e.Out, e.OutOf)
}

// signWords is what endpoints show, by the code of a finding or the name of a rule.
func signWords(code string) string {
	if code == string(noc.Silent) {
		return "went silent"
	}
	if title := diagnostics.Title(diagnostics.Code(code)); title.English() != title.ID {
		code = title.English()
	}
	return "show “" + code + "”"
}

// chanceWords is how likely a difference is by chance.
func chanceWords(q float64) string {
	switch {
	case q < 1e-9:
		return "less than one in a thousand million"
	case q >= 0.01:
		return kit.Percent(100 * q)
	}
	return "one in " + kit.Count(int(1/q))
}
