package people

import (
	"context"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/site"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

// sitesAMinute is how often one person has this machine go to a site.
const sitesAMinute = 10

// TrySite goes the way to a site that a person names.
func (d *Desk) TrySite(ctx context.Context, uid string, r local.SiteRequest, emit func(local.Site)) error {
	if err := d.mayWrite("site "+uid, sitesAMinute); err != nil {
		return fault.Say(fault.TooMany, "error.sites_fast", tongue.Count("n", sitesAMinute))
	}
	return site.Try(ctx, r.Address, site.Options{}, emit)
}
