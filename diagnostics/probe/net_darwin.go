package probe

import (
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/route"
	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics"
)

// describe goes by the names, which macOS gives by kind. Whether en0 is wireless
// needs a framework that we do not load.
func describe(i *diagnostics.Interface) {
	i.Virtual = !strings.HasPrefix(i.Name, "en")
}

func wirelessSignals() map[string]int { return nil }

func defaultRoutes() ([]diagnostics.Gateway, error) {
	rib, err := route.FetchRIB(unix.AF_UNSPEC, route.RIBTypeRoute, 0)
	if err != nil {
		return nil, err
	}
	messages, err := route.ParseRIB(route.RIBTypeRoute, rib)
	if err != nil {
		return nil, err
	}
	var all []diagnostics.Gateway
	for _, m := range messages {
		r, ok := m.(*route.RouteMessage)
		if !ok || len(r.Addrs) <= unix.RTAX_NETMASK || r.Flags&unix.RTF_UP == 0 || !isDefault(r.Addrs[unix.RTAX_DST], r.Addrs[unix.RTAX_NETMASK]) {
			continue
		}
		in, err := net.InterfaceByIndex(r.Index)
		if err != nil || strings.HasPrefix(in.Name, "lo") {
			continue
		}
		g := diagnostics.Gateway{Interface: in.Name}
		switch a := r.Addrs[unix.RTAX_GATEWAY].(type) {
		case *route.Inet4Addr:
			g.Address = netip.AddrFrom4(a.IP).String()
		case *route.Inet6Addr:
			if strings.HasPrefix(in.Name, "utun") {
				continue // the system's own tunnels each have one
			}
			g.Address = netip.AddrFrom16(a.IP).String()
		}
		all = append(all, g)
	}
	return all, nil
}

func isDefault(dst, mask route.Addr) bool {
	switch d := dst.(type) {
	case *route.Inet4Addr:
		m, ok := mask.(*route.Inet4Addr)
		return d.IP == [4]byte{} && (!ok || m.IP == [4]byte{})
	case *route.Inet6Addr:
		m, ok := mask.(*route.Inet6Addr)
		return d.IP == [16]byte{} && (!ok || m.IP == [16]byte{})
	}
	return false
}

type neighbour int

const (
	neighbourUnknown neighbour = iota
	neighbourReachable
	neighbourFailed
)

func neighbourState(netip.Addr, string) neighbour { return neighbourUnknown }
