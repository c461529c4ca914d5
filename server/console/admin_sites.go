package console

import (
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/noc"
)

type sitesView struct {
	Frame   frame
	Sites   []enrol.Site
	Tiles   map[string]noc.Tile
	Name    string
	Zone    string // in which the desk lives
	Problem string
	Refused string // whose zone was not taken
	Typed   string // and what was typed
}

// sitesPage lists the places where endpoints stand.
func (c *Console) sitesPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showSites(w, r, actor, http.StatusOK, sitesView{})
}

func (c *Console) showSites(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v sitesView) error {
	var err error
	if v.Sites, err = c.Registry.Sites(r.Context(), actor); err != nil {
		return err
	}
	v.Zone = c.Availability.Zone().String()
	tiles, err := c.Fleet.Sites(actor)
	if err != nil {
		return err
	}
	v.Tiles = map[string]noc.Tile{}
	for _, t := range tiles {
		v.Tiles[t.Site.ID] = t
	}
	if v.Frame, err = c.adminFrame(r, actor, "Sites"); err != nil {
		return err
	}
	return c.out.Show(w, r, status, sites(v))
}

// addSite adds a site.
func (c *Console) addSite(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	name := r.PostFormValue("name")
	_, err := c.Registry.AddSite(r.Context(), actor, name)
	if code := fault.CodeOf(err); code == fault.Invalid || code == fault.Conflict {
		return c.showSites(w, r, actor, gate.Status(err), sitesView{Problem: fault.Sentence(err), Name: name})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/admin/sites", http.StatusSeeOther)
	return nil
}

// zoneSite gives a site a time zone of its own.
func (c *Console) zoneSite(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	id, zone := r.PathValue("id"), r.PostFormValue("zone")
	_, err := c.Registry.SetZone(r.Context(), actor, id, zone)
	if fault.Is(err, fault.Invalid) {
		return c.showSites(w, r, actor, gate.Status(err), sitesView{Problem: fault.Sentence(err), Refused: id, Typed: zone})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/admin/sites", http.StatusSeeOther)
	return nil
}

// zoneOf is the zone in a site's field.
func (v sitesView) zoneOf(s enrol.Site) string {
	if v.Refused == s.ID {
		return v.Typed
	}
	return s.Zone
}
