package survey

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/deskbell/deskbell/internal/wire"
)

// digest makes of a machine's answer the few words by which it is counted, and
// what else there is to say. What a machine says is hostile text: only what has the
// kind's own form gets through, as one plain line.
func digest(k wire.AskKind, parts []json.RawMessage) (group, detail string) {
	switch k {
	case wire.AskHasFinding:
		return has(parts, "shows it", "does not show it")
	case wire.AskHasProcess:
		return has(parts, "runs it", "does not run it")
	case wire.AskHasSoftware:
		return last(parts, func(p wire.HasPart) (string, string) {
			if !p.Has {
				return "not installed", ""
			}
			if versions := strings.Trim(strings.Join(p.Values, ", "), ", "); versions != "" {
				return versions, ""
			}
			return "installed, no version is told", ""
		})
	case wire.AskPing:
		return pinged(parts)
	case wire.AskPath:
		return last(parts, way)
	case wire.AskPortal:
		return last(parts, func(p wire.PortalPart) (string, string) {
			switch p.State {
			case wire.PortalNone:
				return "nothing stands between", p.Asked
			case wire.PortalCaptive:
				return "has to sign in to the network", p.Leads
			case wire.PortalIntercepted:
				return "somebody answers in the server's place", p.Issuer
			}
			return "nothing answers", p.Problem
		})
	case wire.AskProxy:
		return last(parts, func(p wire.ProxyPart) (string, string) {
			var found []string
			for _, s := range p.Settings {
				found = append(found, s.Name+" "+s.Value)
			}
			return strings.TrimSuffix(p.Verdict().Sentence, "."), strings.Join(found, "; ")
		})
	case wire.AskDNS:
		return resolved(parts)
	case wire.AskTCP:
		return last(parts, func(p wire.TCPPart) (string, string) {
			if p.Open {
				return "open", p.Address + " in " + ms(p.Connect)
			}
			return "not reached: " + problem(p.Problem), p.Address
		})
	case wire.AskHTTP:
		return last(parts, func(p wire.HTTPPart) (string, string) {
			if p.Problem != "" {
				return "not opened: " + problem(p.Problem), p.FinalURL
			}
			detail := p.FinalURL + " in " + ms(p.Total)
			if p.Proxy != "" {
				detail += " by the proxy " + p.Proxy
			}
			return fmt.Sprintf("opened: %d", p.Status), detail
		})
	case wire.AskTLS:
		return last(parts, certificate)
	}
	return unread, ""
}

const unread = "an answer that cannot be read"

func last[P any](parts []json.RawMessage, f func(P) (string, string)) (string, string) {
	var p P
	if len(parts) == 0 || json.Unmarshal(parts[len(parts)-1], &p) != nil {
		return unread, ""
	}
	group, detail := f(p)
	return oneLine(group), oneLine(detail)
}

func has(parts []json.RawMessage, yes, no string) (string, string) {
	return last(parts, func(p wire.HasPart) (string, string) {
		if !p.Has {
			return no, ""
		}
		return yes, strings.Join(p.Values, "; ")
	})
}

func pinged(parts []json.RawMessage) (string, string) {
	var best time.Duration
	return last(parts, func(p wire.PingPart) (string, string) {
		for _, raw := range parts {
			var one wire.PingPart
			if json.Unmarshal(raw, &one) == nil && one.Answered && (best == 0 || one.RTT < best) {
				best = one.RTT
			}
		}
		switch {
		case p.Received <= 0:
			return "does not answer", p.Address
		case p.Received < p.Sent:
			return "loses packets", fmt.Sprintf("%s, %d of %d answered, best %s", p.Address, p.Received, p.Sent, ms(best))
		}
		return "answers", p.Address + ", best " + ms(best)
	})
}

// way says what became of the way to a host; where it breaks is what machines have in common.
func way(p wire.PathPart) (string, string) {
	v := p.Verdict()
	at := ""
	if v.Hop != nil && len(v.Hop.Addresses) > 0 {
		at = v.Hop.Addresses[0]
	}
	hops := fmt.Sprintf("%s, %d hops", p.Address, len(p.Hops))
	switch v.State {
	case wire.PathWhole:
		return "reaches it", hops + ", " + ms(v.Hop.Mean)
	case wire.PathLossy:
		return "loses packets from " + at + " on", fmt.Sprintf("%s, %.0f %% lost", hops, 100*p.Hops[len(p.Hops)-1].Loss())
	case wire.PathRefused:
		return at + " carries it no further: " + v.Hop.Says, hops
	case wire.PathCircle:
		return "goes in a circle at " + at, hops
	case wire.PathEnds:
		return "nothing answers after " + at, hops
	}
	return "nothing answers on the way", p.Address
}

func resolved(parts []json.RawMessage) (string, string) {
	var groups, details []string
	for _, raw := range parts {
		var p wire.DNSPart
		if json.Unmarshal(raw, &p) != nil {
			return unread, ""
		}
		answers := slices.Sorted(slices.Values(p.Answers))
		said := p.RCode
		switch {
		case p.Problem != "":
			said = problem(p.Problem)
		case len(answers) > 0:
			said = strings.Join(answers, ", ")
		}
		if !slices.Contains(groups, said) {
			groups = append(groups, said)
		}
		details = append(details, p.Server+": "+said+" in "+ms(p.RTT))
	}
	if len(groups) == 0 {
		return "has no name server", ""
	}
	slices.Sort(groups) // the order of the name servers is no difference
	return oneLine(strings.Join(groups, " / ")), oneLine(strings.Join(details, "; "))
}

func certificate(p wire.TLSPart) (string, string) {
	if len(p.Chain) == 0 {
		return "no certificate: " + problem(p.Problem), ""
	}
	leaf := p.Chain[0]
	group := "trusted"
	if !p.Trusted {
		group = "not trusted: " + problem(p.Problem)
	}
	print := leaf.SHA256
	return group + ", until " + leaf.NotAfter.UTC().Format("2006-01-02") + ", by " + leaf.Issuer, leaf.Subject + ", SHA-256 " + print[:min(len(print), 16)]
}

func problem(s string) string {
	if s == "" {
		return "no reason is told"
	}
	return s
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }

// oneLine makes a text fit for a line that a person reads.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxText {
		return string(runes[:maxText-1]) + "…"
	}
	return s
}
