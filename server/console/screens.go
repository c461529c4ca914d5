package console

import (
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
)

const screensPath = "/noc/screens"

type screensView struct {
	Frame   frame
	List    []auth.ScreenPass
	Form    kit.Form
	Typed   string
	Link    string // of the one that was just made
	LinkFor string
}

// screensPage lists the screens that may show the wall.
func (c *Console) screensPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showScreens(w, r, actor, http.StatusOK, screensView{})
}

func (c *Console) showScreens(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v screensView) error {
	var err error
	if v.List, err = c.Auth.Screens(r.Context(), actor); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atNOC, "Screens", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, screensWhole(v))
}

// makeScreen makes a link for a screen, and shows it once.
func (c *Console) makeScreen(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	secret, made, err := c.Auth.MakeScreen(r.Context(), actor, r.PostFormValue("name"))
	switch fault.CodeOf(err) {
	case "":
		return c.showScreens(w, r, actor, http.StatusOK, screensView{Link: c.PortalURL() + tvPath + "/enter#" + secret, LinkFor: made.Name})
	case fault.Invalid, fault.Full:
		return c.showScreens(w, r, actor, gate.Status(err), screensView{Typed: r.PostFormValue("name"), Form: kit.Form{}.Refused(err)})
	}
	return err
}

// revokeScreen takes the wall from a screen.
func (c *Console) revokeScreen(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := c.Auth.RevokeScreen(r.Context(), actor, r.PathValue("id")); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	http.Redirect(w, r, screensPath, http.StatusSeeOther)
	return nil
}

// enterPage has a screen's browser hand over the secret that stands behind the # of its
// link, where no server sees it.
func (c *Console) enterPage(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	return c.out.Show(w, r, http.StatusOK, enterForm())
}

// enterScreen lets a screen show the wall.
func (c *Console) enterScreen(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	secret := r.PostFormValue("secret")
	if _, err := c.Auth.EnterScreen(r.Context(), secret, r.UserAgent()); err != nil {
		if fault.Is(err, fault.Unauthenticated) {
			return c.out.Show(w, r, http.StatusConflict, kit.ProblemPage(kit.Problem{Title: "No wall here", Sentence: fault.Sentence(err)}))
		}
		return err
	}
	gate.SetSession(w, r, auth.Screen, secret)
	http.Redirect(w, r, tvPath, http.StatusSeeOther)
	return nil
}
