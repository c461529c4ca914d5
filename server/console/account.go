package console

import (
	"net/http"
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/rulebook"
)

type accountView struct {
	Frame       frame
	Look        kit.Look
	HasPassword bool
	Sessions    []auth.Session
	This        string // the session that asks
	Tokens      []auth.Token
	Roles       []auth.Role // that a token can have
	Secret      string      // of a token that was made now, shown once
	Profile     desk.Profile
	Calendars   []*rulebook.Calendar // that can be chosen as working hours
	Problem     string
	Done        string
}

// accountPage shows what is somebody's own: look, password, sessions, tokens.
func (c *Console) accountPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showAccount(w, r, actor, http.StatusOK, accountView{})
}

func (c *Console) showAccount(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v accountView) error {
	ctx := r.Context()
	var err error
	if v.Frame, err = c.frame(r, actor, atAccount, "Your account", ""); err != nil {
		return err
	}
	v.Look, v.This = kit.LookOf(r), actor.Session
	v.Calendars = rulebook.All[*rulebook.Calendar](c.Rulebook())
	if v.Profile, err = c.Staffing.Profile(ctx, actor, actor.Person); err != nil {
		return err
	}
	if v.HasPassword, err = c.Auth.HasPassword(ctx, actor); err != nil {
		return err
	}
	if v.Sessions, err = c.Auth.Sessions(ctx, actor); err != nil {
		return err
	}
	if v.Tokens, err = c.Auth.Tokens(ctx, actor, false); err != nil {
		return err
	}
	v.Roles = rolesWithin(actor.Role)
	return c.out.Show(w, r, status, accountForm(v))
}

// rolesWithin lists what a token of somebody's can be limited to: what may nothing that
// their role may not.
func rolesWithin(r auth.Role) []auth.Role {
	switch r {
	case auth.Admin:
		return auth.Limits()
	case auth.Manager:
		return []auth.Role{auth.Technician, auth.Operator, auth.Manager, auth.Sender}
	case auth.Operator:
		return []auth.Role{auth.Operator, auth.Sender}
	}
	return []auth.Role{r}
}

// setLook keeps how somebody wants the pages to look.
func (c *Console) setLook(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	l := kit.Look{Compact: r.PostFormValue("rows") == "compact", NoKeys: r.PostFormValue("keys") != "on"}
	if t := r.PostFormValue("theme"); t == "light" || t == "dark" {
		l.Theme = t
	}
	kit.SetLook(w, r, l)
	http.Redirect(w, r, "/account", http.StatusSeeOther)
	return nil
}

// endSessions signs somebody out everywhere but here.
func (c *Console) endSessions(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := c.Auth.SignOutOthers(r.Context(), actor); err != nil {
		return err
	}
	return c.showAccount(w, r, actor, http.StatusOK, accountView{Done: "You are signed out everywhere else."})
}

// makeToken makes a token of one's own, and shows it once.
func (c *Console) makeToken(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	days := small(r, "days")
	role := auth.Role(r.PostFormValue("role"))
	if !slices.Contains(rolesWithin(actor.Role), role) {
		role = actor.Role
	}
	secret, _, err := c.Auth.MakeToken(r.Context(), actor, actor.Person, r.PostFormValue("name"), role, time.Duration(days)*24*time.Hour)
	if fault.Is(err, fault.Invalid) {
		return c.showAccount(w, r, actor, gate.Status(err), accountView{Problem: fault.Sentence(err)})
	}
	if err != nil {
		return err
	}
	return c.showAccount(w, r, actor, http.StatusOK, accountView{Secret: secret})
}

// revokeOwnToken ends a token of one's own.
func (c *Console) revokeOwnToken(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := c.Auth.RevokeToken(r.Context(), actor, r.PathValue("id")); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	http.Redirect(w, r, "/account", http.StatusSeeOther)
	return nil
}
