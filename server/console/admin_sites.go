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
	Problem string
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
