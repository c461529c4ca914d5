package desk

import (
	"context"
	"errors"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// DoAll carries commands out on a ticket, in their order and as a whole: when one
// of them cannot be, none is. seen is the version that the actor looked at, as in
// Do. A Take of what the actor has is left out, and so are tags that are there.
func (d *Desk) DoAll(ctx context.Context, actor auth.Actor, once Once, id string, seen int64, list []ticket.Command) (Outcome, error) {
	var out Outcome
	err := d.store.Update(ctx, func(tx Tx) (err error) {
		out, err = once.do(tx, actor, d.now(), func() (Outcome, error) { return d.doAll(tx, actor, id, seen, list) })
		return err
	})
	return out, err
}

// Try tells what would become of DoAll, and does nothing.
func (d *Desk) Try(ctx context.Context, actor auth.Actor, id string, seen int64, list []ticket.Command) (Outcome, error) {
	var out Outcome
	err := d.store.Update(ctx, func(tx Tx) (err error) {
		if out, err = d.doAll(tx, actor, id, seen, list); err == nil {
			err = errTried
		}
		return err
	})
	if errors.Is(err, errTried) {
		err = nil
	}
	return out, err
}

// errTried takes back what was only tried.
var errTried = errors.New("tried")

func (d *Desk) doAll(tx Tx, actor auth.Actor, id string, seen int64, list []ticket.Command) (Outcome, error) {
	if len(list) == 0 {
		return Outcome{}, fault.Field("body", "Write something before you send it.")
	}
	var out Outcome
	for _, c := range list {
		if _, take := c.(ticket.Take); take {
			if t, err := tx.Ticket(id); err != nil {
				return out, err
			} else if t.Assignee.ID == actor.Person && t.State != ticket.Assigned {
				continue
			}
		}
		t, err := d.do(tx, actor, id, seen, c)
		if _, tags := c.(ticket.Tag); tags && fault.Is(err, fault.Conflict) {
			continue // it has them already
		}
		if err != nil {
			return out, err
		}
		out = Outcome{Ticket: t.ID, Number: t.Number, Version: t.Version}
		seen = 0 // what the commands before have changed is no surprise
	}
	return out, nil
}
