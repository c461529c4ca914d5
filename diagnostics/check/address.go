package check

import (
	"net/netip"
	"net/url"
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
