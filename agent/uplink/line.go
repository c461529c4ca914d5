package uplink

import (
	"context"
	"net"
	"net/http"
	"strings"

	"github.com/deskbell/deskbell/internal/wire"
)

// Line makes HTTP connections of their own to the server, to measure the way there:
// with the pin, and through the proxy, of the session. Its URL is the server's address,
// with the path that it stands behind. The caller closes the client's idle
// connections.
func (d *Dialer) Line() (client *http.Client, url string) {
	dial := d.options.NetDial
	if d.own {
		dial = lineDial
	}
	via := &Dialer{options: d.options, address: d.address, tls: d.tls}
	via.options.NetDial = dial
	return &http.Client{
		Transport: &http.Transport{DialContext: via.dialPlain, DialTLSContext: via.dialTLS, DisableCompression: true, MaxResponseHeaderBytes: 32 << 10, WriteBufferSize: 64 << 10, ReadBufferSize: 64 << 10, ResponseHeaderTimeout: wire.SpeedTime + wire.HandshakeTimeout},
		// Nobody but the server is measured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, strings.TrimSuffix(d.options.URL, "/")
}

// lineDial leaves the buffers to the system, which fits them to the line, and throws
// away what is in them when the connection is closed: a measurement that was stopped
// must not keep a slow line busy.
func lineDial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{Timeout: wire.HandshakeTimeout, KeepAlive: -1}).DialContext(ctx, network, address)
	if t, ok := c.(*net.TCPConn); ok {
		t.SetLinger(0)
	}
	return c, err
}
