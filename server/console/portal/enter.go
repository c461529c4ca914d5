package portal

import (
	"cmp"
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
)

// entrances are the pages that a link may lead to, by their names in it.
var entrances = map[string]string{string(wire.PageApprovals): "/portal/approvals"}

// enterPage has the browser hand over the secret that stands behind the # of its
// address.
func (p *Portal) enterPage(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	to := r.URL.Query().Get("to")
	if entrances[to] == "" {
		to = ""
	}
	return p.out.Show(w, r, http.StatusOK, enterForm(to))
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
	http.Redirect(w, r, cmp.Or(entrances[r.PostFormValue("to")], "/portal/"), http.StatusSeeOther)
	return nil
}
