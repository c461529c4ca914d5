package console

import (
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/watch"
)

const tvPath = "/noc/tv"

// wallActor reads what the wall shows. Who looks may be a screen, which may see this
// page and nothing that it is made of.
var wallActor = auth.SystemActor("the wall")

// What a screen has room for. Nothing scrolls there, and nothing takes turns: what has
// no room is counted.
const (
	tvIncidents = 3
	tvAlerts    = 6
	tvFalls     = 4
)

type tvView struct {
	nocView
	Doc          kit.Doc
	Organisation string
}

// tvPage is the wall for a television: read from afar, with nothing to do, and without
// people's names.
func (c *Console) tvPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.tvView(r)
	if err != nil {
		return err
	}
	if actor.Kind == auth.Screen { // the browser keeps it for another year
		if cookie, err := r.Cookie(gate.CookieName(r, auth.Screen)); err == nil {
			gate.SetSession(w, r, auth.Screen, cookie.Value)
		}
	}
	v.Doc = kit.Doc{Title: "The wall", Class: "tv-page", Bare: true, Scripts: []string{"tv.js", "wall.js"}, Fetched: "/noc/tv/cells", Live: "/noc/tv/events?topics=endpoint,ticket,alert,incident"}
	return c.out.Show(w, r, http.StatusOK, tvWhole(v))
}

// tvNow brings the screen up to date.
func (c *Console) tvNow(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	v, err := c.tvView(r)
	if err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, tvAgain(v))
}

// tvCells sends what the wall is drawn from.
func (c *Console) tvCells(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	return c.nocCells(w, r, wallActor)
}

func (c *Console) tvView(r *http.Request) (tvView, error) {
	n, err := c.nocView(r, wallActor)
	v := tvView{nocView: n, Organisation: c.Organisation}
	return v, err
}

// refuseScreen tells a screen that it may not show the wall, and somebody who is not
// signed in where to go. It stays where it is: a page that leads to another one all
// night would look alive.
func (c *Console) refuseScreen(w http.ResponseWriter, r *http.Request, err error) {
	if !fault.Is(err, fault.Unauthenticated) || kit.Partial(r) || r.URL.Path != tvPath {
		c.out.Fail(w, r, err)
		return
	}
	p := kit.Problem{Title: "No wall here", Sentence: fault.Sentence(err), Next: "/sign-in?next=" + tvPath, NextWord: "Sign in"}
	c.out.Show(w, r, http.StatusUnauthorized, kit.ProblemPage(p))
}

// fewer are the first of a list, and how many are left out.
func fewer[T any](list []T, most int) ([]T, int) {
	if len(list) <= most {
		return list, 0
	}
	return list[:most], len(list) - most
}

func tvAlertsOf(v tvView) ([]watch.Item, int) {
	list, _ := fewer(v.Alerts, tvAlerts)
	return list, v.Firing - len(list)
}

// tvFallsOf are the worst movers that a screen has room for: sites before endpoints.
func tvFallsOf(f noc.Falls) ([]noc.SiteFall, []noc.Fall) {
	sites, _ := fewer(f.Sites, tvFalls/2)
	endpoints, _ := fewer(f.Endpoints, tvFalls-len(sites))
	return sites, endpoints
}
