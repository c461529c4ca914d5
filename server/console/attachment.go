package console

import (
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
)

// attachment sends a file of a ticket.
func (c *Console) attachment(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if err != nil {
		return err
	}
	a, body, err := c.Desk.Attachment(r.Context(), actor, d.ID, r.PathValue("sha"))
	if fault.Is(err, fault.NotFound) {
		a, body, err = c.drafted(r.Context(), actor, d.ID, r.PathValue("sha"), err)
	}
	if err != nil {
		return err
	}
	if err := kit.ServeAttachment(w, a, body); err != nil && r.Context().Err() == nil {
		c.Log.Error("an attachment was not sent whole", "ticket", n, "sha256", a.SHA256, "err", err)
	}
	return nil
}
