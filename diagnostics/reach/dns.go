package reach

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// tries is how often a name server is asked before it is called silent: a packet can get
// lost.
const tries = 2

func (r *Runner) dns(ctx context.Context, s check.Spec, out *check.Result) error {
	servers := []string{s.Server}
	if s.Server == "" {
		if servers = r.Resolvers(); len(servers) == 0 {
			return refusedError("No name server of this machine's own is known. Name one.")
		}
	}
	if s.Server != "" {
		if why := r.refused(s.NameServer()); why != "" {
			return refusedError(why)
		}
	}
	name := dns.Fqdn(s.Host)
	if _, err := netip.ParseAddr(s.Host); err == nil {
		if name, err = dns.ReverseAddr(s.Host); err != nil {
			return refusedError("This address has no name under which PTR could be asked for.")
		}
	}
	var answer *dns.Msg
	var err error
	for _, server := range servers[:min(len(servers), 3)] {
		out.Address = server
		for try := 0; try < tries && !over(ctx); try++ {
			if answer, out.Took, err = AskDNS(ctx, server, name, dns.StringToType[s.Type]); err == nil {
				return judgeAnswer(s, answer, out)
			}
		}
	}
	if over(ctx) {
		return context.DeadlineExceeded
	}
	return fmt.Errorf("The name server %s: %s, %d times.%w", out.Address, DNSProblem(err), tries, quiet{err}) //nolint:staticcheck // a sentence for people
}

// judgeAnswer says what is not as it has to be.
func judgeAnswer(s check.Spec, m *dns.Msg, out *check.Result) error {
	if m.Rcode != dns.RcodeSuccess {
		return fmt.Errorf("The name server %s says %s to %s.", out.Address, dns.RcodeToString[m.Rcode], s.At()) //nolint:staticcheck // a sentence for people
	}
	var got []string
	fits := s.Expect == ""
	for _, rr := range m.Answer {
		if rr.Header().Rrtype != dns.StringToType[s.Type] {
			continue // a name on the way
		}
		data := check.OneLine(strings.TrimPrefix(rr.String(), rr.Header().String()), 200)
		if t, ok := rr.(*dns.TXT); ok {
			data = check.OneLine(strings.Join(t.Txt, ""), 200)
		}
		got = append(got, data)
		fits = fits || alike(data, s.Expect)
	}
	switch {
	case len(got) == 0:
		return fmt.Errorf("The name server %s has no %s of %s.", out.Address, s.Type, s.Host) //nolint:staticcheck // as above
	case !fits:
		return fmt.Errorf("The name server %s says %s; %s is asked for.", out.Address, few(got), check.OneLine(s.Expect, 80)) //nolint:staticcheck // as above
	}
	out.Says = fmt.Sprintf("The name server %s says %s, in %s.", out.Address, few(got), span(out.Took))
	return nil
}

// alike reports whether an answer is the one that was expected: also the name of a mail
// server without its order, and one without the dot at its end.
func alike(data, expect string) bool {
	if a, err := netip.ParseAddr(data); err == nil {
		b, err := netip.ParseAddr(expect)
		return err == nil && a.Unmap() == b.Unmap()
	}
	norm := func(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }
	last := data[strings.LastIndexByte(data, ' ')+1:]
	return norm(data) == norm(expect) || norm(last) == norm(expect)
}

func few(list []string) string {
	if len(list) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:3], ", "), len(list)-3)
	}
	return strings.Join(list, ", ")
}
