package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/people"
	"github.com/deskbell/deskbell/server/ticket"
)

type contactsView struct {
	Frame frame
	Rows  []people.Row
	Query people.Query
	Sites []enrol.Site
	More  string
}

const contactsPerPage = 50

// narrowed reports whether anything but the beginning of the whole list is asked for.
func (v contactsView) narrowed() bool {
	return v.Query.Text != "" || v.Query.Site != "" || v.Query.VIP || v.Query.Manager != ""
}

func (v contactsView) address(name, value string) string {
	q := url.Values{}
	set := func(k, x string) {
		if x != "" {
			q.Set(k, x)
		}
	}
	set("q", v.Query.Text)
	set("site", v.Query.Site)
	set("manager", v.Query.Manager)
	if v.Query.VIP {
		q.Set("vip", "yes")
	}
	set(name, value)
	if len(q) == 0 {
		return "/people"
	}
	return "/people?" + q.Encode()
}

// contactsPage lists whom the help desk works for, as it is typed.
func (c *Console) contactsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q := r.URL.Query()
	var v contactsView
	v.Query = people.Query{
		Text: strings.TrimSpace(q.Get("q")), Site: q.Get("site"), Manager: q.Get("manager"), VIP: q.Get("vip") != "", After: q.Get("after"), Limit: contactsPerPage,
	}
	rows, next, err := c.People.List(r.Context(), actor, v.Query)
	if err != nil {
		return err
	}
	v.Rows = rows
	if next != "" {
		v.More = v.address("after", next)
	}
	if v.Query.After != "" && kit.Partial(r) {
		return c.out.Show(w, r, http.StatusOK, contactRows(v))
	}
	if kit.Partial(r) {
		return c.out.Show(w, r, http.StatusOK, contactsAgain(v))
	}
	if v.Sites, err = c.Registry.Sites(r.Context(), actor); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atPeople, "People", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, contacts(v))
}

type contactView struct {
	Frame   frame
	Person  people.Detail
	Open    []desk.Row
	Past    []desk.Row
	More    bool // there are older ones
	Sites   []enrol.Site
	Problem string
	Draft   contactDraft
	Editing bool
}

// contactDraft is the form as it was sent, for who has to correct it.
type contactDraft struct {
	Name, Email, Site, Manager, Phone, Title, Department, Notes string
	VIP                                                         bool
}

const pastTickets = 20

// contactPage shows a person: how they are reached, their machines, their tickets.
func (c *Console) contactPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showContact(w, r, actor, http.StatusOK, contactView{})
}

func (c *Console) showContact(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v contactView) error {
	ctx := r.Context()
	d, err := c.People.Get(ctx, actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	v.Person = d
	if v.Problem == "" {
		v.Draft = contactDraft{d.Name, d.Email, d.Site, d.ManagerEmail, d.Phone, d.Title, d.Department, d.Notes, d.VIP}
	}
	if v.Open, _, err = c.Desk.List(ctx, actor, desk.Query{Requester: d.ID, Open: true, Order: desk.Newest, Limit: 100}); err != nil {
		return err
	}
	past, next, err := c.Desk.List(ctx, actor, desk.Query{
		Requester: d.ID, States: []ticket.State{ticket.Resolved, ticket.Closed, ticket.Cancelled}, Order: desk.Newest, Limit: pastTickets,
	})
	if err != nil {
		return err
	}
	v.Past, v.More = past, next != nil
	if v.Sites, err = c.Registry.Sites(ctx, actor); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atPeople, d.Name, ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, contact(v))
}

// changeContact saves the form of a person's page.
func (c *Console) changeContact(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	id := r.PathValue("id")
	if err := kit.ReadForm(w, r); err != nil {
		return err
	}
	get := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	draft := contactDraft{get("name"), get("email"), get("site"), get("manager"), get("phone"), get("title"), get("department"), get("notes"), get("vip") != ""}
	err := c.saveContact(r, actor, id, draft)
	if code := fault.CodeOf(err); code == fault.Invalid || code == fault.Conflict {
		return c.showContact(w, r, actor, gate.Status(err), contactView{Problem: fault.Sentence(err), Draft: draft, Editing: true})
	}
	if err != nil {
		return err
	}
	return kit.Back(w, r, "/people/"+url.PathEscape(id))
}

func (c *Console) saveContact(r *http.Request, actor auth.Actor, id string, d contactDraft) error {
	before, err := c.People.Get(r.Context(), actor, id)
	if err != nil {
		return err
	}
	change := people.Change{Name: &d.Name, Email: &d.Email, Site: &d.Site, VIP: &d.VIP, Phone: &d.Phone, Title: &d.Title, Department: &d.Department, Notes: &d.Notes}
	if !strings.EqualFold(d.Manager, before.ManagerEmail) { // a manager without an address stays who they are
		manager := ""
		if d.Manager != "" {
			m, err := c.People.ByEmail(r.Context(), actor, d.Manager)
			if fault.Is(err, fault.NotFound) {
				return fault.Field("manager", fault.Sentence(err)+" The manager has to be here first.")
			}
			if err != nil {
				return err
			}
			manager = m.ID
		}
		change.Manager = &manager
	}
	_, err = c.People.Change(r.Context(), actor, id, change)
	return err
}
