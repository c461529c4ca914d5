package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/deskbell/deskbell/internal/fault"
)

func asTypeError(err error) (*json.UnmarshalTypeError, bool) {
	return errors.AsType[*json.UnmarshalTypeError](err)
}

// oneLine makes a text fit for a line that a person reads: no control or
// invisible characters, at most n of them.
func oneLine(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}

// maxHost is the longest name that DNS can hold, in characters.
const maxHost = 253

// host checks a host's name or address and returns it in the form that the
// network wants.
func host(field, s string) (string, error) {
	what := "The parameter “" + field + "”"
	switch {
	case s == "":
		return "", fault.Field(field, what+" is missing: it is a host's name or address.")
	case len(s) > 4*maxHost:
		return "", fault.Field(field, what+" is too long for a host's name.")
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return "", fault.Field(field, what+" has a blank or a control character in it.")
	}
	if ip, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		if ip.IsMulticast() || ip.IsUnspecified() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
			return "", fault.Field(field, what+" is an address of many machines. Name one.")
		}
		return ip.String(), nil
	}
	ascii := strings.TrimSuffix(s, ".")
	if strings.ContainsFunc(ascii, func(r rune) bool { return r > unicode.MaxASCII }) {
		var err error
		if ascii, err = idna.Lookup.ToASCII(ascii); err != nil {
			return "", fault.Field(field, what+" is not a host's name or address.")
		}
	}
	if len(ascii) > maxHost {
		return "", fault.Field(field, what+" is longer than the 253 characters that a host's name can have.")
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if !isLabel(label) {
			return "", fault.Field(field, what+" is not a host's name or address.")
		}
	}
	return ascii, nil
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

// between checks a number; 0 stands for the default.
func between(field string, n, low, high, standard int) (int, error) {
	if n == 0 {
		n = standard
	}
	if n < low || n > high {
		return 0, fault.Field(field, fmt.Sprintf("The parameter “%s” is %d; it can be from %d to %d.", field, n, low, high))
	}
	return n, nil
}
