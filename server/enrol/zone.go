package enrol

import (
	"context"
	"path"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// zones are the time zones of sites that have one of their own, by id and by name.
type zones struct{ ids, names map[string]*time.Location }

// Load reads the time zones of the sites.
func (r *Registry) Load(ctx context.Context) error {
	list, err := r.store.Sites(ctx)
	if err != nil {
		return err
	}
	z := zones{map[string]*time.Location{}, map[string]*time.Location{}}
	for _, s := range list {
		if s.Zone == "" {
			continue
		}
		if l, err := time.LoadLocation(s.Zone); err == nil { // it was checked when it was set
			z.ids[s.ID], z.names[s.Name] = l, l
		}
	}
	r.zones.Store(&z)
	return nil
}

// Zone is the time zone of a site that has one of its own; nil: it has none.
func (r *Registry) Zone(site string) *time.Location {
	if z := r.zones.Load(); z != nil {
		return z.ids[site]
	}
	return nil
}

// Zones are those of all sites that have one of their own, by the sites' names. They are
// not written to.
func (r *Registry) Zones() map[string]*time.Location {
	if z := r.zones.Load(); z != nil {
		return z.names
	}
	return nil
}

// SetZone gives a site a time zone of its own, as in Europe/Berlin, or with an empty one
// takes it away.
func (r *Registry) SetZone(ctx context.Context, actor auth.Actor, site, zone string) (Site, error) {
	if err := auth.Authorise(actor, auth.SitesManage, auth.Object{}); err != nil {
		return Site{}, err
	}
	zone = strings.TrimSpace(zone)
	if !isZone(zone) {
		return Site{}, fault.Field("zone", "This is no time zone. One is written as in Europe/Berlin; leave it empty for the desk's.")
	}
	r.zoning.Lock()
	defer r.zoning.Unlock()
	var s Site
	err := r.store.Update(ctx, func(tx Tx) (err error) {
		if s, err = tx.Site(site); err != nil {
			return err
		}
		was := s.Zone
		if s.Zone = zone; was == zone {
			return nil
		}
		if err := tx.SetSiteZone(site, zone); err != nil {
			return err
		}
		return tx.Audit(r.entry(actor, audit.SiteChanged, "site:"+site, map[string]any{"name": s.Name, "zone": zone, "was": was}))
	})
	if err != nil {
		return Site{}, err
	}
	return s, r.Load(context.WithoutCancel(ctx)) // it is stored, whether or not somebody waits
}

// isZone reports whether a text is the name of a time zone, or empty. Zones are files, and
// a name is a path below their folder: only the plain one is taken.
func isZone(name string) bool {
	if name == "" {
		return true
	}
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local" && len(name) <= maxZone && path.Clean(name) == name
}

const maxZone = 64
