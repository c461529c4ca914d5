package uplinktest

import (
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// ticket is a ticket as far as an endpoint can tell that there is one.
type ticket struct {
	endpoint string
	uid      string
	view     wire.TicketView
}

// ticketsOf returns a person's tickets, newest change first. The lock is held.
func (s *Server) ticketsOf(endpoint, uid string) []wire.TicketView {
	var out []wire.TicketView
	for _, t := range s.record.tickets {
		if t.endpoint == endpoint && t.uid == uid {
			out = append(out, t.view)
		}
	}
	slices.SortStableFunc(out, func(a, b wire.TicketView) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	return out
}

func (s *Server) find(endpoint, uid, name string) *ticket {
	for _, t := range s.record.tickets {
		if t.endpoint == endpoint && t.uid == uid && (t.view.ID == name || t.view.Ref == name) {
			return t
		}
	}
	return nil
}

// ticket applies a message to the tickets. The lock is held.
func (s *Server) ticket(endpoint string, e wire.Envelope) wire.Ack {
	now := time.Now()
	switch e.Type {
	case wire.TypeTicketOpen:
		var o wire.TicketOpen
		if err := e.Into(&o); err != nil {
			return wire.Ack{Code: fault.Invalid, Sentence: err.Error()}
		}
		t := s.find(endpoint, o.Account.UID, e.ID)
		if t == nil {
			t = &ticket{endpoint: endpoint, uid: o.Account.UID, view: wire.TicketView{
				ID: ulid.Make().String(), Number: int64(1000 + len(s.record.tickets)), Ref: e.ID, Title: o.Title, Body: o.Body,
				State: "new", CreatedAt: now, UpdatedAt: now, Version: 1,
			}}
			s.record.tickets = append(s.record.tickets, t)
		}
		return wire.Ack{OK: true, Ticket: t.view.ID, Number: t.view.Number}
	case wire.TypeTicketReply:
		var r wire.TicketReply
		if err := e.Into(&r); err != nil {
			return wire.Ack{Code: fault.Invalid, Sentence: err.Error()}
		}
		t := s.find(endpoint, r.Account.UID, r.Ticket)
		if t == nil {
			return wire.Ack{Code: fault.NotFound, Sentence: "There is no such ticket."}
		}
		if !slices.ContainsFunc(t.view.Messages, func(m wire.MessageView) bool { return m.ID == e.ID }) {
			t.add(wire.MessageView{ID: e.ID, At: now, Author: r.Account.Name, Mine: true, Body: r.Body, Attachments: r.Attachments})
		}
		return wire.Ack{OK: true, Ticket: t.view.ID, Number: t.view.Number}
	}
	var a wire.TicketAct
	if err := e.Into(&a); err != nil {
		return wire.Ack{Code: fault.Invalid, Sentence: err.Error()}
	}
	t := s.find(endpoint, a.Account.UID, a.Ticket)
	if t == nil {
		return wire.Ack{Code: fault.NotFound, Sentence: "There is no such ticket."}
	}
	t.view.Version++
	return wire.Ack{OK: true, Ticket: t.view.ID, Number: t.view.Number}
}

func (t *ticket) add(m wire.MessageView) {
	t.view.Messages = append(slices.Clone(t.view.Messages), m)
	t.view.Version++
	t.view.UpdatedAt = m.At
	if !m.Mine {
		t.view.Unread++
	}
}

// Tickets returns every ticket there is.
func (s *Server) Tickets() []wire.TicketView {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []wire.TicketView
	for _, t := range s.record.tickets {
		out = append(out, t.view)
	}
	return out
}

// Answer has the help desk write on a ticket, and tells the endpoint's session.
// It returns the message's id.
func (s *Server) Answer(ticketID, author, body string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.record.tickets, func(t *ticket) bool { return t.view.ID == ticketID })
	if i < 0 {
		s.t.Fatalf("there is no ticket %s", ticketID)
	}
	t, id := s.record.tickets[i], ulid.Make().String()
	t.add(wire.MessageView{ID: id, At: time.Now(), Author: author, Body: body})
	s.tell(t)
	return id
}

// Give makes a ticket for a person of an endpoint that nobody rang for.
func (s *Server) Give(endpoint, uid string, v wire.TicketView) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &ticket{endpoint: endpoint, uid: uid, view: v}
	s.record.tickets = append(s.record.tickets, t)
	s.tell(t)
}

// tell sends the view to the endpoint's sessions. The lock is held.
func (s *Server) tell(t *ticket) {
	for c := range s.sessions {
		if c.Endpoint == t.endpoint {
			c.conn.Post(wire.TypeTicketChanged, ulid.Make().String(), "", wire.TicketChanged{UID: t.uid, Ticket: t.view})
		}
	}
}
