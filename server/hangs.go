package server

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/contrast"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/watch"
)

// reach says of each endpoint that may connect whether it can be reached. One that is
// away for a reason, or of which nobody knows, says nothing of what it hangs on.
func (s *Server) reach() map[string]watch.Reached {
	out := make(map[string]watch.Reached, s.fleet.Size())
	s.fleet.Active(func(id, _, site string, p noc.Presence, since time.Time) {
		r := watch.Reached{Site: site}
		switch {
		case p.Connected():
			r.Reach = alert.Up
		case p == noc.Silent:
			r.Reach, r.Since = alert.Lost, since
		}
		out[id] = r
	})
	return out
}

// hangs knows what endpoints hang on, from what they have told of themselves.
type hangs struct {
	index *contrast.Index

	mu   sync.Mutex
	seen map[string]hung
}

type hung struct {
	hash, site string
	on         []alert.Parent
}

// on is what an endpoint hangs on: its access point, its gateway and its subnet, its DNS
// servers, VPN and proxy, and its site.
func (h *hangs) on(endpoint, site string) []alert.Parent {
	h.mu.Lock()
	defer h.mu.Unlock()
	hash := h.index.Hash(endpoint)
	if had, ok := h.seen[endpoint]; ok && had.hash == hash && had.site == site {
		return had.on
	}
	facts, hash := h.index.Of(endpoint, stock.AccessPoint, stock.Gateway, stock.Subnet, stock.Resolver, stock.Tunnel, stock.Network)
	on := parents(facts, site)
	if h.seen == nil {
		h.seen = map[string]hung{}
	}
	h.seen[endpoint] = hung{hash, site, on}
	return on
}

// parents makes of facts what hangs together. A gateway, a subnet and an address that is
// not everybody's are those of one site: the same ones are used elsewhere.
func parents(facts []stock.Fact, site string) []alert.Parent {
	on := []alert.Parent{{Kind: "all"}}
	if site != "" {
		on = append(on, alert.Parent{Kind: "site", Name: site})
	}
	for _, f := range facts {
		switch f.Kind {
		case stock.AccessPoint:
			on = append(on, alert.Parent{Kind: "accesspoint", Name: f.Name, Site: site})
		case stock.Gateway:
			on = append(on, alert.Parent{Kind: "gateway", Name: f.Name, Site: site})
		case stock.Subnet:
			on = append(on, alert.Parent{Kind: "subnet", Name: f.Name, Site: site})
		case stock.Resolver:
			p := alert.Parent{Kind: "dns", Name: f.Name, Site: site}
			a, err := netip.ParseAddr(f.Name)
			switch {
			case err == nil && a.IsLoopback():
				continue // its own
			case err == nil && a.IsGlobalUnicast() && !a.IsPrivate():
				p.Site = ""
			}
			on = append(on, p)
		case stock.Tunnel:
			on = append(on, alert.Parent{Kind: "vpn", Name: f.Name})
		case stock.Network:
			if f.Name == "proxy" {
				on = append(on, alert.Parent{Kind: "proxy", Name: f.Value})
			}
		}
	}
	slices.SortFunc(on, alert.Parent.Compare)
	return slices.Compact(on)
}
