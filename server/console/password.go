package console

import (
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
)

type passwordView struct {
	Frame       frame
	HasPassword bool
	Problem     string
	Field       string // the input at fault
}

// passwordPage asks for a password of one's own.
func (c *Console) passwordPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showPassword(w, r, actor, nil)
}

func (c *Console) showPassword(w http.ResponseWriter, r *http.Request, actor auth.Actor, problem error) error {
	has, err := c.Auth.HasPassword(r.Context(), actor)
	if err != nil {
		return err
	}
	v, status := passwordView{HasPassword: has}, http.StatusOK
	if problem != nil {
		v.Problem, v.Field, status = fault.Sentence(problem), fault.FieldOf(problem), gate.Status(problem)
	}
	if v.Frame, err = c.frame(r, actor, atAccount, "Choose a password", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, passwordForm(v))
}

// setPassword sets it.
func (c *Console) setPassword(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	err := c.Auth.SetPassword(r.Context(), actor, r.PostFormValue("old"), r.PostFormValue("password"))
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.TooMany:
		return c.showPassword(w, r, actor, err)
	}
	return err
}
