package group

import (
	"context"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Save makes a group, or changes one whose version its writer has seen. Its machines are
// given by id, or by names that one of them alone has. With another name goes what knows
// the group by its name.
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
		return Standing{}, fault.Field("name", "There is a group of that name already. Choose another one.")
	case g.ID == "":
		g.ID, g.Version, action = ulid.MustNewDefault(k.o.Now()).String(), 0, audit.GroupMade
	case before.ID == "":
		return Standing{}, errNone
	case before.Version != g.Version:
		return Standing{}, fault.New(fault.Stale, "Somebody has changed this group since you opened it. Nothing was saved; look at theirs first.")
	}
	g.Version++
	e := k.entry(actor, action, g)
	e.Detail["condition"], e.Detail["machines"] = g.Condition, len(g.Machines)
	x := k.compile(g, c)
	k.Refresh()
	writing, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if before.ID != "" && before.Name != g.Name {
		e.Detail["was"] = before.Name
		err = k.rename(writing, before.Name, x, e)
	} else if err = k.o.Store.SaveGroup(writing, g, e); err == nil {
		k.put(x, g.Name)
	}
	if err != nil {
		return Standing{}, err
	}
	return k.Get(actor, g.ID)
}

// put has a group count as it is now, which was known by a name.
func (k *Keeper) put(x *compiled, from string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.groups[x.ID] = x
	k.regroup(from, nil)
	k.regroup(x.Name, x)
}
