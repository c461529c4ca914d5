package console

import (
	"net/http"
	"net/url"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/people"
)

type removalView struct {
	Frame   frame
	Removal people.Removal
	Problem string
}

// removalPage shows what goes when a person's data is removed.
func (c *Console) removalPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showRemoval(w, r, actor, http.StatusOK, "")
}

func (c *Console) showRemoval(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, problem string) error {
	x, err := c.People.PreviewRemoval(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := removalView{Removal: x, Problem: problem}
	if v.Frame, err = c.frame(r, actor, atPeople, "Remove "+x.Person.Name+"'s data", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, removal(v))
}

// removeContact removes a person's data. It cannot be undone, so the page before it
// said what goes, and the button named the act.
func (c *Console) removeContact(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	id := r.PathValue("id")
	_, err := c.People.Remove(r.Context(), actor, id)
	if fault.Is(err, fault.Conflict) {
		return c.showRemoval(w, r, actor, gate.Status(err), fault.Sentence(err))
	}
	if err != nil {
		return err
	}
	return kit.Back(w, r, "/people/"+url.PathEscape(id))
}
