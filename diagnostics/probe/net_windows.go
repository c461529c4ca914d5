package probe

import (
	"net/netip"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/diagnostics"
)

// adapters asks the system for all adapters with their gateways and DNS servers.
func adapters() ([]*windows.IpAdapterAddresses, error) {
	const flags = windows.GAA_FLAG_INCLUDE_GATEWAYS | windows.GAA_FLAG_SKIP_ANYCAST | windows.GAA_FLAG_SKIP_MULTICAST
	size := uint32(32 << 10)
	for {
		b := make([]byte, size)
		list := (*windows.IpAdapterAddresses)(unsafe.Pointer(&b[0]))
		err := windows.GetAdaptersAddresses(windows.AF_UNSPEC, flags, 0, list, &size)
		if err == windows.ERROR_BUFFER_OVERFLOW && int(size) > len(b) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var all []*windows.IpAdapterAddresses
		for a := list; a != nil; a = a.Next {
			all = append(all, a)
		}
		return all, nil
	}
}

func addressOf(s windows.SocketAddress) (netip.Addr, bool) {
	a, ok := netip.AddrFromSlice(s.IP())
	return a.Unmap(), ok
}

// describe adds what the system says of the adapter with this name.
func describe(i *diagnostics.Interface) {
	all, err := adapters()
	if err != nil {
		return
	}
	for _, a := range all {
		if windows.UTF16PtrToString(a.FriendlyName) != i.Name {
			continue
		}
		i.Carrier = a.OperStatus == windows.IfOperStatusUp
		i.Wireless = a.IfType == windows.IF_TYPE_IEEE80211
		i.Virtual = a.IfType != windows.IF_TYPE_IEEE80211 && a.IfType != windows.IF_TYPE_ETHERNET_CSMACD || imitated(windows.UTF16PtrToString(a.Description))
		if i.Wireless && i.Carrier && a.AdapterName != nil {
			i.SignalDBm = signalOf(windows.BytePtrToString(a.AdapterName))
		}
		if a.TransmitLinkSpeed != ^uint64(0) {
			i.SpeedMbps = int(a.TransmitLinkSpeed / 1e6)
		}
	}
}

// imitated recognises adapters that call themselves Ethernet and lead to this
// machine's own virtual ones, or through a tunnel. The adapter that a virtual
// machine itself has is not among them.
func imitated(description string) bool {
	for _, words := range []string{"Virtual Ethernet Adapter", "Host-Only", "TAP-", "WireGuard", "Wintun", "Tailscale", "OpenVPN", "Loopback", "Personal Area Network", "Wi-Fi Direct"} {
		if strings.Contains(description, words) {
			return true
		}
	}
	return false
}

// wirelessSignals needs the Wlan service, and since Windows 11 24H2 the right to
// know where the machine is: it is not asked.
func wirelessSignals() map[string]int { return nil }

func defaultRoutes() ([]diagnostics.Gateway, error) {
	all, err := adapters()
	if err != nil {
		return nil, err
	}
	var gateways []diagnostics.Gateway
	for _, a := range all {
		if a.OperStatus != windows.IfOperStatusUp {
			continue
		}
		for g := a.FirstGatewayAddress; g != nil; g = g.Next {
			if ip, ok := addressOf(g.Address); ok {
				gateways = append(gateways, diagnostics.Gateway{Address: ip.String(), Interface: windows.UTF16PtrToString(a.FriendlyName)})
			}
		}
	}
	return gateways, nil
}

// configuredResolvers lists the servers of the adapters that are up. Windows
// fills in site-local addresses where nobody configured any; they lead nowhere.
func configuredResolvers() []diagnostics.Resolver {
	all, err := adapters()
	if err != nil {
		return nil
	}
	seen := map[netip.Addr]bool{}
	var found []diagnostics.Resolver
	for _, a := range all {
		if a.OperStatus != windows.IfOperStatusUp || a.IfType == windows.IF_TYPE_SOFTWARE_LOOPBACK {
			continue
		}
		for s := a.FirstDnsServerAddress; s != nil; s = s.Next {
			ip, ok := addressOf(s.Address)
			if !ok || seen[ip] || netip.MustParsePrefix("fec0::/10").Contains(ip) {
				continue
			}
			seen[ip] = true
			found = append(found, diagnostics.Resolver{Address: ip.String()})
		}
	}
	return found[:min(len(found), maxResolvers)]
}

type neighbour int

const (
	neighbourUnknown neighbour = iota
	neighbourReachable
	neighbourFailed
)

func neighbourState(netip.Addr, string) neighbour { return neighbourUnknown }
