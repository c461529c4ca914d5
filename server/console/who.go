package console

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/presence"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// Staffing is who gets which ticket.
type Staffing interface {
	TakeNext(ctx context.Context, actor auth.Actor, once desk.Once) (desk.Outcome, error)
	Profile(ctx context.Context, actor auth.Actor, person string) (desk.Profile, error)
	SetProfile(ctx context.Context, actor auth.Actor, p desk.Profile) (desk.Profile, error)
}

// Notices is what the staff is told.
type Notices interface {
	List(ctx context.Context, actor auth.Actor, before string, limit int) ([]notice.Notice, string, error)
	Unread(ctx context.Context, actor auth.Actor) (int, error)
	Read(ctx context.Context, actor auth.Actor, ids []string, ticketID string) error
}

// Presence is who looks at which ticket.
type Presence interface {
	Beat(actor auth.Actor, ticket, page string, s presence.State) error
	At(actor auth.Actor, ticket string) ([]presence.Person, error)
	All(actor auth.Actor) ([]presence.Here, error)
}

// Keeping changes the rulebook.
type Keeping interface {
	Save(ctx context.Context, actor auth.Actor, v rulebook.Item) (rulebook.Item, error)
	Delete(ctx context.Context, actor auth.Actor, kind rulebook.Kind, id string, seen int64) error
}

// takeNext takes the next ticket that is the actor's to do, and leads there.
func (c *Console) takeNext(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	out, err := c.Staffing.TakeNext(r.Context(), actor, desk.Once{})
	if fault.Is(err, fault.NotFound) && kit.Partial(r) {
		return c.out.Show(w, r, http.StatusOK, kit.SaidPart("info", fault.Sentence(err)))
	}
	if err != nil {
		return err
	}
	if kit.Partial(r) {
		w.Header().Set("HX-Redirect", ticketPath(out.Number))
		w.WriteHeader(http.StatusOK)
		return nil
	}
	http.Redirect(w, r, ticketPath(out.Number), http.StatusSeeOther)
	return nil
}

// watch lets the actor follow a ticket, or ends that.
func (c *Console) watch(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	me := []ticket.Person{{ID: actor.Person, Name: actor.Name}}
	if r.PostFormValue("stop") != "" {
		return c.act(w, r, actor, ticket.Unwatch{Who: me}, "You do not watch it any more.")
	}
	return c.act(w, r, actor, ticket.Watch{Who: me}, "You watch it: the bell tells you what changes.")
}

// handOver gives a ticket to a team, to somebody, or to both, with a note.
func (c *Console) handOver(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	cmd := ticket.Delegate{Team: r.PostFormValue("team"), To: ticket.Person{ID: r.PostFormValue("to")}, Message: newMessageID(), Body: r.PostFormValue("note")}
	words := "Handed over."
	if cmd.Team != "" {
		words = "Handed over to " + rulebook.NameOf[*rulebook.Team](c.Rulebook(), cmd.Team) + "."
	}
	return c.act(w, r, actor, cmd, words)
}

// escalate calls the next tier, or the operators.
func (c *Console) escalate(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	cmd := ticket.Escalate{Message: newMessageID(), Tried: r.PostFormValue("tried")}
	words := "The operators are called."
	if to := r.PostFormValue("where"); to == "noc" {
		cmd.NOC = true
	} else {
		cmd.Team = to
		words = "Escalated to " + rulebook.NameOf[*rulebook.Team](c.Rulebook(), to) + "."
	}
	return c.act(w, r, actor, cmd, words)
}

// beat takes in that somebody is at a ticket. The first one of a page marks what
// they were told about the ticket as read.
func (c *Console) beat(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if err != nil {
		return err
	}
	if err := c.Presence.Beat(actor, d.ID, r.PostFormValue("page"), presence.State(r.PostFormValue("state"))); err != nil {
		return err
	}
	if r.PostFormValue("first") != "" {
		unread, err := c.Notices.Unread(r.Context(), actor)
		if err == nil && unread > 0 {
			err = c.Notices.Read(r.Context(), actor, nil, d.ID)
		}
		if err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// present lists who is at which ticket.
func (c *Console) present(w http.ResponseWriter, _ *http.Request, actor auth.Actor) error {
	all, err := c.Presence.All(actor)
	if err != nil {
		return err
	}
	return kit.JSON(w, http.StatusOK, all)
}

// ownersView is what the panel shows of who has a ticket beside its assignee.
type ownersView struct {
	Ticket   ticket.Ticket
	Team     string
	Teams    []*rulebook.Team
	Staff    []auth.Person
	Next     *rulebook.Team // of the next tier
	Watching bool
	Work     bool
}

// ownersPanel shows a ticket's team and who watches it, and lets it be handed
// over, escalated and watched.
func (c *Console) ownersPanel(_ context.Context, actor auth.Actor, v *ticketView) (templ.Component, error) {
	t, book := v.Ticket.Ticket, c.Rulebook()
	o := ownersView{Ticket: t, Teams: rulebook.Offered[*rulebook.Team](book), Staff: v.Staff, Next: rulebook.NextTier(book, t.Team), Work: v.Frame.may(auth.TicketsWork)}
	if t.Team != "" {
		o.Team = rulebook.NameOf[*rulebook.Team](book, t.Team)
	}
	for _, p := range t.Watchers {
		o.Watching = o.Watching || p.ID == actor.Person
	}
	return owners(o), nil
}

// found is something that the palette leads to.
type found struct {
	Kind  string `json:"kind"`
	Title string `json:"title"`
	Hint  string `json:"hint,omitempty"`
	Path  string `json:"path"`
}

const paletteEach = 5

// palette finds pages, endpoints and people by some letters of their names, and the
// ticket of a number.
func (c *Console) palette(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	text := strings.TrimSpace(r.URL.Query().Get("q"))
	list := []found{}
	if text == "" || len(text) > 200 {
		return kit.JSON(w, http.StatusOK, list)
	}
	list = append(list, palettePagesFor(actor, text)...)
	rows, _, err := c.Desk.List(r.Context(), actor, desk.Query{Open: true, Assignee: actor.Person, Limit: 200})
	if err != nil {
		return err
	}
	n := 0
	for _, t := range rows { // one's own; all others are a search away
		if n < paletteEach && strings.Contains(strings.ToLower(t.Title), strings.ToLower(text)) {
			list = append(list, found{"Your ticket " + ticketNumber(t.Number), t.Title, t.Requester.Name, ticketPath(t.Number)})
			n++
		}
	}
	machines, _, err := c.Fleet.List(actor, nocQuery(text))
	if err != nil {
		return err
	}
	for _, m := range machines {
		list = append(list, found{"Endpoint", m.Name, m.Site.Name, "/endpoints/" + m.ID})
	}
	people, _, err := c.Auth.People(r.Context(), actor, auth.PeopleQuery{Text: text, Limit: paletteEach})
	if err != nil {
		return err
	}
	for _, p := range people {
		hint := p.Email
		if p.Role != auth.NoRole {
			hint = kit.RoleWord(p.Role)
		}
		list = append(list, found{"Person", p.Name, hint, "/people/" + p.ID})
	}
	return kit.JSON(w, http.StatusOK, list)
}

// staffNames lists whom a note can name.
func (c *Console) staffNames(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	people, err := c.colleagues(r.Context(), actor)
	if err != nil {
		return err
	}
	type name struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	list := []name{}
	for _, p := range people {
		list = append(list, name{p.ID, p.Name})
	}
	return kit.JSON(w, http.StatusOK, list)
}

// colleagues lists the staff.
func (c *Console) colleagues(ctx context.Context, actor auth.Actor) (list []auth.Person, err error) {
	for after := ""; ; {
		people, next, err := c.Auth.People(ctx, actor, auth.PeopleQuery{Staff: true, After: after, Limit: 200})
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if !p.Disabled {
				list = append(list, p)
			}
		}
		if next == "" || len(list) >= 2000 {
			return list, nil
		}
		after = next
	}
}

type noticesView struct {
	Frame  frame
	List   []notice.Notice
	Unread int
	More   string
}

// noticesPage lists what one was told.
func (c *Console) noticesPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := noticesView{}
	var next string
	var err error
	if v.Frame, err = c.frame(r, actor, atNotices, "What you were told", "ticket"); err != nil {
		return err
	}
	if v.List, next, err = c.Notices.List(r.Context(), actor, r.URL.Query().Get("before"), 50); err != nil {
		return err
	}
	if next != "" {
		v.More = "/notices?before=" + next
	}
	v.Unread = v.Frame.unread
	return c.out.Show(w, r, http.StatusOK, noticeList(v))
}

// readNotices marks notices as read: one, or all.
func (c *Console) readNotices(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	var ids []string
	if id := r.PostFormValue("id"); id != "" {
		ids = []string{id}
	}
	if err := c.Notices.Read(r.Context(), actor, ids, ""); err != nil {
		return err
	}
	http.Redirect(w, r, "/notices", http.StatusSeeOther)
	return nil
}

// unreadNotices says how many one has not read.
func (c *Console) unreadNotices(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := c.Notices.Unread(r.Context(), actor)
	if err != nil {
		return err
	}
	return kit.JSON(w, http.StatusOK, map[string]int{"unread": n})
}

// noticeWords says in a line what somebody is told.
func noticeWords(n notice.Notice) string {
	who := n.Actor.Name
	if who == "" {
		who = "Deskbell"
	}
	switch n.Kind {
	case notice.Mentioned:
		return who + " named you in a note"
	case notice.Assigned:
		return who + " gave you the ticket"
	case notice.Escalated:
		return who + " escalated the ticket to you"
	case notice.Alarm, notice.Summary:
		return "Time runs out"
	case notice.OnCall:
		return "On call"
	case notice.Unsent:
		return "Your answer was not sent"
	}
	words := who + " " + did(ticket.Event{Type: n.What, Actor: ticket.Actor{Person: n.Actor}, Person: &ticket.Person{Name: "somebody"}})
	if n.Count > 1 {
		words += kit.Plural(n.Count-1, ", and one change before", ", and %d changes before")
	}
	return words
}

func noticePath(n notice.Notice) string {
	if local(n.Link) != "" {
		return n.Link
	}
	return ticketPath(n.Ticket.Number)
}

func noticeIcon(k notice.Kind) string {
	switch k {
	case notice.Mentioned:
		return "message-square"
	case notice.Assigned:
		return "hand"
	case notice.Answered:
		return "reply"
	case notice.Escalated:
		return "megaphone"
	case notice.Alarm, notice.Summary:
		return "clock"
	case notice.OnCall:
		return "bell"
	case notice.Unsent:
		return "send"
	}
	return "bell"
}

// clashView is a change that was refused because somebody else was faster.
type clashView struct {
	Path    string
	Version int64
	Kept    [][2]string // what the form held: name and value
	Mine    []string    // the same in words
	Since   []ticket.Event
}

// clash shows both versions of a ticket side by side: what somebody wanted, and
// what has happened since they looked. Nothing of what they typed is lost.
func (c *Console) clash(w http.ResponseWriter, r *http.Request, actor auth.Actor, n int64, seen int64, err error) error {
	v, viewErr := c.ticketView(r, actor, n)
	if viewErr != nil {
		return viewErr
	}
	x := clashView{Path: r.URL.Path, Version: v.Ticket.Version, Since: since(v.Ticket, seen, actor)}
	for name, values := range r.PostForm {
		for _, value := range values {
			if name == "version" {
				continue
			}
			x.Kept = append(x.Kept, [2]string{name, value})
			if value != "" {
				x.Mine = append(x.Mine, c.meant(name, value, v.Staff))
			}
		}
	}
	return c.out.Show(w, r, gate.Status(err), clashed(v, x))
}

// meant says in words what a field of a form held.
func (c *Console) meant(name, value string, staff []auth.Person) string {
	switch name {
	case "to":
		for _, p := range staff {
			if p.ID == value {
				value = p.Name
			}
		}
		return "To " + value
	case "team", "where":
		if value == "noc" {
			return "To the operators"
		}
		return "Team: " + rulebook.NameOf[*rulebook.Team](c.Rulebook(), value)
	case "impact", "urgency":
		words := map[string]string{"1": "high", "2": "medium", "3": "low"}
		return strings.ToUpper(name[:1]) + name[1:] + ": " + words[value]
	}
	return value
}
