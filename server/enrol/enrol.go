// Package enrol decides which machines are endpoints: enrolments that make them,
// their identities, the ratchet that shows a copied disk, and the hold that an
// administrator lifts.
package enrol

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Registry keeps the endpoints' identities.
type Registry struct {
	store   Store
	now     func() time.Time
	ratchet *ratchet
	changed func(endpoint string, s State)

	zoning sync.Mutex // one change of a time zone at a time
	zones  atomic.Pointer[zones]
}

// New returns the registry over a store. secret is the server's own; what it
// signs for endpoints is worth nothing without it.
func New(store Store, secret []byte, now func() time.Time) *Registry {
	return &Registry{store: store, now: now, ratchet: newRatchet(secret), changed: func(string, State) {}}
}

// Watch has f called whenever an identity has been held, released or withdrawn,
// whoever did it: a session that is up has to end then. It is called once, before
// any endpoint connects.
func (r *Registry) Watch(f func(endpoint string, s State)) { r.changed = f }

// Store is what the registry needs kept. Get-like methods fail with fault.NotFound.
type Store interface {
	Update(ctx context.Context, write func(Tx) error) error
	Sites(ctx context.Context) ([]Site, error)
	Enrolments(ctx context.Context, after string, limit int) ([]Enrolment, error)
	Identity(ctx context.Context, endpoint string) (Identity, error)
}

// Tx is a write.
type Tx interface {
	SiteByName(name string) (Site, error)
	Site(id string) (Site, error)
	AddSite(s Site) error
	SetSiteZone(id, zone string) error
	AddEnrolment(e Enrolment) error
	EnrolmentByHash(hash []byte) (Enrolment, error)
	Enrolment(id string) (Enrolment, error)
	// Spend uses an enrolment once; fault.Used when nothing is left of it.
	Spend(e Enrolment) error
	RevokeEnrolment(id string, at time.Time) error
	AddEndpoint(i Identity, m wire.Machine, now time.Time) error
	Identity(endpoint string) (Identity, error)
	IdentityByKey(key []byte) (Identity, error)
	SaveIdentity(i Identity) error
	// SaveRatchets raises the steps of many endpoints at once.
	SaveRatchets(steps map[string]uint64) error
	Audit(e audit.Entry) error
}

// Site is a place where endpoints stand.
type Site struct {
	ID        string
	Name      string
	CreatedAt time.Time
	Zone      string // by which its people live, as in Europe/Berlin; empty: as the desk
}

// Enrolment is the right to make endpoints at a site.
type Enrolment struct {
	ID        string
	Hash      []byte
	Site      Site
	Uses      int // in all
	Used      int
	CreatedBy string // a person's name, or the command line
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time
}

// State says whether an endpoint may connect.
type State string

// The states.
const (
	Active  State = "active"
	Held    State = "held"    // two machines have shown this identity
	Revoked State = "revoked" // for good
)

// Identity is how an endpoint is known. Name and Site are for people.
type Identity struct {
	ID        string
	Key       []byte // Ed25519, public
	Name      string
	Site      Site
	Enrolment string // id of the one that made it
	State     State
	Reason    string // why it is held
	Ratchet   uint64 // the highest step of the ratchet that the endpoint is known to hold
}

const (
	maxTTL  = 366 * 24 * time.Hour
	maxUses = 100_000
	// tokenPrefix tells an enrolment's secret from all others.
	tokenPrefix = "deskbell_enrol_"
)

func (r *Registry) newID() string { return ulid.MustNewDefault(r.now()).String() }

func (r *Registry) entry(actor auth.Actor, action audit.Action, object string, detail map[string]any) audit.Entry {
	return audit.Entry{At: r.now(), Actor: auth.AuditActor(actor), Action: action, Object: object, Detail: detail}
}

// AddSite adds a site; fault.Conflict when there is one of that name.
func (r *Registry) AddSite(ctx context.Context, actor auth.Actor, name string) (Site, error) {
	if err := auth.Authorise(actor, auth.SitesManage, auth.Object{}); err != nil {
		return Site{}, err
	}
	name, err := siteName("name", name)
	if err != nil {
		return Site{}, err
	}
	var s Site
	err = r.store.Update(ctx, func(tx Tx) error {
		_, err := tx.SiteByName(name)
		if err == nil {
			return fault.New(fault.Conflict, "There is a site of that name already.")
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		s, err = r.site(tx, actor, name)
		return err
	})
	return s, err
}

// siteName returns a site's name fit to be stored.
func siteName(field, name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || len([]rune(name)) > 100 || strings.ContainsFunc(name, func(c rune) bool { return c < 0x20 || c == 0x7f }) {
		return "", fault.Field(field, "Name the site where the machines stand, in at most 100 characters.")
	}
	return name, nil
}

// Create makes an enrolment at a site, which is made too when there is none of
// that name, and returns the secret that goes into the enrolment string.
func (r *Registry) Create(ctx context.Context, actor auth.Actor, site string, uses int, ttl time.Duration) (string, Enrolment, error) {
	if err := auth.Authorise(actor, auth.Enrolments, auth.Object{}); err != nil {
		return "", Enrolment{}, err
	}
	site, err := siteName("site", site)
	switch {
	case err != nil:
		return "", Enrolment{}, err
	case uses < 1 || uses > maxUses:
		return "", Enrolment{}, fault.Field("uses", "An enrolment is good for 1 to 100000 machines.")
	case ttl < time.Minute || ttl > maxTTL:
		return "", Enrolment{}, fault.Field("ttl", "An enrolment lives between one minute and 366 days.")
	}
	b := make([]byte, 24)
	rand.Read(b)
	token := tokenPrefix + base64.RawURLEncoding.EncodeToString(b)
	e := Enrolment{ID: r.newID(), Hash: hash(token), Uses: uses, CreatedBy: actor.Name, CreatedAt: r.now(), ExpiresAt: r.now().Add(ttl)}
	err = r.store.Update(ctx, func(tx Tx) (err error) {
		if e.Site, err = r.site(tx, actor, site); err != nil {
			return err
		}
		if err := tx.AddEnrolment(e); err != nil {
			return err
		}
		return tx.Audit(r.entry(actor, audit.EnrolmentMade, "enrolment:"+e.ID, map[string]any{"site": site, "uses": uses, "expires_at": e.ExpiresAt}))
	})
	return token, e, err
}

func (r *Registry) site(tx Tx, actor auth.Actor, name string) (Site, error) {
	s, err := tx.SiteByName(name)
	if !fault.Is(err, fault.NotFound) {
		return s, err
	}
	s = Site{ID: r.newID(), Name: name, CreatedAt: r.now()}
	if err := tx.AddSite(s); err != nil {
		return s, err
	}
	return s, tx.Audit(r.entry(actor, audit.SiteAdded, "site:"+s.ID, map[string]any{"name": name}))
}

func hash(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// Sites returns all sites by name.
func (r *Registry) Sites(ctx context.Context, actor auth.Actor) ([]Site, error) {
	if err := auth.Authorise(actor, auth.EndpointsList, auth.Object{}); err != nil {
		return nil, err
	}
	return r.store.Sites(ctx)
}

// Enrolments returns a page of enrolments, the newest first, and the id to go on
// after.
func (r *Registry) Enrolments(ctx context.Context, actor auth.Actor, after string, limit int) ([]Enrolment, string, error) {
	if err := auth.Authorise(actor, auth.Enrolments, auth.Object{}); err != nil {
		return nil, "", err
	}
	if limit == 0 {
		limit = 50
	}
	if limit < 1 || limit > 200 {
		return nil, "", fault.Field("limit", "A page holds 1 to 200 enrolments.")
	}
	list, err := r.store.Enrolments(ctx, after, limit+1)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	return list[:limit], list[limit-1].ID, nil
}

// Revoke ends an enrolment; the endpoints it has made stay.
func (r *Registry) Revoke(ctx context.Context, actor auth.Actor, id string) error {
	if err := auth.Authorise(actor, auth.Enrolments, auth.Object{}); err != nil {
		return err
	}
	return r.store.Update(ctx, func(tx Tx) error {
		e, err := tx.Enrolment(id)
		if err != nil {
			return err
		}
		if !e.RevokedAt.IsZero() {
			return nil
		}
		if err := tx.RevokeEnrolment(id, r.now()); err != nil {
			return err
		}
		return tx.Audit(r.entry(actor, audit.EnrolmentRevoked, "enrolment:"+id, nil))
	})
}

// Enrol makes a machine an endpoint. Its proof that it holds the key was checked.
func (r *Registry) Enrol(ctx context.Context, q wire.Enrol) (Identity, error) {
	if len(q.Key) != ed25519.PublicKeySize || len(q.Token) > 200 {
		return Identity{}, fault.Field("key", "The endpoint's key is not an Ed25519 key.")
	}
	m := q.Machine
	for field, v := range map[string]string{"hostname": m.Hostname, "os": m.OS, "arch": m.Arch, "platform": m.Platform, "agent": m.Agent} {
		if len(v) > 256 {
			return Identity{}, fault.Field(field, "The machine's "+field+" is longer than 256 bytes.")
		}
	}
	i := Identity{ID: r.newID(), Key: q.Key, Name: m.Hostname, State: Active}
	err := r.store.Update(ctx, func(tx Tx) error {
		e, err := tx.EnrolmentByHash(hash(q.Token))
		switch {
		case fault.Is(err, fault.NotFound):
			return fault.New(fault.NotFound, "The server does not know this enrolment string. Ask your administrator for a new one.")
		case err != nil:
			return err
		case !e.RevokedAt.IsZero():
			return fault.New(fault.Expired, "This enrolment string was withdrawn. Ask your administrator for a new one.")
		case !r.now().Before(e.ExpiresAt):
			return fault.Newf(fault.Expired, "This enrolment string expired on %s. Ask your administrator for a new one.", e.ExpiresAt.Format("2 January 2006 at 15:04 MST"))
		}
		// The same machine again, whose connection broke before it had the answer.
		if known, err := tx.IdentityByKey(q.Key); err == nil && known.Enrolment == e.ID {
			i = known
			return nil
		} else if err == nil {
			return fault.New(fault.Conflict, "This key belongs to an endpoint already. Enrol with a new one.")
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		i.Site, i.Enrolment = e.Site, e.ID
		if err := tx.Spend(e); err != nil {
			return err
		}
		if err := tx.AddEndpoint(i, m, r.now()); err != nil {
			return err
		}
		by := auth.Actor{Kind: auth.Endpoint, Endpoint: i.ID, Name: m.Hostname}
		return tx.Audit(r.entry(by, audit.EndpointEnrolled, "endpoint:"+i.ID, map[string]any{"enrolment": e.ID, "site": e.Site.Name, "previous": q.Previous}))
	})
	return i, err
}

// Identity returns an endpoint's identity.
func (r *Registry) Identity(ctx context.Context, endpoint string) (Identity, error) {
	return r.store.Identity(ctx, endpoint)
}

// Connect admits a proven endpoint to a session. shown is the step of the ratchet
// that it holds; the one returned is the next, for it to store. A step lower than
// one that the endpoint held before means that a copy of its disk has been used
// in between: the identity is held, fault.Held.
func (r *Registry) Connect(ctx context.Context, endpoint string, shown []byte) (Identity, []byte, error) {
	i, err := r.store.Identity(ctx, endpoint)
	if err != nil {
		return i, nil, err
	}
	if err := i.Refusal(); err != nil {
		return i, nil, err
	}
	step, ok := r.ratchet.read(endpoint, shown)
	known := r.ratchet.known(endpoint, i.Ratchet)
	if (!ok && len(shown) > 0) || step < known {
		const reason = "Two machines have used this identity: a copy of its disk is in use, or an old backup of the machine was restored."
		if err := r.Hold(ctx, endpoint, reason); err != nil {
			return i, nil, err
		}
		i.State = Held
		return i, nil, i.Refusal()
	}
	return i, r.ratchet.next(endpoint, step), nil
}

// Stored notes that the endpoint has a step on disk that Connect returned: lower ones
// open no session any more. It is the step of the session that says so, never of a
// later one: of two that follow each other closely the first may be heard last.
func (r *Registry) Stored(endpoint string, step []byte) {
	if n, ok := r.ratchet.read(endpoint, step); ok {
		r.ratchet.stored(endpoint, n)
	}
}

// Flush writes the steps down that have risen since the last time. Losing them in
// a crash is harmless: an endpoint that shows a higher step than is known, signed
// by us, is believed; so a server restored from a backup holds nobody.
func (r *Registry) Flush(ctx context.Context) error {
	steps := r.ratchet.risen()
	if len(steps) == 0 {
		return nil
	}
	// In small parts, in the order of the rows: tickets wait behind each.
	for _, part := range slices.Collect(slices.Chunk(slices.Sorted(maps.Keys(steps)), stepsAtOnce)) {
		some := map[string]uint64{}
		for _, endpoint := range part {
			some[endpoint] = steps[endpoint]
		}
		if err := r.store.Update(ctx, func(tx Tx) error { return tx.SaveRatchets(some) }); err != nil {
			r.ratchet.again(steps)
			return err
		}
	}
	return nil
}

const stepsAtOnce = 64

// Refusal says why an identity may not connect; nil when it may.
func (i Identity) Refusal() error {
	switch i.State {
	case Held:
		return fault.New(fault.Held, "Your administrator has to confirm this machine before it can connect. What you send is saved until then.")
	case Revoked:
		return fault.New(fault.Forbidden, "This machine was removed from Deskbell. Ask your administrator to enrol it again.")
	}
	return nil
}

func (r *Registry) hold(tx Tx, i *Identity, reason string) error {
	i.State, i.Reason = Held, reason
	if err := tx.SaveIdentity(*i); err != nil {
		return err
	}
	return tx.Audit(r.entry(auth.SystemActor("deskbell-server"), audit.EndpointHeld, "endpoint:"+i.ID, map[string]any{"reason": reason}))
}

// Hold keeps an endpoint from connecting until an administrator has looked.
func (r *Registry) Hold(ctx context.Context, endpoint, reason string) error {
	held := false
	err := r.store.Update(ctx, func(tx Tx) error {
		i, err := tx.Identity(endpoint)
		if err != nil || i.State != Active {
			return err
		}
		held = true
		return r.hold(tx, &i, reason)
	})
	if err == nil && held {
		r.changed(endpoint, Held)
	}
	return err
}

// Release lets a held endpoint connect again. The next machine that proves its
// key is taken for the true one, so the copy has to be enrolled anew before.
func (r *Registry) Release(ctx context.Context, actor auth.Actor, endpoint string) error {
	return r.set(ctx, actor, endpoint, audit.EndpointReleased, func(i *Identity) error {
		if i.State != Held {
			return fault.New(fault.Conflict, "The endpoint is not held.")
		}
		i.State, i.Reason, i.Ratchet = Active, "", 0
		r.ratchet.forget(i.ID)
		return nil
	})
}

// Withdraw ends an endpoint's identity for good. Its tickets stay.
func (r *Registry) Withdraw(ctx context.Context, actor auth.Actor, endpoint string) error {
	return r.set(ctx, actor, endpoint, audit.EndpointRevoked, func(i *Identity) error {
		i.State, i.Reason = Revoked, ""
		return nil
	})
}

func (r *Registry) set(ctx context.Context, actor auth.Actor, endpoint string, action audit.Action, change func(*Identity) error) error {
	if err := auth.Authorise(actor, auth.EndpointsKeep, auth.Object{Endpoint: endpoint}); err != nil {
		return err
	}
	var state State
	err := r.store.Update(ctx, func(tx Tx) error {
		i, err := tx.Identity(endpoint)
		if err != nil {
			return err
		}
		if err := change(&i); err != nil {
			return err
		}
		if err := tx.SaveIdentity(i); err != nil {
			return err
		}
		state = i.State
		return tx.Audit(r.entry(actor, action, "endpoint:"+endpoint, map[string]any{"name": i.Name}))
	})
	if err == nil {
		r.changed(endpoint, state)
	}
	return err
}
