package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/query"
)

type endpointsView struct {
	Frame  frame
	Groups []siteGroup
	Sites  []enrol.Site
	Query  noc.Query
	Show   string   // presence or state that is filtered for
	Group  string   // the name of the group that is filtered for
	Names  []string // of the groups there are
	More   string
	None   bool // there are no endpoints at all
	Admin  bool
}

// shownPresences are those that the list filters for.
func shownPresences() []noc.Presence {
	return append([]noc.Presence{noc.Online, noc.Offline}, noc.Presences()[1:]...)
}

// siteGroup is the endpoints of one site in a page of the list.
type siteGroup struct {
	Site noc.Tile
	Rows []endpointRow
}

// endpointRow is one endpoint in the list.
type endpointRow struct {
	noc.View
	Tickets int
}

const endpointsPerPage = 100

// endpointsPage lists endpoints by site.
func (c *Console) endpointsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q := r.URL.Query()
	v := endpointsView{Show: q.Get("show"), Admin: auth.May(actor, auth.Enrolments)}
	v.Query = noc.Query{Site: q.Get("site"), Text: strings.TrimSpace(q.Get("q")), After: q.Get("after"), Limit: endpointsPerPage}
	switch v.Show {
	case "held", "revoked":
		v.Query.State = enrol.State(v.Show)
	default:
		if v.Query.Presence = noc.Presence(v.Show); !slices.Contains(shownPresences(), v.Query.Presence) {
			v.Show, v.Query.Presence = "", ""
		}
	}
	typed := v.Query.Text
	asked, isAsked := c.Groups.Asked(typed)
	if isAsked { // a condition, as of a group
		v.Query.Text, v.Query.Among = "", asked
	}
	if v.Group = q.Get("group"); v.Group != "" {
		in, _ := c.Groups.In(v.Group) // in one that is gone is nobody
		if v.Query.Among = in; isAsked {
			v.Query.Among = func(id string) bool { return in(id) && asked(id) }
		}
	}
	list, next, err := c.Fleet.List(actor, v.Query)
	if fault.Is(err, fault.Invalid) && v.Query.After != "" { // the endpoint that the page began after is gone
		v.Query.After = ""
		list, next, err = c.Fleet.List(actor, v.Query)
	}
	if err != nil {
		return err
	}
	v.Query.Text = typed
	if next != "" {
		v.More = v.address("after", next)
	}
	if v.Groups, err = c.grouped(r, actor, list); err != nil {
		return err
	}
	if v.Query.After != "" && kit.Partial(r) {
		return c.out.Show(w, r, http.StatusOK, endpointGroups(v))
	}
	if v.Frame, err = c.frame(r, actor, atEndpoints, "Endpoints", "endpoint,ticket"); err != nil {
		return err
	}
	if v.Sites, err = c.Registry.Sites(r.Context(), actor); err != nil {
		return err
	}
	groups, err := c.Groups.List(actor)
	if err != nil {
		return err
	}
	for _, g := range groups {
		v.Names = append(v.Names, g.Name)
	}
	v.None = len(list) == 0 && v.Group == "" && v.Query.Text == "" && v.Query.Site == "" && v.Show == "" && v.Query.After == ""
	if kit.Partial(r) {
		return c.out.Show(w, r, http.StatusOK, endpointsAgain(v))
	}
	return c.out.Show(w, r, http.StatusOK, endpoints(v))
}

// atAccessPoint leads to the endpoints that are at an access point.
func atAccessPoint(name string) string {
	return "/endpoints?" + url.Values{"q": {string(query.AP) + ":" + strconv.Quote(name)}}.Encode()
}

func (v endpointsView) address(name, value string) string {
	q := url.Values{}
	for k, x := range map[string]string{"q": v.Query.Text, "site": v.Query.Site, "show": v.Show, "group": v.Group, name: value} {
		if x != "" {
			q.Set(k, x)
		}
	}
	if len(q) == 0 {
		return "/endpoints"
	}
	return "/endpoints?" + q.Encode()
}

// groupNames are the groups to choose from, the one that is filtered for among them even
// when it is gone.
func (v endpointsView) groupNames() []string {
	if v.Group == "" || slices.Contains(v.Names, v.Group) {
		return v.Names
	}
	return append([]string{v.Group}, v.Names...)
}

// grouped puts endpoints, which come by site, under their sites.
func (c *Console) grouped(r *http.Request, actor auth.Actor, list []noc.View) ([]siteGroup, error) {
	tickets, err := c.Desk.OpenByEndpoint(r.Context(), actor)
	if err != nil {
		return nil, err
	}
	tiles, err := c.Fleet.Sites(actor)
	if err != nil {
		return nil, err
	}
	bySite := map[string]noc.Tile{}
	for _, t := range tiles {
		bySite[t.Site.ID] = t
	}
	var out []siteGroup
	for _, e := range list {
		if len(out) == 0 || out[len(out)-1].Site.Site.ID != e.Site.ID {
			tile, ok := bySite[e.Site.ID]
			if !ok {
				tile = noc.Tile{Site: e.Site, Score: -1}
			}
			out = append(out, siteGroup{Site: tile})
		}
		g := &out[len(out)-1]
		g.Rows = append(g.Rows, endpointRow{View: e, Tickets: tickets[e.ID]})
	}
	return out, nil
}

// endpointRows brings rows up to date that a page shows.
func (c *Console) endpointRows(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	ids := r.URL.Query()["id"]
	tickets, err := c.Desk.OpenByEndpoint(r.Context(), actor)
	if err != nil {
		return err
	}
	var rows []endpointRow
	for _, id := range ids[:min(len(ids), endpointsPerPage)] {
		d, err := c.Fleet.Get(r.Context(), actor, id)
		switch {
		case fault.Is(err, fault.NotFound):
		case err != nil:
			return err
		default:
			rows = append(rows, endpointRow{View: d.View, Tickets: tickets[id]})
		}
	}
	return c.out.Show(w, r, http.StatusOK, endpointRowsAgain(rows))
}

// reading returns a sample's value; ok is false when there is none to show.
func reading(v noc.View, m diagnostics.Metric) (float64, bool) {
	if v.Presence != noc.Online {
		return 0, false
	}
	return v.Sample.Get(m)
}

// reasons is why the score is not 100, for who points at it.
func reasons(v noc.View) string {
	var out []string
	for _, x := range v.Reasons {
		out = append(out, "−"+kit.Count(x.Points)+"  "+x.Sentence)
	}
	return strings.Join(out, "\n")
}
