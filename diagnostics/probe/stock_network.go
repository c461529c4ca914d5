package probe

import (
	"context"
	"net/netip"
	"slices"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readNetworkSetup reads how the machine is set up to be connected: links, the class
// of their addresses, gateways, name services. Cost: a few milliseconds; nothing is
// sent. Deadline: 2 s.
func readNetworkSetup(ctx context.Context, _ root) (*inventory.Network, string, error) {
	all, err := interfaces(ctx)
	if err != nil {
		return nil, "", notRead("The network cannot be read on this system.", err)
	}
	n := &inventory.Network{Resolvers: Resolvers(), Domains: searchDomains(), Proxy: environmentProxy()}
	for _, i := range all[:min(len(all), 64)] {
		n.Links = append(n.Links, linkOf(i))
	}
	note := ""
	if routes, err := defaultRoutes(); err != nil {
		note = "The gateways could not be read: " + err.Error() + "."
	} else {
		for _, g := range routes {
			n.Gateways = append(n.Gateways, plainLine(g.Address+" on "+g.Interface, 80))
		}
		slices.Sort(n.Gateways)
	}
	return n, note, nil
}

func linkOf(i diagnostics.Interface) inventory.Link {
	l := inventory.Link{Name: i.Name, Kind: "wired", MAC: i.MAC, Up: i.Up && i.Carrier}
	switch {
	case i.Wireless:
		l.Kind = "wireless"
	case i.Virtual:
		l.Kind = "virtual"
	}
	for _, a := range i.Addresses {
		p, err := netip.ParsePrefix(a)
		if err != nil {
			continue
		}
		if class := addressClass(p.Addr()); !slices.Contains(l.Classes, class) {
			l.Classes = append(l.Classes, class)
		}
	}
	slices.Sort(l.Classes)
	return l
}

// addressClass says what kind of address it is, and not which: one that changes
// with every lease is no change of the set-up.
func addressClass(a netip.Addr) string {
	family := "IPv6"
	if a = a.Unmap(); a.Is4() {
		family = "IPv4"
	}
	switch {
	case a.IsLoopback():
		return "loopback " + family
	case a.IsLinkLocalUnicast():
		return "link-local " + family
	case a.Is6() && a.IsPrivate():
		return "unique local IPv6"
	case a.IsPrivate():
		return "private IPv4"
	case netip.MustParsePrefix("100.64.0.0/10").Contains(a):
		return "shared IPv4"
	}
	return "public " + family
}
