package console

import (
	"net/http"
	"strconv"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
)

// screenPicture sends a picture of somebody's screen, as nothing but a picture.
func (c *Console) screenPicture(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	b, err := c.Asks.Picture(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(b)))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Disposition", `inline; filename="screen.jpg"`)
	h.Set("Cache-Control", "no-store")
	w.Write(b) // whoever asked may be gone
	return nil
}

// keepScreen makes a picture of a screen an attachment of its ticket.
func (c *Console) keepScreen(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q, err := c.Asks.KeepPicture(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !kit.Partial(r) {
		http.Redirect(w, r, ticketPath(q.Number), http.StatusSeeOther)
		return nil
	}
	a, err := c.answer(r.Context(), actor, q)
	if err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, askAgain(a))
}
