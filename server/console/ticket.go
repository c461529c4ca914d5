package console

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/ticket"
)

type ticketView struct {
	Frame    frame
	Ticket   desk.Detail
	Machine  *noc.Detail // nil: it was not rung from a machine that is still known
	Snapshot *diagnostics.Snapshot
	Taken    desk.Snapshot // when the snapshot was taken
	Asks     []kit.Answer
	Staff    []auth.Person // whom it can be given to
	Composer composer
	Panels   []panel
}

// ticketPage shows a ticket: the conversation, and the machine beside it.
func (c *Console) ticketPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	v, err := c.ticketView(r, actor, n)
	if err != nil {
		return err
	}
	if to := v.Ticket.MergedInto; to.ID != "" && !kit.Partial(r) && r.URL.Query().Get("stay") == "" {
		http.Redirect(w, r, ticketPath(to.Number), http.StatusSeeOther) // its number leads on
		return nil
	}
	if v.Composer, err = c.begun(r.Context(), actor, v.Ticket.Ticket); err != nil {
		return err
	}
	if kit.Partial(r) {
		return c.out.Show(w, r, http.StatusOK, ticketAgain(v))
	}
	return c.out.Show(w, r, http.StatusOK, ticketWhole(v))
}

// ticketView gathers what a ticket's page shows.
func (c *Console) ticketView(r *http.Request, actor auth.Actor, n int64) (ticketView, error) {
	ctx := r.Context()
	var v ticketView
	var err error
	// The cursor is read first: what happens while the page is made is told after.
	if v.Frame, err = c.frame(r, actor, atQueue, "", "ticket,endpoint"); err != nil {
		return v, err
	}
	if v.Ticket, err = c.Desk.GetByNumber(ctx, actor, n); err != nil {
		return v, err
	}
	v.Ticket.History = called(c.Rulebook(), v.Ticket.History)
	v.Frame.doc.Title = "Ticket " + ticketNumber(n)
	v.Frame.doc.Class = "app app-ticket"
	v.Frame.doc.Live += "&ticket=" + v.Ticket.ID
	if v.Machine, err = c.machine(ctx, actor, v.Ticket.Endpoint); err != nil {
		return v, err
	}
	if v.Ticket.Snapshot != "" {
		if v.Taken, v.Snapshot, err = c.snapshot(ctx, actor, v.Ticket.Snapshot); err != nil {
			return v, err
		}
	}
	if v.Ticket.Endpoint != "" {
		list, err := c.Asks.List(ctx, actor, ask.Query{Ticket: v.Ticket.ID, Endpoint: v.Ticket.Endpoint})
		if err != nil {
			return v, err
		}
		v.Asks = answers(list)
	}
	if v.Frame.may(auth.TicketsWork) {
		if v.Staff, err = c.technicians(ctx, actor); err != nil {
			return v, err
		}
	}
	v.Panels = c.panels(ctx, actor, &v)
	return v, nil
}

// machine returns the endpoint of a ticket, and none when there is none any more.
func (c *Console) machine(ctx context.Context, actor auth.Actor, id string) (*noc.Detail, error) {
	if id == "" {
		return nil, nil
	}
	d, err := c.Fleet.Get(ctx, actor, id)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &d, nil
}

// snapshot returns a stored snapshot. One that cannot be read is none: the page
// has more to show.
func (c *Console) snapshot(ctx context.Context, actor auth.Actor, id string) (desk.Snapshot, *diagnostics.Snapshot, error) {
	stored, err := c.Desk.Snapshot(ctx, actor, id)
	if fault.Is(err, fault.NotFound) {
		return stored, nil, nil
	}
	if err != nil {
		return stored, nil, err
	}
	var s diagnostics.Snapshot
	if err := json.Unmarshal(stored.Doc, &s); err != nil {
		c.Log.Warn("a snapshot does not have the form that it should", "snapshot", id, "err", err)
		return stored, nil, nil
	}
	return stored, &s, nil
}

func answers(list []ask.Ask) []kit.Answer {
	out := make([]kit.Answer, len(list))
	for i, q := range list {
		out[i] = kit.AnswerOf(q)
	}
	return out
}

// technicians lists who can be given a ticket.
func (c *Console) technicians(ctx context.Context, actor auth.Actor) ([]auth.Person, error) {
	people, _, err := c.Auth.People(ctx, actor, auth.PeopleQuery{Staff: true, Limit: 200})
	return slices.DeleteFunc(people, func(p auth.Person) bool {
		return p.Disabled || !auth.May(auth.Actor{Kind: auth.Staff, Person: p.ID, Role: p.Role}, auth.TicketsWork)
	}), err
}

// hereOf is an endpoint's presence for the eye.
func hereOf(v noc.View) kit.Presence {
	return kit.Presence{State: v.State, Presence: v.Presence, Goodbye: v.Goodbye, Since: v.Since}
}

// ticketPreview shows what a ticket is about beside the queue.
func (c *Console) ticketPreview(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if err != nil {
		return err
	}
	m, err := c.machine(r.Context(), actor, d.Endpoint)
	if err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, preview(d, m, auth.May(actor, auth.TicketsWork)))
}

// ticketHistory shows every step of a ticket.
func (c *Console) ticketHistory(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if err != nil {
		return err
	}
	f, err := c.frame(r, actor, atQueue, "History of ticket "+ticketNumber(n), "")
	if err != nil {
		return err
	}
	d.History = called(c.Rulebook(), d.History)
	return c.out.Show(w, r, http.StatusOK, historyPage(f, d))
}

// item is one entry of the conversation: a message, or a step told in a line.
type item struct {
	Event   ticket.Event
	Message bool
	Opening bool
}

// conversation is a history as a conversation. What only moves read marks is left
// out.
func conversation(d desk.Detail) []item {
	var out []item
	for _, e := range d.History {
		switch e.Type {
		case ticket.ReadTo:
		case ticket.Opened:
			out = append(out, item{Event: e, Message: true, Opening: true})
		default:
			out = append(out, item{Event: e, Message: e.Says()})
		}
	}
	return out
}

// lastRead reports whether the requester has read up to a message of the staff's.
func lastRead(d desk.Detail) string {
	id := ""
	for _, m := range desk.Conversation(d.History) {
		if m.Public && m.Author.Side == ticket.Staff && m.ID != "" && m.ID <= d.LastRead {
			id = m.ID
		}
	}
	return id
}

// newMessageID mints the id of a message that is about to be written, so that the
// same form sent twice is one message.
func newMessageID() string { return ulid.Make().String() }

// sameFindings reports whether two lists name the same things.
func sameFindings(a, b []diagnostics.Finding) bool {
	codes := func(list []diagnostics.Finding) string {
		var out []string
		for _, f := range list {
			out = append(out, string(f.Code))
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	return codes(a) == codes(b)
}

// canTake reports whether somebody could take a ticket now.
func canTake(t ticket.Ticket, actor auth.Actor) bool {
	return t.State.Open() && (t.Assignee.ID == "" || (t.Assignee.ID == actor.Person && t.State == ticket.Assigned))
}

// lastSaid is the newest message after the first; nil when there is none.
func lastSaid(d desk.Detail) *desk.Said {
	said := desk.Conversation(d.History)
	if len(said) == 0 {
		return nil
	}
	return &said[len(said)-1]
}
