package auth

import (
	"context"

	"github.com/deskbell/deskbell/server/audit"
)

// SignOutOthers ends all of the actor's sessions but this one.
func (a *Auth) SignOutOthers(ctx context.Context, actor Actor) error {
	if err := Authorise(actor, AccountSelf, Object{Person: actor.Person}); err != nil {
		return err
	}
	return a.store.Update(ctx, func(tx Tx) error {
		if err := tx.DropSessions(actor.Person, []byte(actor.Session)); err != nil {
			return err
		}
		return tx.Audit(a.entry(actor, audit.SignedOut, "person:"+actor.Person, map[string]any{"which": "all other sessions"}))
	})
}
