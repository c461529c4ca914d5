package people

import (
	"context"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/site"
	"github.com/deskbell/deskbell/internal/fault"
)

// sitesAMinute is how often one person has this machine go to a site.
const sitesAMinute = 10

// TrySite goes the way to a site that a person names.
func (d *Desk) TrySite(ctx context.Context, uid string, r local.SiteRequest, emit func(local.Site)) error {
	if err := d.mayWrite("site "+uid, sitesAMinute); err != nil {
		return fault.Newf(fault.TooMany, "That were more than %d sites in a minute. Wait a minute, then try this one again.", sitesAMinute)
	}
	return site.Try(ctx, r.Address, site.Options{}, emit)
}
