package group

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Store keeps groups.
type Store interface {
	Groups(ctx context.Context) ([]Group, error)
	// SaveGroup and DeleteGroup write an entry of the audit log with it, or nothing.
	SaveGroup(ctx context.Context, g Group, e audit.Entry) error
	DeleteGroup(ctx context.Context, id string, e audit.Entry) error
	// RenameGroup saves a group that had another name, with all that follows it there, and
	// what is written down of it under its name.
	RenameGroup(ctx context.Context, g Group, from string, follow []Doc, log []audit.Entry) error
}

// Options are what a Keeper needs.
type Options struct {
	Store Store
	// Machines tells of all that are not withdrawn; Facts and Hash of what one has told of
	// itself.
	Machines func(tell func(Machine))
	Facts    Facts
	Hash     func(id string) string
	// AccessPoint is by which name machines tell an access point, by its hardware address;
	// "" when it is none. nil: addresses are not known.
	AccessPoint func(address string) string
	// Count says how the groups do that machines are in.
	Count func(of func(id string) []string) map[string]Count
	// Put notes a value of a group in the time series.
	Put func(series string, at time.Time, v float64, group string)
	// Followers know groups by their names. They are held in this order while one is renamed.
	Followers []Follower
	Now       func() time.Time
	Log       *slog.Logger
}

const (
	every     = 10 * time.Second // it is looked at what has changed
	noteEvery = time.Minute
	patience  = 30 * time.Second
)

// Keeper keeps groups, and who is in them. It is safe for concurrent use.
type Keeper struct {
	o Options

	saving sync.Mutex // one change at a time; taken before mu

	refreshing sync.Mutex // one at a time; taken before mu
	list       []Machine  // refreshing's, and so is round
	round      uint64

	mu       sync.RWMutex
	groups   map[string]*compiled // by id
	machines map[string]*known    // by id
}

// New returns a Keeper that has read nothing yet.
func New(o Options) *Keeper {
	return &Keeper{o: o, groups: map[string]*compiled{}, machines: map[string]*known{}}
}

// Load reads what there is. A condition that is not understood any more fits nothing.
func (k *Keeper) Load(ctx context.Context) error {
	list, err := k.o.Store.Groups(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	for _, g := range list {
		c, err := g.read()
		if err != nil {
			k.o.Log.Warn("a group's condition is not understood any more: only its named machines are in it", "group", g.Name, "err", err)
		}
		k.groups[g.ID] = k.compile(g, c)
	}
	k.mu.Unlock()
	k.Refresh()
	return nil
}

// Run follows what is known of machines, and notes how the groups do, until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	look, note := time.NewTicker(every), time.NewTicker(noteEvery)
	defer look.Stop()
	defer note.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			k.Refresh()
		case <-note.C:
			k.note(k.o.Now())
		}
	}
}

// inOrder are the groups by name. The caller holds mu.
func (k *Keeper) inOrder() []*compiled {
	out := make([]*compiled, 0, len(k.groups))
	for _, g := range k.groups {
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b *compiled) int { return byFold(a.Name, b.Name) })
	return out
}

// Standing is a group and how many machines are in it.
type Standing struct {
	Group
	Count
}

// List returns all groups by name.
func (k *Keeper) List(actor auth.Actor) ([]Standing, error) {
	if err := auth.Authorise(actor, auth.EndpointsList, auth.Object{}); err != nil {
		return nil, err
	}
	counts := k.o.Count(k.Of)
	k.mu.RLock()
	defer k.mu.RUnlock()
	out := make([]Standing, 0, len(k.groups))
	for _, g := range k.inOrder() {
		out = append(out, Standing{g.Group, counts[g.Name]})
	}
	return out, nil
}

var errNone = fault.New(fault.NotFound, "There is no such group.")

// Get returns one.
func (k *Keeper) Get(actor auth.Actor, id string) (Standing, error) {
	list, err := k.List(actor)
	if err != nil {
		return Standing{}, err
	}
	for _, s := range list {
		if s.ID == id {
			return s, nil
		}
	}
	return Standing{}, errNone
}

// Delete removes a group. Its machines stay as they are.
func (k *Keeper) Delete(ctx context.Context, actor auth.Actor, id string) error {
	if err := auth.Authorise(actor, auth.GroupsManage, auth.Object{}); err != nil {
		return err
	}
	k.saving.Lock()
	defer k.saving.Unlock()
	k.mu.RLock()
	g := k.groups[id]
	k.mu.RUnlock()
	if g == nil {
		return errNone
	}
	writing, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := k.o.Store.DeleteGroup(writing, id, k.entry(actor, audit.GroupDeleted, g.Group)); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.groups, id)
	k.regroup(g.Name, nil)
	return nil
}

func (k *Keeper) entry(actor auth.Actor, action audit.Action, g Group) audit.Entry {
	return audit.Entry{At: k.o.Now(), Actor: auth.AuditActor(actor), Action: action, Object: "group:" + g.ID, Detail: map[string]any{"name": g.Name}}
}

// compile makes a group ready, with access points by the names that machines tell.
func (k *Keeper) compile(g Group, c condition) *compiled {
	c.rename(k.o.AccessPoint)
	return compile(g, c)
}
