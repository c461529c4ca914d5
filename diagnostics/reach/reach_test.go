package reach_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/diagnostics/reach"
)

func direct(*http.Request) (*url.URL, error) { return nil, nil } //nolint:nilnil // no proxy

var runner = &reach.Runner{Agent: "test", ProxyFor: direct, Resolvers: func() []string { return nil }}

// run checks a spec and carries it out.
func run(t *testing.T, r *reach.Runner, s check.Spec) check.Result {
	t.Helper()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	return r.Run(t.Context(), s)
}

// want says whether it came to what was expected, with words of its evidence.
func want(t *testing.T, what string, got check.Result, outcome check.Outcome, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(got.Says, w) {
			t.Errorf("%s says %q, without %q", what, got.Says, w)
		}
	}
	if got.Outcome != outcome || !strings.HasSuffix(got.Says, ".") {
		t.Errorf("%s: %+v", what, got)
	}
}

// TestTCP: an open port, a closed one, one that never answers, a name that there is not.
func TestTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	open := check.Spec{Kind: check.TCP, Host: "127.0.0.1", Port: port}
	r := run(t, runner, open)
	want(t, "an open port", r, check.OK, "127.0.0.1:"+strconv.Itoa(port), "open")
	if r.Connect <= 0 || r.Took <= 0 {
		t.Errorf("%+v", r)
	}
	l.Close()
	want(t, "a closed port", run(t, runner, open), check.Failed, "connection refused")
	want(t, "no name", run(t, runner, check.Spec{Kind: check.TCP, Host: "nowhere.invalid", Port: 80}), check.Failed, "nowhere.invalid")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	open.Timeout = time.Second
	want(t, "broken off", runner.Run(gone, open), check.Unable, "broken off")
}

// TestPing: this machine answers itself, an address of nobody does not; the link is not
// asked at all. The tests need the right to send echoes.
func TestPing(t *testing.T) {
	r := run(t, runner, check.Spec{Kind: check.ICMP, Host: "127.0.0.1"})
	want(t, "ourselves", r, check.OK, "127.0.0.1 answered an echo")
	if r.Took <= 0 || r.Took > time.Second {
		t.Errorf("%+v", r)
	}
	want(t, "the link", runner.Run(t.Context(), check.Spec{Kind: check.ICMP, Host: "169.254.1.1", Timeout: time.Second}), check.Unable, "own link")
}

// site answers in many ways.
func site(t *testing.T) (s *httptest.Server, asked func() []http.Header) {
	var mu sync.Mutex
	var heads []http.Header
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		heads = append(heads, r.Header.Clone())
		mu.Unlock()
		w.Header().Set("X-State", "all is well")
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, `{"state":"up","items":[{"n":3}],"method":%q,"body":%q}`, r.Method, body)
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/big", func(w http.ResponseWriter, _ *http.Request) {
		for range 100 {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
		fmt.Fprint(w, "the end")
	})
	mux.HandleFunc("/never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s, func() []http.Header { mu.Lock(); defer mu.Unlock(); return heads }
}

// TestHTTP: each assertion on its own, met and not met, with its evidence; redirects are
// counted and bounded, the answer is bounded, and so is the time.
func TestHTTP(t *testing.T) {
	s, _ := site(t)
	type spec = check.Spec
	for _, c := range []struct {
		path    string
		spec    spec
		outcome check.Outcome
		says    string
	}{
		{"/ok", spec{}, check.OK, "It answered 200 OK in"},
		{"/broken", spec{}, check.Failed, "It answered 503 Service Unavailable; 200-299 is asked for."},
		{"/broken", spec{Status: "200, 500-599"}, check.OK, "503"},
		{"/ok", spec{Contains: `"up"`}, check.OK, "200"},
		{"/ok", spec{Contains: "Welcome"}, check.Failed, "“Welcome” is not in the answer."},
		{"/ok", spec{JSONPath: "items[0].n", JSONValue: "3"}, check.OK, "200"},
		{"/ok", spec{JSONPath: "state"}, check.OK, "200"},
		{"/ok", spec{JSONPath: "state", JSONValue: "down"}, check.Failed, "state is “up”; “down” is asked for."},
		{"/ok", spec{JSONPath: "none"}, check.Failed, "There is no none in the answer."},
		{"/ok", spec{HeaderName: "x-state", HeaderHas: "well"}, check.OK, "200"},
		{"/ok", spec{HeaderName: "x-state", HeaderHas: "ill"}, check.Failed, "The header X-State is “all is well”; it has to contain “ill”."},
		{"/ok", spec{HeaderName: "x-none"}, check.Failed, "The answer has no header X-None."},
		{"/ok", spec{Method: "POST", Body: "hello", JSONPath: "body", JSONValue: "hello"}, check.OK, "200"},
		{"/ok", spec{Method: "HEAD"}, check.OK, "200"},
		{"/away?to=/ok", spec{}, check.OK, "after one redirect"},
		{"/away?to=/ok", spec{Stay: true, Status: "302"}, check.OK, "302 Found"},
		{"/loop", spec{}, check.Failed, "more than 5 times"},
		{"/away?to=http://169.254.169.254/latest/meta-data", spec{}, check.Unable, "It leads to an address at which nobody looks: 169.254.169.254."},
		{"/big", spec{Contains: "the end"}, check.Failed, "Of the answer 256 KiB were read."},
		{"/never", spec{Timeout: time.Second}, check.Failed, "No answer in 1 s"},
		{"/none", spec{}, check.Failed, "404"},
	} {
		c.spec.Kind, c.spec.URL = check.HTTP, s.URL+c.path
		r := run(t, runner, c.spec)
		want(t, c.path, r, c.outcome, c.says)
		if c.path == "/ok" && (r.Connect <= 0 || r.FirstByte <= 0 || r.Took < r.FirstByte || r.Status != 200) {
			t.Errorf("its phases are %+v", r)
		}
	}
	slow := check.Spec{Kind: check.HTTP, URL: s.URL + "/ok", Slowest: 1}
	want(t, "too slow", run(t, runner, slow), check.Failed, "It answered, and took", "is asked for")
}

// TestHeadersStay: what was set for one host goes to no other that a redirect leads to.
func TestHeadersStay(t *testing.T) {
	a, seenA := site(t)
	b, seenB := site(t)
	s := check.Spec{Kind: check.HTTP, URL: a.URL + "/away?to=" + url.QueryEscape(b.URL+"/ok"), Headers: []check.Header{{Name: "X-Api-Key", Value: "S3CRET"}, {Name: "Authorization", Value: "S3CRET"}}}
	want(t, "elsewhere", run(t, runner, s), check.OK)
	s.URL = a.URL + "/away?to=/ok"
	want(t, "here", run(t, runner, s), check.OK)
	if len(seenB()) != 1 || strings.Contains(fmt.Sprint(seenB()), "S3CRET") {
		t.Errorf("the other host was sent %v", seenB())
	}
	if len(seenA()) != 1 || seenA()[0].Get("X-Api-Key") != "S3CRET" || seenA()[0].Get("User-Agent") != "test" {
		t.Errorf("its own host was sent %v", seenA())
	}
}

// secure is a server of TLS with a certificate of its own authority.
func secure(t *testing.T, name string, from, until time.Time) (port int, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	authority := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test"}, NotBefore: from.Add(-time.Hour), NotAfter: until.Add(100 * 24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: from, NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, leaf, authority, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	top, err := x509.CreateCertificate(rand.Reader, authority, authority, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(top)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(root)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.Config.ErrorLog = nil
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().(*net.TCPAddr).Port, roots
}

// TestTLS: a certificate that is well with the days that it has left, one that has run
// out, one for another name, one of an authority that nobody trusts; what speaks no TLS.
// A page tells the end of its certificate as well.
func TestTLS(t *testing.T) {
	now := time.Now()
	port, roots := secure(t, "a.example", now.Add(-time.Hour), now.Add(10*24*time.Hour+time.Hour))
	trusting := &reach.Runner{Roots: roots, ProxyFor: direct}
	s := check.Spec{Kind: check.TLS, Host: "127.0.0.1", Port: port, Name: "a.example"}
	r := run(t, trusting, s)
	want(t, "a good one", r, check.OK, "10 more days", "a.example")
	if days := r.Expires.Sub(now).Hours() / 24; days < 9.9 || days > 10.1 || r.TLS <= 0 {
		t.Errorf("%+v", r)
	}
	want(t, "one that is not trusted", run(t, runner, s), check.Failed, "does not trust")
	s.Name = "b.example"
	want(t, "another name", run(t, trusting, s), check.Failed, "another name")
	page := check.Spec{Kind: check.HTTP, URL: fmt.Sprintf("https://127.0.0.1:%d/", port)}
	if r = run(t, trusting, page); r.Outcome != check.OK || r.Expires.Sub(now) < 9*24*time.Hour || r.TLS <= 0 {
		t.Errorf("a page: %+v", r)
	}
	want(t, "a page that is not trusted", run(t, runner, page), check.Failed, "does not trust")
	old, oldRoots := secure(t, "a.example", now.Add(-10*24*time.Hour), now.Add(-time.Hour))
	s.Name, s.Port = "a.example", old
	r = run(t, &reach.Runner{Roots: oldRoots}, s)
	want(t, "one that has run out", r, check.Failed, "expired on")
	if !r.Expires.Before(now) {
		t.Errorf("%+v", r)
	}
	plain, _ := site(t)
	s.Port = plain.Listener.Addr().(*net.TCPAddr).Port
	want(t, "no TLS", run(t, trusting, s), check.Failed, "does not speak TLS")
}

// names is a name server.
func names(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	s := &dns.Server{PacketConn: c, NotifyStartedFunc: func() { close(ready) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		for _, line := range []string{"a.example. 60 IN A 192.0.2.1", "a.example. 60 IN A 192.0.2.2", "a.example. 60 IN MX 10 Mail.a.example.", `a.example. 60 IN TXT "one two"`, "1.2.0.192.in-addr.arpa. 60 IN PTR a.example."} {
			if rr, err := dns.NewRR(line); err == nil && rr.Header().Name == q.Question[0].Name && rr.Header().Rrtype == q.Question[0].Qtype {
				m.Answer = append(m.Answer, rr)
			}
		}
		if strings.HasPrefix(q.Question[0].Name, "none.") {
			m.Rcode = dns.RcodeNameError
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = s.ActivateAndServe() }()
	<-ready
	t.Cleanup(func() { _ = s.Shutdown() })
	return c.LocalAddr().String()
}

// TestDNS: records that are there and as expected, or not; a server that says no, and one
// that is not there.
func TestDNS(t *testing.T) {
	server := names(t)
	for _, c := range []struct {
		host, kind, expect string
		outcome            check.Outcome
		says               string
	}{
		{"a.example", "A", "", check.OK, "192.0.2.1, 192.0.2.2"},
		{"a.example", "", "192.0.2.2", check.OK, "192.0.2.2"},
		{"a.example", "A", "192.0.2.9", check.Failed, "says 192.0.2.1, 192.0.2.2; 192.0.2.9 is asked for."},
		{"a.example", "MX", "mail.A.example", check.OK, "Mail.a.example"},
		{"a.example", "TXT", "one two", check.OK, "one two"},
		{"192.0.2.1", "PTR", "a.example", check.OK, "a.example"},
		{"a.example", "AAAA", "", check.Failed, "has no AAAA of a.example."},
		{"none.example", "A", "", check.Failed, "says NXDOMAIN"},
	} {
		r := run(t, runner, check.Spec{Kind: check.DNS, Host: c.host, Type: c.kind, Expect: c.expect, Server: server})
		want(t, c.host+" "+c.kind, r, c.outcome, c.says)
	}
	at := netip.MustParseAddrPort(server)
	l, err := net.ListenPacket("udp", "127.0.0.1:0") // and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := check.Spec{Kind: check.DNS, Host: "a.example", Server: l.LocalAddr().String(), Timeout: time.Second}
	want(t, "a server that is silent", run(t, runner, s), check.Failed, "No answer in 1 s")
	want(t, "none is known", run(t, runner, check.Spec{Kind: check.DNS, Host: "a.example"}), check.Unable, "Name one.")
	own := &reach.Runner{Resolvers: func() []string { return []string{at.String()} }}
	want(t, "that of whoever looks", run(t, own, check.Spec{Kind: check.DNS, Host: "a.example"}), check.OK)
}
