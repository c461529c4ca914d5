package pac

import (
	"context"
	"net/netip"
	"path"
	"strings"

	"github.com/dop251/goja"
)

// scope is what one script sees.
type scope struct {
	vm    *goja.Runtime
	ctx   context.Context
	world World
	names int
	known map[string]netip.Addr
}

// functions are those that every script may use. Their names and meanings are
// Netscape's; where Mozilla's documentation and browsers differ from it, theirs count.
func (s *scope) functions() map[string]any {
	return map[string]any{
		"isPlainHostName": func(host string) bool { return !strings.Contains(host, ".") },
		"dnsDomainIs": func(host, domain string) bool {
			return strings.HasSuffix(strings.ToLower(host), strings.ToLower(domain))
		},
		"localHostOrDomainIs": localHostOrDomainIs,
		"dnsDomainLevels":     func(host string) int { return strings.Count(host, ".") },
		"isResolvable":        func(host string) bool { _, ok := s.resolve(host); return ok },
		"dnsResolve":          s.dnsResolve,
		"myIpAddress":         s.myAddress,
		"isInNet":             s.isInNet,
		"shExpMatch":          shExpMatch,
		"convert_addr":        convert,
		"weekdayRange":        s.weekdayRange,
		"dateRange":           s.dateRange,
		"timeRange":           s.timeRange,
		"alert":               func(string) {},
	}
}

func localHostOrDomainIs(host, full string) bool {
	host, full = strings.ToLower(host), strings.ToLower(full)
	if host == full {
		return true
	}
	name, _, dotted := strings.Cut(full, ".")
	return dotted && host == name
}

// resolve asks for a name once.
func (s *scope) resolve(host string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(host); err == nil {
		return a, true
	}
	if a, ok := s.known[host]; ok {
		return a, a.IsValid()
	}
	if s.names >= maxNames || s.ctx.Err() != nil {
		return netip.Addr{}, false
	}
	s.names++
	a, ok := s.world.Resolve(s.ctx, host)
	if !ok {
		a = netip.Addr{}
	}
	if s.known == nil {
		s.known = map[string]netip.Addr{}
	}
	s.known[host] = a
	return a, ok
}

func (s *scope) dnsResolve(host string) any {
	if a, ok := s.resolve(host); ok {
		return a.Unmap().String()
	}
	return goja.Null()
}

func (s *scope) myAddress() string {
	if !s.world.Own.IsValid() {
		return "127.0.0.1"
	}
	return s.world.Own.Unmap().String()
}

// isInNet compares under a mask, of IPv4 alone: scripts have no other.
func (s *scope) isInNet(host, pattern, mask string) bool {
	a, ok := s.resolve(host)
	p, errP := netip.ParseAddr(pattern)
	m, errM := netip.ParseAddr(mask)
	a = a.Unmap()
	if !ok || errP != nil || errM != nil || !a.Is4() || !p.Is4() || !m.Is4() {
		return false
	}
	x, y, z := a.As4(), p.As4(), m.As4()
	for i := range x {
		if x[i]&z[i] != y[i]&z[i] {
			return false
		}
	}
	return true
}

// convert makes a number of an IPv4 address, 0 of what is none.
func convert(host string) int64 {
	a, err := netip.ParseAddr(host)
	if err != nil || !a.Is4() {
		return 0
	}
	b := a.As4()
	return int64(b[0])<<24 | int64(b[1])<<16 | int64(b[2])<<8 | int64(b[3])
}

// shExpMatch knows * and ?, and a slash is a letter like any other.
func shExpMatch(text, pattern string) bool {
	if len(text) > 8<<10 || len(pattern) > 1<<10 {
		return false
	}
	const letter = "\x00" // path.Match stops at slashes
	text = strings.ReplaceAll(text, "/", letter)
	pattern = strings.NewReplacer("/", letter, `\`, `\\`, "[", `\[`).Replace(pattern)
	ok, err := path.Match(pattern, text)
	return ok && err == nil
}
