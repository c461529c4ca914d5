package diagnostics

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/deskbell/deskbell/internal/tongue"
)

// The codes about the way into the network.
const (
	NoLink        Code = "network.no_link"
	NoAddress     Code = "network.no_address"
	NoRoute       Code = "network.no_route"
	GatewaySilent Code = "network.gateway_silent"
	WifiWeak      Code = "network.wifi_weak"
	LinkErrors    Code = "network.errors"
)

func linkRules() []rule {
	return []rule{
		{Rule{NoLink, SectionNetwork, Critical, "Not connected",
			"No network interface has a link: no cable, no wireless network. Bridges, containers and tunnels do not count unless the default route goes through them."}, noLink},
		{Rule{NoAddress, SectionNetwork, Critical, "No address",
			"There is a link, and no interface has an address beyond the link-local ones that a machine gives itself."}, noAddress},
		{Rule{NoRoute, SectionNetwork, Critical, "No way out",
			"There is an address and no default route, and the server is not connected over another one."}, noRoute},
		{Rule{GatewaySilent, SectionNetwork, Critical, "Router silent",
			"No default gateway answers an echo or is known to the link layer, and nothing behind it answers either."}, gatewaySilent},
		{Rule{WifiWeak, SectionNetwork, Warning, "Weak Wi-Fi",
			"The wireless link that carries the default route has −75 dBm or less."}, wifiWeak},
		{Rule{LinkErrors, SectionNetwork, Warning, "Link errors",
			"An interface that leads into the network has counted 1000 errors or more since the machine started, and they are 0.5 % of its packets or more. Drops do not count."}, linkErrors},
	}
}

// carriesRoute reports whether a default route goes through the interface.
func (n *Network) carriesRoute(name string) bool {
	for _, g := range n.Gateways {
		if g.Interface == name {
			return true
		}
	}
	return false
}

// plumbing reports whether an interface only leads to something on this machine
// or rides on another interface. A bond or a bridge over the cable is virtual too,
// and is the way into the network.
func (i *Interface) plumbing() bool {
	if !i.Virtual {
		return false
	}
	for _, p := range []string{
		"docker", "br-", "veth", "virbr", "vnet", "cni", "flannel", "cali", "podman", "lxc", "lxd", "vmnet", "vboxnet", "kube", "dummy", "ifb", "ip6tnl", "sit", "gre", "tunl", "nlmon",
		"tun", "tap", "wg", "ppp", "utun", "tailscale", "zt", "nordlynx", "ipsec", "gif", "stf", "awdl", "llw", "anpi", "ap",
		"vethernet", "vmware", "virtualbox", "bluetooth", "openvpn", "wireguard", "loopback", "local area connection*",
	} {
		if strings.HasPrefix(strings.ToLower(i.Name), p) {
			return true
		}
	}
	return false
}

// ways are the interfaces that can lead into the network.
func (f *facts) ways() []*Interface {
	var ways []*Interface
	for i := range f.network.Interfaces {
		if in := &f.network.Interfaces[i]; !in.plumbing() || f.network.carriesRoute(in.Name) {
			ways = append(ways, in)
		}
	}
	return ways
}

// addressed reports whether the interface has an address that others can reach.
func (i *Interface) addressed() bool {
	for _, a := range i.Addresses {
		p, err := netip.ParsePrefix(a)
		if err != nil {
			continue
		}
		if ip := p.Addr().Unmap(); ip.IsValid() && !ip.IsLinkLocalUnicast() && !ip.IsLoopback() && !ip.IsUnspecified() {
			return true
		}
	}
	return false
}

// linked and addressed say how far the machine gets by itself. Without a Network
// section both are true: what is not known is not a finding.
func (f *facts) linked() bool {
	for _, i := range f.ways() {
		// A tunnel has no carrier to speak of; a cable that was pulled keeps its address.
		if i.Carrier || i.plumbing() && i.addressed() && i.Up && f.network.carriesRoute(i.Name) {
			return true
		}
	}
	return f.Network.Data == nil
}

func (f *facts) addressed() bool {
	for _, i := range f.ways() {
		if i.Up && i.addressed() {
			return true
		}
	}
	return f.Network.Data == nil
}

func interfaceEvidence(ways []*Interface) []Evidence {
	var e []Evidence
	for _, i := range ways {
		state := tongue.Of("evidence.no_link")
		switch {
		case !i.Up:
			state = tongue.Of("evidence.switched_off")
		case i.Carrier && len(i.Addresses) == 0:
			state = tongue.Of("evidence.no_address")
		case i.Carrier:
			state = tongue.Of("evidence.link", tongue.List("addresses", cleaned(i.Addresses, 60), 3))
		}
		if e = append(e, reading(SectionNetwork, tongue.Of("evidence.interface", tongue.Name("name", clean(i.Name, 40))), state)); len(e) == 6 {
			break
		}
	}
	return e
}

func noLink(f *facts) *Finding {
	if f.linked() {
		return nil
	}
	ways := f.ways()
	finding := &Finding{
		Said:     says(tongue.Of("finding.no_link"), "advice.no_link"),
		Detail:   fmt.Sprintf("%s that could lead out, none with a carrier.", count(len(ways), "interface", "interfaces")),
		Evidence: interfaceEvidence(ways),
	}
	if len(ways) == 0 {
		finding.Detail = "There is no network interface besides loopback: no driver, or none assigned."
		finding.Evidence = []Evidence{reading(SectionNetwork, tongue.Of("evidence.interfaces"), tongue.Of("evidence.none"))}
	}
	return finding
}

func noAddress(f *facts) *Finding {
	if !f.linked() || f.addressed() {
		return nil
	}
	ways := f.ways()
	return &Finding{
		Said:     says(tongue.Of("finding.no_address"), "advice.join_again"),
		Detail:   "No interface with a carrier has an address other than link-local: no DHCP lease, no router advertisement.",
		Fix:      &Fix{Recipe: RenewAddress},
		Evidence: interfaceEvidence(ways),
	}
}

func (f *facts) serverConnected() bool { return f.network.Server != nil && f.network.Server.Connected }

func noRoute(f *facts) *Finding {
	n := &f.network
	// An isolated network with our server in it is a healthy place.
	if !n.RoutesRead || len(n.Gateways) > 0 || f.serverConnected() || len(n.Interfaces) == 0 {
		return nil
	}
	return &Finding{
		Said:     says(tongue.Of("finding.no_route"), "advice.join_again"),
		Detail:   "There is no default route, IPv4 or IPv6.",
		Fix:      &Fix{Recipe: RenewAddress},
		Evidence: append([]Evidence{reading(SectionNetwork, tongue.Of("evidence.default_routes"), tongue.Of("evidence.none"))}, interfaceEvidence(f.ways())...),
	}
}

// beyond reports whether something answered that lies behind the gateways, so
// that they work, whether or not they answer for themselves: many are told not to.
func (f *facts) beyond() bool {
	if s := f.network.Server; s != nil && (s.Connected || s.TCPms > 0) {
		return true
	}
	for _, r := range f.network.Resolvers {
		ip, err := netip.ParseAddr(hostOf(r.Address))
		if err != nil || !r.Answers || ip.IsLoopback() {
			continue
		}
		if f.isGateway(ip) || !f.neighbour(ip) {
			return true
		}
	}
	return false
}

func (f *facts) isGateway(ip netip.Addr) bool {
	for _, g := range f.network.Gateways {
		if a, err := netip.ParseAddr(g.Address); err == nil && a == ip {
			return true
		}
	}
	return false
}

// neighbour reports whether the address is on one of the machine's own networks.
func (f *facts) neighbour(ip netip.Addr) bool {
	for _, i := range f.network.Interfaces {
		for _, a := range i.Addresses {
			if p, err := netip.ParsePrefix(a); err == nil && p.Contains(ip) {
				return true
			}
		}
	}
	return false
}

func gatewaySilent(f *facts) *Finding {
	asked := 0
	finding := &Finding{Severity: Warning}
	for _, g := range f.network.Gateways {
		if g.Answers {
			return nil
		}
		if g.Asked {
			asked++
			finding.Evidence = append(finding.Evidence, reading(SectionNetwork,
				tongue.Of("evidence.gateway", tongue.Name("address", clean(g.Address, 60)), tongue.Name("interface", clean(g.Interface, 40))), tongue.Of("evidence.no_answer")))
		}
	}
	if asked == 0 || f.beyond() || !f.linked() {
		return nil
	}
	if s := f.network.Server; s != nil || len(f.network.Resolvers) > 0 {
		finding.Severity = Critical // we asked further, and nothing answered
	}
	finding.Fix = &Fix{RestartLink, clean(f.network.Gateways[0].Interface, 40)}
	finding.Said = says(tongue.Of("finding.gateway_silent"), "advice.gateway_silent")
	finding.Detail = fmt.Sprintf("%s asked, no answer to an echo and none in the neighbour table; nothing behind answers.", count(asked, "default gateway", "default gateways"))
	return finding
}

func wifiWeak(f *facts) *Finding {
	for _, i := range f.network.Interfaces {
		if !i.Wireless || !i.Carrier || i.SignalDBm >= 0 || i.SignalDBm > -75 || !f.network.carriesRoute(i.Name) {
			continue
		}
		if f.cabled() {
			return nil
		}
		return &Finding{
			Said:     says(tongue.Of("finding.wifi_weak"), "advice.closer"),
			Detail:   fmt.Sprintf("%s: %d dBm.", clean(i.Name, 40), i.SignalDBm),
			Evidence: []Evidence{reading(SectionNetwork, tongue.Of("evidence.signal", tongue.Name("name", clean(i.Name, 40))), verbatim(fmt.Sprintf("%d dBm", i.SignalDBm)))},
		}
	}
	return nil
}

// cabled reports whether a wired interface carries a default route: then the
// wireless one is not what people wait for.
func (f *facts) cabled() bool {
	for _, i := range f.network.Interfaces {
		if !i.Wireless && !i.Virtual && i.Carrier && f.network.carriesRoute(i.Name) {
			return true
		}
	}
	return false
}

func linkErrors(f *facts) *Finding {
	for _, i := range f.network.Interfaces {
		errors, packets := i.RxErrors+i.TxErrors, i.RxPackets+i.TxPackets
		if i.plumbing() || !i.Carrier || errors < 1000 || packets == 0 {
			continue
		}
		share := float64(errors) / float64(packets) * 100
		if share < 0.5 {
			continue
		}
		finding := &Finding{
			Said:     says(tongue.Of("finding.link_errors"), "advice.cable"),
			Detail:   fmt.Sprintf("%s: %d receive and %d transmit errors since boot, %s of %d packets.", clean(i.Name, 40), i.RxErrors, i.TxErrors, percentExact(share), packets),
			Evidence: []Evidence{reading(SectionNetwork, tongue.Of("evidence.errors_on", tongue.Name("name", clean(i.Name, 40))), tongue.Of("evidence.errors", tongue.Count("n", errors), tongue.PercentExact("share", share)))},
		}
		if i.Wireless {
			finding.Said = says(finding.Said.Sentence, "advice.closer")
		}
		return finding
	}
	return nil
}
