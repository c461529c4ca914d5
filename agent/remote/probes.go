package remote

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

const (
	lookupWait = 5 * time.Second
	dialWait   = 5 * time.Second
)

// lookup finds a host's addresses, those of IPv4 first.
func lookup(ctx context.Context, name string) ([]netip.Addr, time.Duration, error) {
	if ip, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{ip}, 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupWait)
	defer cancel()
	start := time.Now()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	took := time.Since(start)
	if err != nil {
		return nil, took, err
	}
	var four, six []netip.Addr
	for _, ip := range ips {
		if ip = ip.Unmap(); ip.Is4() {
			four = append(four, ip)
		} else {
			six = append(six, ip)
		}
	}
	return append(four, six...), took, nil
}

func (r *Runner) ping(p wire.PingParams) (job, error) {
	name, err := host("host", p.Host)
	if err != nil {
		return job{}, err
	}
	count, err := between("count", p.Count, 1, 20, 4)
	if err != nil {
		return job{}, err
	}
	limit := lookupWait + time.Duration(count)*1500*time.Millisecond + 2*time.Second
	return job{what: "whether “" + name + "” answers", limit: limit, run: func(ctx context.Context, out *output) error {
		ips, _, err := lookup(ctx, name)
		if err != nil {
			return fault.Wrap(err, fault.Unavailable, fmt.Sprintf("%s: %s.", name, probe.DialProblem(err)))
		}
		part := wire.PingPart{Address: ips[0].String()}
		var unsent error
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		err = probe.Ping(ctx, ips[0], count, time.Second, func(e probe.Echo) {
			part.Seq, part.RTT, part.Answered = e.Seq, e.RTT, e.RTT > 0
			part.Sent++
			if part.Answered {
				part.Received++
			}
			if unsent = send(out, part); unsent != nil {
				cancel()
			}
		})
		switch {
		case unsent != nil:
			return unsent
		case err != nil && ctx.Err() == nil:
			return fault.Wrap(err, fault.Unavailable, fmt.Sprintf("No echo could be sent to %s: %s.", part.Address, probe.DialProblem(err)))
		}
		return err
	}}, nil
}

// questionTypes are the types that can be asked for: those that tell about a
// name, and none that hands out a whole zone.
var questionTypes = []string{"A", "AAAA", "CNAME", "MX", "NS", "TXT", "SOA", "SRV", "PTR", "CAA", "HTTPS", "SVCB", "DS", "DNSKEY", "NAPTR", "TLSA"}

func (r *Runner) dns(p wire.DNSParams) (job, error) {
	kind := strings.ToUpper(p.Type)
	if kind == "" {
		kind = "A"
	}
	if !slices.Contains(questionTypes, kind) {
		return job{}, fault.Field("type", "The parameter “type” can be one of "+strings.Join(questionTypes, ", ")+".")
	}
	name, err := questionName(p.Name, kind)
	if err != nil {
		return job{}, err
	}
	servers := probe.Resolvers()
	if p.Server != "" {
		if _, err := netip.ParseAddr(p.Server); err != nil {
			if _, err := netip.ParseAddrPort(p.Server); err != nil {
				return job{}, fault.Field("server", "The parameter “server” is not the address of a DNS server.")
			}
		}
		servers = []string{p.Server}
	}
	return job{what: "what the name service says of “" + strings.TrimSuffix(name, ".") + "”", limit: 10 * time.Second, run: func(ctx context.Context, out *output) error {
		if len(servers) == 0 {
			return fault.New(fault.NotFound, "No DNS server is configured on this machine.")
		}
		type asked struct {
			part wire.DNSPart
			err  error
		}
		parts := make(chan asked, len(servers))
		for _, s := range servers {
			go func() {
				var a asked
				a.err = caught(func() { a.part = askName(ctx, s, name, mdns.StringToType[kind]) })
				parts <- a
			}()
		}
		for range servers {
			select {
			case a := <-parts:
				if a.err != nil {
					return a.err
				}
				if err := send(out, a.part); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}}, nil
}

// questionName turns an address into the name under which its PTR record is.
func questionName(name, kind string) (string, error) {
	if _, err := netip.ParseAddr(name); err == nil {
		if kind != "PTR" {
			return "", fault.Field("name", "The parameter “name” is an address; only PTR is asked of one.")
		}
		reverse, err := mdns.ReverseAddr(name)
		if err != nil {
			return "", fault.Field("name", "The parameter “name” is not an address that has a name.")
		}
		return reverse, nil
	}
	if name == "." {
		return ".", nil
	}
	ascii, err := host("name", name)
	if err != nil {
		return "", err
	}
	return mdns.Fqdn(ascii), nil
}

func askName(ctx context.Context, server, name string, kind uint16) wire.DNSPart {
	part := wire.DNSPart{Server: server}
	m, rtt, err := probe.AskDNS(ctx, server, name, kind)
	if err != nil {
		part.Problem = probe.DNSProblem(err)
		return part
	}
	part.RTT, part.RCode = rtt, mdns.RcodeToString[m.Rcode]
	if part.RCode == "" {
		part.RCode = "RCODE" + strconv.Itoa(m.Rcode)
	}
	for _, rr := range m.Answer[:min(len(m.Answer), 50)] {
		data := strings.TrimPrefix(rr.String(), rr.Header().String())
		part.Answers = append(part.Answers, oneLine(mdns.TypeToString[rr.Header().Rrtype]+" "+data, 500))
	}
	return part
}

func (r *Runner) tcp(p wire.TCPParams) (job, error) {
	name, err := host("host", p.Host)
	if err != nil {
		return job{}, err
	}
	port, err := between("port", p.Port, 1, 65535, 0)
	if err != nil {
		return job{}, err
	}
	what := fmt.Sprintf("whether port %d of “%s” can be reached", port, name)
	return job{what: what, limit: 20 * time.Second, run: func(ctx context.Context, out *output) error {
		part, conn := connect(ctx, name, port)
		if conn != nil {
			conn.Close()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return send(out, part)
	}}, nil
}

// connect tries up to three of the host's addresses, one after the other, and
// tells of the last one. The connection is nil unless the port is open.
func connect(ctx context.Context, name string, port int) (wire.TCPPart, net.Conn) {
	var part wire.TCPPart
	ips, took, err := lookup(ctx, name)
	part.Lookup = took
	if err != nil {
		part.Problem = probe.DialProblem(err)
		return part, nil
	}
	for _, ip := range ips[:min(len(ips), 3)] {
		one, cancel := context.WithTimeout(ctx, dialWait)
		part.Address = netip.AddrPortFrom(ip, uint16(port)).String()
		start := time.Now()
		var d net.Dialer
		conn, err := d.DialContext(one, "tcp", part.Address)
		cancel()
		part.Connect = time.Since(start)
		if err == nil {
			part.Open, part.Problem = true, ""
			return part, conn
		}
		part.Problem = probe.DialProblem(err)
	}
	return part, nil
}
