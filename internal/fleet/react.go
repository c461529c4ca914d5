package fleet

import (
	"context"
	"encoding/json"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/fleet/machine"
	"github.com/deskbell/deskbell/internal/wire"
)

// changed has a requester react to what the help desk did, after a while.
func (e *endpoint) changed(c wire.TicketChanged) {
	v := c.Ticket
	asked, resolved := v.State == "pending" && v.Waiting == "requester", v.State == "resolved"
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.tickets == nil {
		e.tickets = map[string]string{}
	}
	before := e.tickets[v.ID]
	e.tickets[v.ID] = v.State + v.Waiting
	var person wire.Account
	for _, p := range e.machine.People() {
		if p.UID == c.UID {
			person = p
		}
	}
	if e.fleet.options.Quiet || person.UID == "" {
		return
	}
	if n := len(v.Messages); n > 0 && !v.Messages[n-1].Mine {
		e.later(3*time.Second, wire.TypeTicketRead, wire.TicketRead{Account: person, Ticket: v.ID, Message: v.Messages[n-1].ID})
	}
	_, scripted := e.fleet.scripted.Load(v.ID)
	if before == v.State+v.Waiting || !asked && !resolved || scripted {
		return
	}
	r := e.machine.React(asked, resolved)
	switch {
	case r.Act == machine.ActReopen:
		e.later(r.After, wire.TypeTicketAct, wire.TicketAct{Account: person, Ticket: v.ID, Act: wire.ActReopen, Comment: r.Reply})
	case r.Act == machine.ActConfirm:
		if r.Stars > 0 {
			e.later(r.After, wire.TypeTicketAct, wire.TicketAct{Account: person, Ticket: v.ID, Act: wire.ActRate, Rating: r.Stars})
		}
		e.later(r.After+time.Second, wire.TypeTicketAct, wire.TicketAct{Account: person, Ticket: v.ID, Act: wire.ActConfirm})
	case r.Reply != "":
		e.later(r.After, wire.TypeTicketReply, wire.TicketReply{Account: person, Ticket: v.ID, Body: r.Reply, At: time.Now().Add(r.After).UTC()})
	}
}

// later sends a message after a while.
func (e *endpoint) later(after time.Duration, t wire.Type, body any) {
	time.AfterFunc(after, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if !e.ended {
			e.add(&message{kind: t, id: ulid.Make().String(), body: body})
		}
	})
}

// ask answers a diagnostic, part by part.
func (e *endpoint) ask(id string, a wire.Ask) {
	ctx, stop := context.WithCancel(context.Background())
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.session
	if s == nil || e.ended || e.asks[id] != nil {
		stop()
		return
	}
	if e.asks == nil {
		e.asks = map[string]context.CancelFunc{}
	}
	e.asks[id] = stop
	parts, err := e.machine.Answer(a, time.Now())
	e.fleet.wg.Go(func() {
		defer func() {
			stop()
			e.mu.Lock()
			delete(e.asks, id)
			e.mu.Unlock()
		}()
		last := wire.Answer{Done: true}
		n := 0
		for _, p := range parts {
			select {
			case <-ctx.Done():
				return
			case <-time.After(p.After):
			}
			data, failed := json.Marshal(p.Data)
			if failed != nil || s.Send(wire.TypeAnswer, "", id, wire.Answer{Part: n, Data: data}) != nil {
				return
			}
			n++
			e.fleet.stats.parts.Add(1)
		}
		if last.Part = n; err != nil {
			last.Code, last.Sentence = fault.CodeOf(err), fault.Sentence(err)
		}
		s.Send(wire.TypeAnswer, "", id, last) // a session that is over cancels by itself
		e.fleet.stats.asks.Add(1)
	})
}
