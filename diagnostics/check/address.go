package check

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/deskbell/deskbell/internal/fault"
)

// Address checks the address of a page.
func Address(s string) (*url.URL, error) {
	s = strings.TrimSpace(s)
	u, err := url.Parse(s)
	if err != nil || len(s) > maxURL || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" {
		return nil, fault.Field("url", "An address is written as https://host/path.")
	}
	if u.User != nil {
		return nil, fault.Field("url", "There is a name or a password in the address. Send them in a header.")
	}
	if _, err := host("url", u.Hostname()); err != nil {
		return nil, err
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return nil, fault.Field("url", "The port in the address is no number from 1 to 65535.")
		}
	}
	u.Fragment = ""
	return u, nil
}

// Refused says why nobody looks at an address; empty: it can be looked at. Those of the
// link are refused, at which clouds give their machines secrets, and those of many.
func Refused(ip netip.Addr) string {
	ip = ip.Unmap().WithZone("")
	switch {
	case !ip.IsValid():
		return "That is no address."
	case ip.IsLinkLocalUnicast() || ip == netip.MustParseAddr("fd00:ec2::254") || ip == netip.MustParseAddr("100.100.100.200"):
		return ip.String() + " is an address for a machine's own link only, at which clouds keep secrets. Nothing is sent there."
	case ip.IsMulticast() || ip.IsUnspecified() || ip == netip.MustParseAddr("255.255.255.255"):
		return ip.String() + " is no single machine's address. Nothing is sent there."
	}
	return ""
}

// Own says why nobody looks at an address for others: it is the computer's own.
func Own(ip netip.Addr) string {
	if ip = ip.Unmap(); ip.IsLoopback() {
		return ip.String() + " is the computer itself from which one looks. Nothing is sent there."
	}
	return ""
}

// OwnName reports whether a host is the computer itself from which one looks.
func OwnName(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.Unmap().IsLoopback()
}

// Afar says why a check cannot be looked at from somebody's computer; nil: it can. What
// is sent along may be a secret, and none leaves the server.
func (s *Spec) Afar() error {
	u, _ := url.Parse(s.URL) // an address that cannot be read is refused elsewhere
	switch {
	case len(s.Headers) > 0:
		return fault.Field("headers", "Headers are sent from this server only: they may be somebody's secret. Take the sites out, or the headers.")
	case s.Body != "" || s.Kind == HTTP && !slices.Contains(AfarMethods(), s.Method):
		return fault.Field("method", "From sites a page is asked for by GET, HEAD or OPTIONS, and nothing is sent to it.")
	case s.Kind == HTTP && u != nil && (u.RawQuery != "" || u.ForceQuery):
		return fault.Field("url", "What follows the question mark is sent from this server only: it may be somebody's secret. Take the sites out, or what follows it.")
	case OwnName(s.Target()) || OwnName(s.Host) || s.Server != "" && s.NameServer().Unmap().IsLoopback():
		return fault.Field("sites", "That is whichever computer looks. From sites only other machines can be looked at.")
	}
	return nil
}

// AfarMethods lists how a page can be asked for from somebody's computer.
func AfarMethods() []string { return []string{http.MethodGet, http.MethodHead, http.MethodOptions} }

// host is a name or an address that can be looked at.
func host(field, s string) (string, error) {
	s, err := name(field, s)
	if err != nil {
		return "", err
	}
	if ip, err := netip.ParseAddr(s); err == nil {
		if why := Refused(ip); why != "" {
			return "", fault.Field(field, why)
		}
	}
	return s, nil
}

func name(field, s string) (string, error) {
	s = strings.TrimSpace(s)
	if ip, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return ip.String(), nil
	}
	wrong := fault.Field(field, "Name a host, for example intranet.example.com or 10.0.0.5.")
	s = strings.TrimSuffix(s, ".")
	if strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
		var err error
		if s, err = idna.Lookup.ToASCII(s); err != nil {
			return "", wrong
		}
	}
	if len(s) > 253 {
		return "", wrong
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", wrong
		}
	}
	return s, nil
}

// At is what is looked at, as one line that a person reads: without what follows the
// question mark, which may be somebody's secret.
func (s *Spec) At() string {
	switch s.Kind {
	case HTTP:
		if u, err := url.Parse(s.URL); err == nil {
			return u.Scheme + "://" + u.Host + u.EscapedPath()
		}
		return "a page"
	case DNS:
		return s.Type + " " + s.Host
	case ICMP:
		return s.Host
	}
	return s.Host + ":" + strconv.Itoa(s.Port)
}

// Target is the machine that is looked at, by which checks of the same one are known.
func (s *Spec) Target() string {
	switch {
	case s.Kind == DNS && s.Server != "":
		return s.Server
	case s.Kind == HTTP:
		if u, err := url.Parse(s.URL); err == nil {
			return strings.ToLower(u.Hostname())
		}
	}
	return strings.ToLower(s.Host)
}

// NameServer is the address of the name server that is asked, if one is named.
func (s *Spec) NameServer() netip.Addr {
	if at, err := netip.ParseAddrPort(s.Server); err == nil {
		return at.Addr()
	}
	ip, _ := netip.ParseAddr(s.Server) // none is refused wherever it is looked at
	return ip
}

// Secret names a header that is likely a secret; empty: there is none.
func (s *Spec) Secret() string {
	for _, h := range s.Headers {
		low := strings.ToLower(h.Name)
		for _, word := range []string{"auth", "cookie", "token", "key", "secret", "password", "session", "credential"} {
			if strings.Contains(low, word) {
				return h.Name
			}
		}
	}
	return ""
}
