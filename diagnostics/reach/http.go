package reach

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
)

const (
	maxRedirects = 5
	maxRead      = 256 << 10 // of a page's text
)

func (r *Runner) http(ctx context.Context, s check.Spec, out *check.Result) error {
	proxy := r.ProxyFor
	if proxy == nil {
		proxy = http.ProxyFromEnvironment
	}
	transport := &http.Transport{
		Proxy: proxy, DialContext: r.dialer().DialContext, DisableKeepAlives: true, ForceAttemptHTTP2: true,
		MaxResponseHeaderBytes: 64 << 10, TLSClientConfig: &tls.Config{RootCAs: r.Roots},
	}
	if r.Guest {
		r.asGuest(transport)
	}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if s.Stay {
			return http.ErrUseLastResponse
		}
		if len(via) > maxRedirects {
			return errors.New("It leads on more than 5 times.") //nolint:staticcheck // a sentence for people
		}
		out.Redirects = len(via)
		if _, err := check.Address(req.URL.String()); err != nil || r.Guest && check.OwnName(req.URL.Hostname()) {
			return refusedError("It leads to an address at which nobody looks: " + check.OneLine(req.URL.Host, 100) + ".")
		}
		// What was set for one host is nobody else's.
		if from := via[0].URL; from.Host != req.URL.Host || from.Scheme == "https" && req.URL.Scheme != "https" {
			for _, h := range s.Headers {
				req.Header.Del(h.Name)
			}
		}
		req.Header.Del("Referer")
		return nil
	}}
	var body io.Reader
	if s.Body != "" {
		body = strings.NewReader(s.Body)
	}
	var p Phases
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, p.Trace()), s.Method, s.URL, body)
	if err != nil {
		return refusedError("The address is not valid. Correct it.")
	}
	req.Header.Set("User-Agent", r.Agent)
	for _, h := range s.Headers {
		if h.Name == "Host" {
			req.Host = h.Value
			continue
		}
		req.Header.Set(h.Name, h.Value)
	}
	start := time.Now()
	answer, err := client.Do(req)
	var text []byte
	whole := true
	if err == nil {
		defer answer.Body.Close()
		text, err = io.ReadAll(io.LimitReader(answer.Body, maxRead+1))
		if whole = len(text) <= maxRead; !whole {
			text = text[:maxRead]
		}
	}
	out.Took = time.Since(start)
	t := p.Times()
	out.Lookup, out.Connect, out.TLS, out.FirstByte, out.Address = t.Lookup, t.Connect, t.TLS, t.FirstByte, t.Address
	if err != nil {
		return pageProblem(s, out, err)
	}
	out.Status = answer.StatusCode
	if answer.TLS != nil && len(answer.TLS.PeerCertificates) > 0 {
		out.Expires = answer.TLS.PeerCertificates[0].NotAfter
	}
	if err := judge(s, answer, text, whole); err != nil {
		if r.Guest && s.Statuses(answer.StatusCode) {
			return errors.New("What it answered is not what is asked for.") //nolint:staticcheck // a sentence for people
		}
		return err
	}
	out.Says = fmt.Sprintf("It answered %s in %s%s.", statusText(answer.StatusCode), span(out.Took), led(out.Redirects))
	return nil
}

// asGuest keeps a page's requests from what is on this computer itself. A proxy may be
// there: its users' settings name it.
func (r *Runner) asGuest(t *http.Transport) {
	var mu sync.Mutex
	proxies := map[string]bool{}
	choose, direct := t.Proxy, t.DialContext
	t.Proxy = func(req *http.Request) (*url.URL, error) {
		if check.OwnName(req.URL.Hostname()) {
			return nil, refusedError("That is the computer itself from which one looks. Nothing is sent there.")
		}
		u, err := choose(req)
		if u != nil {
			mu.Lock()
			proxies[proxyAt(u)] = true
			mu.Unlock()
		}
		return u, err
	}
	through := &net.Dialer{Control: guard(check.Refused), KeepAlive: -1}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		mu.Lock()
		proxy := proxies[address]
		mu.Unlock()
		if proxy {
			return through.DialContext(ctx, network, address)
		}
		return direct(ctx, network, address)
	}
}

// proxyAt is a proxy as it is dialled.
func proxyAt(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), cmp.Or(port, "80"))
}

func led(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", after one redirect"
	}
	return fmt.Sprintf(", after %d redirects", n)
}

func statusText(n int) string { return strings.TrimSpace(fmt.Sprintf("%d %s", n, http.StatusText(n))) }

// judge says what is not as it has to be.
func judge(s check.Spec, answer *http.Response, text []byte, whole bool) error {
	said := ""
	if !whole {
		said = " Of the answer 256 KiB were read."
	}
	if !s.Statuses(answer.StatusCode) {
		return fmt.Errorf("It answered %s; %s is asked for.", statusText(answer.StatusCode), s.Status) //nolint:staticcheck // a sentence for people
	}
	if s.HeaderName != "" {
		got := strings.Join(answer.Header.Values(s.HeaderName), ", ")
		if len(answer.Header.Values(s.HeaderName)) == 0 {
			return fmt.Errorf("The answer has no header %s.", s.HeaderName) //nolint:staticcheck // as above
		}
		if !strings.Contains(got, s.HeaderHas) {
			return fmt.Errorf("The header %s is “%s”; it has to contain “%s”.", s.HeaderName, check.OneLine(got, 80), check.OneLine(s.HeaderHas, 80)) //nolint:staticcheck // as above
		}
	}
	if s.Contains != "" && !strings.Contains(string(text), s.Contains) {
		return fmt.Errorf("“%s” is not in the answer.%s", check.OneLine(s.Contains, 100), said)
	}
	if s.JSONPath != "" {
		got, err := check.Find(text, s.JSONPath)
		if err != nil {
			return fmt.Errorf("There is no %s in the answer.%s", s.JSONPath, said) //nolint:staticcheck // as above
		}
		if s.JSONValue != "" && got != s.JSONValue {
			return fmt.Errorf("%s is “%s”; “%s” is asked for.", s.JSONPath, check.OneLine(got, 80), check.OneLine(s.JSONValue, 80)) //nolint:staticcheck // as above
		}
	}
	return nil
}

// pageProblem says why no whole answer came.
func pageProblem(s check.Spec, out *check.Result, err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // it names the address, which can have a secret in it
	}
	if _, ok := errors.AsType[refusedError](err); ok || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if c, ok := errors.AsType[*tls.CertificateVerificationError](err); ok && len(c.UnverifiedCertificates) > 0 {
		out.Expires = c.UnverifiedCertificates[0].NotAfter
	}
	what := CertificateProblem(err)
	if what == "" {
		if what = DialProblem(err); strings.HasSuffix(what, ".") {
			return errors.New(what)
		}
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		what = "the other side does not speak TLS"
	}
	at := s.Target()
	if out.Redirects > 0 && out.Address != "" {
		at = out.Address
	}
	return fmt.Errorf("%s: %s.%w", at, what, quiet{err})
}
