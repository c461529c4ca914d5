package console

import (
	"net/http"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
)

type peopleView struct {
	Frame    frame
	People   []auth.Person
	Text     string
	Everyone bool // requesters too
	More     string
	Link     string // a sign-in link that was made now, shown once
	LinkFor  string
	Problem  string
	Draft    auth.Person // what was typed and refused
}

// peoplePage lists who may sign in.
func (c *Console) peoplePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showPeople(w, r, actor, http.StatusOK, peopleView{})
}

func (c *Console) showPeople(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v peopleView) error {
	q := r.URL.Query()
	v.Text, v.Everyone = strings.TrimSpace(q.Get("q")), q.Get("who") == "everyone"
	list, next, err := c.Auth.People(r.Context(), actor, auth.PeopleQuery{Staff: !v.Everyone, Text: v.Text, After: q.Get("after"), Limit: 100})
	if err != nil {
		return err
	}
	v.People = list
	if next != "" {
		v.More = "/admin/people?" + withParameter(q, "after", next)
	}
	if v.Frame, err = c.adminFrame(r, actor, "People"); err != nil {
		return err
	}
	return c.out.Show(w, r, status, staff(v))
}

// addPerson adds somebody to the staff, and shows their link once.
func (c *Console) addPerson(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	draft := auth.Person{Email: r.PostFormValue("email"), Name: r.PostFormValue("name"), Role: auth.Role(r.PostFormValue("role"))}
	p, secret, err := c.Auth.AddPerson(r.Context(), actor, draft.Email, draft.Name, draft.Role)
	if code := fault.CodeOf(err); code == fault.Invalid || code == fault.Conflict {
		return c.showPeople(w, r, actor, gate.Status(err), peopleView{Problem: fault.Sentence(err), Draft: draft})
	}
	if err != nil {
		return err
	}
	return c.showPeople(w, r, actor, http.StatusOK, peopleView{Link: c.SignInURL(secret), LinkFor: p.Name})
}

// changePerson changes somebody's role, or whether they may come in.
func (c *Console) changePerson(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	var change auth.PersonChange
	if v, ok := r.PostForm["role"]; ok {
		role := auth.Role(v[0])
		change.Role = &role
	}
	if v, ok := r.PostForm["disabled"]; ok {
		disabled := v[0] == "true"
		change.Disabled = &disabled
	}
	_, err := c.Auth.ChangePerson(r.Context(), actor, r.PathValue("id"), change)
	if code := fault.CodeOf(err); code == fault.Invalid || code == fault.Conflict {
		return c.showPeople(w, r, actor, gate.Status(err), peopleView{Problem: fault.Sentence(err)})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/admin/people", http.StatusSeeOther)
	return nil
}

// newLink makes a new sign-in link for somebody, and shows it once.
func (c *Console) newLink(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	id := r.PathValue("id")
	p, err := c.Auth.Person(r.Context(), actor, id)
	if err != nil {
		return err
	}
	secret, err := c.Auth.MakeSignInLink(r.Context(), actor, id)
	if fault.Is(err, fault.Conflict) {
		return c.showPeople(w, r, actor, gate.Status(err), peopleView{Problem: fault.Sentence(err)})
	}
	if err != nil {
		return err
	}
	return c.showPeople(w, r, actor, http.StatusOK, peopleView{Link: c.SignInURL(secret), LinkFor: p.Name})
}

func roleOrNone(r auth.Role) string {
	if r == auth.NoRole {
		return "Requester"
	}
	return kit.RoleWord(r)
}
