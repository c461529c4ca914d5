package hub

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/ticket"
)

// message carries out one text message and answers it. It runs on the session's
// reader: an agent that floods waits for itself.
func (s *session) message(e wire.Envelope) error {
	ctx := s.hub.ctx
	switch e.Type {
	case wire.TypeGoodbye:
		var bye wire.Goodbye
		if err := e.Into(&bye); err != nil {
			return err
		}
		s.goodbye = knownGoodbye(bye.Reason)
		return nil
	case wire.TypeAnswer:
		var part wire.Answer
		if err := e.Into(&part); err != nil {
			return err
		}
		s.hub.Asks.Answer(ctx, s.endpoint, e.Re, part)
		return nil
	}
	if e.ID == "" {
		return fault.Field("id", "The message "+string(e.Type)+" carries no id.")
	}
	switch e.Type {
	case wire.TypeTicketsGet:
		return s.answer(e, wire.TypeTickets, s.tickets)
	case wire.TypePortalLink:
		return s.answer(e, wire.TypePortal, s.portalLink)
	case wire.TypeSuggest:
		return s.answer(e, wire.TypeArticles, s.suggest)
	case wire.TypeHelped:
		return s.answer(e, "", s.helped)
	case wire.TypeAnnouncementsGet:
		return s.answer(e, "", s.announcements)
	case wire.TypeAnnouncementHit:
		return s.answer(e, "", s.hit)
	case wire.TypeOutageFixed:
		return s.answer(e, "", s.fixed)
	case wire.TypeBlobPut:
		return s.answer(e, wire.TypeBlobWanted, s.blobPut)
	case wire.TypeBlobGet:
		return s.blobGet(ctx, e)
	}
	out, err := s.effect(ctx, e)
	return s.acknowledge(e, out, err)
}

// effect makes a message's effect durable.
func (s *session) effect(ctx context.Context, e wire.Envelope) (desk.Outcome, error) {
	switch e.Type {
	case wire.TypeTicketOpen:
		return s.ring(ctx, e)
	case wire.TypeTicketReply:
		var m wire.TicketReply
		if err := e.Into(&m); err != nil {
			return desk.Outcome{}, err
		}
		return s.hub.Desk.Act(ctx, s.from(e, m.Account), m.Ticket, ticket.Reply{Message: e.ID, Body: m.Body, Attachments: attachments(m.Attachments)})
	case wire.TypeTicketAct:
		var m wire.TicketAct
		if err := e.Into(&m); err != nil {
			return desk.Outcome{}, err
		}
		c, err := command(e.ID, m)
		if err != nil {
			return desk.Outcome{}, err
		}
		return s.hub.Desk.Act(ctx, s.from(e, m.Account), m.Ticket, c)
	case wire.TypeTicketRead:
		var m wire.TicketRead
		if err := e.Into(&m); err != nil {
			return desk.Outcome{}, err
		}
		return s.hub.Desk.Act(ctx, s.from(e, m.Account), m.Ticket, ticket.Read{Message: m.Message})
	case wire.TypeFixTold:
		var m wire.FixTold
		if err := e.Into(&m); err != nil {
			return desk.Outcome{}, err
		}
		told := desk.Mended{Recipe: string(m.Recipe), Finding: string(m.Finding), Outcome: m.Outcome, Works: m.Works}
		return desk.Outcome{}, s.hub.Desk.Mended(ctx, desk.Message{Endpoint: s.endpoint, ID: e.ID, Body: e.Body}, told)
	case wire.TypeRatchet:
		s.hub.Registry.Stored(s.endpoint, s.ratchet)
		return desk.Outcome{}, nil
	case wire.TypeInventory:
		var inv wire.Inventory
		if err := e.Into(&inv); err != nil {
			return desk.Outcome{}, err
		}
		if len(inv.Hash) == 0 || len(inv.Hash) > 128 || len(e.Body) > 256<<10 {
			return desk.Outcome{}, fault.Field("inventory", "The inventory has no hash, or is larger than 256 KiB.")
		}
		return desk.Outcome{}, s.hub.Fleet.SetInventory(ctx, s.endpoint, inv, e.Body)
	case wire.TypeFindings:
		var f wire.Findings
		if err := e.Into(&f); err != nil {
			return desk.Outcome{}, err
		}
		if err := checkFindings(f.Findings); err != nil {
			return desk.Outcome{}, err
		}
		return desk.Outcome{}, s.hub.Fleet.SetFindings(ctx, s.endpoint, f)
	case wire.TypeStock:
		var m wire.Stock
		if err := e.Into(&m); err != nil {
			return desk.Outcome{}, err
		}
		if len(m.Hash) == 0 || len(m.Hash) > 128 || len(e.Body) > wire.MaxStock {
			return desk.Outcome{}, fault.Field("stock", "What the machine tells of itself has no hash, or is larger than 384 KiB.")
		}
		return desk.Outcome{}, s.hub.Peers.Take(ctx, s.endpoint, m)
	}
	return desk.Outcome{}, fault.New(fault.Unsupported, "This server does not know messages of the type "+string(e.Type)+".")
}

func (s *session) ring(ctx context.Context, e wire.Envelope) (desk.Outcome, error) {
	var m wire.TicketOpen
	if err := e.Into(&m); err != nil {
		return desk.Outcome{}, err
	}
	if err := checkFindings(m.Findings); err != nil {
		return desk.Outcome{}, err
	}
	d := desk.Draft{Kind: kindOf(m.Kind), Title: m.Title, Body: m.Body, Findings: m.Findings, Attachments: attachments(m.Attachments), Language: m.Language}
	if m.Snapshot != nil {
		doc, err := json.Marshal(m.Snapshot)
		if err != nil {
			return desk.Outcome{}, err
		}
		d.Snapshot, d.TakenAt = doc, m.Snapshot.TakenAt
	}
	return s.hub.Desk.Ring(ctx, s.from(e, m.Account), d)
}

// kindOf leaves a kind that nobody here knows to the desk: somebody rings, and a
// newer agent's word is no reason to send them away.
func kindOf(k wire.Kind) ticket.Kind {
	switch k {
	case wire.KindIncident:
		return ticket.Incident
	case wire.KindRequest:
		return ticket.Request
	}
	return ""
}

// maxFindings is more than any machine has wrong with it.
const maxFindings = 200

// maxSaid is how long a finding's evidence and what it says to readers of other
// languages may be together, in bytes.
const maxSaid = 64 << 10

// checkFindings bounds what an endpoint says of itself: everybody who looks at
// its tickets and at the wall gets it.
func checkFindings(list []diagnostics.Finding) error {
	if len(list) > maxFindings {
		return fault.Field("findings", "A machine reports at most 200 findings.")
	}
	for _, f := range list {
		if f.Code == "" || len(f.Code) > 64 || f.Severity.Rank() == 0 || len(f.Sentence) > 1000 || len(f.Detail) > 4000 || len(f.Advice) > 2000 || len(f.Evidence) > 50 || f.Size() > maxSaid {
			return fault.Field("findings", "A finding has no code, an unknown severity, or a text that is too long.")
		}
	}
	return nil
}

func (s *session) from(e wire.Envelope, a wire.Account) desk.Message {
	return desk.Message{Endpoint: s.endpoint, ID: e.ID, Body: e.Body, UID: a.UID, Login: a.Name, Full: a.Full}
}

func attachments(list []wire.Attachment) []ticket.Attachment {
	var out []ticket.Attachment
	for _, a := range list {
		out = append(out, ticket.Attachment{SHA256: a.SHA256, Name: a.Name, Size: a.Size, Type: a.Type})
	}
	return out
}

// command translates a requester's act.
func command(id string, m wire.TicketAct) (ticket.Command, error) {
	switch m.Act {
	case wire.ActConfirm:
		return ticket.Confirm{}, nil
	case wire.ActReopen:
		return ticket.Reopen{Message: id, Body: m.Comment}, nil
	case wire.ActRate:
		return ticket.Rate{Rating: m.Rating, Comment: m.Comment}, nil
	case wire.ActCancel:
		return ticket.Cancel{Message: id, Reason: m.Comment}, nil
	}
	return nil, fault.Field("act", "A requester can confirm, reopen, rate or cancel.")
}

// acknowledge answers a message that changes something. What is for good is an
// ack, also a refusal; what may come again is an error.
func (s *session) acknowledge(e wire.Envelope, out desk.Outcome, err error) error {
	if err == nil {
		return s.conn.Send(wire.TypeAck, "", e.ID, wire.Ack{OK: true, Ticket: out.Ticket, Number: out.Number})
	}
	if errors.Is(err, context.Canceled) {
		return err // the server stops: the agent sends it again
	}
	code := fault.CodeOf(err)
	s.hub.Stats.Refused(code)
	switch code {
	case fault.Internal, fault.Unavailable, fault.Full, fault.Unknown, fault.TooMany, fault.Stale:
		if code != fault.Unavailable {
			s.hub.Log.Error("a message had no effect", "endpoint", s.endpoint, "type", e.Type, "id", e.ID, "err", err)
		}
		return s.conn.Send(wire.TypeError, "", e.ID, wire.Error{Code: code, Sentence: fault.Sentence(err), RetryAfter: retryAfter.Milliseconds()})
	}
	return s.conn.Send(wire.TypeAck, "", e.ID, wire.Ack{Code: code, Sentence: fault.Sentence(err), Field: fault.FieldOf(err)})
}

// answer replies to a question with a message of a type of its own.
func (s *session) answer(e wire.Envelope, t wire.Type, f func(context.Context, wire.Envelope) (any, error)) error {
	body, err := f(s.hub.ctx, e)
	if err == nil && body != nil {
		return s.conn.Send(t, "", e.ID, body)
	}
	return s.acknowledge(e, desk.Outcome{}, err)
}

// tickets answers tickets.get.
func (s *session) tickets(ctx context.Context, e wire.Envelope) (any, error) {
	var q wire.TicketsGet
	if err := e.Into(&q); err != nil {
		return nil, err
	}
	if q.Limit <= 0 || q.Limit > maxTickets {
		q.Limit = maxTickets
	}
	actor, err := s.hub.Desk.PersonOf(ctx, s.endpoint, q.Account.UID)
	if fault.Is(err, fault.NotFound) { // has never rung
		return wire.Tickets{Items: []wire.TicketView{}}, nil
	}
	if err != nil {
		return nil, err
	}
	if err := s.tellApprovals(ctx, actor); err != nil {
		return nil, err
	}
	rows, _, err := s.hub.Desk.List(ctx, actor, desk.Query{Order: desk.Newest, Limit: q.Limit})
	if err != nil {
		return nil, err
	}
	list := wire.Tickets{Items: make([]wire.TicketView, 0, len(rows))}
	size := 0
	for _, row := range rows {
		d, err := s.hub.Desk.Get(ctx, actor, row.ID)
		if err != nil {
			return nil, err
		}
		v := View(d, s.endpoint)
		if size += viewSize(v); size > wire.MaxMessage/2 {
			break
		}
		list.Items = append(list.Items, v)
	}
	return list, nil
}

const maxTickets = 100

func viewSize(v wire.TicketView) int {
	n := 1000 + len(v.Body) + len(v.Solution)
	for _, m := range v.Messages {
		n += 300 + len(m.Body) + 300*len(m.Attachments)
	}
	return n
}

// portalLink answers portal.link.
func (s *session) portalLink(ctx context.Context, e wire.Envelope) (any, error) {
	var q wire.PortalLinkRequest
	if err := e.Into(&q); err != nil {
		return nil, err
	}
	actor := auth.Actor{Kind: auth.Endpoint, Endpoint: s.endpoint}
	secret, expires, err := s.hub.Portal.MakePortalLink(ctx, actor, q.Account.UID, q.Account.Name, q.Account.Full)
	if err != nil {
		return nil, err
	}
	page := ""
	if q.Page == wire.PageApprovals {
		page = "?to=" + string(q.Page)
	}
	// The secret stands behind the #, which browsers keep to themselves: it is in
	// no server's log and in no Referer.
	return wire.Portal{URL: s.hub.PublicURL() + "/portal/enter" + page + "#" + secret, ExpiresAt: expires}, nil
}

func knownGoodbye(r wire.GoodbyeReason) wire.GoodbyeReason {
	switch r {
	case wire.ByeSleep, wire.ByeShutdown, wire.ByeStop, wire.ByeUpdate, wire.ByeRoam:
		return r
	}
	return ""
}
