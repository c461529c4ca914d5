package console

import (
	"cmp"
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
)

type signInView struct {
	Email   string
	Next    string
	Problem string
}

// signInPage asks who is there; who is signed in already is led on.
func (c *Console) signInPage(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	v := signInView{Next: local(r.URL.Query().Get("next"))}
	return c.out.Show(w, r, http.StatusOK, signInForm(v))
}

// signIn opens a session with a password.
func (c *Console) signIn(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	v := signInView{Email: r.PostFormValue("email"), Next: local(r.PostFormValue("next"))}
	secret, _, err := c.Auth.SignIn(r.Context(), v.Email, r.PostFormValue("password"), r.UserAgent(), gate.From(r))
	switch fault.CodeOf(err) {
	case "":
		gate.SetSession(w, r, auth.Staff, secret)
		http.Redirect(w, r, cmp.Or(v.Next, "/"), http.StatusSeeOther)
		return nil
	case fault.Unauthenticated, fault.Invalid, fault.TooMany:
		v.Problem = fault.Sentence(err)
		return c.out.Show(w, r, gate.Status(err), signInForm(v))
	}
	return err
}

// linkPage has the browser hand over the secret that stands behind the # of its
// address, where no server sees it.
func (c *Console) linkPage(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	return c.out.Show(w, r, http.StatusOK, linkForm())
}

// link opens a session with a one-time link.
func (c *Console) link(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	secret, actor, err := c.Auth.EnterLink(r.Context(), auth.SignInLink, r.PostFormValue("secret"), r.UserAgent())
	if fault.Is(err, fault.Used) {
		return c.out.Show(w, r, gate.Status(err), linkSpent(fault.Sentence(err)))
	}
	if err != nil {
		return err
	}
	gate.SetSession(w, r, auth.Staff, secret)
	has, err := c.Auth.HasPassword(r.Context(), actor)
	if err != nil {
		return err
	}
	to := "/"
	if !has {
		to = "/account/password"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// signOut ends the session, here and at the server.
func (c *Console) signOut(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := c.Auth.SignOut(r.Context(), actor); err != nil {
		return err
	}
	gate.SetSession(w, r, auth.Staff, "")
	// What was typed and not sent stays on no machine that somebody else may use.
	w.Header().Set("Clear-Site-Data", `"storage"`)
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}
