package check

import (
	"strings"
	"time"
	"unicode"
)

// Outcome is what came of a look.
type Outcome string

// The outcomes.
const (
	OK     Outcome = "ok"
	Failed Outcome = "failed"
	// Unable is that whoever looks could not: it says nothing of the service.
	Unable Outcome = "unable"
)

// Result is what one look at a service came to.
type Result struct {
	Outcome   Outcome       `json:"outcome"`
	Says      string        `json:"says"` // the evidence, as one sentence
	Took      time.Duration `json:"took_ns,omitempty"`
	Address   string        `json:"address,omitempty"` // that was spoken to
	Status    int           `json:"status,omitempty"`
	Redirects int           `json:"redirects,omitempty"`

	// The phases, of a page those of its last request.
	Lookup    time.Duration `json:"lookup_ns,omitempty"`
	Connect   time.Duration `json:"connect_ns,omitempty"`
	TLS       time.Duration `json:"tls_ns,omitempty"`
	FirstByte time.Duration `json:"first_byte_ns,omitempty"` // since the beginning of that request

	Expires time.Time `json:"expires,omitzero"` // of the certificate that was shown
}

const maxSays = 300

// Clean is a result from outside as it can be kept and shown.
func (r Result) Clean() Result {
	if r.Outcome != OK && r.Outcome != Failed {
		r.Outcome = Unable
	}
	r.Says, r.Address = OneLine(r.Says, maxSays), OneLine(r.Address, 100)
	for _, d := range []*time.Duration{&r.Took, &r.Lookup, &r.Connect, &r.TLS, &r.FirstByte} {
		*d = min(max(*d, 0), 2*MaxTimeout)
	}
	if r.Status < 0 || r.Status > 999 {
		r.Status = 0
	}
	r.Redirects = min(max(r.Redirects, 0), 99)
	if y := r.Expires.Year(); y < 1970 || y > 9999 {
		r.Expires = time.Time{}
	}
	return r
}

// OneLine is a text as one plain line of at most n letters.
func OneLine(s string, n int) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)), " ")
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}
