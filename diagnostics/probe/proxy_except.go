package probe

import (
	"net"
	"net/netip"
	"path"
	"strconv"
	"strings"
)

// excepts reports whether an exception from a proxy is for a host: a name, an
// address, a network, a pattern with stars. under: it is for all under the name too.
func excepts(one, host, port string, under bool) bool {
	one, host = strings.ToLower(strings.TrimSpace(one)), strings.ToLower(strings.TrimSuffix(host, "."))
	if _, rest, ok := strings.Cut(one, "://"); ok {
		one = rest // a scheme before it is rare, and means no more than its host here
	}
	if one == "" || len(one) > 300 {
		return false
	}
	if one == "<local>" {
		return !strings.Contains(host, ".") && net.ParseIP(host) == nil
	}
	if n, ok := network(one); ok {
		ip, err := netip.ParseAddr(host)
		return err == nil && n.Contains(ip.Unmap())
	}
	if h, p, err := net.SplitHostPort(one); err == nil {
		if p != port {
			return false
		}
		one = h
	}
	one = strings.TrimSuffix(strings.Trim(one, "[]"), ".")
	if name, ok := strings.CutPrefix(one, "*."); ok && under {
		one = name
	}
	if strings.Contains(one, "*") {
		ok, err := path.Match(globOf(one), host)
		return err == nil && ok
	}
	if name, ok := strings.CutPrefix(one, "."); ok {
		return strings.HasSuffix(host, "."+name) || under && host == name
	}
	return host == one || under && strings.HasSuffix(host, "."+one)
}

// globOf keeps the stars and takes their meaning from all else that means something.
func globOf(s string) string {
	return strings.NewReplacer(`\`, `\\`, "?", `\?`, "[", `\[`, "]", `\]`).Replace(s)
}

// network reads “10.0.0.0/8”, and “169.254/16” as macOS writes it.
func network(s string) (netip.Prefix, bool) {
	address, bits, ok := strings.Cut(s, "/")
	if !ok {
		return netip.Prefix{}, false
	}
	if !strings.Contains(address, ":") {
		for strings.Count(address, ".") < 3 {
			address += ".0"
		}
	}
	ip, err := netip.ParseAddr(strings.Trim(address, "[]"))
	n, err2 := strconv.Atoi(bits)
	if err != nil || err2 != nil {
		return netip.Prefix{}, false
	}
	p, err := ip.Prefix(n)
	return p, err == nil
}
