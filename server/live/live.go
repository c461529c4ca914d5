// Package live tells whoever watches what happens, while it happens. It is a
// fan-out in memory: nobody waits for a slow listener, who is cut off instead and
// comes back to ask for what it missed. What must not be missed is in the store.
package live

import (
	"encoding/json"
	"sync"
)

// Topic is what an event is about.
type Topic string

// The topics.
const (
	Tickets   Topic = "ticket"   // a ticket changed; durable: Cursor says where to go on
	Endpoints Topic = "endpoint" // endpoints' presence and health changed
	Samples   Topic = "sample"   // one endpoint's readings, while somebody watches
	Asks      Topic = "ask"      // a part of an answer has come
	Surveys   Topic = "survey"   // more endpoints have answered a question to the fleet
	People    Topic = "presence" // who looks at a ticket now
	Alerts    Topic = "alert"    // alerts began or ended
	// Announcements: what employees are told of an outage has changed, or hits one more.
	Announcements Topic = "announcement"
	Incidents     Topic = "incident" // what looks like an outage, or is one
	Notices       Topic = "notice"   // a person was told something by the desk; Key is the person
)

// Announced is the data of an event of the topic Announcements that employees hear of
// too: what they are told has changed.
const Announced = `{"did":"changed"}`

// Event is something that happened.
type Event struct {
	Topic  Topic
	Key    string          // of what: a ticket's id, an endpoint's, an ask's; may be empty
	Cursor string          // where to resume after it; only of durable topics
	Data   json.RawMessage // made once for all listeners
	// Requester is the person whose ticket it is, so that they can be told too; of
	// the topic Tickets, and only when they may see it.
	Requester string
	// Approver is who decides, or has decided, about the ticket; of the topic Tickets.
	Approver string
	// Also are those whose tickets were merged into it: each is told of their own.
	Also []Told
}

// Told is a person, and the key of what they are told of.
type Told struct{ Person, Key string }

// Hub fans events out.
type Hub struct {
	mu        sync.RWMutex
	listeners map[*Listener]struct{}
	closed    bool
	past      *past
}

// New returns an empty hub.
func New() *Hub { return &Hub{listeners: map[*Listener]struct{}{}, past: newPast()} }

// Listener receives events until it is closed.
type Listener struct {
	C    <-chan Event // closed when the listener was too slow, or by Close
	hub  *Hub
	c    chan Event
	want func(*Event) bool
	once sync.Once
}

// queue is how far a listener may fall behind.
const queue = 512

// Listen returns a listener for the events that want selects. want is called
// while the hub is held: it must be quick and call nothing of the hub.
func (h *Hub) Listen(want func(*Event) bool) *Listener {
	l := &Listener{hub: h, c: make(chan Event, queue), want: want}
	l.C = l.c
	h.mu.Lock()
	closed := h.closed
	if !closed {
		h.listeners[l] = struct{}{}
	}
	h.mu.Unlock()
	if closed {
		l.Close()
	}
	return l
}

// Close ends the listener.
func (l *Listener) Close() {
	l.once.Do(func() {
		l.hub.mu.Lock()
		delete(l.hub.listeners, l)
		close(l.c)
		l.hub.mu.Unlock()
	})
}

// Close ends all listeners, and every later one at once.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	listeners := h.listeners
	h.listeners = map[*Listener]struct{}{}
	h.mu.Unlock()
	for l := range listeners {
		l.Close()
	}
}

// Closed reports whether nothing more will come.
func (h *Hub) Closed() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.closed
}

// Wanted reports whether anybody listens to events like e, so that making its
// data can be left out.
func (h *Hub) Wanted(topic Topic, key string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	e := Event{Topic: topic, Key: key}
	for l := range h.listeners {
		if l.want(&e) {
			return true
		}
	}
	return false
}

// Publish hands an event to everybody who wants it.
func (h *Hub) Publish(e Event) {
	h.past.add(&e)
	var slow []*Listener
	h.mu.RLock()
	for l := range h.listeners {
		if !l.want(&e) {
			continue
		}
		select {
		case l.c <- e:
		default:
			slow = append(slow, l)
		}
	}
	h.mu.RUnlock()
	for _, l := range slow {
		l.Close()
	}
}
