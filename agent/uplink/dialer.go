package uplink

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/internal/wire/socket"
)

// Options say which server to connect to, and how.
type Options struct {
	URL       string // https://host:port, with a path when the server stands behind one; http only on loopback
	ServerKey []byte // the server's Ed25519 identity, pinned at enrolment
	Pin       []byte // SHA-256 of the certificate's public key; empty: the system's authorities vouch
	Agent     string // what hello says: "deskbell-agent/1.2.3 linux/amd64"

	// TLS is what to start from: curves, a session cache. Nil is Go's default.
	// Version, server name and verification are set by NewDialer in a copy.
	TLS *tls.Config
	// NetDial makes the connection to the server or its proxy. Nil means a
	// net.Dialer without TCP keep-alive, whose packets would be most of the traffic
	// of an idle endpoint: an unacknowledged frame tells sooner that a line is dead.
	NetDial func(ctx context.Context, network, address string) (net.Conn, error)
	// Proxy returns the proxy for the server's URL, or nil. Nil means the one that
	// the environment names (HTTPS_PROXY, NO_PROXY).
	Proxy func(*http.Request) (*url.URL, error)
}

// Dialer connects to one server, for one endpoint or for many. It is safe for
// concurrent use.
type Dialer struct {
	options Options
	url     string // of the websocket
	address string // host:port
	tls     *tls.Config
	ws      websocket.Dialer
	own     bool // NetDial is ours
}

// NewDialer checks the options. Its error is an Invalid fault.
func NewDialer(o Options) (*Dialer, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, fault.Field("url", "The server's address “"+o.URL+"” is not of the form https://host:port.")
	}
	if len(o.ServerKey) != ed25519.PublicKeySize || (len(o.Pin) != 0 && len(o.Pin) != sha256.Size) {
		return nil, fault.Field("key", "The server's pinned identity is not a key of the right length. Enrol this machine again.")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, fault.Field("url", "The server's address "+o.URL+" is not encrypted. That is allowed only on the same machine: use https.")
	}
	own := o.NetDial == nil
	if own {
		o.NetDial = netDial
	}
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	d := &Dialer{options: o, address: u.Host, ws: *socket.Dialer(), own: own}
	if u.Port() == "" {
		d.address = net.JoinHostPort(u.Hostname(), map[string]string{"https": "443", "http": "80"}[u.Scheme])
	}
	ws := *u
	ws.Scheme = map[string]string{"https": "wss", "http": "ws"}[u.Scheme]
	ws.Path = strings.TrimSuffix(u.Path, "/") + wire.ConnectPath
	ws.RawQuery, ws.Fragment = "", ""
	d.url = ws.String()
	if u.Scheme == "https" {
		d.tls = tlsConfig(o, u.Hostname())
	}
	return d, nil
}

// netDial keeps little in the system's buffer: what stands there on a slow line
// delays the health behind it, and the acknowledgement that proves the line alive.
func netDial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{Timeout: wire.HandshakeTimeout, KeepAlive: -1}).DialContext(ctx, network, address)
	if t, ok := c.(*net.TCPConn); ok {
		t.SetWriteBuffer(64 << 10)
	}
	return c, err
}

// Address returns the server's host:port.
func (d *Dialer) Address() string { return d.address }

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// tlsConfig verifies the server by the pin when there is one, else as browsers
// do. Either way the server's Ed25519 proof follows, bound to this connection.
func tlsConfig(o Options, host string) *tls.Config {
	c := &tls.Config{}
	if o.TLS != nil {
		c = o.TLS.Clone()
	}
	c.MinVersion = tls.VersionTLS13
	c.ServerName = host
	c.NextProtos = []string{"http/1.1"}
	if len(o.Pin) != 0 {
		c.InsecureSkipVerify = true // VerifyConnection does what is skipped
		c.VerifyConnection = func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 || sha256.Sum256(s.PeerCertificates[0].RawSubjectPublicKeyInfo) != [sha256.Size]byte(o.Pin) {
				return errPin
			}
			return nil
		}
	}
	return c
}

func (d *Dialer) dialPlain(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.options.NetDial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		c.Close()
		return nil, fault.New(fault.WrongServer, "The server's address is not encrypted and leads to another machine. That is allowed only on the same machine: use https.")
	}
	return c, nil
}

// dialTLS connects, through the proxy when there is one, and shakes hands: the
// state of this very connection is what the proofs are bound to.
func (d *Dialer) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.dialThrough(ctx, network, address)
	if err != nil {
		return nil, err
	}
	t := tls.Client(c, d.tls)
	if err := t.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, &tlsError{err}
	}
	return t, nil
}

// connect opens the websocket and returns it with the TLS state, which is nil
// without TLS.
func (d *Dialer) connect(ctx context.Context) (*websocket.Conn, *tls.ConnectionState, error) {
	dial, stop := d.dialPlain, func() bool { return true }
	if d.tls != nil {
		dial = d.dialTLS
	}
	via := d.ws
	via.NetDialContext = func(dialCtx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(dialCtx, network, address)
		if err == nil { // gorilla does not look at ctx while it waits for the upgrade
			stop = context.AfterFunc(ctx, func() { c.Close() })
		}
		return c, err
	}
	via.NetDialTLSContext = via.NetDialContext
	ws, resp, err := via.DialContext(ctx, d.url, nil) //nolint:bodyclose // gorilla replaces it by one that needs no closing
	stop()
	if err != nil {
		return nil, nil, stopped(ctx, d.explain(err, resp))
	}
	// gorilla would take up a compression that nobody offered, and its limits do
	// not hold for what comes out of it.
	if resp.Header.Get("Sec-Websocket-Extensions") != "" || ws.Subprotocol() != wire.Subprotocol {
		ws.Close()
		return nil, nil, fault.New(fault.Unsupported, "The server at "+d.address+" does not speak Deskbell's protocol. Check the address, and whether a proxy changes what passes through it.")
	}
	if t, ok := ws.NetConn().(*tls.Conn); ok {
		s := t.ConnectionState()
		return ws, &s, nil
	}
	return ws, nil, nil
}

// retryAfter reads the header of that name: seconds or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if s, err := time.ParseDuration(v + "s"); err == nil && s > 0 {
		return s
	}
	if t, err := http.ParseTime(v); err == nil && t.After(now) {
		return t.Sub(now)
	}
	return 0
}
