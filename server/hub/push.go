package hub

import (
	"context"
	"encoding/json"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/ticket"
)

// Push brings requesters' trays up to date until ctx ends: whatever they may see
// of a change goes to each endpoint where they have an account and that is
// connected. What is lost here is asked for after the next welcome.
func (h *Hub) Push(ctx context.Context, events *live.Hub) error {
	for ctx.Err() == nil && !events.Closed() {
		l := events.Listen(func(e *live.Event) bool {
			return e.Topic == live.Tickets && (e.Requester != "" || len(e.Also) > 0 || e.Approver != "")
		})
		h.pushFrom(ctx, l)
		l.Close() // too slow: some trays learn of it at their next welcome
	}
	return nil
}

func (h *Hub) pushFrom(ctx context.Context, l *live.Listener) {
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-l.C:
			if !ok {
				h.Stats.PushesLost.Inc()
				return
			}
			if err := h.push(ctx, e); err != nil && ctx.Err() == nil {
				h.Log.Error("a tray was not told of a change", "ticket", e.Key, "err", err)
			}
		}
	}
}

func (h *Hub) push(ctx context.Context, e live.Event) error {
	if e.Approver != "" {
		if err := h.pushApprovals(ctx, e.Key); err != nil {
			return err
		}
	}
	var what struct {
		Type ticket.EventType `json:"type"`
		Ref  string           `json:"ref"`
	}
	if err := json.Unmarshal(e.Data, &what); err != nil {
		return err
	}
	if what.Type == ticket.Opened && what.Ref != "" {
		return nil // whoever rang has the ack
	}
	if e.Requester != "" {
		if err := h.pushTo(ctx, e.Requester, e.Key); err != nil {
			return err
		}
	}
	for _, t := range e.Also {
		if err := h.pushTo(ctx, t.Person, t.Key); err != nil {
			return err
		}
	}
	return nil
}

// pushTo brings one ticket of one person up to date on their machines.
func (h *Hub) pushTo(ctx context.Context, person, ticket string) error {
	accounts, err := h.Desk.Accounts(ctx, person)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		s := h.session(a.Endpoint)
		if s == nil {
			continue
		}
		actor := auth.Actor{Kind: auth.Requester, Person: a.Person.ID, Name: a.Person.Name, Endpoint: a.Endpoint, UID: a.UID}
		d, err := h.Desk.Get(ctx, actor, ticket)
		if err != nil {
			return err
		}
		s.conn.Post(wire.TypeTicketChanged, "", "", wire.TicketChanged{UID: a.UID, Ticket: View(d, a.Endpoint)})
	}
	return nil
}
