package console

import (
	"io"
	"net/http"
	"strconv"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/incident"
)

type postMortemView struct {
	Frame frame
	I     incident.Detail
	P     incident.PostMortem
	Form  kit.Form
}

// postMortemPage shows what was written about an incident, or a draft of it, to be edited.
func (c *Console) postMortemPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showPostMortem(w, r, actor, http.StatusOK, kit.Form{}, "")
}

func (c *Console) showPostMortem(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, form kit.Form, typed string) error {
	v := postMortemView{Form: form}
	var err error
	if v.I, err = c.Incidents.Get(r.Context(), actor, r.PathValue("id")); err != nil {
		return err
	}
	if v.P, err = c.Incidents.PostMortem(r.Context(), actor, v.I.ID, zone(r)); err != nil {
		return err
	}
	if form.Problem != "" {
		v.P.Text = typed
	}
	v.Form.ID = "post-mortem"
	if v.Frame, err = c.frame(r, actor, atNOC, "Post-mortem", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, postMortemWhole(v))
}

// postMortemFile is the same as a file.
func (c *Console) postMortemFile(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	i, err := c.Incidents.Get(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	p, err := c.Incidents.PostMortem(r.Context(), actor, i.ID, zone(r))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/markdown; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="incident-`+strconv.FormatInt(i.Number, 10)+`.md"`)
	if _, err := io.WriteString(w, p.Text); err != nil && r.Context().Err() == nil {
		c.Log.Debug("a post-mortem was not sent", "err", err)
	}
	return nil
}
