package console

import (
	"net/http"
	"net/url"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/gate"
)

type enrolmentsView struct {
	Frame   frame
	List    []enrol.Enrolment
	Sites   []enrol.Site
	More    string
	String  string // that was made now, shown once
	Site    string // it is for
	Problem string
}

// enrolmentsPage lists the rights to make endpoints.
func (c *Console) enrolmentsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showEnrolments(w, r, actor, http.StatusOK, enrolmentsView{})
}

func (c *Console) showEnrolments(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v enrolmentsView) error {
	q := r.URL.Query()
	var next string
	var err error
	if v.List, next, err = c.Registry.Enrolments(r.Context(), actor, q.Get("after"), 50); err != nil {
		return err
	}
	if next != "" {
		v.More = "/admin/enrolments?" + withParameter(q, "after", next)
	}
	if v.Sites, err = c.Registry.Sites(r.Context(), actor); err != nil {
		return err
	}
	if v.Frame, err = c.adminFrame(r, actor, "Enrolments"); err != nil {
		return err
	}
	return c.out.Show(w, r, status, enrolments(v))
}

// createEnrolment makes a string with which machines are enrolled, and shows it
// once.
func (c *Console) createEnrolment(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	site := r.PostFormValue("site")
	token, _, err := c.Registry.Create(r.Context(), actor, site, small(r, "uses"), time.Duration(small(r, "hours"))*time.Hour)
	if fault.Is(err, fault.Invalid) {
		return c.showEnrolments(w, r, actor, gate.Status(err), enrolmentsView{Problem: fault.Sentence(err), Site: site})
	}
	if err != nil {
		return err
	}
	s, err := c.Enrolment(r.Context(), token)
	if err != nil {
		return err
	}
	return c.showEnrolments(w, r, actor, http.StatusOK, enrolmentsView{String: s, Site: site})
}

// revokeEnrolment ends a string; the endpoints that it has made stay.
func (c *Console) revokeEnrolment(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := c.Registry.Revoke(r.Context(), actor, r.PathValue("id")); err != nil {
		return err
	}
	http.Redirect(w, r, "/admin/enrolments", http.StatusSeeOther)
	return nil
}

// enrolmentState says what an enrolment is still good for.
func enrolmentState(e enrol.Enrolment, now time.Time) string {
	switch {
	case !e.RevokedAt.IsZero():
		return "revoked"
	case e.Used >= e.Uses:
		return "used up"
	case !now.Before(e.ExpiresAt):
		return "expired"
	}
	return "open"
}

// withParameter is a query with one parameter set.
func withParameter(q url.Values, name, value string) string {
	out := url.Values{}
	for k, v := range q {
		out[k] = v
	}
	out.Set(name, value)
	return out.Encode()
}

func siteNames(list []enrol.Site) []kit.Option {
	var out []kit.Option
	for _, s := range list {
		out = append(out, kit.Option{Value: s.ID, Word: s.Name})
	}
	return out
}
