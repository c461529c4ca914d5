package portal

import (
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
)

// enterPage has the browser hand over the secret that stands behind the # of its
// address.
func (p *Portal) enterPage(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	return p.out.Show(w, r, http.StatusOK, enterForm())
}

// enter opens a session with a link that the machine's agent has asked for.
func (p *Portal) enter(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	secret, _, err := p.Auth.EnterLink(r.Context(), auth.PortalLink, r.PostFormValue("secret"), r.UserAgent())
	if fault.Is(err, fault.Used) {
		return p.out.Show(w, r, gate.Status(err), linkSpent())
	}
	if err != nil {
		return err
	}
	gate.SetSession(w, r, auth.Requester, secret)
	http.Redirect(w, r, "/portal/", http.StatusSeeOther)
	return nil
}
