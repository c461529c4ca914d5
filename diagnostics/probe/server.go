package probe

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

const (
	handshakeWait = 1200 * time.Millisecond
	portalWait    = 800 * time.Millisecond
)

// tryServer goes the way to the server as far as it leads: a connection, a
// handshake, the certificate. It sends nothing that says who we are.
func tryServer(ctx context.Context, s *diagnostics.ServerPath, server *Server, at pace) {
	problem := func(text string) {
		if s.Problem == "" {
			s.Problem = text
		}
	}
	start := time.Now()
	c, err := dialServer(ctx, s.Address, false)
	if err != nil {
		problem(DialProblem(err))
		s.Portal = portal(ctx, s.Address)
		return
	}
	s.TCPms = max(0.01, round2(time.Since(start).Seconds()*1000))
	if server.Plain {
		c.Close()
		return
	}
	shown, err := handshake(ctx, c, server)
	if stalls(err) && !at.quick {
		if small, smallErr := smallHandshake(ctx, server); smallErr == nil {
			s.LargeLost, shown = true, small
			problem("the encrypted connection stalls with large packets")
		}
	}
	s.TLS = &shown
	switch {
	case err == nil && shown.Verdict == diagnostics.TLSHolds:
		return
	case err != nil:
		problem("no encrypted connection: " + DialProblem(err))
	default:
		problem(verdictWords[shown.Verdict])
	}
	if !s.LargeLost {
		s.Portal = portal(ctx, s.Address)
	}
}

// verdictWords say for a technician why a certificate does not hold.
var verdictWords = map[diagnostics.TLSVerdict]string{
	diagnostics.TLSExpired:       "its certificate has expired",
	diagnostics.TLSNotYetValid:   "its certificate is not valid yet",
	diagnostics.TLSUnknownIssuer: "its certificate is signed by no authority that this machine trusts",
	diagnostics.TLSOtherName:     "its certificate is made out to another name",
	diagnostics.TLSOtherKey:      "its certificate has another key than the pinned one",
}

// dialServer connects to the server, through the proxy of the environment when
// one is set for it. Small asks both ends for small packets only.
func dialServer(ctx context.Context, address string, small bool) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, serverWait)
	defer cancel()
	d := net.Dialer{}
	if small {
		d.Control = func(_, _ string, raw syscall.RawConn) error { return smallSegments(raw) }
	}
	via, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: address}})
	if err != nil || via == nil || via.Scheme != "http" { // other kinds are the agent's to try
		return d.DialContext(ctx, "tcp", address)
	}
	c, err := d.DialContext(ctx, "tcp", hostPort(via))
	if err != nil {
		return nil, fmt.Errorf("the proxy: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	r := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if via.User != nil {
		r.SetBasicAuth(via.User.Username(), password(via.User))
		r.Header.Set("Proxy-Authorization", r.Header.Get("Authorization"))
		r.Header.Del("Authorization")
	}
	if err = r.Write(c); err == nil {
		var answer *http.Response
		// The server says nothing before we do: what is read here is the proxy's only.
		if answer, err = http.ReadResponse(bufio.NewReaderSize(c, 1), r); err == nil {
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				err = errors.New("the proxy says " + plainLine(answer.Status, 80))
			}
		}
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func password(u *url.Userinfo) string {
	p, _ := u.Password() // none is an empty one
	return p
}

func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	port := map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	return net.JoinHostPort(u.Hostname(), cmp.Or(port, "80"))
}

// tryProxy connects to a proxy and hangs up; it returns why that failed.
func tryProxy(ctx context.Context, proxy string) string {
	if !strings.Contains(proxy, "://") {
		proxy = "http://" + proxy
	}
	u, err := url.Parse(proxy)
	if err != nil || u.Hostname() == "" {
		return "its address cannot be read"
	}
	ctx, cancel := context.WithTimeout(ctx, serverWait)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", hostPort(u))
	if err != nil {
		return DialProblem(err)
	}
	c.Close()
	return ""
}

// handshake looks at the certificate that is shown and says whether it holds. It
// closes the connection.
func handshake(ctx context.Context, c net.Conn, server *Server) (diagnostics.ServerTLS, error) {
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, handshakeWait)
	defer cancel()
	host := server.Address
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	t := tls.Client(c, &tls.Config{
		ServerName: host, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		InsecureSkipVerify: true, // judged below: we want to see one that does not hold
	})
	if err := t.HandshakeContext(ctx); err != nil {
		return diagnostics.ServerTLS{Verdict: diagnostics.TLSNone}, err
	}
	chain := t.ConnectionState().PeerCertificates
	if len(chain) == 0 {
		return diagnostics.ServerTLS{Verdict: diagnostics.TLSNone}, errors.New("no certificate was shown")
	}
	leaf := chain[0]
	return diagnostics.ServerTLS{
		Verdict: verdict(chain, host, server.Pin), Subject: plainLine(leaf.Subject.String(), 160), Issuer: plainLine(leaf.Issuer.String(), 160),
		NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter,
	}, nil
}

// verdict judges as the agent does: by the pin when there is one, else as
// browsers do.
func verdict(chain []*x509.Certificate, host string, pin []byte) diagnostics.TLSVerdict {
	leaf := chain[0]
	if len(pin) > 0 {
		if sha256.Sum256(leaf.RawSubjectPublicKeyInfo) == [sha256.Size]byte(pin) {
			return diagnostics.TLSHolds
		}
		return diagnostics.TLSOtherKey
	}
	others := x509.NewCertPool()
	for _, c := range chain[1:] {
		others.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Intermediates: others})
	if err == nil {
		return diagnostics.TLSHolds
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return diagnostics.TLSOtherName
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		if time.Now().Before(leaf.NotBefore) {
			return diagnostics.TLSNotYetValid
		}
		return diagnostics.TLSExpired
	}
	return diagnostics.TLSUnknownIssuer
}

// stalls reports whether a handshake ended because nothing came any more.
func stalls(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && t.Timeout()
}

func smallHandshake(ctx context.Context, server *Server) (diagnostics.ServerTLS, error) {
	c, err := dialServer(ctx, server.Address, true)
	if err != nil {
		return diagnostics.ServerTLS{}, err
	}
	return handshake(ctx, c, server)
}

// portal asks for the server's empty page over plain HTTP, where a network that wants
// a sign-in answers in its place, and returns what that answer was. A server of ours
// leads to itself, if it answers there at all.
func portal(ctx context.Context, address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host == "localhost" || net.ParseIP(host).IsLoopback() {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, portalWait)
	defer cancel()
	switch w := serversWay(ctx, address, Way{}); {
	case w.SignIn:
		return "511 Network Authentication Required"
	case w.Leads != "":
		return plainLine(fmt.Sprintf("%d to %s", w.Status, w.Leads), 200)
	}
	return ""
}
