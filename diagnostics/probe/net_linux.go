package probe

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics"
)

// describe adds what the kernel's device tree says of an interface.
func describe(i *diagnostics.Interface) {
	if strings.ContainsAny(i.Name, "/\x00") || i.Name == "." || i.Name == ".." {
		return
	}
	dir := "/sys/class/net/" + i.Name
	if !exists(dir) {
		return // a network of its own, and the system's /sys
	}
	i.Virtual = !exists(dir + "/device")
	i.Wireless = exists(dir+"/wireless") || exists(dir+"/phy80211")
	i.Carrier = readLine(dir+"/carrier") == "1" // of an interface that is down it cannot be read
	// Some drivers count a broken frame only as what was broken about it.
	var broken uint64
	for _, name := range []string{"rx_crc_errors", "rx_frame_errors", "rx_length_errors"} {
		if n, err := strconv.ParseUint(readLine(dir+"/statistics/"+name), 10, 64); err == nil {
			broken += n
		}
	}
	i.RxErrors = max(i.RxErrors, broken)
	if mbps, err := strconv.Atoi(readLine(dir + "/speed")); err == nil && mbps > 0 {
		i.SpeedMbps = mbps
	}
}

// wirelessSignals reads the signal of each wireless interface in dBm. The newest
// drivers no longer fill this table; then the signal is not known.
func wirelessSignals() map[string]int {
	b, err := os.ReadFile("/proc/net/wireless")
	if err != nil {
		return nil
	}
	return parseWireless(string(b))
}

func parseWireless(text string) map[string]int {
	all := map[string]int{}
	for line := range strings.Lines(text) {
		name, rest, ok := strings.Cut(line, ":")
		f := strings.Fields(rest)
		if !ok || len(f) < 3 {
			continue
		}
		level, err := strconv.ParseFloat(strings.TrimSuffix(f[2], "."), 64)
		if err != nil {
			continue
		}
		if level > 63 {
			level -= 256 // a byte that was printed without its sign
		}
		if level < 0 {
			all[strings.TrimSpace(name)] = int(level)
		}
	}
	return all
}

// defaultRoutes lists the next hops of the default routes, the preferred first.
func defaultRoutes() ([]diagnostics.Gateway, error) {
	four, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return nil, err
	}
	six, err := os.ReadFile("/proc/net/ipv6_route")
	if err != nil && !os.IsNotExist(err) { // a kernel without IPv6 has no such file
		return nil, err
	}
	return append(parseRoutes4(four), parseRoutes6(six)...), nil
}

const routeUp, routeGateway, routeReject = 0x1, 0x2, 0x200 // linux/route.h

type routed struct {
	diagnostics.Gateway
	metric uint64
}

func gatewaysOf(all []routed) []diagnostics.Gateway {
	slices.SortStableFunc(all, func(a, b routed) int {
		switch {
		case a.metric < b.metric:
			return -1
		case a.metric > b.metric:
			return 1
		}
		return 0
	})
	var gateways []diagnostics.Gateway
	for _, r := range all {
		if !slices.Contains(gateways, r.Gateway) {
			gateways = append(gateways, r.Gateway)
		}
	}
	return gateways
}

// parseRoutes4 reads /proc/net/route: addresses are in the machine's byte order.
// A pair of half-routes, as VPNs set it, is a default route as well.
func parseRoutes4(b []byte) []diagnostics.Gateway {
	var all []routed
	for line := range bytes.Lines(b) {
		f := strings.Fields(string(line))
		if len(f) < 8 {
			continue
		}
		flags, err := strconv.ParseUint(f[3], 16, 32)
		whole := f[1] == "00000000" && f[7] == "00000000"
		half := f[7] == "00000080" && (f[1] == "00000000" || f[1] == "00000080")
		if err != nil || flags&routeUp == 0 || flags&routeReject != 0 || !whole && !half {
			continue
		}
		metric, _ := strconv.ParseUint(f[6], 10, 64) // 0 is the usual one
		r := routed{diagnostics.Gateway{Interface: f[0]}, metric}
		if raw, err := hex.DecodeString(f[2]); err == nil && len(raw) == 4 && flags&routeGateway != 0 {
			r.Address = netip.AddrFrom4([4]byte(binary.NativeEndian.AppendUint32(nil, binary.BigEndian.Uint32(raw)))).String()
		}
		all = append(all, r)
	}
	return gatewaysOf(all)
}

func parseRoutes6(b []byte) []diagnostics.Gateway {
	const zero = "00000000000000000000000000000000"
	var all []routed
	for line := range bytes.Lines(b) {
		f := strings.Fields(string(line))
		if len(f) < 10 || f[0] != zero || f[1] != "00" || f[9] == "lo" {
			continue
		}
		flags, err := strconv.ParseUint(f[8], 16, 32)
		if err != nil || flags&routeUp == 0 || flags&routeReject != 0 {
			continue
		}
		metric, _ := strconv.ParseUint(f[5], 16, 64)
		r := routed{diagnostics.Gateway{Interface: f[9]}, metric}
		if raw, err := hex.DecodeString(f[4]); err == nil && len(raw) == 16 && flags&routeGateway != 0 {
			r.Address = netip.AddrFrom16([16]byte(raw)).String()
		}
		all = append(all, r)
	}
	return gatewaysOf(all)
}

type neighbour int

const (
	neighbourUnknown neighbour = iota
	neighbourReachable
	neighbourFailed
)

// neighbourState asks the kernel what the link layer knows of an address. Only
// what was confirmed in the last seconds counts as reachable.
func neighbourState(ip netip.Addr, on string) neighbour {
	b, err := syscall.NetlinkRIB(unix.RTM_GETNEIGH, unix.AF_UNSPEC)
	if err != nil {
		return neighbourUnknown
	}
	messages, err := syscall.ParseNetlinkMessage(b)
	if err != nil {
		return neighbourUnknown
	}
	for _, m := range messages {
		if m.Header.Type != unix.RTM_NEWNEIGH {
			continue
		}
		if address, state, ok := parseNeighbour(m.Data); ok && address == ip.WithZone("").Unmap() {
			switch {
			case state&(unix.NUD_REACHABLE|unix.NUD_PERMANENT|unix.NUD_NOARP) != 0:
				return neighbourReachable
			case state&unix.NUD_FAILED != 0, state&unix.NUD_INCOMPLETE != 0:
				return neighbourFailed
			}
		}
	}
	return neighbourUnknown
}

// parseNeighbour reads one ndmsg with its attributes (rtnetlink(7)).
func parseNeighbour(b []byte) (address netip.Addr, state uint16, ok bool) {
	if len(b) < unix.SizeofNdMsg {
		return address, 0, false
	}
	state = binary.NativeEndian.Uint16(b[8:])
	for rest := b[unix.SizeofNdMsg:]; len(rest) >= 4; {
		size, kind := int(binary.NativeEndian.Uint16(rest)), binary.NativeEndian.Uint16(rest[2:])
		if size < 4 || size > len(rest) {
			break
		}
		if kind == unix.NDA_DST {
			address, ok = netip.AddrFromSlice(rest[4:size])
		}
		rest = rest[min(len(rest), (size+3)&^3):]
	}
	return address, state, ok
}
