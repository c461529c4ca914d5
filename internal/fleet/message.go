package fleet

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// message is something that the server has to acknowledge. It is sent in every
// session until it is, always with the same id.
type message struct {
	kind    wire.Type
	id      string
	body    any
	first   time.Time // when it was meant to go
	sent    time.Time // when it went last; zero while it waits
	times   int
	settled func(wire.Ack) // may be nil
}

// Ring is a ticket to be rung.
type Ring struct {
	ID          string // "" mints one
	Person      int    // of the endpoint's people; their number wraps around
	Title, Body string // an empty title has them complain about their machine
	Plain       bool   // without findings and snapshot
}

// Ring rings at an endpoint and returns once the server has acknowledged it,
// through any number of sessions, or ctx ends. The error is a fault when the ticket
// was refused for good.
func (f *Fleet) Ring(ctx context.Context, number int, r Ring) (wire.Ack, error) {
	done := make(chan wire.Ack, 1)
	f.endpoints[number].ring(r, func(a wire.Ack) { done <- a })
	return await(ctx, done)
}

// Reply has a person answer on a ticket of theirs.
func (f *Fleet) Reply(ctx context.Context, number, person int, ticket, body string) (wire.Ack, error) {
	e := f.endpoints[number]
	return e.post(ctx, wire.TypeTicketReply, wire.TicketReply{Account: e.person(person), Ticket: ticket, Body: body, At: time.Now().UTC()})
}

// Act has a person do something to a ticket of theirs.
func (f *Fleet) Act(ctx context.Context, number, person int, a wire.TicketAct) (wire.Ack, error) {
	e := f.endpoints[number]
	a.Account, a.At = e.person(person), time.Now().UTC()
	return e.post(ctx, wire.TypeTicketAct, a)
}

func await(ctx context.Context, done <-chan wire.Ack) (wire.Ack, error) {
	select {
	case a := <-done:
		if !a.OK {
			return a, &fault.Error{Code: a.Code, Sentence: a.Sentence, Field: a.Field}
		}
		return a, nil
	case <-ctx.Done():
		return wire.Ack{}, ctx.Err()
	}
}

func (e *endpoint) person(n int) wire.Account {
	e.mu.Lock()
	defer e.mu.Unlock()
	people := e.machine.People()
	return people[n%len(people)]
}

func (e *endpoint) post(ctx context.Context, t wire.Type, body any) (wire.Ack, error) {
	done := make(chan wire.Ack, 1)
	e.mu.Lock()
	e.add(&message{kind: t, id: ulid.Make().String(), body: body, settled: func(a wire.Ack) { done <- a }})
	e.mu.Unlock()
	return await(ctx, done)
}

// ring queues a ticket.
func (e *endpoint) ring(r Ring, settled func(wire.Ack)) {
	if r.ID == "" {
		r.ID = ulid.Make().String()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	people := e.machine.People()
	open := wire.TicketOpen{Account: people[r.Person%len(people)], Title: r.Title, Body: r.Body, RungAt: now.UTC()}
	if r.Title == "" {
		c := e.machine.Complain()
		open.Title, open.Body = c.Title, c.Body
	}
	if !r.Plain {
		s := e.machine.Snapshot(now)
		open.Snapshot, open.Findings = &s, diagnostics.Judge(s)
	}
	e.fleet.stats.rung.Add(1)
	e.fleet.expect(r.ID)
	e.add(&message{kind: wire.TypeTicketOpen, id: r.ID, body: open, settled: settled})
}

// add queues a message and sends it when there is a session.
func (e *endpoint) add(m *message) {
	if m.kind != wire.TypeTicketOpen {
		e.fleet.stats.messages.Add(1)
	}
	m.first = time.Now()
	e.out = append(e.out, m)
	if e.session != nil {
		e.put(m)
	}
}

// put sends a message. Whether it arrives is for the acknowledgement to say.
func (e *endpoint) put(m *message) {
	if m.times++; m.times > 1 && m.kind == wire.TypeTicketOpen {
		e.fleet.stats.ringsAgain.Add(1)
	}
	m.sent = time.Now()
	e.session.Send(m.kind, m.id, "", m.body)
}

// maxRecent is how many acknowledged ids an endpoint tells of; the protocol allows
// more.
const maxRecent = 16

// settled takes an acknowledgement in.
func (e *endpoint) settled(id string, a wire.Ack) {
	now := time.Now()
	e.mu.Lock()
	m := e.remove(id)
	if m != nil && a.OK {
		if e.acked = append(e.acked, id); len(e.acked) > maxRecent {
			e.acked = append(e.acked[:0], e.acked[1:]...)
		}
	}
	e.mu.Unlock()
	if m == nil {
		return // a message of which nothing depends
	}
	s := &e.fleet.stats
	switch {
	case m.kind != wire.TypeTicketOpen:
		s.messagesAcked.Add(1)
	case !a.OK:
		s.ringsRefused.Add(1)
		e.fleet.log.Warn("a ticket was refused", "code", a.Code, "sentence", a.Sentence)
	default:
		s.ringsAcked.Add(1)
		if m.times == 1 {
			s.ringAck.Add(now.Sub(m.first))
		} else {
			s.ringLong.Add(now.Sub(m.first))
		}
	}
	if m.settled != nil {
		m.settled(a)
	}
}

func (e *endpoint) remove(id string) *message {
	for i, m := range e.out {
		if m.id == id {
			e.out = append(e.out[:i], e.out[i+1:]...)
			return m
		}
	}
	return nil
}

// postponed has a message come again when the server wants it.
func (e *endpoint) postponed(id string, x wire.Error) {
	wait := time.Duration(max(x.RetryAfter, 0)) * time.Millisecond
	if wait == 0 {
		wait = time.Second
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range e.out {
		if m.id != id {
			continue
		}
		e.fleet.stats.postponed.Add(1)
		m.sent = time.Time{}
		time.AfterFunc(wait+rand.N(wait/2+1), func() {
			e.mu.Lock()
			defer e.mu.Unlock()
			if e.session != nil && !e.ended && m.sent.IsZero() {
				e.put(m)
			}
		})
	}
}
