package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/deskbell/deskbell/diagnostics"
)

// resolverWait is how long a DNS server has for its answer.
const resolverWait = 1500 * time.Millisecond

// questionFor is what resolvers are asked: for the server's address, which is
// what we need of them, else who serves the root, which every resolver knows.
func questionFor(server *Server) dns.Question {
	q := dns.Question{Name: ".", Qtype: dns.TypeNS, Qclass: dns.ClassINET}
	if server == nil {
		return q
	}
	host := server.Address
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") || host == "" {
		return q // an address, or a name for the hosts file or a search list
	}
	q.Name, q.Qtype = dns.Fqdn(host), dns.TypeA
	return q
}

// slowName is after how long a DNS server is asked once more.
const slowName = 300 * time.Millisecond

// askResolver asks one DNS server one question.
func askResolver(ctx context.Context, r *diagnostics.Resolver, q dns.Question) {
	invents := make(chan string, 1)
	if r.Upstream {
		invents <- ""
	} else {
		go func() { invents <- invented(ctx, r.Address) }()
	}
	defer func() { r.Invents = <-invents }()
	r.Name = strings.TrimSuffix(q.Name, ".")
	if r.Name == "" {
		r.Name = "."
	}
	m, rtt, err := AskDNS(ctx, r.Address, q.Name, q.Qtype)
	if err == nil && rtt >= slowName {
		// It may have had to ask far away. What it knows now it tells at once, unless
		// it is slow itself.
		if again, took, err := AskDNS(ctx, r.Address, q.Name, q.Qtype); err == nil && took < rtt {
			m, rtt = again, took
		}
	}
	if err != nil {
		r.Problem = DNSProblem(err)
		return
	}
	r.Answers, r.RCode, r.RTTms = true, dns.RcodeToString[m.Rcode], max(0.01, round2(rtt.Seconds()*1000))
	if r.RCode == "" {
		r.RCode = "RCODE" // one that nobody has named yet
	}
}

// nowhere is a name that cannot exist (RFC 6761): who names an address for it lies.
const nowhere = "deskbell-check-up.invalid."

// invented asks for a name that cannot exist and returns the address that the
// server names, or nothing.
func invented(ctx context.Context, server string) string {
	m, _, err := AskDNS(ctx, server, nowhere, dns.TypeA)
	if err != nil || m.Rcode != dns.RcodeSuccess {
		return ""
	}
	for _, record := range m.Answer {
		if a, ok := record.(*dns.A); ok {
			return a.A.String()
		}
	}
	return ""
}

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

// Resolvers lists the addresses of the configured DNS servers, those that
// programs ask first.
func Resolvers() []string {
	var all []string
	for _, r := range configuredResolvers() {
		all = append(all, r.Address)
	}
	return all
}
