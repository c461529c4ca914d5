package probe

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics"
)

// conflictWait is how long another machine has to say that an address is its own.
const conflictWait = 600 * time.Millisecond

// findConflicts asks on every cable and radio link whether somebody else has one
// of this machine's addresses (RFC 5227, without defending it). Where the right to
// do so is missing nothing is found.
func findConflicts(ctx context.Context, all []diagnostics.Interface, asking *sync.WaitGroup) {
	own := map[string]bool{}
	for _, i := range all {
		own[i.MAC] = true
	}
	failed := failedAddresses()
	for n := range all {
		i := &all[n]
		if at := failed[i.Name]; at != "" {
			i.Conflict = at
			continue
		}
		mac, err := net.ParseMAC(i.MAC)
		if err != nil || len(mac) != 6 || !i.Up || !i.Carrier {
			continue
		}
		for _, a := range i.Addresses {
			p, err := netip.ParsePrefix(a)
			if err != nil || !p.Addr().Is4() || p.Addr().IsLinkLocalUnicast() || p.IsSingleIP() {
				continue
			}
			asking.Go(func() {
				if other := askOwner(ctx, i.Name, mac, p.Addr(), own); other != "" {
					i.Conflict = p.Addr().String() + " at " + other
				}
			})
			break // the first stands for all: they came the same way
		}
	}
}

// askOwner sends two ARP probes and returns the hardware address of whoever else
// answers for the address.
func askOwner(ctx context.Context, name string, mac net.HardwareAddr, ip netip.Addr, own map[string]bool) string {
	link, err := net.InterfaceByName(name)
	if err != nil {
		return ""
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(network16(unix.ETH_P_ARP)))
	if err != nil {
		return ""
	}
	f := os.NewFile(uintptr(fd), "arp") // with the poller, so that waiting holds no thread
	defer f.Close()
	everybody := &unix.SockaddrLinklayer{Protocol: network16(unix.ETH_P_ARP), Ifindex: link.Index, Halen: 6, Addr: [8]byte{255, 255, 255, 255, 255, 255}}
	if unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: network16(unix.ETH_P_ARP), Ifindex: link.Index}) != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, conflictWait)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { f.Close() })
	defer stop()
	probe := arpProbe(mac, ip)
	for range 2 {
		if unix.Sendto(fd, probe, 0, everybody) != nil {
			return ""
		}
	}
	var b [128]byte
	for {
		n, err := f.Read(b[:])
		if err != nil {
			return ""
		}
		if from, sender, ok := parseARP(b[:n]); ok && sender == ip && !own[from.String()] {
			return from.String()
		}
	}
}

// network16 turns a number into the network's byte order.
func network16(n uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n))
}

// arpProbe asks for an address without saying that it is ours, so that nobody's
// table changes.
func arpProbe(mac net.HardwareAddr, ip netip.Addr) []byte {
	b := []byte{0, 1, 8, 0, 6, 4, 0, 1}
	b = append(b, mac...)
	b = append(b, 0, 0, 0, 0)
	b = append(b, 0, 0, 0, 0, 0, 0)
	return append(b, ip.AsSlice()...)
}

// parseARP returns who sent an ARP message and for which address.
func parseARP(b []byte) (from net.HardwareAddr, sender netip.Addr, ok bool) {
	if len(b) < 28 || !slices.Equal(b[:6], []byte{0, 1, 8, 0, 6, 4}) {
		return nil, sender, false
	}
	return slices.Clone(b[8:14]), netip.AddrFrom4([4]byte(b[14:18])), true
}

// failedAddresses are the IPv6 addresses that the kernel itself found taken, by
// interface.
func failedAddresses() map[string]string {
	b, err := os.ReadFile("/proc/net/if_inet6")
	if err != nil {
		return nil
	}
	return parseFailed(string(b))
}

// parseFailed reads lines of address, index, length, scope, flags, name, all in
// hexadecimal but the name. The flag 8 is “duplicate address detection failed”.
func parseFailed(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 6 || len(f[0]) != 32 || len(f[4]) != 2 || !strings.ContainsRune("89abcdef", rune(f[4][1])) {
			continue
		}
		var groups []string
		for i := 0; i < 32; i += 4 {
			groups = append(groups, f[0][i:i+4])
		}
		if ip, err := netip.ParseAddr(strings.Join(groups, ":")); err == nil {
			all[f[5]] = ip.String()
		}
	}
	return all
}
