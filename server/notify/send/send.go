// Package send speaks to what channels lead to: mail servers, webhooks, Slack, Teams,
// PagerDuty and other Alertmanagers.
package send

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/server/notify"
)

// Options are what a Sender needs.
type Options struct {
	BaseURL func() string // where people find the server
	Version string
	Now     func() time.Time
	// Dial and TLS are for tests; nil: as usual.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	TLS  *tls.Config
}

// Sender speaks to channels. It is safe for concurrent use.
type Sender struct {
	o    Options
	http *http.Client
}

// New returns a Sender.
func New(o Options) *Sender {
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: notify.Timeout, Control: guard}).DialContext
	}
	return &Sender{o: o, http: &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: o.Dial, TLSClientConfig: o.TLS, ForceAttemptHTTP2: true,
			IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: notify.Timeout, MaxResponseHeaderBytes: 64 << 10,
		},
		// What an administrator has entered is where it goes, and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close lets go of connections that are kept for the next time.
func (s *Sender) Close() { s.http.CloseIdleConnections() }

// errGuarded is told of addresses that nothing is sent to.
var errGuarded = errors.New("the address is for the machine's own link only")

// guard keeps what is sent from addresses that are no receiver's: those of the link,
// at which clouds give their machines secrets, and of many.
func guard(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if check.Refused(at.Addr()) != "" {
		return errGuarded
	}
	return nil
}

// Send implements notify.Sender.
func (s *Sender) Send(ctx context.Context, c notify.Channel, secret string, n notify.Note) (string, error) {
	switch c.Kind {
	case notify.Webhook:
		return s.webhook(ctx, c, secret, n)
	case notify.Slack:
		return s.post(ctx, secret, s.slack(n), nil)
	case notify.Teams:
		return s.post(ctx, secret, s.teams(n), nil)
	case notify.PagerDuty:
		return s.pagerDuty(ctx, c, secret, n)
	case notify.Alertmanager:
		return s.alertmanager(ctx, c, secret, n.Alerts, n.Event == notify.Test)
	case notify.Mail:
		return s.mail(ctx, c, secret, n)
	}
	return "", &notify.SendError{Sentence: "There is no such kind of channel.", Final: true}
}

// Refresh implements notify.Sender.
func (s *Sender) Refresh(ctx context.Context, c notify.Channel, secret string, lines []notify.Line) error {
	if c.Kind != notify.Alertmanager {
		return nil
	}
	_, err := s.alertmanager(ctx, c, secret, lines, false)
	return err
}

const maxAnswer = 64 << 10

// post sends a document, and says what came back. Where it goes to may be a secret, so
// that no error names more than the host.
func (s *Sender) post(ctx context.Context, to string, doc any, header http.Header) (string, error) {
	body, ok := doc.([]byte)
	if !ok {
		var err error
		if body, err = json.Marshal(doc); err != nil {
			return "", &notify.SendError{Sentence: "The message could not be written.", Final: true, Err: err}
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return "", &notify.SendError{Sentence: "The channel's address is not valid. Correct it.", Final: true}
	}
	for k, v := range header {
		r.Header[k] = v
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Deskbell/"+s.o.Version)
	resp, err := s.http.Do(r)
	if err != nil {
		return "", unreachable(r.URL.Host, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return "", unreachable(r.URL.Host, err)
	}
	if resp.StatusCode/100 == 2 {
		return r.URL.Host + " answered " + strconv.Itoa(resp.StatusCode) + excerpt(answer), nil
	}
	return "", s.refused(r.URL.Host, resp, answer)
}

// unreachable is why nothing came back.
func unreachable(host string, err error) *notify.SendError {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // it names the address, which can be a secret
	}
	f := &notify.SendError{Err: err, Sentence: host + " could not be reached.", Unsure: true}
	var dns *net.DNSError
	var unknown *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errGuarded):
		f.Sentence, f.Final, f.Unsure = host+" is an address of the server's own link. Nothing is sent there.", true, false
	case errors.Is(err, context.DeadlineExceeded):
		f.Sentence = host + " did not answer within 10 seconds."
	case errors.As(err, &dns):
		f.Sentence, f.Unsure = "The name of "+host+" was not found.", false
	case errors.As(err, &unknown):
		f.Sentence, f.Unsure = "The certificate of "+host+" is not trusted by this server.", false
	case errors.Is(err, syscall.ECONNREFUSED):
		f.Sentence, f.Unsure = host+" refused the connection: nothing listens there.", false
	}
	return f
}

// refused is what an answer other than yes means. What says that the message or the
// address is wrong is final; what says that it is a bad moment is not.
func (s *Sender) refused(host string, resp *http.Response, answer []byte) *notify.SendError {
	f := &notify.SendError{Sentence: fmt.Sprintf("%s answered %d %s%s", host, resp.StatusCode, http.StatusText(resp.StatusCode), excerpt(answer))}
	switch {
	case resp.StatusCode/100 == 3:
		f.Sentence, f.Final = fmt.Sprintf("%s answered %d and leads elsewhere. Enter the address that it leads to.", host, resp.StatusCode), true
	case resp.StatusCode == http.StatusRequestTimeout || resp.StatusCode == http.StatusTooEarly || resp.StatusCode == http.StatusTooManyRequests:
		f.After = s.retryAfter(resp)
	case resp.StatusCode/100 == 4:
		f.Final = true
	default:
		f.After = s.retryAfter(resp)
		f.Unsure = resp.StatusCode == http.StatusBadGateway || resp.StatusCode == http.StatusGatewayTimeout // somebody else's word
	}
	return f
}

func (s *Sender) retryAfter(resp *http.Response) time.Duration {
	v := strings.TrimSpace(resp.Header.Get("Retry-After"))
	if n, err := strconv.Atoi(v); err == nil {
		return time.Duration(max(0, min(n, 86400))) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(s.o.Now()))
	}
	return 0
}

// excerpt is the beginning of what was answered, as one line of text.
func excerpt(answer []byte) string {
	text := strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(answer), " "))), " ")
	if text == "" {
		return "."
	}
	return ": " + clip(text, 200)
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
