package announce

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/live"
)

// Store is what announcements need kept.
type Store interface {
	Update(ctx context.Context, write func(Tx) error) error
	Announcement(ctx context.Context, id string) (Announcement, error)
	// Announcements returns the newest first.
	Announcements(ctx context.Context, q Query) ([]Announcement, error)
	// AddHit counts a person, once, and reports whether they were new.
	AddHit(ctx context.Context, id, person string, at time.Time) (bool, error)
	// Hit lists which announcements hit a person too.
	Hit(ctx context.Context, person string) ([]string, error)
}

// Tx is a write.
type Tx interface {
	Announcement(id string) (Announcement, error)
	Save(a Announcement) error
	Audit(e audit.Entry) error
}

// Query selects announcements.
type Query struct {
	State  State     // empty: all
	Since  time.Time // those that ended before are left out
	Before string    // only older ones
	Limit  int       // 0: all
}

// State is whether an announcement goes on.
type State string

// The states.
const (
	StateLive  State = "live"
	StateEnded State = "ended"
)

// Fleet knows the endpoints.
type Fleet interface {
	// SiteOf returns the id of the site that an endpoint is at now.
	SiteOf(endpoint string) string
	// Machines tells of every endpoint that may connect.
	Machines(tell func(id, name, site string, online bool))
}

// Desk knows who people are, and takes in what their machines send.
type Desk interface {
	Accounts(ctx context.Context, person string) ([]desk.Account, error)
	Hit(ctx context.Context, m desk.Message, announcement string) (bool, error)
}

// Sites names sites; *enrol.Registry does.
type Sites func(ctx context.Context, actor auth.Actor) ([]Named, error)

// Line reaches machines; the hub is one.
type Line interface {
	// Announce tells machines anew what concerns them: those that are selected and
	// connected.
	Announce(concerned func(endpoint string) bool)
}

// Options are what a keeper works with.
type Options struct {
	Store Store
	Fleet Fleet
	Desk  Desk
	Sites Sites
	Live  *live.Hub
	Now   func() time.Time
}

// Keeper keeps announcements. Those that machines are told are in memory. It is safe
// for concurrent use.
type Keeper struct {
	Options
	line Line

	writing sync.Mutex // one change at a time, so that memory is what the store is
	mu      sync.RWMutex
	shown   []Announcement // the newest first
}

// New returns a keeper. SetLine completes it, Load fills it.
func New(o Options) *Keeper { return &Keeper{Options: o} }

// SetLine says how machines are reached. It is called once, before any connects.
func (k *Keeper) SetLine(l Line) { k.line = l }

// Load reads what machines are told.
func (k *Keeper) Load(ctx context.Context) error {
	list, err := k.Store.Announcements(ctx, Query{Since: k.Now().Add(-Keep)})
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.shown = list
	return nil
}

// For returns what a machine is told, live ones first, each the newest first, and a key
// that is the same for machines that are told the same.
func (k *Keeper) For(endpoint string) (key string, out []wire.Announcement) {
	site, now := k.Fleet.SiteOf(endpoint), k.Now()
	var b strings.Builder
	out = []wire.Announcement{}
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, live := range []bool{true, false} {
		n := 0
		for i := range k.shown {
			a := &k.shown[i]
			if a.Live() != live || !a.shown(now) || n == MaxLive || !a.Scope.Holds(endpoint, site) {
				continue
			}
			n++
			b.WriteString(a.ID)
			b.WriteByte(byte(a.Version))
			b.WriteByte(byte(a.Version >> 8))
			out = append(out, a.told())
		}
	}
	return b.String(), out
}

// List returns announcements, the newest first.
func (k *Keeper) List(ctx context.Context, actor auth.Actor, q Query) ([]Announcement, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	return k.Store.Announcements(ctx, q)
}

// Get returns one.
func (k *Keeper) Get(ctx context.Context, actor auth.Actor, id string) (Announcement, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return Announcement{}, err
	}
	return k.Store.Announcement(ctx, id)
}

// Count says how many machines a scope holds, and how many of them are online.
func (k *Keeper) Count(actor auth.Actor, s Scope) (machines, online int, err error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return 0, 0, err
	}
	k.Fleet.Machines(func(id, _, site string, there bool) {
		if s.Holds(id, site) {
			machines++
			if there {
				online++
			}
		}
	})
	return machines, online, nil
}

// ended is how long everybody can read what was.
const ended = 14 * 24 * time.Hour

// Known is an announcement as somebody who is signed in reads it.
type Known struct {
	wire.Announcement
	Sites []string // where; none: everywhere
	Mine  bool     // it concerns a machine of the reader's
	Hit   bool     // it hits the reader too
}

// Known lists what is known now and what was within 14 days, for employees. What was said
// to chosen machines only is for those who use one of them.
func (k *Keeper) Known(ctx context.Context, actor auth.Actor) ([]Known, error) {
	if err := auth.Authorise(actor, auth.OwnTickets, auth.Object{Requester: actor.Person}); err != nil {
		return nil, err
	}
	list, err := k.Store.Announcements(ctx, Query{Since: k.Now().Add(-ended)})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	machines, err := k.machinesOf(ctx, actor)
	if err != nil {
		return nil, err
	}
	hit, err := k.Store.Hit(ctx, actor.Person)
	if err != nil {
		return nil, err
	}
	var live, over []Known
	for _, a := range list {
		one := Known{Announcement: a.told(), Mine: slices.ContainsFunc(machines, func(m [2]string) bool { return a.Scope.Holds(m[0], m[1]) }), Hit: slices.Contains(hit, a.ID)}
		if a.Scope.Reach == OnChosen && !one.Mine {
			continue
		}
		for _, s := range a.Scope.Sites {
			one.Sites = append(one.Sites, s.Name)
		}
		if a.Live() {
			live = append(live, one)
		} else {
			over = append(over, one)
		}
	}
	slices.SortStableFunc(live, func(a, b Known) int {
		switch {
		case a.Mine == b.Mine:
			return 0
		case a.Mine:
			return -1
		}
		return 1
	})
	return append(live, over...), nil
}

// machinesOf are the machines of a person and the sites that they are at.
func (k *Keeper) machinesOf(ctx context.Context, actor auth.Actor) (out [][2]string, err error) {
	accounts, err := k.Desk.Accounts(ctx, actor.Person)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		out = append(out, [2]string{a.Endpoint, k.Fleet.SiteOf(a.Endpoint)})
	}
	if actor.Endpoint != "" && !slices.ContainsFunc(out, func(m [2]string) bool { return m[0] == actor.Endpoint }) {
		out = append(out, [2]string{actor.Endpoint, k.Fleet.SiteOf(actor.Endpoint)})
	}
	return out, nil
}

var errNone = fault.New(fault.NotFound, "There is no such announcement.")

// Hit counts somebody whom it hits too, told by their machine. Whoever is told of it may
// say so; also of what has ended meanwhile, as the word may have waited for a line.
func (k *Keeper) Hit(ctx context.Context, m desk.Message, id string) error {
	a, err := k.Store.Announcement(ctx, id)
	if err != nil {
		return err
	}
	if !a.Scope.Holds(m.Endpoint, k.Fleet.SiteOf(m.Endpoint)) {
		return errNone
	}
	counted, err := k.Desk.Hit(ctx, m, id)
	if err == nil && counted {
		k.tell(id, didHit)
	}
	return err
}

// HitMe counts a reader of the portal.
func (k *Keeper) HitMe(ctx context.Context, actor auth.Actor, id string) error {
	if err := auth.Authorise(actor, auth.OwnAct, auth.Object{Requester: actor.Person}); err != nil {
		return err
	}
	list, err := k.Known(ctx, actor)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(o Known) bool { return o.ID == id }) {
		return errNone
	}
	counted, err := k.Store.AddHit(ctx, id, actor.Person, k.Now())
	if err == nil && counted {
		k.tell(id, didHit)
	}
	return err
}

// What watchers are told.
const (
	didHit    = `{"did":"hit"}`
	didChange = live.Announced
)

func (k *Keeper) tell(id, did string) {
	k.Live.Publish(live.Event{Topic: live.Announcements, Key: id, Data: []byte(did)})
}
