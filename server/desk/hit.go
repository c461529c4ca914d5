package desk

import (
	"context"

	"github.com/deskbell/deskbell/internal/fault"
)

// Hit counts a person whom an announced outage hits too, in place of a ticket, and
// reports whether they were new. Who has never rung counts by their account.
func (d *Desk) Hit(ctx context.Context, m Message, announcement string) (counted bool, err error) {
	if m.UID == "" || len(m.UID) > 190 {
		return false, fault.Field("account", "The message names no person of the machine.")
	}
	who := m.Endpoint + "/" + m.UID
	actor, err := d.PersonOf(ctx, m.Endpoint, m.UID)
	switch {
	case err == nil:
		who = actor.Person
	case !fault.Is(err, fault.NotFound):
		return false, err
	}
	_, err = d.oneEffect(ctx, m, func(tx Tx) (Outcome, error) {
		var err error
		counted, err = tx.AddHit(announcement, who, d.now())
		return Outcome{}, err
	})
	return counted, err
}
