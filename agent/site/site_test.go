package site

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
)

func direct(*http.Request) (*url.URL, error) { return nil, nil }

// way goes to an address and returns the last word, and how many there were.
func wayTo(t *testing.T, address string, o Options) local.Site {
	t.Helper()
	if o.Proxy == nil {
		o.Proxy = direct
	}
	var all []local.Site
	if err := Try(t.Context(), address, o, func(s local.Site) { all = append(all, s) }); err != nil {
		t.Fatal(err)
	}
	for i, s := range all {
		if s.Done != (i == len(all)-1) {
			t.Errorf("word %d of %d is done: %v", i, len(all), s.Done)
		}
	}
	last := all[len(all)-1]
	if len(last.Steps) != 4 {
		t.Fatalf("%d steps: %+v", len(last.Steps), last)
	}
	return last
}

func states(s local.Site) string {
	var out []string
	for _, one := range s.Steps {
		out = append(out, string(one.State))
	}
	return strings.Join(out, " ")
}

func expect(t *testing.T, s local.Site, verdict local.SiteVerdict, want string) {
	t.Helper()
	if s.Verdict != verdict || states(s) != want {
		t.Errorf("%s: %s (%s), want %s (%s): %+v", s.Address, s.Verdict, states(s), verdict, want, s.Steps)
	}
}

// certified serves with a certificate of these days and this name.
func certified(t *testing.T, name string, from, to time.Time) (host string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if name == "other.example" {
		c.IPAddresses = nil
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots = x509.NewCertPool()
	if parsed, err := x509.ParseCertificate(der); err == nil {
		roots.AddCert(parsed)
	}
	return s.Listener.Addr().String(), roots
}

func TestCertificates(t *testing.T) {
	now, year := time.Now(), 365*24*time.Hour
	host, roots := certified(t, "site.example", now.Add(-year), now.Add(year))
	s := wayTo(t, host, Options{Roots: roots})
	expect(t, s, local.SiteWorks, "skipped ok ok ok")
	if !strings.Contains(s.Steps[2].Detail, "site.example") {
		t.Errorf("of the certificate it says %q", s.Steps[2].Detail)
	}
	expect(t, wayTo(t, host, Options{Roots: x509.NewCertPool()}), local.SiteNotTrusted, "skipped ok failed skipped")
	host, roots = certified(t, "site.example", now.Add(-year), now.Add(-time.Hour))
	expect(t, wayTo(t, host, Options{Roots: roots}), local.SiteExpired, "skipped ok failed skipped")
	host, roots = certified(t, "site.example", now.Add(time.Hour), now.Add(year))
	expect(t, wayTo(t, host, Options{Roots: roots}), local.SiteTooEarly, "skipped ok failed skipped")
	host, roots = certified(t, "other.example", now.Add(-year), now.Add(year))
	expect(t, wayTo(t, host, Options{Roots: roots}), local.SiteOtherName, "skipped ok failed skipped")
}

func TestAnswers(t *testing.T) {
	var asked []*http.Request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r)
		status := map[string]int{"/in": 401, "/no": 403, "/gone": 404, "/busy": 429, "/broken": 503, "/on": 302}[r.URL.Path]
		if status == 0 {
			status = 200
		}
		w.Header().Set("Location", "https://elsewhere.example/")
		w.WriteHeader(status)
	}))
	defer s.Close()
	for path, verdict := range map[string]local.SiteVerdict{
		"/": local.SiteWorks, "/on": local.SiteWorks, "/in": local.SiteWantsSignIn, "/no": local.SiteForbids, "/gone": local.SiteNoPage,
		"/busy": local.SiteBusy, "/broken": local.SiteBroken,
	} {
		want := "skipped ok skipped ok"
		if verdict != local.SiteWorks {
			want = "skipped ok skipped failed"
		}
		expect(t, wayTo(t, s.URL+path, Options{}), verdict, want)
	}
	if got := wayTo(t, s.URL+"/?token=hunter2#x", Options{}); strings.Contains(got.Address, "hunter2") {
		t.Errorf("it shows %q", got.Address)
	}
	for _, r := range asked {
		if r.Header.Get("Authorization")+r.Header.Get("Cookie")+r.Header.Get("Referer")+r.URL.RawQuery != "" || r.UserAgent() != "deskbell-agent" {
			t.Errorf("it sent %v %v", r.URL, r.Header)
		}
	}
	via, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxied := wayTo(t, "http://intranet.example/", Options{Proxy: func(*http.Request) (*url.URL, error) { return via, nil }})
	expect(t, proxied, local.SiteWorks, "skipped ok skipped ok")
	if proxied.Proxy != via.Host {
		t.Errorf("the proxy is %q", proxied.Proxy)
	}
}

func TestConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shut := l.Addr().String()
	l.Close()
	expect(t, wayTo(t, "https://"+shut, Options{}), local.SiteRefused, "skipped failed skipped skipped")
	// Whoever leaves out how to connect is asked for both ways.
	expect(t, wayTo(t, shut, Options{}), local.SiteRefused, "skipped failed skipped skipped")
	gone := &url.URL{Scheme: "http", Host: shut}
	expect(t, wayTo(t, "https://intranet.example", Options{Proxy: func(*http.Request) (*url.URL, error) { return gone, nil }}), local.SiteProxyGone, "skipped failed skipped skipped")
	// Something that is no site hangs up.
	rude, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer rude.Close()
	go func() {
		for {
			c, err := rude.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	expect(t, wayTo(t, "https://"+rude.Addr().String(), Options{}), local.SiteNoSecurity, "skipped ok failed skipped")
	expect(t, wayTo(t, "http://"+rude.Addr().String(), Options{}), local.SiteMute, "skipped ok skipped failed")
}

func TestNames(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]int{"missing.example.": dns.RcodeNameError, "sick.example.": dns.RcodeServerFailure}
	started := make(chan struct{})
	server := &dns.Server{PacketConn: pc, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		m := new(dns.Msg).SetRcode(r, answers[r.Question[0].Name])
		w.WriteMsg(m)
	})}
	go server.ActivateAndServe()
	<-started
	defer server.Shutdown()
	names := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
	expect(t, wayTo(t, "https://missing.example.", Options{Names: names}), local.SiteNameUnknown, "failed skipped skipped skipped")
	expect(t, wayTo(t, "https://sick.example", Options{Names: names}), local.SiteNameSilent, "failed skipped skipped skipped")
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"example.com": "https://example.com", " intranet ": "https://intranet", "http://a.example/b?c#d": "http://a.example/b", "müller.example/x": "https://xn--mller-kva.example/x",
		"10.0.0.7:8443": "https://10.0.0.7:8443", "[2001:db8::1]": "https://[2001:db8::1]", "HTTPS://Example.com.": "https://Example.com",
	} {
		u, _, err := parse(in)
		if err != nil || u.String() != want {
			t.Errorf("%q: %v, %v", in, u, err)
		}
	}
	for _, in := range []string{"", "  ", "my program", "ftp://a.example", "https://user:pw@a.example", "https://", "a..b", "-a.example", "0.0.0.0", "224.0.0.1", "255.255.255.255",
		"javascript:alert(1)", "a\x1b[31m.example", strings.Repeat("a", 2001), "fe80::1%eth0"} {
		if _, _, err := parse(in); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != "address" {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestVerdictsAreListed(t *testing.T) {
	for _, v := range []local.SiteVerdict{verdictOf(401), verdictOf(500), verdictOf(200), certificate(io.EOF)} {
		if !slices.Contains(local.SiteVerdicts(), v) {
			t.Errorf("%q is in no list", v)
		}
	}
}
