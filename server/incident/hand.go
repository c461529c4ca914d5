package incident

import (
	"context"
	"fmt"
	"slices"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/ticket"
)

// Desk is what is done at tickets.
type Desk interface {
	PersonOf(ctx context.Context, endpoint, uid string) (auth.Actor, error)
	Accounts(ctx context.Context, person string) ([]desk.Account, error)
	Ring(ctx context.Context, m desk.Message, d desk.Draft) (desk.Outcome, error)
	OpenOnce(ctx context.Context, actor auth.Actor, once desk.Once, d desk.Draft) (desk.Outcome, error)
	DoOnce(ctx context.Context, actor auth.Actor, once desk.Once, id string, seen int64, c ticket.Command) (desk.Outcome, error)
}

// PutIn makes a ticket part of an incident, by hand.
func (k *Keeper) PutIn(ctx context.Context, actor auth.Actor, id, ticket string) (Incident, error) {
	return k.byHand(ctx, actor, id, ticket, false)
}

// TakeOut takes a ticket out. It does not come back by itself.
func (k *Keeper) TakeOut(ctx context.Context, actor auth.Actor, id, ticket string) (Incident, error) {
	return k.byHand(ctx, actor, id, ticket, true)
}

func (k *Keeper) byHand(ctx context.Context, actor auth.Actor, id, ticket string, out bool) (Incident, error) {
	members, err := k.Store.Members(ctx, id)
	if err != nil {
		return Incident{}, err
	}
	at := slices.IndexFunc(members, func(m Member) bool { return m.Ticket == ticket })
	in := at >= 0 && !members[at].Out
	return k.act(ctx, actor, id, 0, audit.IncidentChanged, func(tx Tx, i *Incident) error {
		i.Edition-- // it makes nobody's words old
		switch {
		case i.State == Dismissed || i.State == Lapsed:
			return fault.New(fault.Conflict, "It is no incident any more. Confirm it before you change its tickets.")
		case out && !in:
			return fault.Field("ticket", "The ticket is no part of this incident. Reload the page.")
		case !out && in:
			return fault.Field("ticket", "The ticket is part of this incident already.")
		case !out && len(members) >= maxMember:
			return fault.Field("ticket", "An incident has at most 2000 tickets.")
		}
		line := Line{At: i.NewsAt, Did: DidJoin, By: personOf(actor), N: 1}
		if out {
			line.Did = DidTakeOut
		}
		if err := tx.Put(Member{Incident: id, Ticket: ticket, How: ByHand, At: i.NewsAt, Out: out}); err != nil {
			return err
		}
		return tx.Add(id, line)
	})
}

// label has the tickets of open incidents say themselves what they are part of, and those
// that were taken out, that they are not any more. What a crash kept from being written
// down is said once all the same.
func (k *Keeper) label(ctx context.Context, going []Incident) error {
	for _, i := range going {
		if i.State != Open {
			continue
		}
		members, err := k.Store.Members(ctx, i.ID)
		if err != nil {
			return err
		}
		for _, m := range members {
			if m.Labelled || m.Out && m.How != ByHand {
				continue
			}
			if err := k.labelOne(ctx, i, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *Keeper) labelOne(ctx context.Context, i Incident, m Member) error {
	note := ticket.Note{Message: ulid.MustNewDefault(k.now()).String(), Body: fmt.Sprintf("Part of major incident %d: %s", i.Number, i.Title)}
	if m.Out {
		note.Body = fmt.Sprintf("No part of major incident %d any more: %s", i.Number, i.Title)
	}
	once := desk.Once{Key: fmt.Sprintf("incident/%s/%s/%d", i.ID, m.Ticket, m.At.UnixMilli())}
	_, err := k.Desk.DoOnce(ctx, nobody, once, m.Ticket, 0, note)
	if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) { // it has ended, and says nothing more
		return err
	}
	m.Labelled = true
	k.writing.Lock()
	defer k.writing.Unlock()
	return k.Store.Update(ctx, func(tx Tx) error { return tx.Put(m) })
}
