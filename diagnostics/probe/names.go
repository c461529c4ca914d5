package probe

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/deskbell/deskbell/diagnostics"
)

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

// Resolvers lists the addresses of the configured DNS servers, those that
// programs ask first.
func Resolvers() []string {
	var all []string
	for _, r := range configuredResolvers() {
		all = append(all, r.Address)
	}
	return all
}
