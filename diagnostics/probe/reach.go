package probe

import (
	"context"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"github.com/deskbell/deskbell/diagnostics/reach"
)

// How other machines are reached needs nothing of this one, and is in a package of its
// own, which the server uses as well.

// Echo is one echo that was sent.
type Echo = reach.Echo

// Ping is reach.Ping.
func Ping(ctx context.Context, ip netip.Addr, n int, gap time.Duration, each func(Echo)) error {
	return reach.Ping(ctx, ip, n, gap, each)
}

// AskDNS is reach.AskDNS.
func AskDNS(ctx context.Context, server, name string, kind uint16) (*dns.Msg, time.Duration, error) {
	return reach.AskDNS(ctx, server, name, kind)
}

// DNSProblem is reach.DNSProblem.
func DNSProblem(err error) string { return reach.DNSProblem(err) }

// DialProblem is reach.DialProblem.
func DialProblem(err error) string { return reach.DialProblem(err) }
