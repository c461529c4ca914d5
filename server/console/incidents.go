package console

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/correlate"
	"github.com/deskbell/deskbell/server/incident"
)

// Incidents finds outages behind tickets, and keeps them.
type Incidents interface {
	List(ctx context.Context, actor auth.Actor, q incident.Query) ([]incident.Incident, error)
	Get(ctx context.Context, actor auth.Actor, id string) (incident.Detail, error)
	Sight(actor auth.Actor) (incident.Sight, error)
	Words(c incident.Cell) string
	Begin(ctx context.Context, actor auth.Actor, d incident.Draft) (incident.Incident, error)
	Confirm(ctx context.Context, actor auth.Actor, id string, seen int64, title, text string) (incident.Incident, error)
	Dismiss(ctx context.Context, actor auth.Actor, id string, seen int64, why string, quiet time.Duration) (incident.Incident, error)
	Rename(ctx context.Context, actor auth.Actor, id string, seen int64, title, text string) (incident.Incident, error)
	Note(ctx context.Context, actor auth.Actor, id, text string) (incident.Incident, error)
	PutIn(ctx context.Context, actor auth.Actor, id, ticket string) (incident.Incident, error)
	TakeOut(ctx context.Context, actor auth.Actor, id, ticket string) (incident.Incident, error)
	OfTicket(ctx context.Context, actor auth.Actor, ticket string) (incident.Incident, bool, error)
	Prefill(ctx context.Context, actor auth.Actor, id string) (incident.Telling, error)
	Announcements(ctx context.Context, actor auth.Actor, number int64) ([]announce.Announcement, error)
	PostMortem(ctx context.Context, actor auth.Actor, id string, zone *time.Location) (incident.PostMortem, error)
	WritePostMortem(ctx context.Context, actor auth.Actor, id string, seen int64, text string) (incident.Incident, error)
	Resolve(ctx context.Context, actor auth.Actor, id string, seen int64, closing string, ask time.Duration) (incident.Incident, error)
}

const (
	incidentsPath    = "/noc/incidents"
	maxPastIncidents = 100 // on the page
)

func incidentPath(id string) string { return incidentsPath + "/" + id }

type incidentsView struct {
	Frame      frame
	Going      []incident.Incident // proposals before what goes on
	Past       []incident.Incident
	Sight      incident.Sight
	Now        time.Time
	Form       kit.Form
	Typed      url.Values
	Sites      []kit.Option
	Categories []kit.Option
}

// incidentsPage lists what looks like an outage, what is one, and what was.
func (c *Console) incidentsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showIncidents(w, r, actor, http.StatusOK, incidentsView{Typed: url.Values{}})
}

func (c *Console) showIncidents(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v incidentsView) error {
	var err error
	if v.Going, err = c.incidentsNow(r, actor); err != nil {
		return err
	}
	v.Past, err = c.Incidents.List(r.Context(), actor, incident.Query{States: []incident.State{incident.Resolved, incident.Dismissed, incident.Lapsed}, Limit: maxPastIncidents})
	if err != nil {
		return err
	}
	if v.Sight, err = c.Incidents.Sight(actor); err != nil {
		return err
	}
	v.Now = c.Now()
	if kit.Partial(r) {
		return c.out.Show(w, r, status, incidentsAgain(v))
	}
	if v.Frame, err = c.frame(r, actor, atNOC, "Major incidents", "incident"); err != nil {
		return err
	}
	v.Form.ID = "open"
	v.Categories = with("", "Whatever it is about", categoryOptions(c.Rulebook(), v.Typed.Get("category")))
	if v.Sites, err = c.siteNames(r.Context(), actor); err != nil {
		return err
	}
	return c.out.Show(w, r, status, incidentsWhole(v))
}

// siteNames are the sites by name: that is what tickets have in common.
func (c *Console) siteNames(ctx context.Context, actor auth.Actor) ([]kit.Option, error) {
	list, err := c.Registry.Sites(ctx, actor)
	out := []kit.Option{{Value: "", Word: "Wherever"}}
	for _, s := range list {
		out = append(out, kit.Option{Value: s.Name, Word: s.Name})
	}
	return out, err
}

// incidentsNow are the incidents that somebody has to look at: proposals first.
func (c *Console) incidentsNow(r *http.Request, actor auth.Actor) (out []incident.Incident, err error) {
	for _, s := range []incident.State{incident.Proposed, incident.Open} {
		list, err := c.Incidents.List(r.Context(), actor, incident.Query{States: []incident.State{s}})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// openIncident opens one by hand.
func (c *Console) openIncident(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	get := r.PostFormValue
	d := incident.Draft{Title: get("title"), Text: get("text"), Since: c.Now().Add(-time.Duration(small(r, "since")) * time.Minute), Cell: incident.Cell{About: get("category")}}
	if site := get("site"); site != "" {
		d.Cell.Kind, d.Cell.Name = correlate.Site, site
	}
	i, err := c.Incidents.Begin(r.Context(), actor, d)
	if err == nil {
		http.Redirect(w, r, incidentPath(i.ID), http.StatusSeeOther)
		return nil
	}
	status, ok := refusedAs(err)
	if !ok {
		return err
	}
	return c.showIncidents(w, r, actor, status, incidentsView{Form: kit.Form{ID: "open"}.Refused(err), Typed: r.PostForm})
}

// incidentState is a state in words.
func incidentState(s incident.State) string {
	switch s {
	case incident.Proposed:
		return "Proposed"
	case incident.Open:
		return "Goes on"
	case incident.Resolved:
		return "Resolved"
	case incident.Dismissed:
		return "Dismissed"
	}
	return "Lapsed"
}

func incidentIcon(s incident.State) string {
	switch s {
	case incident.Proposed:
		return "sev-warning"
	case incident.Open:
		return "sev-critical"
	case incident.Resolved:
		return "sev-healthy"
	}
	return "sev-unknown"
}

// learningWords says why nothing is proposed yet.
func learningWords(s incident.Sight, now time.Time) string {
	if s.At.IsZero() {
		return "It was not looked yet since the server’s start."
	}
	return "It is not known yet what is usual here: " + kit.Plural(s.Learned, "1 ticket", "%d tickets") + " from " + kit.Plural(int(now.Sub(s.From).Hours()/24), "1 day", "%d days") +
		". From 30 tickets and seven days on outages are proposed; until then you can open one by hand."
}
