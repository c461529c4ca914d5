package desk

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// Detail is a ticket with everything that its page shows.
type Detail struct {
	Row
	History []ticket.Event
}

// Get returns a ticket to a person who may read it. A requester's own history
// leaves out what is the staff's.
func (d *Desk) Get(ctx context.Context, actor auth.Actor, id string) (Detail, error) {
	row, err := d.store.Ticket(ctx, id)
	if err != nil {
		return Detail{}, err
	}
	return d.detail(ctx, actor, row)
}

// GetByNumber is Get by the number that people say.
func (d *Desk) GetByNumber(ctx context.Context, actor auth.Actor, number int64) (Detail, error) {
	row, err := d.store.TicketByNumber(ctx, number)
	if err != nil {
		return Detail{}, err
	}
	return d.detail(ctx, actor, row)
}

func (d *Desk) detail(ctx context.Context, actor auth.Actor, row Row) (Detail, error) {
	if err := authoriseRead(actor, row.Ticket); err != nil {
		return Detail{}, err
	}
	history, err := d.store.History(ctx, row.ID)
	if err != nil {
		return Detail{}, err
	}
	if actor.Kind == auth.Requester {
		return d.own(ctx, row, history)
	}
	return Detail{Row: row, History: history}, nil
}

func authoriseRead(actor auth.Actor, t ticket.Ticket) error {
	if actor.Kind == auth.Requester {
		return auth.Authorise(actor, auth.OwnRead, auth.Object{Requester: t.Requester.ID})
	}
	return auth.Authorise(actor, auth.TicketsRead, auth.Object{})
}

// List returns a page of tickets, and where the next one starts; nil at the end.
// A requester gets their own, whatever the query says.
func (d *Desk) List(ctx context.Context, actor auth.Actor, q Query) ([]Row, *Position, error) {
	op := auth.TicketsList
	if actor.Kind == auth.Requester {
		op, q.Requester = auth.OwnTickets, actor.Person
	}
	if err := auth.Authorise(actor, op, auth.Object{}); err != nil {
		return nil, nil, err
	}
	if q.Limit == 0 {
		q.Limit = 50
	}
	if q.Limit < 1 || q.Limit > 200 {
		return nil, nil, fault.Field("limit", "A page holds 1 to 200 tickets.")
	}
	if q.Order == "" {
		q.Order = ByPriority
	}
	if q.Order != ByPriority && q.Order != Newest {
		return nil, nil, fault.Field("order", "Tickets are listed by priority or newest.")
	}
	want := q.Limit
	q.Limit++ // one more tells whether there is another page
	rows, err := d.store.Tickets(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	if actor.Kind == auth.Requester {
		for i := range rows {
			if rows[i].Ticket, err = d.ownTicket(ctx, rows[i].Ticket, nil); err != nil {
				return nil, nil, err
			}
		}
	}
	if len(rows) <= want {
		return rows, nil, nil
	}
	rows = rows[:want]
	last := rows[want-1]
	return rows, &Position{Priority: int(last.Priority), Number: last.Number}, nil
}

// Snapshot returns a snapshot to a person who may read its endpoint, or to the
// requester of its ticket.
func (d *Desk) Snapshot(ctx context.Context, actor auth.Actor, id string) (Snapshot, error) {
	s, err := d.store.Snapshot(ctx, id)
	if err != nil {
		return Snapshot{}, err
	}
	if actor.Kind != auth.Requester {
		return s, auth.Authorise(actor, auth.EndpointsRead, auth.Object{Endpoint: s.Endpoint})
	}
	row, err := d.store.Ticket(ctx, s.Ticket)
	if err != nil {
		return Snapshot{}, err
	}
	return s, authoriseRead(actor, row.Ticket)
}

// Snapshots returns an endpoint's newest snapshots, without their documents.
func (d *Desk) Snapshots(ctx context.Context, actor auth.Actor, endpoint string, limit int) ([]Snapshot, error) {
	if err := auth.Authorise(actor, auth.EndpointsRead, auth.Object{Endpoint: endpoint}); err != nil {
		return nil, err
	}
	return d.store.Snapshots(ctx, endpoint, min(max(limit, 1), 200))
}

// Said is one entry of a ticket's conversation.
type Said struct {
	ID          string
	At          time.Time
	Author      ticket.Actor
	Type        ticket.EventType
	Public      bool
	Body        string
	Attachments []ticket.Attachment
}

// Conversation returns what was said, in order, out of a history.
func Conversation(history []ticket.Event) []Said {
	var out []Said
	for _, e := range history {
		if e.Says() {
			out = append(out, Said{ID: e.Message, At: e.At, Author: e.Actor, Type: e.Type, Public: e.Public(), Body: e.Body, Attachments: e.Attachments})
		}
	}
	return out
}

// Unread returns how many of the staff's public messages the requester has not
// read yet. An approver's words count among them, whoever that is.
func Unread(t ticket.Ticket, history []ticket.Event) int {
	n := 0
	for _, m := range Conversation(history) {
		if m.Public && (m.Author.Side != ticket.Requester || m.Author.ID != t.Requester.ID) && m.ID > t.LastRead {
			n++
		}
	}
	return n
}

// PersonOf returns the person of an endpoint's account as an actor; an account
// that has never rung is nobody's, and its person may nothing: fault.NotFound.
func (d *Desk) PersonOf(ctx context.Context, endpoint, uid string) (auth.Actor, error) {
	a, err := d.store.AccountOf(ctx, endpoint, uid)
	if err != nil {
		return auth.Actor{}, err
	}
	return auth.Actor{Kind: auth.Requester, Person: a.Person.ID, Name: a.Person.Name, Endpoint: endpoint, UID: uid}, nil
}

// Accounts returns the endpoints' accounts of a person.
func (d *Desk) Accounts(ctx context.Context, person string) ([]Account, error) {
	return d.store.Accounts(ctx, person)
}
