package noc

import (
	"slices"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/server/enrol"
)

// Vantages tells of every endpoint that may connect, by site and name, for whoever has
// some look at services: what it is called, whether it is connected, whether it has a
// battery, and whether what it has found of itself says that its own line fails.
func (f *Fleet) Vantages(tell func(id, name string, site enrol.Site, online, mobile, cut bool)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.inOrder() {
		if e.state != enrol.Active {
			continue
		}
		_, mobile := e.sample.Get(diagnostics.Battery)
		cut := slices.ContainsFunc(e.findings, func(d diagnostics.Finding) bool {
			return slices.Contains([]diagnostics.Code{diagnostics.NoLink, diagnostics.NoAddress, diagnostics.NoRoute, diagnostics.GatewaySilent, diagnostics.AddressConflict, diagnostics.CaptivePortal}, d.Code)
		})
		tell(e.id, e.name, *e.site, e.session != "", mobile, cut)
	}
}
