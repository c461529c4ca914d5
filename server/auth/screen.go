package auth

import (
	"context"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
)

// ScreenPass lets a screen show the wall, so that nobody's account stays signed in on
// a television in a hallway. Its link is good until it is revoked, since a screen that
// is switched off forgets what it was told; and it opens the wall and nothing else.
type ScreenPass struct {
	Hash      []byte
	ID        string
	Name      string
	MadeBy    string // a person's name, as it was then
	CreatedAt time.Time
	SeenAt    time.Time // zero: never
	Client    string    // what its browser calls itself
}

const (
	// screenIdle is how long a screen may be away until its link is good no more: one
	// that was thrown out takes nothing with it.
	screenIdle = 90 * 24 * time.Hour
	maxScreens = 200
)

// MakeScreen returns the secret of a link for a screen.
func (a *Auth) MakeScreen(ctx context.Context, actor Actor, name string) (string, ScreenPass, error) {
	if err := Authorise(actor, WallManage, Object{}); err != nil {
		return "", ScreenPass{}, err
	}
	if name = strings.TrimSpace(name); name == "" {
		return "", ScreenPass{}, fault.Field("name", "Say where the screen hangs, so that it can be told from others.")
	}
	if err := checkName(name); err != nil {
		return "", ScreenPass{}, err
	}
	list, err := a.store.Screens(ctx)
	if err != nil {
		return "", ScreenPass{}, err
	}
	if len(list) >= maxScreens {
		return "", ScreenPass{}, fault.New(fault.Full, "There are 200 screens already. Revoke those that hang nowhere any more.")
	}
	secret, hash := newSecret(screenPrefix)
	s := ScreenPass{Hash: hash, ID: a.newID(), Name: name, MadeBy: actor.Name, CreatedAt: a.now()}
	err = a.store.Update(ctx, func(tx Tx) error {
		if err := tx.AddScreen(s); err != nil {
			return err
		}
		return tx.Audit(a.entry(actor, audit.ScreenMade, "screen:"+s.ID, map[string]any{"name": name}))
	})
	return secret, s, err
}

// Screens lists the screens that may show the wall.
func (a *Auth) Screens(ctx context.Context, actor Actor) ([]ScreenPass, error) {
	if err := Authorise(actor, WallManage, Object{}); err != nil {
		return nil, err
	}
	return a.store.Screens(ctx)
}

// RevokeScreen takes the wall from a screen.
func (a *Auth) RevokeScreen(ctx context.Context, actor Actor, id string) error {
	if err := Authorise(actor, WallManage, Object{}); err != nil {
		return err
	}
	return a.store.Update(ctx, func(tx Tx) error {
		s, err := tx.DropScreen(id)
		if err != nil {
			return err
		}
		return tx.Audit(a.entry(actor, audit.ScreenRevoked, "screen:"+id, map[string]any{"name": s.Name}))
	})
}

// EnterScreen notes that a browser has opened a screen's link.
func (a *Auth) EnterScreen(ctx context.Context, secret, client string) (Actor, error) {
	actor, err := a.ActorOfScreen(ctx, secret)
	if err != nil {
		return actor, err
	}
	if r := []rune(client); len(r) > 200 {
		client = string(r[:200])
	}
	return actor, a.store.Update(ctx, func(tx Tx) error {
		if err := tx.TouchScreen(actor.Screen, a.now(), client); err != nil {
			return err
		}
		return tx.Audit(a.entry(actor, audit.ScreenEntered, "screen:"+actor.Screen, map[string]any{"client": client}))
	})
}

// ActorOfScreen returns which screen a link's secret belongs to.
func (a *Auth) ActorOfScreen(ctx context.Context, secret string) (Actor, error) {
	bad := fault.New(fault.Unauthenticated, "This screen may not show the wall any more. Open a new link on it, which an operator makes under NOC, “Screens”.")
	if !strings.HasPrefix(secret, screenPrefix) {
		return Actor{}, bad
	}
	s, err := a.store.ScreenBy(ctx, hashSecret(secret))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Actor{}, err
	}
	now, last := a.now(), s.SeenAt
	if last.IsZero() {
		last = s.CreatedAt
	}
	if err != nil || now.Sub(last) > screenIdle {
		return Actor{}, bad
	}
	if now.Sub(s.SeenAt) > touchEvery {
		if err := a.store.Update(ctx, func(tx Tx) error { return tx.TouchScreen(s.ID, now, s.Client) }); err != nil {
			a.log.Warn("a screen's last use was not noted", "err", err)
		}
	}
	return Actor{Kind: Screen, Name: s.Name, Screen: s.ID, Session: string(s.Hash)}, nil
}
