package reach

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/miekg/dns"
)

// resolverWait is how long a DNS server has for its answer.
const resolverWait = 1500 * time.Millisecond

// AskDNS asks a DNS server, an address with or without a port, one question, over
// UDP and, when the answer does not fit, over TCP. It has a second and a half.
func AskDNS(ctx context.Context, server, name string, kind uint16) (*dns.Msg, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, resolverWait)
	defer cancel()
	if _, _, err := net.SplitHostPort(server); err != nil {
		server = net.JoinHostPort(server, "53")
	}
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(name), kind)
	m.SetEdns0(1232, false)
	answer, rtt, err := exchange(ctx, "udp", server, m)
	if err != nil {
		return nil, rtt, err
	}
	if answer.Rcode == dns.RcodeFormatError && len(answer.Extra) == 0 {
		// An old one that does not know the extension: as in the old days.
		m.Extra = nil
		if answer, rtt, err = exchange(ctx, "udp", server, m); err != nil {
			return nil, rtt, err
		}
	}
	if answer.Truncated {
		if whole, took, err := exchange(ctx, "tcp", server, m); err == nil {
			return whole, took, nil
		}
	}
	return answer, rtt, nil
}

// exchange sends one question and ends with its context, at once: the library's
// own way looks at the context's deadline only.
func exchange(ctx context.Context, network, server string, m *dns.Msg) (*dns.Msg, time.Duration, error) {
	c := dns.Client{Net: network, Timeout: resolverWait}
	conn, err := c.DialContext(ctx, server)
	if err != nil {
		return nil, 0, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	answer, rtt, err := c.ExchangeWithConnContext(ctx, m, conn)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return answer, rtt, err
}

// DNSProblem says for a technician why a DNS server gave no answer.
func DNSProblem(err error) string {
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return "no answer in 1.5 s"
	}
	return DialProblem(err)
}
