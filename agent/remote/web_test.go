package remote

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/deskbell/deskbell/internal/wire"
)

func fetch(t *testing.T, o Options, page string) wire.HTTPPart {
	t.Helper()
	if o.ProxyFor == nil {
		o.ProxyFor = func(*http.Request) (*url.URL, error) { return nil, nil }
	}
	return only[wire.HTTPPart](t, do(t, New(o), ask(t, wire.AskHTTP, wire.HTTPParams{URL: page})))
}

func TestHTTP(t *testing.T) {
	var sent atomic.Int64
	var header atomic.Pointer[http.Header]
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) {
		h := r.Header.Clone()
		header.Store(&h)
		w.WriteHeader(http.StatusTeapot)
	})
	mux.HandleFunc("/hop/", func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscanf(r.URL.Path, "/hop/%d", &n)
		if n == 0 {
			http.Redirect(w, r, "/ok?token=hunter2", http.StatusFound)
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/hop/%d", n-1), http.StatusFound)
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(100 * time.Millisecond)
		w.WriteHeader(http.StatusOK)
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for {
			n, err := w.Write(make([]byte, 32<<10))
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/torn", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, "half")
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)

	p := fetch(t, Options{}, s.URL+"/ok")
	if p.Status != 418 || p.Redirects != 0 || p.Problem != "" || p.FinalURL != s.URL+"/ok" || p.Connect <= 0 || p.FirstByte < p.Connect || p.Total < p.FirstByte || p.TLS != 0 {
		t.Errorf("%+v", p)
	}
	if h := *header.Load(); h.Get("Authorization") != "" || h.Get("Cookie") != "" || h.Get("User-Agent") != "deskbell-agent" {
		t.Errorf("it sent %v", h)
	}
	p = fetch(t, Options{}, s.URL+"/hop/4")
	if p.Status != 418 || p.Redirects != 5 || p.Before <= 0 || p.Before+p.FirstByte > p.Total || !strings.HasSuffix(p.FinalURL, "/ok?token=[redacted]") {
		t.Errorf("five redirects: %+v", p)
	}
	if h := *header.Load(); h.Get("Referer") != "" {
		t.Errorf("it told where it came from: %v", h)
	}
	p = fetch(t, Options{}, s.URL+"/hop/5")
	if p.Status != 0 || p.Problem != "more than 5 redirects" {
		t.Errorf("six redirects: %+v", p)
	}
	if p := fetch(t, Options{}, s.URL+"/slow"); p.FirstByte < 100*time.Millisecond || p.Connect > p.FirstByte {
		t.Errorf("slow: %+v", p)
	}
	if p := fetch(t, Options{}, s.URL+"/endless"); p.Status != 200 || p.Problem != "" {
		t.Errorf("endless: %+v", p)
	}
	if p := fetch(t, Options{}, s.URL+"/torn"); p.Status != 200 || !strings.HasPrefix(p.Problem, "the page broke off") {
		t.Errorf("torn: %+v", p)
	}
	s.Close()
	if n := sent.Load(); n == 0 || n > 16<<20 { // what the kernel's buffers take
		t.Errorf("%d bytes of an endless page", n)
	}
	if p := fetch(t, Options{}, s.URL+"/ok"); p.Status != 0 || p.Problem != "connection refused" {
		t.Errorf("shut: %+v", p)
	}
}

func TestHTTPThroughAProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "for ", r.URL) }))
	t.Cleanup(proxy.Close)
	via, err := url.Parse(strings.Replace(proxy.URL, "://", "://bob:hunter2@", 1))
	if err != nil {
		t.Fatal(err)
	}
	p := fetch(t, Options{ProxyFor: func(*http.Request) (*url.URL, error) { return via, nil }}, "http://intranet.example/")
	if p.Status != 200 || p.Proxy != via.Host {
		t.Errorf("%+v", p)
	}
}

func TestHTTPSThatIsNotTrusted(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it is told that it is not trusted
	s.StartTLS()
	t.Cleanup(s.Close)
	if p := fetch(t, Options{}, s.URL); p.Status != 0 || !strings.HasPrefix(p.Problem, "certificate is signed by") || p.TLS <= 0 {
		t.Errorf("%+v", p)
	}
}

// tlsServer shows a chain and speaks TLS, no more.
func tlsServer(t *testing.T, config *tls.Config) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(5 * time.Second))
				tls.Server(c, config).Handshake() // its result is what the test looks at
				io.Copy(io.Discard, c)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

type issued struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issue makes a certificate; without an issuer it signs itself.
func issue(t *testing.T, by *issued, change func(*x509.Certificate)) issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "bell.example.com", Organization: []string{"Evil \x1b[31m\nInc"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"bell.example.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		BasicConstraintsValid: true,
	}
	change(c)
	parent, signer := c, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return issued{c, key}
}

func serving(chain ...issued) *tls.Config {
	var all [][]byte
	for _, c := range chain {
		all = append(all, c.cert.Raw)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: all, PrivateKey: chain[0].key}}}
}

func TestTLS(t *testing.T) {
	look := func(p wire.TLSParams) wire.TLSPart {
		t.Helper()
		if p.Host == "" {
			p.Host = "127.0.0.1"
		}
		return only[wire.TLSPart](t, do(t, New(Options{}), ask(t, wire.AskTLS, p)))
	}
	self := issue(t, nil, func(*x509.Certificate) {})
	p := look(wire.TLSParams{Port: tlsServer(t, serving(self))})
	if p.Trusted || p.Problem != "certificate is signed by itself" || p.Version != "TLS 1.3" || p.Cipher == "" || p.TLS <= 0 || p.Connect <= 0 || len(p.Chain) != 1 {
		t.Fatalf("signed by itself: %+v", p)
	}
	if c := p.Chain[0]; strings.Join(c.Names, " ") != "bell.example.com 127.0.0.1" || strings.ContainsAny(c.Subject, "\x1b\n") || len(c.SHA256) != 64 || !c.NotAfter.Equal(self.cert.NotAfter) {
		t.Errorf("%+v", c)
	}
	ca := issue(t, nil, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.Subject = true, x509.KeyUsageCertSign, pkix.Name{CommonName: "Private CA"}
	})
	leaf := issue(t, &ca, func(*x509.Certificate) {})
	p = look(wire.TLSParams{Port: tlsServer(t, serving(leaf, ca))})
	if p.Trusted || p.Problem != "certificate is signed by an authority that this machine does not trust" && p.Problem != "certificate is signed by itself" || len(p.Chain) != 2 || p.Chain[0].Issuer != "CN=Private CA" {
		t.Errorf("of a private authority: %+v", p)
	}
	expired := issue(t, nil, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	p = look(wire.TLSParams{Port: tlsServer(t, serving(expired))})
	if p.Trusted || !strings.HasPrefix(p.Problem, "certificate expired on "+expired.cert.NotAfter.UTC().Format("2006-01-02")) {
		t.Errorf("expired: %+v", p)
	}
	p = look(wire.TLSParams{Port: tlsServer(t, serving(self)), Name: "other.example.com"})
	if p.Trusted || !strings.HasPrefix(p.Problem, "certificate is for another name") {
		t.Errorf("of another name: %+v", p)
	}
	old := serving(self)
	old.MaxVersion = tls.VersionTLS11
	old.MinVersion = tls.VersionTLS10
	if p := look(wire.TLSParams{Port: tlsServer(t, old)}); p.Version != "TLS 1.1" || len(p.Chain) != 1 {
		t.Errorf("old: %+v", p)
	}
	// What speaks something else, and what hangs up.
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	if p := look(wire.TLSParams{Port: plain.Listener.Addr().(*net.TCPAddr).Port}); p.Trusted || p.Problem != "the other side does not speak TLS" || len(p.Chain) != 0 {
		t.Errorf("plain: %+v", p)
	}
	shut := plain.Listener.Addr().(*net.TCPAddr).Port
	plain.Close()
	if p := look(wire.TLSParams{Port: shut}); p.Problem != "connection refused" {
		t.Errorf("shut: %+v", p)
	}
}

// A chain that ends in a trusted authority is trusted.
func TestTLSThatIsTrusted(t *testing.T) {
	ca := issue(t, nil, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.Subject = true, x509.KeyUsageCertSign, pkix.Name{CommonName: "Private CA"}
	})
	leaf := issue(t, &ca, func(*x509.Certificate) {})
	r := New(Options{})
	r.roots = x509.NewCertPool()
	r.roots.AddCert(ca.cert)
	part := only[wire.TLSPart](t, do(t, r, ask(t, wire.AskTLS, wire.TLSParams{Host: "127.0.0.1", Port: tlsServer(t, serving(leaf, ca))})))
	if !part.Trusted || part.Problem != "" {
		t.Errorf("%+v", part)
	}
}

// What the server sent is held against what the machine needed.
func TestTheChain(t *testing.T) {
	authority := func(name string, by *issued) issued {
		return issue(t, by, func(c *x509.Certificate) {
			c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.Subject = true, true, x509.KeyUsageCertSign, pkix.Name{CommonName: name}
		})
	}
	root := authority("Company Root", nil)
	middle := authority("Company Issuing CA", &root)
	plain := issue(t, &middle, func(*x509.Certificate) {})
	logged := issue(t, &middle, func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: signedTimestamps, Value: []byte{4, 0}}}
	})
	box := authority("FortiGate CA\x1b[31m", &root)
	inspected := issue(t, &box, func(*x509.Certificate) {})
	r := New(Options{})
	r.roots = x509.NewCertPool()
	r.roots.AddCert(root.cert)
	look := func(c *tls.Config) wire.TLSPart {
		t.Helper()
		return only[wire.TLSPart](t, do(t, r, ask(t, wire.AskTLS, wire.TLSParams{Host: "127.0.0.1", Port: tlsServer(t, c)})))
	}
	staple := func(status int, until time.Duration, by issued) *tls.Config {
		b, err := ocsp.CreateResponse(middle.cert, by.cert, ocsp.Response{Status: status, SerialNumber: plain.cert.SerialNumber, ThisUpdate: time.Now().Add(-48 * time.Hour), NextUpdate: time.Now().Add(until)}, by.key)
		if err != nil {
			t.Fatal(err)
		}
		c := serving(plain, middle)
		c.Certificates[0].OCSPStaple = b
		return c
	}
	garbage := serving(plain, middle)
	garbage.Certificates[0].OCSPStaple = []byte("\x30\x82\xff\xff")

	for name, x := range map[string]struct {
		config  *tls.Config
		trusted bool
		built   int
		missing string
		signer  wire.Signer
		stapled wire.Stapled
	}{
		"a company's":         {serving(plain, middle), true, 3, "", wire.SignerPrivate, wire.StapledNone},
		"a public one":        {serving(logged, middle), true, 3, "", wire.SignerPublic, wire.StapledNone},
		"the root comes too":  {serving(plain, middle, root), true, 3, "", wire.SignerPrivate, wire.StapledNone},
		"one is missing":      {serving(plain), false, 0, "CN=Company Issuing CA", "", wire.StapledNone},
		"a proxy looks in":    {serving(inspected, box), true, 3, "", wire.SignerInspector, wire.StapledNone},
		"itself":              {serving(issue(t, nil, func(*x509.Certificate) {})), false, 0, "", wire.SignerSelf, wire.StapledNone},
		"stapled":             {staple(ocsp.Good, time.Hour, middle), true, 3, "", wire.SignerPrivate, wire.StapledGood},
		"revoked":             {staple(ocsp.Revoked, time.Hour, middle), true, 3, "", wire.SignerPrivate, wire.StapledRevoked},
		"not known":           {staple(ocsp.Unknown, time.Hour, middle), true, 3, "", wire.SignerPrivate, wire.StapledUnknown},
		"out of date":         {staple(ocsp.Good, -time.Hour, middle), true, 3, "", wire.SignerPrivate, wire.StapledBroken},
		"stapled by somebody": {staple(ocsp.Good, time.Hour, box), true, 3, "", wire.SignerPrivate, wire.StapledBroken},
		"garbage stapled":     {garbage, true, 3, "", wire.SignerPrivate, wire.StapledBroken},
	} {
		p := look(x.config)
		if p.Trusted != x.trusted || len(p.Built) != x.built || p.Missing != x.missing || p.Signer != x.signer || p.Stapled != x.stapled {
			t.Errorf("%s: trusted %v, %d built, missing %q, signer %q, stapled %q (%s)", name, p.Trusted, len(p.Built), p.Missing, p.Signer, p.Stapled, p.Problem)
		}
		if strings.ContainsAny(p.Product, "\x1b") || (p.Signer == wire.SignerInspector) != strings.Contains(p.Product, "FortiGate CA") {
			t.Errorf("%s: %q", name, p.Product)
		}
	}
	p := look(serving(plain, middle))
	if c := p.Built[2]; c.Subject != "CN=Company Root" || !c.Authority || p.Chain[0].Authority || p.Chain[0].Key != "ECDSA P-256" || p.Chain[0].Signature != "ECDSA-SHA256" || p.Chain[0].Weak != "" || p.Protocol != "" {
		t.Errorf("%+v", p)
	}
}

func TestWeakKeys(t *testing.T) {
	small := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}
	for name, x := range map[string]struct {
		c         x509.Certificate
		key, weak string
	}{
		"short":          {x509.Certificate{PublicKey: small, RawSubject: []byte("a"), SignatureAlgorithm: x509.SHA256WithRSA}, "RSA 1024", "the key is shorter"},
		"old":            {x509.Certificate{PublicKey: &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047)}, RawSubject: []byte("a"), SignatureAlgorithm: x509.SHA1WithRSA}, "RSA 2048", "it is signed with SHA1-RSA"},
		"an old root is": {x509.Certificate{PublicKey: &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047)}, SignatureAlgorithm: x509.SHA1WithRSA}, "RSA 2048", ""},
		"something else": {x509.Certificate{PublicKey: "?", RawSubject: []byte("a")}, "of a sort that this agent does not know", ""},
	} {
		if key, weak := keyOf(&x.c); key != x.key || !strings.HasPrefix(weak, x.weak) || x.weak == "" && weak != "" {
			t.Errorf("%s: %q, %q", name, key, weak)
		}
	}
}
