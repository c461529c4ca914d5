// Package presence knows who looks at which ticket now, and who is writing. It is
// kept in memory and nowhere else: whoever stops saying that they are there is
// gone after a while, and after a restart everybody is asked anew by saying it.
//
// It is the presence on this node. Where several nodes serve the console, each
// knows of those whose browsers talk to it.
package presence

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
)

// State is what somebody does with a ticket.
type State string

// The states.
const (
	Reading State = "reading"
	Writing State = "writing"
	Gone    State = "gone" // only said, never shown
)

// Person is somebody who is there.
type Person struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	State State  `json:"state"`
}

// Here is who is at one ticket.
type Here struct {
	Ticket string   `json:"ticket"`
	People []Person `json:"people" nullable:"false"`
}

const (
	// Every is how often somebody says that they are there.
	Every = 10 * time.Second
	// lasts is how long that holds: two may be lost.
	lasts = 3*Every + 2*time.Second
	// maxTabs bounds what one person can make us keep.
	maxTabs = 50
)

// visit is one page of one person: they may have a ticket open twice.
type visit struct {
	ticket, person, page string
}

type seen struct {
	name  string
	state State
	until time.Time
}

// Board knows who is where. It is safe for concurrent use.
type Board struct {
	live *live.Hub
	now  func() time.Time

	mu     sync.Mutex
	visits map[string]map[visit]seen // by ticket
	tabs   map[string]int            // by person
}

// New returns an empty board. Changes are published to the hub.
func New(hub *live.Hub, now func() time.Time) *Board {
	return &Board{live: hub, now: now, visits: map[string]map[visit]seen{}, tabs: map[string]int{}}
}

// Beat says that somebody is at a ticket, or has left it. page tells two windows of
// one person apart. A page that says nothing for half a minute is gone.
func (b *Board) Beat(actor auth.Actor, ticket, page string, s State) error {
	if err := auth.Authorise(actor, auth.TicketsRead, auth.Object{}); err != nil {
		return err
	}
	if s != Reading && s != Writing && s != Gone {
		return fault.Field("state", "Somebody reads or writes, or is gone.")
	}
	if ticket == "" || len(page) > 64 {
		return fault.Field("page", "A page is named by at most 64 characters.")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.here(ticket)
	v := visit{ticket: ticket, person: actor.Person, page: page}
	_, known := b.visits[ticket][v]
	switch {
	case s == Gone:
		b.leave(v)
	case !known && b.tabs[actor.Person] >= maxTabs:
		return nil // nobody looks at so many at once
	default:
		if b.visits[ticket] == nil {
			b.visits[ticket] = map[visit]seen{}
		}
		if !known {
			b.tabs[actor.Person]++
		}
		b.visits[ticket][v] = seen{name: actor.Name, state: s, until: b.now().Add(lasts)}
	}
	b.tell(ticket, before)
	return nil
}

// leave forgets a visit. mu is held.
func (b *Board) leave(v visit) {
	if _, ok := b.visits[v.ticket][v]; !ok {
		return
	}
	delete(b.visits[v.ticket], v)
	if len(b.visits[v.ticket]) == 0 {
		delete(b.visits, v.ticket)
	}
	if b.tabs[v.person]--; b.tabs[v.person] <= 0 {
		delete(b.tabs, v.person)
	}
}

// here lists who is at a ticket, each once. mu is held.
func (b *Board) here(ticket string) []Person {
	people := []Person{}
	for v, s := range b.visits[ticket] {
		i := slices.IndexFunc(people, func(p Person) bool { return p.ID == v.person })
		if i < 0 {
			people = append(people, Person{ID: v.person, Name: s.name, State: s.state})
		} else if s.state == Writing {
			people[i].State = Writing
		}
	}
	slices.SortFunc(people, func(x, y Person) int { return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID)) })
	return people
}

// tell publishes who is at a ticket, when that is not what it was. mu is held, so
// that two changes are told in their order; the hub waits for nobody.
func (b *Board) tell(ticket string, before []Person) {
	now := b.here(ticket)
	if slices.Equal(before, now) || !b.live.Wanted(live.People, ticket) {
		return
	}
	data, err := json.Marshal(Here{Ticket: ticket, People: now})
	if err != nil {
		return // strings always marshal
	}
	b.live.Publish(live.Event{Topic: live.People, Key: ticket, Data: data})
}

// At returns who is at a ticket.
func (b *Board) At(actor auth.Actor, ticket string) ([]Person, error) {
	if err := auth.Authorise(actor, auth.TicketsRead, auth.Object{}); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.here(ticket), nil
}

// All returns every ticket that somebody is at.
func (b *Board) All(actor auth.Actor) ([]Here, error) {
	if err := auth.Authorise(actor, auth.TicketsList, auth.Object{}); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Here, 0, len(b.visits))
	for t := range b.visits {
		out = append(out, Here{Ticket: t, People: b.here(t)})
	}
	slices.SortFunc(out, func(x, y Here) int { return cmp.Compare(x.Ticket, y.Ticket) })
	return out, nil
}

// Run lets go of those who said nothing for too long, until ctx ends.
func (b *Board) Run(ctx context.Context) error {
	tick := time.NewTicker(Every / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			b.expire()
		}
	}
}

func (b *Board) expire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	for ticket, visits := range b.visits {
		var late []visit
		for v, s := range visits {
			if !now.Before(s.until) {
				late = append(late, v)
			}
		}
		if len(late) == 0 {
			continue
		}
		before := b.here(ticket)
		for _, v := range late {
			b.leave(v)
		}
		b.tell(ticket, before)
	}
}
