//go:build !windows

package probe

import (
	"net/netip"

	"github.com/miekg/dns"

	"github.com/deskbell/deskbell/diagnostics"
)

// configuredResolvers reads resolv.conf. When it names only systemd's own stub,
// the servers that this asks come after it: they tell whose fault it is.
func configuredResolvers() []diagnostics.Resolver {
	return resolversOf("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf")
}

func resolversOf(conf, upstream string) []diagnostics.Resolver {
	var all []diagnostics.Resolver
	stub := false
	for _, a := range nameservers(conf) {
		stub = stub || a == "127.0.0.53" || a == "127.0.0.54"
		all = append(all, diagnostics.Resolver{Address: a})
	}
	if stub {
		for _, a := range nameservers(upstream) {
			all = append(all, diagnostics.Resolver{Address: a, Upstream: true})
		}
	}
	return all[:min(len(all), maxResolvers)]
}

func nameservers(path string) []string {
	c, err := dns.ClientConfigFromFile(path)
	if err != nil {
		return nil
	}
	var all []string
	for _, s := range c.Servers {
		if _, err := netip.ParseAddr(s); err == nil {
			all = append(all, s)
		}
	}
	return all
}

// searchDomains are those that are tried behind a short name.
func searchDomains() []string {
	c, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return nil
	}
	var all []string
	for _, d := range c.Search[:min(len(c.Search), 8)] {
		all = append(all, plainLine(d, 253))
	}
	return all
}
