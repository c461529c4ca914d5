package check_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/fault"
)

// TestCheck: what is no check is refused by the field at fault, and what belongs to
// another kind is taken out.
func TestCheck(t *testing.T) {
	page := func(f func(*check.Spec)) check.Spec {
		s := check.Spec{Kind: check.HTTP, URL: "https://a.example/"}
		f(&s)
		return s
	}
	for field, list := range map[string][]check.Spec{
		"kind": {{}, {Kind: "snmp"}},
		"host": {
			{Kind: check.ICMP}, {Kind: check.ICMP, Host: "169.254.169.254"}, {Kind: check.ICMP, Host: "fe80::1"}, {Kind: check.ICMP, Host: "0.0.0.0"}, {Kind: check.TCP, Port: 80, Host: "::"}, {Kind: check.TCP, Port: 80, Host: "a b"},
			{Kind: check.TLS, Host: "::ffff:169.254.1.1"}, {Kind: check.TLS, Host: "224.0.0.1"}, {Kind: check.TCP, Port: 80, Host: "fd00:ec2::254"}, {Kind: check.DNS, Host: "10.0.0.1"}, {Kind: check.ICMP, Host: strings.Repeat("a.", 200)},
		},
		"port": {{Kind: check.TCP, Host: "a"}, {Kind: check.TCP, Host: "a", Port: 70000}, {Kind: check.TLS, Host: "a", Port: -1}},
		"url": {
			{Kind: check.HTTP}, page(func(s *check.Spec) { s.URL = "ftp://a/" }), page(func(s *check.Spec) { s.URL = "http://u:p@a/" }), page(func(s *check.Spec) { s.URL = "http://169.254.169.254/latest" }), page(func(s *check.Spec) { s.URL = "http://[fe80::1%25eth0]/" }),
			page(func(s *check.Spec) { s.URL = "http://a:0/" }), page(func(s *check.Spec) { s.URL = "http://0.0.0.0/" }), page(func(s *check.Spec) { s.URL = "https://" + strings.Repeat("a", 3000) }),
		},
		"timeout":     {{Kind: check.ICMP, Host: "a", Timeout: time.Hour}, {Kind: check.ICMP, Host: "a", Timeout: -1}},
		"slowest":     {{Kind: check.ICMP, Host: "a", Slowest: time.Minute}},
		"server":      {{Kind: check.DNS, Host: "a", Server: "ns.example"}, {Kind: check.DNS, Host: "a", Server: "169.254.169.253:53"}},
		"type":        {{Kind: check.DNS, Host: "a", Type: "AXFR"}},
		"method":      {page(func(s *check.Spec) { s.Method = "DELETE" }), page(func(s *check.Spec) { s.Method, s.Contains = "HEAD", "x" })},
		"status":      {page(func(s *check.Spec) { s.Status = "ok" }), page(func(s *check.Spec) { s.Status = "299-200" }), page(func(s *check.Spec) { s.Status = "0-999" })},
		"headers":     {page(func(s *check.Spec) { s.Headers = []check.Header{{Name: "a b", Value: "c"}} }), page(func(s *check.Spec) { s.Headers = []check.Header{{Name: "A", Value: "b\r\nC: d"}} }), page(func(s *check.Spec) { s.Headers = make([]check.Header, 11) }), page(func(s *check.Spec) { s.Headers = []check.Header{{Name: "content-length", Value: "1"}} })},
		"body":        {page(func(s *check.Spec) { s.Body = "x" }), page(func(s *check.Spec) { s.Method, s.Body = "POST", strings.Repeat("x", 5000) })},
		"json_path":   {page(func(s *check.Spec) { s.JSONPath = "a..b" }), page(func(s *check.Spec) { s.JSONPath = "a[*]" }), page(func(s *check.Spec) { s.JSONValue = "x" })},
		"header_name": {page(func(s *check.Spec) { s.HeaderName = "a b" }), page(func(s *check.Spec) { s.HeaderHas = "x" })},
		"server_name": {{Kind: check.TLS, Host: "a", Name: "169.254.1.1"}},
	} {
		for _, s := range list {
			if err := s.Check(); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != field {
				t.Errorf("%s: %+v: %v", field, s, err)
			}
		}
	}
	s := check.Spec{Kind: check.TLS, Host: "Bücher.example.", URL: "http://a/", Body: "x", Server: "x"}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if s.Port != 443 || s.URL != "" || s.Body != "" || s.Host != "xn--bcher-kva.example" || s.At() != "xn--bcher-kva.example:443" {
		t.Errorf("%+v", s)
	}
}

// TestRefused: addresses of the link and of many in all their clothes, and no others.
func TestRefused(t *testing.T) {
	for _, ip := range []string{"169.254.0.1", "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "100.100.100.200", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255"} {
		if check.Refused(netip.MustParseAddr(ip)) == "" {
			t.Errorf("%s is looked at", ip)
		}
	}
	for _, ip := range []string{"127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "fd00::1", "2001:db8::1", "169.253.0.1", "100.64.0.1"} {
		if why := check.Refused(netip.MustParseAddr(ip)); why != "" {
			t.Errorf("%s: %s", ip, why)
		}
	}
}

// TestFind reads values out of JSON.
func TestFind(t *testing.T) {
	doc := []byte(`{"state":"up","n":3,"ok":true,"nil":null,"deep":{"items":[{"a":"x"},{"a":["y"]}]},"a.b":1}`)
	for path, want := range map[string]string{"state": "up", "$.n": "3", "ok": "true", "deep.items[1].a[0]": "y", "$.deep.items[0].a": "x", "deep.items[0]": `{"a":"x"}`, "nil": "null"} {
		if got, err := check.Find(doc, path); err != nil || got != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	for _, path := range []string{"none", "state.x", "deep.items[2]", "n[0]", "deep.items.a"} {
		if got, err := check.Find(doc, path); err == nil {
			t.Errorf("%s: %q", path, got)
		}
	}
	if _, err := check.Find([]byte("<html>"), "a"); err == nil {
		t.Error("a page that is no JSON has a value")
	}
}

// FuzzFind: whatever comes is read, or is not.
func FuzzFind(f *testing.F) {
	f.Add(`{"a":[1]}`, "a[0]")
	f.Fuzz(func(t *testing.T, doc, path string) { _, _ = check.Find([]byte(doc), path) })
}

// TestSecret: what looks like a secret is known by its name.
func TestSecret(t *testing.T) {
	for name, want := range map[string]bool{"Authorization": true, "Cookie": true, "X-Api-Key": true, "Private-Token": true, "Accept": false, "Host": false} {
		s := check.Spec{Headers: []check.Header{{Name: name}}}
		if (s.Secret() != "") != want {
			t.Errorf("%s: %q", name, s.Secret())
		}
	}
}

// TestClean: a result from elsewhere is bounded, and one line.
func TestClean(t *testing.T) {
	r := check.Result{Outcome: "great", Says: "a\nb\x1b[31m" + strings.Repeat("x", 1000), Took: -1, TLS: 1 << 62, Status: 1 << 30, Redirects: -3, Expires: time.Unix(1<<60, 0)}.Clean()
	if r.Outcome != check.Unable || strings.ContainsAny(r.Says, "\n\x1b") || len([]rune(r.Says)) > 300 || r.Took != 0 || r.TLS > time.Minute || r.Status != 0 || r.Redirects != 0 || !r.Expires.IsZero() {
		t.Errorf("%+v", r)
	}
}
