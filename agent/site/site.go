package site

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics/probe"
)

// Bounds of one way to a site.
const (
	wait     = 12 * time.Second
	dialWait = 6 * time.Second
)

// Options are for tests: zero fields mean this machine as it is.
type Options struct {
	Proxy func(*http.Request) (*url.URL, error) // nil: as the environment says
	Roots *x509.CertPool                        // nil: whom the system trusts
	Names *net.Resolver                         // nil: the system's
}

// Try goes the way to a site and calls emit after each step, the last time with
// Done. It fails when the address is none; that a site does not answer is no error.
func Try(ctx context.Context, address string, o Options, emit func(local.Site)) error {
	u, guessed, err := parse(address)
	if err != nil {
		return err
	}
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	last := try(ctx, u, o, emit)
	if guessed && last.Verdict == local.SiteRefused { // it may be an old one, without encryption
		plain := *u
		plain.Scheme = "http"
		if again := try(ctx, &plain, o, emit); again.Verdict != local.SiteRefused {
			last = again
		}
	}
	if err := context.Cause(ctx); errors.Is(err, context.Canceled) {
		return err
	}
	last.Done = true
	emit(last)
	return nil
}

// way is one attempt. Its events come from several goroutines.
type way struct {
	emit func(local.Site)

	mu    sync.Mutex
	site  local.Site
	began map[local.SitePhase]time.Time
	over  bool
}

func newWay(u *url.URL, emit func(local.Site)) *way {
	w := &way{emit: emit, began: map[local.SitePhase]time.Time{}}
	w.site.Address = line(u.Redacted(), 300)
	return w
}

// begin notes that a step begins; the same may begin again, for another address.
func (w *way) begin(p local.SitePhase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, was := w.began[p]; was || w.over {
		return
	}
	w.began[p] = time.Now()
	w.site.Steps = append(w.site.Steps, local.SiteStep{Phase: p})
	w.emit(w.copy())
}

// end notes what became of a step.
func (w *way) end(p local.SitePhase, state local.SiteState, detail string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.site.Steps {
		if s := &w.site.Steps[i]; s.Phase == p && s.State == "" {
			s.State, s.Detail, s.TookMS = state, line(detail, 200), time.Since(w.began[p]).Milliseconds()
			w.emit(w.copy())
			return
		}
	}
}

// copy is the site as it is now. The caller holds mu.
func (w *way) copy() local.Site {
	s := w.site
	s.Steps = append([]local.SiteStep{}, s.Steps...)
	return s
}

// close fills in the steps that were not reached.
func (w *way) close(v local.SiteVerdict, failed local.SitePhase, detail string) local.Site {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	by := map[local.SitePhase]local.SiteStep{}
	for _, s := range w.site.Steps {
		if s.State == "" {
			s.TookMS = time.Since(w.began[s.Phase]).Milliseconds()
		}
		by[s.Phase] = s
	}
	w.site.Steps = w.site.Steps[:0:0]
	beyond := false
	for _, p := range local.SitePhases() {
		s, was := by[p]
		s.Phase = p
		switch {
		case p == failed:
			s.State, s.Detail, beyond = local.SiteFailed, line(detail, 200), true
		case beyond || !was && s.State == "":
			s.State, s.TookMS = local.SiteSkipped, 0
		case s.State == "" || s.State == local.SiteFailed: // the way went on all the same
			s.State = local.SiteOK
		}
		w.site.Steps = append(w.site.Steps, s)
	}
	w.site.Verdict = v
	return w.copy()
}

func (w *way) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { w.begin(local.SiteName) },
		DNSDone: func(i httptrace.DNSDoneInfo) {
			if i.Err == nil {
				var to []string
				for _, a := range i.Addrs[:min(len(i.Addrs), 4)] {
					to = append(to, a.String())
				}
				w.end(local.SiteName, local.SiteOK, strings.Join(to, ", "))
			}
		},
		ConnectStart: func(string, string) { w.begin(local.SiteConnection) },
		ConnectDone: func(_, address string, err error) {
			if err == nil {
				w.end(local.SiteConnection, local.SiteOK, address)
			}
		},
		TLSHandshakeStart: func() { w.begin(local.SiteCertificate) },
		TLSHandshakeDone: func(s tls.ConnectionState, err error) {
			if err == nil && len(s.PeerCertificates) > 0 {
				c := s.PeerCertificates[0]
				w.end(local.SiteCertificate, local.SiteOK, fmt.Sprintf("%s, issued by %s, until %s", c.Subject, c.Issuer, c.NotAfter.UTC().Format("2006-01-02")))
			}
		},
		WroteRequest: func(httptrace.WroteRequestInfo) { w.begin(local.SiteAnswer) },
	}
}

// try goes the way once. It does not follow where a site leads on to: that it
// answers is what counts.
func try(ctx context.Context, u *url.URL, o Options, emit func(local.Site)) local.Site {
	w := newWay(u, emit)
	transport := &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			via, err := o.Proxy(r)
			if via != nil {
				w.mu.Lock()
				w.site.Proxy = line(via.Host, 200) // without the password that may be in it
				w.mu.Unlock()
			}
			return via, err
		},
		DialContext:       (&net.Dialer{Timeout: dialWait, Resolver: o.Names}).DialContext,
		TLSClientConfig:   &tls.Config{RootCAs: o.Roots},
		DisableKeepAlives: true, MaxResponseHeaderBytes: 256 << 10, ForceAttemptHTTP2: true, TLSHandshakeTimeout: dialWait,
	}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, w.trace()), http.MethodGet, u.String(), nil)
	if err != nil {
		return w.close(local.SiteMute, local.SiteAnswer, err.Error())
	}
	r.Header.Set("User-Agent", "deskbell-agent")
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return w.close(w.why(err))
	}
	defer answer.Body.Close()
	// That it begins to answer is enough: of what it says nothing is read.
	verdict := verdictOf(answer.StatusCode)
	said := fmt.Sprintf("%s, %s", answer.Proto, answer.Status)
	if verdict != local.SiteWorks {
		return w.close(verdict, local.SiteAnswer, said)
	}
	w.end(local.SiteAnswer, local.SiteOK, said)
	return w.close(verdict, "", "")
}

func verdictOf(status int) local.SiteVerdict {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusProxyAuthRequired:
		return local.SiteWantsSignIn
	case status == http.StatusForbidden:
		return local.SiteForbids
	case status == http.StatusNotFound, status == http.StatusGone:
		return local.SiteNoPage
	case status == http.StatusTooManyRequests:
		return local.SiteBusy
	case status >= 500:
		return local.SiteBroken
	}
	return local.SiteWorks
}

// why tells from an error where the way ended and why.
func (w *way) why(err error) (local.SiteVerdict, local.SitePhase, string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	state := func(p local.SitePhase) (local.SiteState, bool) {
		for _, s := range w.site.Steps {
			if s.Phase == p {
				return s.State, true
			}
		}
		return "", false
	}
	_, secured := state(local.SiteCertificate)
	connected, _ := state(local.SiteConnection)
	asked := false
	if _, is := state(local.SiteAnswer); is {
		asked = true
	}
	op, isOp := errors.AsType[*net.OpError](err)
	switch {
	case isOp && op.Op == "proxyconnect", w.site.Proxy != "" && connected != local.SiteOK:
		return local.SiteProxyGone, local.SiteConnection, problem(err)
	case asked:
		return local.SiteMute, local.SiteAnswer, problem(err)
	case secured:
		return certificate(err), local.SiteCertificate, problem(err)
	}
	if d, is := errors.AsType[*net.DNSError](err); is {
		if d.IsNotFound {
			return local.SiteNameUnknown, local.SiteName, problem(err)
		}
		return local.SiteNameSilent, local.SiteName, problem(err)
	}
	switch {
	case connected == local.SiteOK:
		return local.SiteMute, local.SiteAnswer, problem(err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return local.SiteRefused, local.SiteConnection, problem(err)
	case errors.Is(err, syscall.ENETUNREACH):
		return local.SiteNoWay, local.SiteConnection, problem(err)
	}
	return local.SiteSilent, local.SiteConnection, problem(err)
}

func certificate(err error) local.SiteVerdict {
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		if e.Cert != nil && time.Now().Before(e.Cert.NotBefore) {
			return local.SiteTooEarly
		}
		return local.SiteExpired
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return local.SiteOtherName
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return local.SiteNotTrusted
	}
	return local.SiteNoSecurity
}

func problem(err error) string {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e.Err.Error()
	}
	return probe.DialProblem(err)
}

// line makes a text fit for a line that a person reads.
func line(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	if r := []rune(strings.TrimSpace(s)); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return strings.TrimSpace(s)
}
