package survey

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/wire"
)

func TestDigest(t *testing.T) {
	at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		kind          wire.AskKind
		parts         []any
		group, detail string
	}{
		"ping":           {wire.AskPing, []any{wire.PingPart{Sent: 1, Received: 1, Answered: true, Address: "192.0.2.1", RTT: 3 * time.Millisecond}, wire.PingPart{Sent: 2, Received: 2, Answered: true, Address: "192.0.2.1", RTT: time.Millisecond}}, "answers", "192.0.2.1, best 1.0 ms"},
		"ping lost":      {wire.AskPing, []any{wire.PingPart{Sent: 1, Answered: true, Received: 1, RTT: time.Millisecond}, wire.PingPart{Sent: 2, Received: 1, Address: "192.0.2.1"}}, "loses packets", "192.0.2.1, 1 of 2 answered, best 1.0 ms"},
		"no ping":        {wire.AskPing, []any{wire.PingPart{Sent: 1, Address: "192.0.2.1"}}, "does not answer", "192.0.2.1"},
		"names":          {wire.AskDNS, []any{wire.DNSPart{Server: "b", Answers: []string{"A 2", "A 1"}}, wire.DNSPart{Server: "a", Answers: []string{"A 1", "A 2"}}}, "A 1, A 2", "b: A 1, A 2 in 0.0 ms; a: A 1, A 2 in 0.0 ms"},
		"names disagree": {wire.AskDNS, []any{wire.DNSPart{Server: "b", RCode: "NXDOMAIN"}, wire.DNSPart{Server: "a", Answers: []string{"A 1"}}}, "A 1 / NXDOMAIN", "b: NXDOMAIN in 0.0 ms; a: A 1 in 0.0 ms"},
		"way":            {wire.AskPath, []any{pathPart(10, true)}, "reaches it", "203.0.113.1, 2 hops, 4.0 ms"},
		"lossy way":      {wire.AskPath, []any{pathPart(10, true), pathPart(7, true)}, "loses packets from 203.0.113.1 on", "203.0.113.1, 2 hops, 30 % lost"},
		"way that ends":  {wire.AskPath, []any{pathPart(0, false)}, "nothing answers after 10.0.0.1", "203.0.113.1, 2 hops"},
		"no way":         {wire.AskPath, []any{wire.PathPart{Address: "203.0.113.1"}}, "nothing answers on the way", "203.0.113.1"},
		"signs in":       {wire.AskPortal, []any{wire.PortalPart{State: wire.PortalCaptive, Leads: "http://wifi/"}}, "has to sign in to the network", "http://wifi/"},
		"no sign-in":     {wire.AskPortal, []any{wire.PortalPart{State: wire.PortalNone, Asked: "http://x/"}}, "nothing stands between", "http://x/"},
		"proxy":          {wire.AskProxy, []any{wire.ProxyPart{Ways: []wire.ProxyWay{{By: "agent", State: wire.ProxyThrough, Proxy: "http://p:3128"}}, Settings: []wire.ProxySetting{{Name: "HTTPS_PROXY", Value: "p:3128"}}, Proxies: []wire.ProxyTry{{Proxy: "http://p:3128", Open: true, Status: 407}}}}, "Through p:3128, which wants a sign-in", "HTTPS_PROXY p:3128"},
		"port":           {wire.AskTCP, []any{wire.TCPPart{Problem: "The connection was refused"}}, "not reached: The connection was refused", ""},
		"page":           {wire.AskHTTP, []any{wire.HTTPPart{Status: 503, FinalURL: "http://x/", Total: 20 * time.Millisecond, Proxy: "http://p:3128"}}, "opened: 503", "http://x/ in 20.0 ms by the proxy http://p:3128"},
		"certificate":    {wire.AskTLS, []any{wire.TLSPart{Trusted: true, Chain: []wire.Certificate{{Subject: "CN=x", Issuer: "CN=CA", NotAfter: at, SHA256: strings.Repeat("ab", 32)}}}}, "trusted, until 2026-12-01, by CN=CA", "CN=x, SHA-256 abababababababab"},
		"versions":       {wire.AskHasSoftware, []any{wire.HasPart{Has: true, Count: 2, Values: []string{"1.0", "2.0"}}}, "1.0, 2.0", ""},
		"none installed": {wire.AskHasSoftware, []any{wire.HasPart{}}, "not installed", ""},
		"nothing":        {wire.AskTLS, nil, unread, ""},
		"another form":   {wire.AskHasProcess, []any{"yes"}, unread, ""},
	} {
		var parts []json.RawMessage
		for _, p := range c.parts {
			parts = append(parts, part(p).Data)
		}
		if group, detail := digest(c.kind, parts); group != c.group || detail != c.detail {
			t.Errorf("%s: %q, %q", name, group, detail)
		}
	}
	group, _ := digest(wire.AskTCP, []json.RawMessage{part(wire.TCPPart{Problem: strings.Repeat("a\u202e\x1b[2J\n", 5000)}).Data})
	if utf8.RuneCountInString(group) > maxText || strings.ContainsAny(group, "\x1b\n\u202e") {
		t.Errorf("hostile text became %q", group)
	}
}

func pathPart(received int, end bool) wire.PathPart {
	return wire.PathPart{Address: "203.0.113.1", Hops: []wire.PathHop{
		{TTL: 1, Addresses: []string{"10.0.0.1"}, Sent: 10, Received: 10},
		{TTL: 2, Addresses: []string{"203.0.113.1"}, Sent: 10, Received: received, Mean: 4 * time.Millisecond, End: end},
	}}
}
