package agent

import (
	"encoding/json"

	"github.com/deskbell/deskbell/agent/consent"
	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/agent/tickets"
	"github.com/deskbell/deskbell/internal/wire"
)

// rings knows who at this machine rang for a ticket. Only they are ever asked whether
// somebody may work here.
type rings struct {
	shelf *tickets.Shelf
	box   *outbox.Box
}

// of finds a ticket by its number: as the server tells of it, and until it does, as it
// was rung here and acknowledged. A technician can be quicker than the next word on it.
func (r rings) of(number int64) (consent.Ticket, bool) {
	if number == 0 {
		return consent.Ticket{}, false
	}
	for _, uid := range r.shelf.People() {
		list, _ := r.shelf.List(uid)
		for _, t := range list {
			if t.Number == number {
				open := t.State != "closed" && t.State != "cancelled" && t.State != "rejected"
				return consent.Ticket{Requester: uid, Title: t.Title, Open: open}, true
			}
		}
	}
	if i, ok := r.box.Rung(number); ok {
		return consent.Ticket{Requester: i.Owner, Title: r.title(i.ID), Open: true}, true
	}
	return consent.Ticket{}, false
}

func (r rings) title(id string) string {
	e, err := r.box.Read(id)
	if err != nil {
		return ""
	}
	var body wire.TicketOpen
	if json.Unmarshal(e.Body, &body) != nil {
		return ""
	}
	return body.Title
}
