package clocks

import (
	"context"

	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

// Wrap returns the store with clocks: each write of a ticket's events derives what is
// owed for it in the same transaction, whoever makes the write.
func (k *Keeper) Wrap(s desk.Store) desk.Store { return clocked{s, k} }

type clocked struct {
	desk.Store
	k *Keeper
}

// Update implements desk.Store.
func (s clocked) Update(ctx context.Context, write func(desk.Tx) error) error {
	return s.Store.Update(ctx, func(tx desk.Tx) error { return write(clockedTx{tx, s.k}) })
}

type clockedTx struct {
	desk.Tx
	k *Keeper
}

// Insert implements desk.Tx.
func (tx clockedTx) Insert(t *ticket.Ticket, events []ticket.Event) error {
	if err := tx.Tx.Insert(t, events); err != nil {
		return err
	}
	s := tx.k.current()
	if s.empty {
		return nil
	}
	return tx.PutClocks(t.ID, tx.k.standing(s, sla.LineOf(events), t.Version, nil, tx.k.o.Now()))
}

// Save implements desk.Tx.
func (tx clockedTx) Save(before, after ticket.Ticket, events []ticket.Event) error {
	if err := tx.Tx.Save(before, after, events); err != nil {
		return err
	}
	s := tx.k.current()
	l, changed, err := tx.line(s, before, after, events)
	switch {
	case err != nil || l == nil:
		return err
	case !changed:
		return tx.LineIs(after.ID, after.Version)
	}
	alarmed, err := tx.Alarmed(after.ID)
	if err != nil {
		return err
	}
	return tx.PutClocks(after.ID, tx.k.standing(s, *l, after.Version, alarmed, tx.k.o.Now()))
}

// line returns the ticket's line with the events in it, and whether anything has to
// be derived anew. nil: the ticket has no clocks. A line that is not the one of the
// ticket before, since something was written past here, is made anew.
func (tx clockedTx) line(s *set, before, after ticket.Ticket, events []ticket.Event) (*sla.Line, bool, error) {
	stored, ok, err := tx.Line(after.ID)
	if err != nil || !ok && s.empty {
		return nil, false, err
	}
	if !ok || stored.Version != before.Version {
		history, err := tx.Events(after.ID)
		l := sla.LineOf(history)
		return &l, true, err
	}
	changed := stored.Rules != s.print
	t := before
	for _, e := range events {
		t = t.Fold(e)
		changed = stored.Line.Add(t, e) || changed
	}
	return &stored.Line, changed, nil
}
