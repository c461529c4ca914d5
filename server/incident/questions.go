package incident

import (
	"context"
	"slices"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
)

// Questions are what the people of a machine are asked now.
func (k *Keeper) Questions(endpoint string) []wire.OutageQuestion {
	k.asking.RLock()
	defer k.asking.RUnlock()
	return slices.Clone(k.asked[endpoint])
}

// ReloadQuestions reads anew whom it is asked of, and has the machines told where that has changed.
func (k *Keeper) ReloadQuestions(ctx context.Context) error {
	k.reloading.Lock()
	defer k.reloading.Unlock()
	ended, err := k.Store.Incidents(ctx, Query{States: []State{Resolved}, Since: k.now().Add(-patience - mostAsking)})
	if err != nil {
		return err
	}
	of := map[string]*Incident{}
	for n := range ended {
		if i := &ended[n]; i.Ask != nil && i.Ask.DoneAt.IsZero() {
			of[i.ID] = i
		}
	}
	now := map[string][]wire.OutageQuestion{}
	if len(of) > 0 {
		accounts, err := k.Store.Unanswered(ctx)
		if err != nil {
			return err
		}
		for _, a := range accounts {
			if i := of[a.Incident]; i != nil {
				now[a.Endpoint] = append(now[a.Endpoint], wire.OutageQuestion{ID: i.ID, UID: a.UID, Title: i.Title, Closing: i.Closing, AskedAt: i.Ask.At.UTC()})
			}
		}
	}
	k.asking.Lock()
	was := k.asked
	k.asked = now
	k.asking.Unlock()
	if k.line == nil {
		return nil
	}
	news := map[string]bool{}
	for e, list := range now {
		news[e] = !slices.Equal(list, was[e])
	}
	for e := range was {
		if now[e] == nil {
			news[e] = true
		}
	}
	k.line.Announce(func(endpoint string) bool { return news[endpoint] })
	return nil
}

// TellLine reaches machines; the hub is one.
type TellLine interface {
	Announce(concerned func(endpoint string) bool)
}

// SetLine says how machines are reached. It is called once, before any connects.
func (k *Keeper) SetLine(l TellLine) { k.line = l }

// Mine are the questions that a reader of the portal is asked.
func (k *Keeper) Mine(ctx context.Context, actor auth.Actor) ([]Incident, error) {
	if err := auth.Authorise(actor, auth.OwnTickets, auth.Object{Requester: actor.Person}); err != nil {
		return nil, err
	}
	ids, err := k.Store.UnansweredOf(ctx, actor.Person)
	if err != nil {
		return nil, err
	}
	var out []Incident
	for _, id := range ids {
		i, err := k.Store.Incident(ctx, id)
		if err != nil {
			return nil, err
		}
		if i.Ask != nil && i.Ask.DoneAt.IsZero() {
			out = append(out, Incident{ID: i.ID, Title: i.Title, Closing: i.Closing, EndedAt: i.EndedAt}) // no more is an employee's to read
		}
	}
	return out, nil
}
