package auth

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
)

// MakeToken returns the secret of a new API token of somebody's. It can never do
// more than they can: its role is at most theirs, and loses what they lose.
func (a *Auth) MakeToken(ctx context.Context, actor Actor, person, name string, role Role, ttl time.Duration) (string, Token, error) {
	op := TokensOwn
	if person != actor.Person {
		op = TokensAll
	}
	if err := Authorise(actor, op, Object{Person: person}); err != nil {
		return "", Token{}, err
	}
	if ttl < time.Minute || ttl > maxTokenTTL {
		return "", Token{}, fault.Field("ttl", "A token lives between one minute and 366 days.")
	}
	if role != NoRole && !slices.Contains(Limits(), role) {
		return "", Token{}, fault.Field("role", "A token is limited to technician, operator, manager, admin or sender.")
	}
	if name = strings.TrimSpace(name); name == "" {
		name = "token of " + a.now().Format(time.DateOnly)
	}
	if err := checkName(name); err != nil {
		return "", Token{}, err
	}
	secret, hash := newSecret(TokenPrefix)
	t := Token{Hash: hash, ID: a.newID(), Name: name, Role: role, CreatedAt: a.now(), ExpiresAt: a.now().Add(ttl)}
	err := a.store.Update(ctx, func(tx Tx) error {
		p, err := tx.Person(person)
		if err != nil {
			return err
		}
		if p.Role == NoRole || p.Disabled {
			return fault.New(fault.Conflict, p.Name+" is not on the staff, or is disabled, and can have no token.")
		}
		if wider(role, p.Role) || wider(role, actor.Limit) {
			return fault.Field("role", "A token cannot do more than the person it belongs to.")
		}
		if t.Role == NoRole {
			t.Role = actor.Limit // a token made with a token inherits its limit
		}
		t.Person = p
		if err := tx.AddToken(t); err != nil {
			return err
		}
		return tx.Audit(a.entry(actor, audit.TokenMade, "token:"+t.ID, map[string]any{"person": p.ID, "name": name, "role": t.Role, "expires_at": t.ExpiresAt}))
	})
	return secret, t, err
}

// wider reports whether a role may something that another may not. NoRole as the
// other means: no limit.
func wider(r, than Role) bool {
	if r == NoRole || than == NoRole {
		return false
	}
	for _, rule := range rules {
		if allows(rule.roles, r) && !allows(rule.roles, than) {
			return true
		}
	}
	return false
}

// ActorOfToken returns who a token's secret belongs to.
func (a *Auth) ActorOfToken(ctx context.Context, secret string) (Actor, error) {
	bad := fault.New(fault.Unauthenticated, "The token is not valid, or has expired. Make a new one with “deskbell-server token create”.")
	if !strings.HasPrefix(secret, TokenPrefix) {
		return Actor{}, bad
	}
	t, err := a.store.Token(ctx, hashSecret(secret))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Actor{}, err
	}
	now := a.now()
	if err != nil || !now.Before(t.ExpiresAt) || t.Person.Disabled || t.Person.Role == NoRole {
		return Actor{}, bad
	}
	if now.Sub(t.UsedAt) > touchEvery {
		if err := a.store.Update(ctx, func(tx Tx) error { return tx.TouchToken(t.ID, now) }); err != nil {
			a.log.Warn("a token's last use was not noted", "err", err)
		}
	}
	return Actor{Kind: Staff, Person: t.Person.ID, Name: t.Person.Name, Role: t.Person.Role, Limit: t.Role, Token: t.Name, Session: string(t.Hash)}, nil
}

// Tokens returns the actor's own tokens, or, for who may manage them, everybody's.
func (a *Auth) Tokens(ctx context.Context, actor Actor, everybody bool) ([]Token, error) {
	op, person := TokensOwn, actor.Person
	if everybody {
		op, person = TokensAll, ""
	}
	if err := Authorise(actor, op, Object{Person: person}); err != nil {
		return nil, err
	}
	return a.store.Tokens(ctx, person)
}

// RevokeToken ends a token: one's own, or anybody's for who may manage them.
func (a *Auth) RevokeToken(ctx context.Context, actor Actor, id string) error {
	return a.store.Update(ctx, func(tx Tx) error {
		t, err := tx.DropToken(id)
		if err != nil {
			return err
		}
		op := TokensOwn
		if t.Person.ID != actor.Person {
			op = TokensAll
		}
		if err := Authorise(actor, op, Object{Person: t.Person.ID}); err != nil {
			return err
		}
		return tx.Audit(a.entry(actor, audit.TokenRevoked, "token:"+id, map[string]any{"person": t.Person.ID, "name": t.Name}))
	})
}
