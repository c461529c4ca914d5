package auth

import (
	"context"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
)

func (a *Auth) newLink(kind LinkKind, person, endpoint, uid string) (string, Link) {
	secret, hash := newSecret(linkPrefix)
	ttl := signInLinkTTL
	if kind == PortalLink {
		ttl = portalLinkTTL
	}
	return secret, Link{Hash: hash, Kind: kind, Person: person, Endpoint: endpoint, UID: uid, ExpiresAt: a.now().Add(ttl)}
}

// MakePortalLink returns the secret of a link that signs an endpoint's person in
// to the portal, once. Only the endpoint whose account it is can ask.
func (a *Auth) MakePortalLink(ctx context.Context, actor Actor, uid, login, full string) (string, time.Time, error) {
	if err := Authorise(actor, PortalEnter, Object{Endpoint: actor.Endpoint}); err != nil {
		return "", time.Time{}, err
	}
	var secret string
	var link Link
	err := a.store.Update(ctx, func(tx Tx) error {
		p, err := tx.AccountPerson(actor.Endpoint, uid, login, full, a.now())
		if err != nil {
			return err
		}
		if p.Disabled {
			return fault.New(fault.Forbidden, "This person is disabled.")
		}
		secret, link = a.newLink(PortalLink, p.ID, actor.Endpoint, uid)
		return tx.AddLink(link)
	})
	return secret, link.ExpiresAt, err
}

// EnterLink spends a link and returns the secret of the session that it opens.
// client is what the browser calls itself.
func (a *Auth) EnterLink(ctx context.Context, kind LinkKind, secret, client string) (string, Actor, error) {
	spent := fault.New(fault.Used, "This link has been used, or has expired. Ask for a new one.")
	var session string
	var s Session
	err := a.store.Update(ctx, func(tx Tx) error {
		link, err := tx.TakeLink(hashSecret(secret))
		if err != nil {
			if fault.Is(err, fault.NotFound) {
				return spent
			}
			return err
		}
		if link.Kind != kind || !a.now().Before(link.ExpiresAt) {
			return spent // the transaction is undone: a link tried in the wrong place stays
		}
		p, err := tx.Person(link.Person)
		if err != nil {
			return err
		}
		if p.Disabled || (kind == SignInLink && p.Role == NoRole) {
			return spent
		}
		session, s = a.newSession(kind, p, link.Endpoint, link.UID, client)
		if err := tx.AddSession(s); err != nil {
			return err
		}
		action := audit.SignedIn
		if kind == PortalLink {
			action = audit.PortalEntered
		}
		return tx.Audit(a.entry(s.actor(), action, "person:"+p.ID, map[string]any{"by": "link"}))
	})
	return session, s.actor(), err
}

func (a *Auth) newSession(kind LinkKind, p Person, endpoint, uid, client string) (string, Session) {
	prefix, actor, ttl := sessionPrefix, Staff, sessionTTL
	if kind == PortalLink {
		prefix, actor, ttl = portalPrefix, Requester, portalTTL
	}
	secret, hash := newSecret(prefix)
	now := a.now()
	if len(client) > 200 {
		client = client[:200]
	}
	return secret, Session{
		Hash: hash, Kind: actor, Person: p, Endpoint: endpoint, UID: uid, Client: client,
		CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(ttl),
	}
}

// actor is who acts in the session. The role is the person's now, not the one
// they had when they signed in.
func (s Session) actor() Actor {
	a := Actor{Kind: s.Kind, Person: s.Person.ID, Name: s.Person.Name, Endpoint: s.Endpoint, UID: s.UID, Session: string(s.Hash)}
	if s.Kind == Staff {
		a.Role = s.Person.Role
	}
	return a
}

// errSignIn is the same whatever was wrong, so that nobody learns who exists.
var errSignIn = fault.New(fault.Unauthenticated, "The address and the password do not belong together. If you have never set a password, ask your administrator for a sign-in link.")

// SignIn opens a session with a password. from is the address of the browser; too
// many failures from it, or for one person, have to wait: fault.TooMany.
func (a *Auth) SignIn(ctx context.Context, email, password, client, from string) (string, Actor, error) {
	address, err := cleanEmail(email)
	if err != nil {
		return "", Actor{}, err
	}
	if !a.tries.allow(address) || !a.tries.allow(from) {
		return "", Actor{}, fault.New(fault.TooMany, "Too many attempts. Wait ten minutes, or ask your administrator for a sign-in link.")
	}
	p, err := a.store.PersonByEmail(ctx, address)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", Actor{}, err
	}
	hash := p.Password
	if hash == "" {
		hash = noPassword // takes as long as a real one
	}
	ok, err := a.check(ctx, password, hash)
	if err != nil {
		return "", Actor{}, err
	}
	if !ok || p.Password == "" || p.Disabled || p.Role == NoRole {
		return "", Actor{}, a.refused(ctx, p, address)
	}
	a.tries.forget(address)
	secret, s := a.newSession(SignInLink, p, "", "", client)
	err = a.store.Update(ctx, func(tx Tx) error {
		if err := tx.AddSession(s); err != nil {
			return err
		}
		return tx.Audit(a.entry(s.actor(), audit.SignedIn, "person:"+p.ID, map[string]any{"by": "password", "from": from}))
	})
	return secret, s.actor(), err
}

// check compares a password with a hash. Each comparison takes 64 MiB for a
// moment, so only a few go on at once.
func (a *Auth) check(ctx context.Context, password, hash string) (bool, error) {
	select {
	case a.hashing <- struct{}{}:
		defer func() { <-a.hashing }()
		return checkPassword(password, hash)
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// noPassword is the hash of a password that nobody has, to spend the same time on
// people who do not exist as on those who do.
var noPassword = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func (a *Auth) refused(ctx context.Context, p Person, address string) error {
	err := a.store.Update(ctx, func(tx Tx) error {
		return tx.Audit(a.entry(Actor{}, audit.SignInFailed, "person:"+p.ID, map[string]any{"email": address}))
	})
	if err != nil {
		return err
	}
	return errSignIn
}

// ActorOf returns who a session's secret belongs to. Prefixes keep a portal's
// session from opening the console and the reverse.
func (a *Auth) ActorOf(ctx context.Context, kind ActorKind, secret string) (Actor, error) {
	s, err := a.store.Session(ctx, hashSecret(secret))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Actor{}, err
	}
	now := a.now()
	gone := err != nil || s.Kind != kind || !now.Before(s.ExpiresAt) || s.Person.Disabled ||
		now.Sub(s.SeenAt) > sessionIdle || (kind == Staff && s.Person.Role == NoRole)
	if gone {
		return Actor{}, fault.New(fault.Unauthenticated, "You are signed out. Sign in again; what you typed is kept.")
	}
	if now.Sub(s.SeenAt) > touchEvery {
		if err := a.store.Update(ctx, func(tx Tx) error { return tx.TouchSession(s.Hash, now) }); err != nil {
			a.log.Warn("a session's last use was not noted", "err", err)
		}
	}
	return s.actor(), nil
}

// SignOut ends the actor's session.
func (a *Auth) SignOut(ctx context.Context, actor Actor) error {
	return a.store.Update(ctx, func(tx Tx) error {
		if err := tx.DropSession([]byte(actor.Session)); err != nil {
			return err
		}
		return tx.Audit(a.entry(actor, audit.SignedOut, "person:"+actor.Person, nil))
	})
}

// SetPassword sets the actor's own password. Whoever has one says it again first;
// all other sessions end.
func (a *Auth) SetPassword(ctx context.Context, actor Actor, old, password string) error {
	if err := Authorise(actor, AccountSelf, Object{Person: actor.Person}); err != nil {
		return err
	}
	p, err := a.store.Person(ctx, actor.Person)
	if err != nil {
		return err
	}
	if p.Password != "" {
		if !a.tries.allow(p.Email) {
			return fault.New(fault.TooMany, "Too many attempts. Wait ten minutes.")
		}
		ok, err := a.check(ctx, old, p.Password)
		if err != nil {
			return err
		}
		if !ok {
			return fault.Field("old", "The present password is not right.")
		}
	}
	return a.setPassword(ctx, actor, p.ID, password)
}

// SetPasswordOf sets somebody's password from the command line of the server.
func (a *Auth) SetPasswordOf(ctx context.Context, actor Actor, id, password string) error {
	if actor.Kind != System {
		return fault.New(fault.Forbidden, "A password is set by its owner, or on the server's command line.")
	}
	return a.setPassword(ctx, actor, id, password)
}

func (a *Auth) setPassword(ctx context.Context, actor Actor, id, password string) error {
	hash, err := HashPassword(password)
	if err != nil {
		return err
	}
	return a.store.Update(ctx, func(tx Tx) error {
		p, err := tx.Person(id)
		if err != nil {
			return err
		}
		p.Password = hash
		if err := tx.SavePerson(p); err != nil {
			return err
		}
		if err := tx.DropSessions(id, []byte(actor.Session)); err != nil {
			return err
		}
		return tx.Audit(a.entry(actor, audit.PasswordSet, "person:"+id, nil))
	})
}

// HasPassword reports whether the actor has set a password.
func (a *Auth) HasPassword(ctx context.Context, actor Actor) (bool, error) {
	p, err := a.store.Person(ctx, actor.Person)
	return p.Password != "", err
}

// Sessions returns the actor's own sessions.
func (a *Auth) Sessions(ctx context.Context, actor Actor) ([]Session, error) {
	if err := Authorise(actor, AccountSelf, Object{Person: actor.Person}); err != nil {
		return nil, err
	}
	return a.store.Sessions(ctx, actor.Person)
}

// tries bounds how often a secret may be guessed, for each name that is tried and
// each address that tries.
type tries struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]*bucket
}

type bucket struct {
	left float64
	at   time.Time
}

const (
	maxTries    = 10
	tryEvery    = time.Minute
	maxTryNames = 10_000
)

func newTries(now func() time.Time) *tries { return &tries{now: now, by: map[string]*bucket{}} }

func (t *tries) allow(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	b := t.by[key]
	if b == nil {
		if len(t.by) >= maxTryNames { // somebody tries many names: forget those who may try again
			for k, b := range t.by {
				if now.Sub(b.at) > maxTries*tryEvery {
					delete(t.by, k)
				}
			}
			if len(t.by) >= maxTryNames {
				return false
			}
		}
		b = &bucket{left: maxTries, at: now}
		t.by[key] = b
	}
	b.left = min(maxTries, b.left+float64(now.Sub(b.at))/float64(tryEvery))
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

func (t *tries) forget(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.by, key)
}
