package uplink

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"

	"golang.org/x/net/proxy"

	"github.com/deskbell/deskbell/internal/fault"
)

// dialThrough connects to the address, through a proxy when one is set for the
// server: CONNECT to an HTTP proxy, plain or with TLS, or SOCKS.
func (d *Dialer) dialThrough(ctx context.Context, network, address string) (net.Conn, error) {
	via, err := d.options.Proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: d.address}})
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The proxy that this machine's settings name is not an address. Correct HTTPS_PROXY.")
	}
	if via == nil {
		return d.options.NetDial(ctx, network, address)
	}
	switch via.Scheme {
	case "http", "https":
		return d.dialConnect(ctx, via, address)
	}
	s, err := proxy.FromURL(via, forward{d.options.NetDial})
	if err != nil {
		return nil, fault.Wrap(err, fault.Unsupported, "Deskbell cannot use a proxy of the kind "+via.Scheme+". Name one of the kind http, https or socks5.")
	}
	return s.(proxy.ContextDialer).DialContext(ctx, network, address)
}

// forward makes a dial function what x/net/proxy wants.
type forward struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

func (f forward) Dial(network, address string) (net.Conn, error) {
	return f.dial(context.Background(), network, address)
}

func (f forward) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return f.dial(ctx, network, address)
}

func (d *Dialer) dialConnect(ctx context.Context, via *url.URL, address string) (net.Conn, error) {
	host := via.Host
	if via.Port() == "" {
		host = net.JoinHostPort(via.Hostname(), map[string]string{"http": "80", "https": "443"}[via.Scheme])
	}
	away := func(err error) error {
		return fault.Wrap(err, fault.Unavailable, "The proxy "+host+" cannot be reached. Check the network, or the proxy in this machine's settings.")
	}
	c, err := d.options.NetDial(ctx, "tcp", host)
	if err != nil {
		return nil, away(err)
	}
	if via.Scheme == "https" {
		t := tls.Client(c, &tls.Config{ServerName: via.Hostname()})
		if err := t.HandshakeContext(ctx); err != nil {
			c.Close()
			return nil, away(err)
		}
		c = t
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	err = askProxy(c, via, address)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		c.Close()
		if fault.CodeOf(err) == fault.Internal {
			err = away(err)
		}
		return nil, err
	}
	return c, nil
}

// askProxy speaks CONNECT. The server does not speak before it is spoken to, so
// nothing but the proxy's answer can be in the buffer.
func askProxy(c net.Conn, via *url.URL, address string) error {
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if via.User != nil {
		password, _ := via.User.Password()
		req.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(via.User.Username()+":"+password)))
	}
	if err := req.Write(c); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReaderSize(c, 512), req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() // empty after CONNECT (RFC 9110 §9.3.6)
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusProxyAuthRequired:
		return fault.New(fault.Forbidden, "The proxy "+via.Host+" wants a name and a password. Set them in this machine's HTTPS_PROXY.")
	}
	return fault.New(fault.Unavailable, "The proxy "+via.Host+" does not let this machine through to "+address+": it answers “"+resp.Status+"”.")
}
