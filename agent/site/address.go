// Package site goes the way to a site that an employee names, step by step: the
// name, the connection, the certificate, the answer. It takes nothing along that
// says who asks, and brings back no word of what the site says.
package site

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/deskbell/deskbell/internal/fault"
)

// maxAddress bounds what somebody may write.
const maxAddress = 2000

func errAddress() error { return fault.Say(fault.Invalid, "error.site_form").At("address") }

// parse reads an address as people write it. guessed says that they left out how
// to connect.
func parse(s string) (u *url.URL, guessed bool, err error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return nil, false, fault.Say(fault.Invalid, "error.site_none").At("address")
	case len(s) > maxAddress:
		return nil, false, fault.Say(fault.Invalid, "error.site_long").At("address")
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return nil, false, errAddress()
	}
	if !strings.Contains(s, "://") {
		s, guessed = "https://"+s, true
	}
	u, err = url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return nil, false, errAddress()
	}
	name, err := host(u.Hostname())
	if err != nil {
		return nil, false, err
	}
	switch port := u.Port(); {
	case port != "":
		u.Host = net.JoinHostPort(name, port)
	case strings.Contains(name, ":"):
		u.Host = "[" + name + "]"
	default:
		u.Host = name
	}
	// What follows the question mark may be somebody's secret, and is not needed.
	u.RawQuery, u.Fragment = "", ""
	return u, guessed, nil
}

// host checks a host's name or address and returns it as the network wants it.
func host(s string) (string, error) {
	if ip, err := netip.ParseAddr(s); err == nil {
		if ip.IsMulticast() || ip.IsUnspecified() || ip.Zone() != "" || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
			return "", errAddress()
		}
		return ip.String(), nil
	}
	s = strings.TrimSuffix(s, ".")
	if strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
		var err error
		if s, err = idna.Lookup.ToASCII(s); err != nil {
			return "", errAddress()
		}
	}
	if len(s) > 253 {
		return "", errAddress()
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return "", errAddress()
		}
	}
	return s, nil
}

// isLabel is laxer than the rule for host names: underscores are in use.
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
