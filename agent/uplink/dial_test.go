package uplink_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/agent/uplink/uplinktest"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func dialer(t *testing.T, o uplink.Options) *uplink.Dialer {
	t.Helper()
	d, err := uplink.NewDialer(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func prove(endpoint string) wire.Prove {
	return wire.Prove{Endpoint: endpoint, Hostname: "pc-17", Columns: wire.DefaultColumns()}
}

func TestDial(t *testing.T) {
	s := uplinktest.New(t)
	key := s.AddEndpoint("e1")
	c, err := dialer(t, s.Options()).Dial(t.Context(), key, prove("e1"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(1000, "")
	if c.Welcome.Site != "Test site" || len(c.Welcome.Ratchet) == 0 {
		t.Errorf("welcome %+v", c.Welcome)
	}
	if c.Skew.Abs() > 5*time.Second {
		t.Errorf("the clocks of one machine differ by %v", c.Skew)
	}
	if err := c.Send(wire.TypeInventory, "01", "", wire.Inventory{Hash: "h"}); err != nil {
		t.Fatal(err)
	}
	m, err := c.Next(nil, 5*time.Second)
	if err != nil || m.Type != wire.TypeAck || m.Re != "01" {
		t.Errorf("answer %+v, %v", m, err)
	}
}

// Nobody is proven who shows another key, holds another ratchet, or is unknown.
func TestDialRefused(t *testing.T) {
	s := uplinktest.New(t)
	key := s.AddEndpoint("e1")
	other := s.AddEndpoint("e2")
	c, err := dialer(t, s.Options()).Dial(t.Context(), key, prove("e1"))
	if err != nil {
		t.Fatal(err)
	}
	c.Close(1000, "")
	withKey, withPin := s.Options(), s.Options()
	withKey.ServerKey = other.Public().(ed25519.PublicKey)
	withPin.Pin = make([]byte, 32)
	ratchet := prove("e1")
	ratchet.Ratchet = []byte("a copy's")
	tests := []struct {
		name    string
		options uplink.Options
		key     ed25519.PrivateKey
		prove   wire.Prove
		code    fault.Code
		closes  int
	}{
		{"another endpoint's key", s.Options(), other, prove("e1"), fault.Unauthenticated, wire.CloseUnproven},
		{"unknown endpoint", s.Options(), key, prove("e3"), fault.Unauthenticated, wire.CloseUnproven},
		{"another server's key", withKey, key, prove("e1"), fault.WrongServer, 0},
		{"another certificate", withPin, key, prove("e1"), fault.WrongServer, 0},
		{"a copy's ratchet", s.Options(), key, ratchet, fault.Held, wire.CloseHeld},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := dialer(t, tt.options).Dial(t.Context(), tt.key, tt.prove)
			if !fault.Is(err, tt.code) {
				t.Fatalf("got %v, want %s", err, tt.code)
			}
			if r, ok := errors.AsType[*uplink.RefusedError](err); (tt.closes != 0) != ok || ok && r.Close != tt.closes {
				t.Errorf("close code: %v", err)
			}
		})
	}
}

func TestBusyServerSaysWhen(t *testing.T) {
	s := uplinktest.New(t)
	key := s.AddEndpoint("e1")
	for name, b := range map[string]uplinktest.Behaviour{
		"status":  {Status: http.StatusServiceUnavailable, RetryAfter: 7 * time.Second},
		"refused": {Refuse: &wire.Refused{Code: fault.Unavailable, Sentence: "Not now.", RetryAfter: 7000}},
	} {
		s.Behave(b)
		_, err := dialer(t, s.Options()).Dial(t.Context(), key, prove("e1"))
		r, ok := errors.AsType[*uplink.RefusedError](err)
		if !ok || r.RetryAfter != 7*time.Second || !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: got %#v", name, err)
		}
	}
}

// A man in the middle whose certificate is trusted passes every byte on, and still
// the proofs do not hold on his other side.
func TestInspectedTLS(t *testing.T) {
	s := uplinktest.New(t)
	key := s.AddEndpoint("e1")
	cert, roots := newCertificate(t, time.Now().Add(time.Hour), "127.0.0.1")
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		in, err := l.Accept()
		if err != nil {
			return
		}
		out, err := tls.Dial("tcp", s.Address(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			in.Close()
			return
		}
		relay(in, out)
	})
	o := s.Options()
	o.URL, o.Pin, o.TLS = "https://"+l.Addr().String(), nil, &tls.Config{RootCAs: roots}
	_, err = dialer(t, o).Dial(t.Context(), key, prove("e1"))
	if !fault.Is(err, fault.WrongServer) || !strings.Contains(fault.Sentence(err), "inspects TLS") {
		t.Errorf("got %v", err)
	}
}

func relay(a, b net.Conn) {
	var wg sync.WaitGroup
	wg.Go(func() { io.Copy(a, b); a.Close() })
	wg.Go(func() { io.Copy(b, a); b.Close() })
	wg.Wait()
}

// newCertificate returns a certificate that signs itself, and the pool that trusts it.
func newCertificate(t *testing.T, until time.Time, ip string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "x"}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.ParseIP(ip)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// Whatever is wrong with the way to the server has a code and a sentence of its own.
func TestDialProblems(t *testing.T) {
	s := uplinktest.New(t)
	good, trusted := newCertificate(t, time.Now().Add(time.Hour), "127.0.0.1")
	expired, expiredRoots := newCertificate(t, time.Now().Add(-time.Hour), "127.0.0.1")
	elsewhere, elsewhereRoots := newCertificate(t, time.Now().Add(time.Hour), "127.0.0.2")
	serve := func(c tls.Certificate) string {
		h := httptest.NewUnstartedServer(http.NotFoundHandler())
		h.Config.ErrorLog = nil
		h.TLS = &tls.Config{Certificates: []tls.Certificate{c}}
		h.Config.ErrorLog = quiet()
		h.StartTLS()
		t.Cleanup(h.Close)
		return h.URL
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	compressing := httptest.NewServer(http.HandlerFunc(acceptCompressed))
	t.Cleanup(compressing.Close)
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	tests := []struct {
		name  string
		url   string
		roots *x509.CertPool
		code  fault.Code
		says  string
	}{
		{"nobody there", "https://" + nobody.Addr().String(), nil, fault.Unavailable, "cannot be reached"},
		{"no such name", "https://name.invalid", nil, fault.Unavailable, "cannot be reached"},
		{"unknown authority", serve(good), x509.NewCertPool(), fault.WrongServer, "no authority"},
		{"expired", serve(expired), expiredRoots, fault.Expired, "clock"},
		{"another name", serve(elsewhere), elsewhereRoots, fault.WrongServer, "another name"},
		{"no TLS", strings.Replace(plain.URL, "http:", "https:", 1), trusted, fault.WrongServer, "does not encrypt"},
		{"not Deskbell", serve(good), trusted, fault.WrongServer, "404"},
		{"compression that nobody offered", compressing.URL, nil, fault.Unsupported, "does not speak"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := s.Options()
			o.URL, o.Pin, o.TLS = tt.url, nil, &tls.Config{RootCAs: tt.roots}
			_, err := dialer(t, o).Dial(t.Context(), s.Key, prove("e1"))
			if !fault.Is(err, tt.code) || !strings.Contains(fault.Sentence(err), tt.says) {
				t.Errorf("got %s: %v", fault.CodeOf(err), err)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	s := uplinktest.New(t)
	for _, bad := range []string{"", "desk.example.com", "ftp://desk.example.com", "https://u:p@desk.example.com", "http://desk.example.com", "http://192.0.2.1:80"} {
		o := s.Options()
		o.URL = bad
		if _, err := uplink.NewDialer(o); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	o := s.Options()
	o.ServerKey = nil
	if _, err := uplink.NewDialer(o); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a key: %v", err)
	}
}

// A name that says loopback and leads elsewhere gets no plain connection.
func TestPlainStaysHere(t *testing.T) {
	s := uplinktest.New(t)
	o := s.Options()
	o.URL = "http://localhost:1"
	o.NetDial = func(context.Context, string, string) (net.Conn, error) {
		return elsewhere{}, nil
	}
	if _, err := dialer(t, o).Dial(t.Context(), s.Key, prove("e1")); !fault.Is(err, fault.WrongServer) {
		t.Errorf("got %v", err)
	}
}

// elsewhere is a connection to another machine.
type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr        { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1} }
func (elsewhere) Close() error                { return nil }
func (elsewhere) SetDeadline(time.Time) error { return nil }

func TestProxy(t *testing.T) {
	s := uplinktest.New(t)
	key := s.AddEndpoint("e1")
	var asked []string
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			req, err := http.ReadRequest(bufio.NewReader(c))
			if err != nil {
				c.Close()
				continue
			}
			asked = append(asked, req.Method+" "+req.Host+" "+req.Header.Get("Proxy-Authorization"))
			if req.Header.Get("Proxy-Authorization") != "Basic bmFtZTpzZWNyZXQ=" {
				io.WriteString(c, "HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
				c.Close()
				continue
			}
			out, err := net.Dial("tcp", req.Host)
			if err != nil {
				io.WriteString(c, "HTTP/1.1 502 No\r\n\r\n")
				c.Close()
				continue
			}
			io.WriteString(c, "HTTP/1.1 200 Connected\r\n\r\n")
			wg.Go(func() { relay(c, out) })
		}
	})
	through := func(u string) uplink.Options {
		o := s.Options()
		o.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(u) }
		return o
	}
	c, err := dialer(t, through("http://name:secret@"+l.Addr().String())).Dial(t.Context(), key, prove("e1"))
	if err != nil {
		t.Fatal(err)
	}
	c.Close(1000, "")
	if want := "CONNECT " + s.Address() + " Basic bmFtZTpzZWNyZXQ="; len(asked) != 1 || asked[0] != want {
		t.Errorf("the proxy was asked %q, want %q", asked, want)
	}
	if _, err := dialer(t, through("http://"+l.Addr().String())).Dial(t.Context(), key, prove("e1")); !fault.Is(err, fault.Forbidden) {
		t.Errorf("without a password: %v", err)
	}
	if _, err := dialer(t, through("gopher://"+l.Addr().String())).Dial(t.Context(), key, prove("e1")); !fault.Is(err, fault.Unsupported) {
		t.Errorf("a proxy of another kind: %v", err)
	}
}

// Whoever stops waiting is let go at once, at whatever point the server falls silent.
func TestDialCancelled(t *testing.T) {
	s := uplinktest.New(t)
	plain, encrypted := s.Options(), s.Options()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cert, roots := newCertificate(t, time.Now().Add(time.Hour), "127.0.0.1")
	plain.URL = "http://" + l.Addr().String()
	encrypted.URL, encrypted.Pin, encrypted.TLS = "https://"+l.Addr().String(), nil, &tls.Config{RootCAs: roots}
	for name, tt := range map[string]struct {
		options uplink.Options
		serve   func(net.Conn)
	}{
		"before TLS":     {encrypted, func(net.Conn) {}},
		"before upgrade": {plain, func(c net.Conn) { http.ReadRequest(bufio.NewReader(c)) }},
		"behind TLS": {encrypted, func(c net.Conn) {
			http.ReadRequest(bufio.NewReader(tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})))
		}},
		"after the hello": {plain, serveSilence},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				_, err := dialer(t, tt.options).Dial(ctx, s.Key, prove("e1"))
				done <- err
			}()
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			tt.serve(c)
			cancel()
			select {
			case err := <-done:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("the handshake went on")
			}
		})
	}
}
