package announce

import (
	"context"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Include tells machines too that an announcement leaves out, such as those from which its
// outage was reported later. Nobody who was told before is told again.
func (k *Keeper) Include(ctx context.Context, actor auth.Actor, id string, endpoints []string) error {
	if err := auth.Authorise(actor, auth.Announce, auth.Object{}); err != nil {
		return err
	}
	a, err := k.Store.Announcement(ctx, id)
	if err != nil || len(k.leftOut(&a, endpoints)) == 0 {
		return err
	}
	_, err = k.change(ctx, actor, id, 0, audit.AnnouncementChanged, func(a *Announcement) (map[string]any, error) {
		more := k.leftOut(a, endpoints)
		list := append(slices.Clone(a.Scope.Endpoints), more...)
		slices.SortFunc(list, func(a, b Named) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
		a.Scope.Endpoints = list
		a.Version-- // it says nothing else to anybody, and makes nobody's form old
		return map[string]any{"title": a.Title, "included": more}, nil
	})
	if fault.Is(err, fault.Conflict) { // it has ended meanwhile
		return nil
	}
	return err
}

// leftOut are those of the machines that an announcement does not concern.
func (k *Keeper) leftOut(a *Announcement, endpoints []string) (out []Named) {
	if !a.Live() || a.Scope.Reach == Everywhere {
		return nil
	}
	k.Fleet.Machines(func(id, name, site string, _ bool) {
		if slices.Contains(endpoints, id) && !a.Scope.Holds(id, site) {
			out = append(out, Named{id, name})
		}
	})
	return out
}
