package group

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

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
	Now func() time.Time
	Log *slog.Logger
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

// Save makes a group, or changes one whose version its writer has seen. Its machines are
// given by id, or by names that one of them alone has.
func (k *Keeper) Save(ctx context.Context, actor auth.Actor, g Group) (Standing, error) {
	if err := auth.Authorise(actor, auth.GroupsManage, auth.Object{}); err != nil {
		return Standing{}, err
	}
	k.saving.Lock()
	defer k.saving.Unlock()
	k.mu.RLock()
	before, many := Group{}, len(k.groups)
	if x := k.groups[g.ID]; x != nil {
		before = x.Group
	}
	k.mu.RUnlock()
	var err error
	if g.Machines, err = named(g.Machines, before.Machines, k.gather(nil)); err != nil {
		return Standing{}, err
	}
	c, err := g.check()
	if err != nil {
		return Standing{}, err
	}
	action := audit.GroupChanged
	other, taken := k.Called(g.Name)
	switch {
	case g.ID == "" && many >= maxGroups:
		return Standing{}, fault.New(fault.Full, "There are as many groups as are kept. Remove one that nobody needs.")
	case taken && other.ID != g.ID:
		return Standing{}, fault.Field("name", "There is a group of that name already.")
	case g.ID == "":
		g.ID, g.Version, action = ulid.MustNewDefault(k.o.Now()).String(), 0, audit.GroupMade
	case before.ID == "":
		return Standing{}, errNone
	case before.Name != g.Name:
		return Standing{}, fault.Field("name", "A group keeps its name: series, silences and rules know it by that. Make another group, and remove this one.")
	case before.Version != g.Version:
		return Standing{}, fault.New(fault.Stale, "Somebody has changed this group since you opened it. Nothing was saved; look at theirs first.")
	}
	g.Version++
	writing, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	e := k.entry(actor, action, g)
	e.Detail["condition"], e.Detail["machines"] = g.Condition, len(g.Machines)
	if err := k.o.Store.SaveGroup(writing, g, e); err != nil {
		return Standing{}, err
	}
	k.Refresh()
	k.mu.Lock()
	x := k.compile(g, c)
	k.groups[g.ID] = x
	k.regroup(g.Name, x)
	k.mu.Unlock()
	return k.Get(actor, g.ID)
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

// Asked says of machines whether what was typed into a search box fits them; ok is false
// when it is no condition, but words to be looked for in names.
func (k *Keeper) Asked(text string) (in func(id string) bool, ok bool) {
	if text == "" {
		return nil, false
	}
	c, err := parse(text)
	if err != nil || !c.keyed() {
		return nil, false
	}
	c.rename(k.o.AccessPoint)
	fit := map[string]struct{}{}
	for _, m := range k.gather(nil) {
		if c.fits(&m, k.o.Facts) {
			fit[m.ID] = struct{}{}
		}
	}
	return func(id string) bool { _, fits := fit[id]; return fits }, true
}

// Try says which machines would be in a group, by name, without making it.
func (k *Keeper) Try(actor auth.Actor, g Group) ([]Machine, error) {
	if err := auth.Authorise(actor, auth.EndpointsList, auth.Object{}); err != nil {
		return nil, err
	}
	list := k.gather(nil)
	before, _ := k.Called(g.ID)
	var err error
	if g.Machines, err = named(g.Machines, before.Machines, list); err != nil {
		return nil, err
	}
	c, err := g.read()
	if err != nil {
		return nil, err
	}
	x := k.compile(g, c)
	out := []Machine{}
	for _, m := range list {
		if x.has(&m, k.o.Facts) {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b Machine) int {
		return strings.Compare(strings.ToLower(a.Name)+"\x00"+a.ID, strings.ToLower(b.Name)+"\x00"+b.ID)
	})
	return out, nil
}
