package uplink

import (
	"context"
	"hash/maphash"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Network is how the machine is connected, as far as it matters to a connection.
type Network struct {
	Hash uint64     // of addresses and default routes
	Out  netip.Addr // the address from which packets leave for the server; invalid when there is no way
}

var networkSeed = maphash.MakeSeed()

// readNetwork looks at the machine's addresses and its way to a host. No packet
// leaves the machine: connecting a datagram socket only picks the route.
func readNetwork(to string) Network {
	var n Network
	var seen []netip.Prefix
	addresses, _ := net.InterfaceAddrs() // an error leaves the hash as it is without them
	for _, a := range addresses {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || p.Addr().IsLoopback() || p.Addr().IsLinkLocalUnicast() {
			continue
		}
		if p.Addr().Is6() { // privacy addresses come and go within one network
			p = netip.PrefixFrom(p.Addr(), 64).Masked()
		}
		seen = append(seen, p)
	}
	slices.SortFunc(seen, netip.Prefix.Compare)
	var h maphash.Hash
	h.SetSeed(networkSeed)
	for _, p := range slices.Compact(seen) {
		maphash.WriteComparable(&h, p)
	}
	h.WriteString(defaultRoutes())
	n.Hash = h.Sum64()
	n.Out = out(to)
	return n
}

// Outgoing returns the address from which packets leave for a host:port, or ""
// when there is no way. No packet leaves for it, but a name is looked up.
func Outgoing(to string) string {
	if a := out(to); a.IsValid() {
		return a.String()
	}
	return ""
}

func out(to string) netip.Addr {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "udp", to)
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	if u, ok := c.LocalAddr().(*net.UDPAddr); ok {
		return u.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// addrOf returns the address within a connection's end, or an invalid one.
func addrOf(a net.Addr) netip.Addr {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
