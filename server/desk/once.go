package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// Once names a person's request that may come again because its answer was lost:
// the same key with the same body has its effect once. The zero Once is a request
// that does not come again.
type Once struct {
	Key  string // the sender's own
	Body []byte // tells a repetition from another request under the same key
}

// do has the effect, or returns what came of it the first time. Keys are kept
// beside the ids of endpoints' messages, under the person.
func (o Once) do(tx Tx, actor auth.Actor, now time.Time, effect func() (Outcome, error)) (Outcome, error) {
	if o.Key == "" {
		return effect()
	}
	owner, hash := "person:"+actor.Person, sha256.Sum256(o.Body)
	seen, before, err := tx.Seen(owner, o.Key)
	switch {
	case err != nil:
		return Outcome{}, err
	case before && bytes.Equal(seen.Hash, hash[:]):
		return seen.Outcome, nil
	case before:
		return Outcome{}, fault.Field("Idempotency-Key", "This key came with another request before. Nothing was done; take a new key for each request.")
	}
	out, err := effect()
	if err != nil {
		return Outcome{}, err
	}
	return out, tx.Remember(owner, o.Key, Seen{Hash: hash[:], Outcome: out}, now)
}

// OpenOnce is Open for a request that may come again.
func (d *Desk) OpenOnce(ctx context.Context, actor auth.Actor, once Once, draft Draft) (Outcome, error) {
	var out Outcome
	_, err := d.open(ctx, actor, draft, func(tx Tx, insert func() (ticket.Ticket, error)) (err error) {
		out, err = once.do(tx, actor, d.now(), func() (Outcome, error) {
			t, err := insert()
			return Outcome{Ticket: t.ID, Number: t.Number, Version: t.Version}, err
		})
		return err
	})
	return out, err
}

// DoOnce is Do for a request that may come again.
func (d *Desk) DoOnce(ctx context.Context, actor auth.Actor, once Once, id string, seen int64, c ticket.Command) (Outcome, error) {
	var out Outcome
	err := d.store.Update(ctx, func(tx Tx) (err error) {
		out, err = once.do(tx, actor, d.now(), func() (Outcome, error) {
			t, err := d.do(tx, actor, id, seen, c)
			return Outcome{Ticket: t.ID, Number: t.Number, Version: t.Version}, err
		})
		return err
	})
	return out, err
}
