package console

import (
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
)

type tokensView struct {
	Frame  frame
	Tokens []auth.Token
}

// tokensPage lists everybody's tokens.
func (c *Console) tokensPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	var v tokensView
	var err error
	if v.Tokens, err = c.Auth.Tokens(r.Context(), actor, true); err != nil {
		return err
	}
	if v.Frame, err = c.adminFrame(r, actor, "Tokens"); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, tokens(v))
}

// revokeToken ends anybody's token.
func (c *Console) revokeToken(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := c.Auth.RevokeToken(r.Context(), actor, r.PathValue("id")); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	http.Redirect(w, r, "/admin/tokens", http.StatusSeeOther)
	return nil
}
