package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// What is done to a ticket less often than answering it has a short page of its own
// each: one thing, its words kept when it is refused, and back.

// doing is one of these pages.
type doing struct {
	what, icon, word string
	ended            bool // also to a ticket that has ended
	requests         bool // only to requests
	form             func(v doView) form
}

// doView is such a page.
type doView struct {
	Frame  frame
	Ticket desk.Detail
	What   doing
	kit.Form
	Values   func(name string) string // what was typed
	Staff    []auth.Person
	Children []desk.Row
	Book     *rulebook.Book
	Found    []desk.Row // of the numbers that were typed
}

// doings lists the pages in the order of the menu.
func doings() []doing {
	return []doing{
		{what: "file", icon: "list", word: "Category, fields and tags", ended: true, form: fileForm},
		{what: "override", icon: "flag", word: "Priority by hand", form: overrideForm},
		{what: "major", icon: "megaphone", word: "Major incident", form: majorForm},
		{what: "schedule", icon: "clock", word: "Wait until a date", form: scheduleForm},
		{what: "approval", icon: "circle-help", word: "Ask for approval", requests: true, form: approvalForm},
		{what: "merge", icon: "copy", word: "Merge tickets into this one", form: mergeForm},
		{what: "into", icon: "copy", word: "Merge this one into another", ended: true, form: intoForm},
		{what: "parent", icon: "network", word: "Parent and children", ended: true, form: parentForm},
		{what: "link", icon: "link", word: "Link to another ticket", ended: true, form: relationForm},
	}
}

// splitting is not in the menu: it begins at a message.
var splitting = doing{what: "split", icon: "copy", word: "Make the message into a ticket", ended: true, form: splitForm}

// may reports whether it can be done to a ticket.
func (d doing) may(t ticket.Ticket) bool {
	return t.MergedInto.ID == "" && (d.ended || t.State.Open()) && (!d.requests || t.Kind == ticket.Request)
}

// doPage shows one of the pages.
func (c *Console) doPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.doView(r, actor)
	if err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, doWhole(v))
}

func (c *Console) doView(r *http.Request, actor auth.Actor) (doView, error) {
	v := doView{Book: c.Rulebook(), Values: r.FormValue}
	n, err := number(r)
	if err != nil {
		return v, err
	}
	what := r.PathValue("what")
	i := slices.IndexFunc(doings(), func(d doing) bool { return d.what == what })
	switch {
	case i >= 0:
		v.What = doings()[i]
	case what == splitting.what:
		v.What = splitting
	default:
		return v, fault.New(fault.NotFound, "There is no such page.")
	}
	if v.Ticket, err = c.Desk.GetByNumber(r.Context(), actor, n); err != nil {
		return v, err
	}
	if v.Frame, err = c.frame(r, actor, atQueue, v.What.word+", ticket "+ticketNumber(n), ""); err != nil {
		return v, err
	}
	switch what {
	case "approval":
		v.Staff, err = c.staff(r, actor)
	case "parent":
		v.Children, err = c.Desk.Children(r.Context(), actor, v.Ticket.ID)
	case "merge", "into":
		if typed := r.FormValue("numbers"); typed != "" {
			if v.Found, err = c.found(r, actor, typed); err != nil {
				v.Form, err = v.Refused(err), nil
			}
		}
	}
	return v, err
}

func (c *Console) staff(r *http.Request, actor auth.Actor) ([]auth.Person, error) {
	people, _, err := c.Auth.People(r.Context(), actor, auth.PeopleQuery{Staff: true, Limit: 200})
	return slices.DeleteFunc(people, func(p auth.Person) bool { return p.Disabled }), err
}

// found reads the tickets whose numbers were typed.
func (c *Console) found(r *http.Request, actor auth.Actor, typed string) ([]desk.Row, error) {
	words := strings.FieldsFunc(typed, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
	if len(words) > desk.MaxMerge {
		return nil, fault.Field("numbers", "That is more than 100 tickets. Merge fewer at once.")
	}
	var out []desk.Row
	for _, word := range words {
		n, err := strconv.ParseInt(strings.TrimPrefix(word, "#"), 10, 64)
		if err != nil {
			return nil, fault.Field("numbers", "“"+kit.Clip(word, 40)+"” is not a ticket's number.")
		}
		d, err := c.Desk.GetByNumber(r.Context(), actor, n)
		if fault.Is(err, fault.NotFound) {
			return nil, fault.Field("numbers", "There is no ticket "+word+".")
		}
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out, func(x desk.Row) bool { return x.ID == d.ID }) {
			out = append(out, d.Row)
		}
	}
	return out, nil
}

// do carries out what a page asks, and leads back to the ticket; what was refused is
// shown with the words in it.
func (c *Console) do(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.doView(r, actor)
	if err != nil {
		return err
	}
	to := ticketPath(v.Ticket.Number)
	if v.Problem == "" && (len(v.Found) == 0 || r.PostFormValue("sure") != "" && r.PostFormValue("looked") == r.PostFormValue("numbers")) {
		to, err = c.doIt(r, actor, v)
	} else {
		err = fault.Field(v.At, v.Problem)
		if v.Problem == "" { // looked up: shown before it is done
			return c.out.Show(w, r, http.StatusOK, doWhole(v))
		}
	}
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Conflict, fault.Stale, fault.NotFound:
		v.Form = v.Refused(err)
		return c.out.Show(w, r, gate.Status(err), doWhole(v))
	}
	return err
}

// doIt returns where it leads.
func (c *Console) doIt(r *http.Request, actor auth.Actor, v doView) (string, error) {
	ctx, t, back := r.Context(), v.Ticket, ticketPath(v.Ticket.Number)
	one := func(cmd ticket.Command) (string, error) {
		_, err := c.Desk.Do(ctx, actor, t.ID, version(r), cmd)
		return back, err
	}
	switch v.What.what {
	case "file":
		return back, c.refile(r, actor, v)
	case "override":
		return one(ticket.Override{Priority: ticket.Priority(small(r, "priority")), Reason: r.PostFormValue("reason")})
	case "major":
		return one(ticket.MarkMajor{Major: !t.Major, Reason: r.PostFormValue("reason")})
	case "schedule":
		until, err := time.Parse("2006-01-02T15:04", r.PostFormValue("until"))
		if err != nil {
			return back, fault.Field("until", "Say until which day and time it waits.")
		}
		offset, err := strconv.Atoi(r.PostFormValue("offset")) // minutes behind UTC, by the browser
		if err == nil && offset > -24*60 && offset < 24*60 {
			until = until.Add(time.Duration(offset) * time.Minute)
		}
		return one(ticket.Wait{For: ticket.WaitScheduled, Until: until, Message: newMessageID(), Body: r.PostFormValue("text")})
	case "approval":
		who, err := c.approver(r, actor)
		if err != nil {
			return back, err
		}
		return one(ticket.AskApproval{Approver: who, Message: newMessageID(), Body: r.PostFormValue("text")})
	case "merge":
		if len(v.Found) == 0 {
			return back, fault.Field("numbers", "Give the numbers of the tickets to merge.")
		}
		var from []string
		for _, x := range v.Found {
			from = append(from, x.ID)
		}
		_, err := c.Desk.Merge(ctx, actor, t.ID, from, map[string]int64{t.ID: version(r)})
		return back, err
	case "into":
		if len(v.Found) != 1 {
			return back, fault.Field("numbers", "Give the number of the one ticket that it goes on as.")
		}
		_, err := c.Desk.Merge(ctx, actor, v.Found[0].ID, []string{t.ID}, map[string]int64{t.ID: version(r)})
		return ticketPath(v.Found[0].Number), err
	case "parent":
		other, err := c.other(r, actor)
		if err != nil {
			return back, err
		}
		return one(ticket.SetParent{Parent: other})
	case "link":
		return back, c.relink(r, actor, v)
	}
	made, err := c.Desk.Split(ctx, actor, t.ID, r.PostFormValue("message"), r.PostFormValue("title"), version(r))
	return ticketPath(made.Number), err
}

// refile sets category, tags and fields, as far as they were changed.
func (c *Console) refile(r *http.Request, actor auth.Actor, v doView) error {
	t, seen := v.Ticket.Ticket, version(r)
	step := func(cmd ticket.Command) error {
		after, err := c.Desk.Do(r.Context(), actor, t.ID, seen, cmd)
		if err == nil {
			t, seen = after, after.Version
		}
		return err
	}
	category, err := categoryOf(v.Book, r.PostFormValue("category"), t.Category)
	if err != nil {
		return err
	}
	if category != t.Category {
		if err := step(ticket.Categorise{Category: category}); err != nil {
			return err
		}
	}
	tags := strings.Fields(strings.ToLower(strings.ReplaceAll(r.PostFormValue("tags"), ",", " ")))
	var gone []string
	for _, tag := range t.Tags {
		if !slices.Contains(tags, tag) {
			gone = append(gone, tag)
		}
	}
	if err := step(ticket.Tag{Add: tags, Remove: gone}); err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	values := map[string]string{}
	for _, f := range rulebook.FieldsOf(v.Book, t.Category) {
		if typed, there := r.PostForm["field."+f.ID]; there && len(typed) > 0 && typed[0] != t.Fields[f.ID] {
			values[f.ID] = typed[0]
		}
	}
	if len(values) == 0 {
		return nil
	}
	return step(ticket.SetFields{Values: values})
}

// approver is whom the form names: one of the staff, or an employee by mail address.
func (c *Console) approver(r *http.Request, actor auth.Actor) (ticket.Person, error) {
	mail := strings.ToLower(strings.TrimSpace(r.PostFormValue("mail")))
	if mail == "" {
		return ticket.Person{ID: r.PostFormValue("approver")}, nil
	}
	list, _, err := c.Auth.People(r.Context(), actor, auth.PeopleQuery{Text: mail, Limit: 20})
	if err != nil {
		return ticket.Person{}, err
	}
	for _, p := range list {
		if strings.EqualFold(p.Email, mail) && !p.Disabled {
			return ticket.Person{ID: p.ID, Name: p.Name}, nil
		}
	}
	return ticket.Person{}, fault.Field("mail", "Nobody with this address is known here.")
}

// other is the ticket whose number was typed; none when nothing was.
func (c *Console) other(r *http.Request, actor auth.Actor) (ticket.Reference, error) {
	typed := strings.TrimPrefix(strings.TrimSpace(r.PostFormValue("number")), "#")
	if typed == "" {
		return ticket.Reference{}, nil
	}
	n, err := strconv.ParseInt(typed, 10, 64)
	if err != nil {
		return ticket.Reference{}, fault.Field("number", "“"+kit.Clip(typed, 40)+"” is not a ticket's number.")
	}
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if fault.Is(err, fault.NotFound) {
		err = fault.Field("number", "There is no ticket "+typed+".")
	}
	return ticket.Reference{ID: d.ID, Number: d.Number}, err
}

func (c *Console) relink(r *http.Request, actor auth.Actor, v doView) error {
	if id := r.PostFormValue("unlink"); id != "" {
		relation, to, _ := strings.Cut(id, " ")
		l := ticket.Link{Relation: ticket.Relation(relation), To: ticket.Reference{ID: to}}
		_, err := c.Desk.Do(r.Context(), actor, v.Ticket.ID, version(r), ticket.Unlink{Link: l})
		return err
	}
	other, err := c.other(r, actor)
	if err == nil && other.ID == "" {
		err = fault.Field("number", "Give the number of the other ticket.")
	}
	if err != nil {
		return err
	}
	l := ticket.Link{Relation: ticket.Relation(r.PostFormValue("relation")), To: other}
	if !slices.Contains(ticket.LinkRelations(), l.Relation) {
		return fault.Field("relation", "Choose how the tickets are linked.")
	}
	_, err = c.Desk.Do(r.Context(), actor, v.Ticket.ID, version(r), ticket.LinkTo{Link: l})
	return err
}
