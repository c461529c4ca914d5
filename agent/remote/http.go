package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/diagnostics/reach"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

const (
	maxRedirects = 5
	maxBody      = 64 << 10
	httpWait     = 15 * time.Second
	maxURL       = 2000
)

func (r *Runner) http(p wire.HTTPParams) (job, error) {
	u, err := checkURL(p.URL)
	if err != nil {
		return job{}, err
	}
	// What follows the question mark may be somebody's secret.
	what := "whether the page “" + oneLine(u.Scheme+"://"+u.Host+u.Path, 120) + "” opens"
	return job{what: what, limit: httpWait + 2*time.Second, run: func(ctx context.Context, out *output) error {
		part := r.fetch(ctx, u)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return send(out, part)
	}}, nil
}

func checkURL(s string) (*url.URL, error) {
	switch {
	case s == "":
		return nil, fault.Field("url", "The parameter “url” is missing.")
	case len(s) > maxURL:
		return nil, fault.Field("url", "The parameter “url” is longer than 2000 characters.")
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fault.Field("url", "The parameter “url” is not an address of the form https://host/path.")
	}
	if u.User != nil {
		return nil, fault.Field("url", "The parameter “url” has a name or a password in it; pages are asked for without.")
	}
	name, err := host("url", u.Hostname())
	if err != nil {
		return nil, fault.Field("url", "The host in the parameter “url” is not a host's name or address.")
	}
	if port := u.Port(); port != "" {
		u.Host = net.JoinHostPort(name, port)
	} else if strings.Contains(name, ":") {
		u.Host = "[" + name + "]"
	} else {
		u.Host = name
	}
	u.Fragment = ""
	return u, nil
}

// fetch gets the URL and tells how long each phase of the last request took.
func (r *Runner) fetch(ctx context.Context, u *url.URL) wire.HTTPPart {
	ctx, cancel := context.WithTimeout(ctx, httpWait)
	defer cancel()
	var part wire.HTTPPart
	transport := &http.Transport{
		Proxy: func(req *http.Request) (*url.URL, error) {
			via, err := r.options.ProxyFor(req)
			if via != nil {
				part.Proxy = via.Host // without the password that may be in it
			} else {
				part.Proxy = ""
			}
			return via, err
		},
		DisableKeepAlives: true, MaxResponseHeaderBytes: 256 << 10, ForceAttemptHTTP2: true,
	}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errors.New("more than 5 redirects")
		}
		part.Redirects = len(via)
		req.Header.Del("Referer")
		return nil
	}}
	var p reach.Phases
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, p.Trace()), http.MethodGet, u.String(), nil)
	if err != nil {
		part.Problem = oneLine(err.Error(), 200)
		return part
	}
	req.Header.Set("User-Agent", "deskbell-agent")
	start := time.Now()
	answer, err := client.Do(req)
	if err == nil {
		part.Status, part.FinalURL = answer.StatusCode, shownURL(answer.Request.URL)
		if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, maxBody)); err != nil {
			part.Problem = "the page broke off: " + httpProblem(err)
		}
		answer.Body.Close()
	} else {
		part.Problem = httpProblem(err)
		if e, ok := errors.AsType[*url.Error](err); ok && part.Redirects > 0 {
			if at, err := url.Parse(e.URL); err == nil {
				part.FinalURL = shownURL(at)
			}
		}
	}
	part.Total = time.Since(start)
	t := p.Times()
	if part.Redirects > 0 && !t.Began.IsZero() {
		part.Before = t.Began.Sub(start)
	}
	part.Lookup, part.Connect, part.TLS, part.FirstByte = t.Lookup, t.Connect, t.TLS, t.FirstByte
	return part
}

func shownURL(u *url.URL) string { return oneLine(u.Redacted(), maxURL) }

// httpProblem says what failed, without the URL, which the technician knows.
func httpProblem(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if certificate := reach.CertificateProblem(err); certificate != "" {
		return certificate
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no answer in %.0f s", httpWait.Seconds())
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return probe.DialProblem(err)
	}
	return oneLine(err.Error(), 200)
}
