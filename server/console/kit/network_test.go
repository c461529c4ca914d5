package kit

import (
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

func TestResolversDisagree(t *testing.T) {
	a := func(server string, answers ...string) wire.DNSPart {
		return wire.DNSPart{Server: server, RCode: "NOERROR", Answers: answers}
	}
	silent, none := wire.DNSPart{Server: "s", Problem: "no answer in 1.5 s"}, wire.DNSPart{Server: "n", RCode: "NXDOMAIN"}
	for name, x := range map[string]struct {
		parts   []wire.DNSPart
		good    bool
		words   string
		differs string // the servers that are marked
	}{
		"one":               {[]wire.DNSPart{a("1", "A 1")}, true, "", ""},
		"all the same":      {[]wire.DNSPart{a("1", "A 1", "A 2"), a("2", "A 2", "A 1")}, true, "All 2 name servers say the same.", ""},
		"one is silent":     {[]wire.DNSPart{a("1", "A 1"), silent}, false, "1 of 2 name servers give no answer.", ""},
		"the only is":       {[]wire.DNSPart{silent}, false, "The name server gives no answer.", ""},
		"one lies":          {[]wire.DNSPart{a("1", "A 1"), a("2", "A 1"), a("3", "A 6")}, false, "The name servers disagree. 1 and 2: A 1; 3: A 6. Large services", "3"},
		"one does not know": {[]wire.DNSPart{a("1", "A 1"), none}, false, "The name servers disagree. 1: A 1; n: NXDOMAIN. Large", "1 n"},
	} {
		good, words := resolversWords(x.parts)
		var marked []string
		for _, p := range x.parts {
			if differs(x.parts, p) {
				marked = append(marked, p.Server)
			}
		}
		if good != x.good || !strings.HasPrefix(words, x.words) || x.words == "" && words != "" || strings.Join(marked, " ") != x.differs {
			t.Errorf("%s: %v %q, %v", name, good, words, marked)
		}
	}
}

func TestLinksOfAChain(t *testing.T) {
	leaf := wire.Certificate{Subject: "CN=mail", Issuer: "CN=middle", SHA256: "l"}
	middle := wire.Certificate{Subject: "CN=middle", Issuer: "CN=root", SHA256: "m"}
	root := wire.Certificate{Subject: "CN=root", Issuer: "CN=root", SHA256: "r"}
	stray := wire.Certificate{Subject: "CN=stray", Issuer: "CN=stray", SHA256: "s"}
	const own, store, sent = "The server's own, sent by the server", "from the machine's own store", "sent by the server"
	for name, x := range map[string]struct {
		part wire.TLSPart
		want []string
	}{
		"whole": {wire.TLSPart{Trusted: true, Chain: []wire.Certificate{leaf, middle, stray}, Built: []wire.Certificate{leaf, middle, root}},
			[]string{"root: Authority that the machine trusts, " + store, "middle: Authority between, " + sent, "mail: " + own, "stray: Not part of the chain, sent by the server, and of no use"}},
		"a gap": {wire.TLSPart{Chain: []wire.Certificate{leaf}, Missing: "CN=middle"}, []string{"gap CN=middle", "mail: " + own}},
		"an authority that nobody knows, in another order": {wire.TLSPart{Chain: []wire.Certificate{leaf, root, middle}},
			[]string{"root: Authority that the machine does not trust, " + sent, "middle: Authority between, " + sent, "mail: " + own}},
		"a circle, as only somebody hostile has it": {wire.TLSPart{Chain: []wire.Certificate{{Subject: "a", Issuer: "b", SHA256: "1"}, {Subject: "b", Issuer: "a", SHA256: "2"}}}, []string{"b: Authority between, " + sent, "a: " + own}},
		"nothing": {wire.TLSPart{Trusted: true}, nil},
	} {
		var got []string
		for _, l := range links(x.part) {
			if l.gap != "" {
				got = append(got, "gap "+l.gap)
				continue
			}
			got = append(got, nameOfCertificate(l.cert)+": "+l.role+", "+l.from)
		}
		if strings.Join(got, "\n") != strings.Join(x.want, "\n") {
			t.Errorf("%s:\n%s", name, strings.Join(got, "\n"))
		}
	}
}

func TestExpiryInDays(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		from, until int // days from now
		good        bool
		words       string
	}{{-10, 90, true, "90 days left"}, {-10, 13, false, "13 days left"}, {-10, 1, false, "1 day left"}, {-10, -3, false, "expired 3 days ago"}, {2, 90, false, "not valid for another 3 days"}} {
		c := wire.Certificate{NotBefore: now.AddDate(0, 0, x.from), NotAfter: now.AddDate(0, 0, x.until)}
		if good, words := expiry(c, now); good != x.good || words != x.words {
			t.Errorf("%d to %d: %v %q", x.from, x.until, good, words)
		}
	}
}

// The phases of a page follow one another and fill the whole.
func TestPhasesAreAWaterfall(t *testing.T) {
	ms := time.Millisecond
	list := httpPhases(wire.HTTPPart{Before: 50 * ms, Lookup: 10 * ms, Connect: 20 * ms, TLS: 30 * ms, FirstByte: 100 * ms, Total: 200 * ms})
	var names []string
	at := 0.0
	for _, p := range list {
		names = append(names, p.name)
		if p.from < at-0.01 || p.from > at+0.01 {
			t.Errorf("%s begins at %.1f %%, not at %.1f", p.name, p.from, at)
		}
		at += p.share
	}
	if got := strings.Join(names, ", "); got != "Redirects before, Name lookup, Connecting, TLS, Waiting for the first byte, Body" || at < 99.9 || at > 100.1 {
		t.Errorf("%s: %.1f %%", got, at)
	}
	if list[4].took != 40*ms || list[5].took != 50*ms {
		t.Errorf("%+v", list)
	}
	for _, p := range httpPhases(wire.HTTPPart{Before: 1 << 62, Lookup: 1 << 62, FirstByte: -5, Total: 1}) {
		if p.from < 0 || p.share < 0 || p.from+p.share > 100.01 {
			t.Errorf("hostile: %+v", p)
		}
	}
}

func TestPathWords(t *testing.T) {
	for want, p := range map[string]wire.PathPart{
		"Nothing answers, not even the first router": {},
		"28 % is lost, from hop 2 (10.0.2.2) on": {Hops: []wire.PathHop{
			{TTL: 1, Addresses: []string{"10.0.1.2"}, Sent: 25, Received: 25}, {TTL: 2, Addresses: []string{"10.0.2.2"}, Sent: 25, Received: 18}, {TTL: 3, Sent: 25, Received: 18, End: true}}},
		"The host answers after 2 hops, nothing is lost, 9.0 ms there and back": {Hops: []wire.PathHop{{TTL: 1, Sent: 3, Received: 1}, {TTL: 2, Sent: 3, Received: 3, Mean: 9 * time.Millisecond, End: true}}},
		"Hop 1 (10.0.1.2) carries it no further: a filter forbids it":           {Hops: []wire.PathHop{{TTL: 1, Addresses: []string{"10.0.1.2"}, Sent: 3, Received: 3, Says: "a filter forbids it"}}},
	} {
		if _, got := PathWords(p, false); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	silent := wire.PathPart{Hops: []wire.PathHop{{TTL: 1, Sent: 3}, {TTL: 2, Sent: 3, Received: 3, End: true}}}
	if got := hopNote(silent, 0); got != "does not answer itself; what is behind it does" {
		t.Error(got)
	}
}
