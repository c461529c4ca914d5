package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/proxy"
)

const (
	proxyDial   = 4 * time.Second
	proxyWait   = 8 * time.Second
	maxPAC      = 1 << 20
	maxRedirect = 3
)

// ProxyTry is what became of a proxy that was asked to lead somewhere.
type ProxyTry struct {
	Asked   string
	Open    bool
	Status  int
	SignIn  []string
	Signed  bool // a name and a password are set
	Through bool
	Connect time.Duration
	Answer  time.Duration
	Problem string
}

// TryProxy connects to a proxy and asks it for the way: by CONNECT to what is
// encrypted, by HEAD to what is not, as browsers do; a SOCKS proxy in its own words.
// A name and a password are tried where the proxy's address has them, as whoever uses
// it does. Nothing is sent to the page itself but that HEAD. Deadline: 12 s.
func TryProxy(ctx context.Context, via, to *url.URL) ProxyTry {
	t := ProxyTry{Signed: via.User != nil}
	begin := time.Now()
	dial, cancel := context.WithTimeout(ctx, proxyDial)
	c, err := (&net.Dialer{}).DialContext(dial, "tcp", via.Host)
	if err == nil && via.Scheme == "https" {
		sealed := tls.Client(c, &tls.Config{ServerName: via.Hostname()})
		if err = sealed.HandshakeContext(dial); err != nil {
			c.Close()
			err = errors.New("TLS: " + err.Error())
		}
		c = sealed
	}
	cancel()
	if err != nil {
		t.Problem = plainLine(DialProblem(err), 200)
		return t
	}
	defer c.Close()
	t.Open, t.Connect = true, max(time.Since(begin), 1)
	ctx, cancel = context.WithTimeout(ctx, proxyWait)
	defer cancel()
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })() // whoever waits is told at once
	asked := time.Now()
	if strings.HasPrefix(via.Scheme, "socks") {
		err = t.socks(ctx, c, via, to)
	} else {
		err = t.ask(c, via, to)
	}
	if err != nil {
		t.Problem = plainLine(DialProblem(err), 200)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Problem = "it hangs up without a word"
		}
		if ctx.Err() != nil {
			t.Problem = "it takes the connection and says nothing"
		}
		return t
	}
	t.Answer = max(time.Since(asked), 1)
	return t
}

// target is host:port of a page.
func target(to *url.URL) string {
	if to.Port() != "" {
		return to.Host
	}
	return net.JoinHostPort(to.Hostname(), map[string]string{"http": "80", "https": "443"}[to.Scheme])
}

func (t *ProxyTry) ask(c net.Conn, via, to *url.URL) error {
	r := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: target(to)}, Host: target(to), Header: http.Header{"User-Agent": {"deskbell-agent"}}}
	t.Asked = "CONNECT " + plainLine(target(to), 300)
	if to.Scheme == "http" {
		r.Method, r.URL, r.Host = http.MethodHead, &url.URL{Scheme: "http", Host: to.Host, Path: "/"}, to.Host
		t.Asked = "HEAD " + plainLine(r.URL.String(), 300)
	}
	if via.User != nil {
		password, _ := via.User.Password()
		r.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(via.User.Username()+":"+password)))
	}
	if to.Scheme == "http" {
		if err := r.WriteProxy(c); err != nil {
			return err
		}
	} else if err := r.Write(c); err != nil {
		return err
	}
	answer, err := http.ReadResponse(bufio.NewReader(io.LimitReader(c, 64<<10)), r)
	if err != nil {
		return err
	}
	answer.Body.Close()
	t.Status = answer.StatusCode
	// Of a page any answer is one, but what proxies say themselves where they get none.
	own := answer.StatusCode == http.StatusProxyAuthRequired || answer.StatusCode == http.StatusForbidden || answer.StatusCode/100 == 5
	t.Through = answer.StatusCode/100 == 2 || to.Scheme == "http" && !own
	for _, offered := range answer.Header.Values("Proxy-Authenticate") {
		scheme, _, _ := strings.Cut(strings.TrimSpace(offered), " ")
		if scheme = plainLine(scheme, 20); scheme != "" && len(t.SignIn) < 5 {
			t.SignIn = append(t.SignIn, scheme)
		}
	}
	return nil
}

// ready is a connection that is there already.
type ready struct{ net.Conn }

func (m ready) Dial(string, string) (net.Conn, error) { return m.Conn, nil }

func (t *ProxyTry) socks(ctx context.Context, c net.Conn, via, to *url.URL) error {
	if strings.HasPrefix(via.Scheme, "socks4") {
		t.Asked = "a connection only"
		return errors.New("it speaks SOCKS 4, which this agent does not: that it takes connections is all that is known")
	}
	var who *proxy.Auth
	if via.User != nil {
		password, _ := via.User.Password()
		who = &proxy.Auth{User: via.User.Username(), Password: password}
	}
	t.Asked = "SOCKS 5 to " + plainLine(target(to), 300)
	d, err := proxy.SOCKS5("tcp", via.Host, who, ready{c})
	if err != nil {
		return err
	}
	_, err = d.(proxy.ContextDialer).DialContext(ctx, "tcp", target(to))
	t.Through = err == nil
	return err
}

// PACFile is a script that was fetched.
type PACFile struct {
	Found   bool
	Script  string // what it consists of, when it was found
	Status  int
	Bytes   int
	Took    time.Duration
	Problem string
}

// FetchPAC fetches a script that decides about proxies, at most 1 MiB of it. The
// machine's files are not read: whoever sets such an address may not be allowed to.
func FetchPAC(ctx context.Context, address string) PACFile {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return PACFile{Problem: "only scripts at http:// or https:// are fetched"}
	}
	ctx, cancel := context.WithTimeout(ctx, proxyWait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return PACFile{Problem: "it is no address"}
	}
	r.Header.Set("User-Agent", "deskbell-agent")
	transport := &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: 32 << 10}
	client := http.Client{Transport: transport, CheckRedirect: func(_ *http.Request, before []*http.Request) error {
		if len(before) > maxRedirect {
			return errors.New("more than 3 redirects")
		}
		return nil
	}}
	begin := time.Now()
	answer, err := client.Do(r)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return PACFile{Problem: plainLine(DialProblem(err), 200)}
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxPAC+1))
	f := PACFile{Status: answer.StatusCode, Bytes: min(len(b), maxPAC), Took: max(time.Since(begin), 1)}
	switch {
	case err != nil:
		f.Problem = "it broke off: " + plainLine(DialProblem(err), 200)
	case answer.StatusCode != http.StatusOK:
		f.Problem = "the page is not there"
	case len(b) > maxPAC:
		f.Problem = "it is larger than 1 MiB"
	case !strings.Contains(string(b), "FindProxyForURL"):
		f.Problem = "what is there is no such script"
	default:
		f.Found, f.Script = true, string(b)
	}
	return f
}
