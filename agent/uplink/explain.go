package uplink

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"github.com/deskbell/deskbell/internal/fault"
)

// RefusedError is a server's No, and when to ask again.
type RefusedError struct {
	Err        *fault.Error
	RetryAfter time.Duration // 0: the server named no time
	Close      int           // the close code that belongs to it, 0 before there was a websocket
}

// Error returns the fault's text.
func (r *RefusedError) Error() string { return r.Err.Error() }

// Unwrap returns the fault.
func (r *RefusedError) Unwrap() error { return r.Err }

// errPin is what a connection fails with whose certificate is not the pinned one.
var errPin = errors.New("the certificate's public key is not the pinned one")

// tlsError marks a failed TLS handshake.
type tlsError struct{ err error }

func (e *tlsError) Error() string { return e.err.Error() }
func (e *tlsError) Unwrap() error { return e.err }

// explain gives a failed connection its sentence.
func (d *Dialer) explain(err error, resp *http.Response) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if errors.Is(err, websocket.ErrBadHandshake) && resp != nil {
		return d.explainStatus(resp)
	}
	if t, ok := errors.AsType[*tlsError](err); ok {
		return d.explainTLS(t.err)
	}
	return fault.Wrap(err, fault.Unavailable, "The server "+d.address+" cannot be reached. Check this computer's network connection and try again.")
}

func (d *Dialer) explainStatus(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return &RefusedError{
			Err:        fault.New(fault.Unavailable, "The server "+d.address+" is busy. It will be tried again by itself."),
			RetryAfter: retryAfter(resp.Header, time.Now()),
		}
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return fault.New(fault.Unavailable, "The server "+d.address+" does not answer the proxy before it. Try again in a moment.")
	}
	return fault.New(fault.WrongServer, "What answers at "+d.address+" is not a Deskbell server (it says “"+resp.Status+"”). Check the address in the enrolment string.")
}

func (d *Dialer) explainTLS(err error) error {
	if errors.Is(err, errPin) {
		return fault.Wrap(err, fault.WrongServer, "What answers at "+d.address+" shows another certificate than the one this machine was told to expect: it is another server, or something in between opens the encrypted connection. Ask your administrator.")
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return fault.Wrap(err, fault.WrongServer, "The certificate of "+d.address+" is signed by no authority that this computer trusts. Ask your administrator.")
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return fault.Wrap(err, fault.WrongServer, "The certificate of "+d.address+" is made out to another name. Ask your administrator.")
	}
	if c, ok := errors.AsType[x509.CertificateInvalidError](err); ok && c.Reason == x509.Expired {
		return fault.Wrap(err, fault.Expired, "The certificate of "+d.address+" is not valid today. Check this computer's clock; if it is right, tell your administrator.")
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return fault.Wrap(err, fault.WrongServer, "What answers at "+d.address+" does not encrypt. Check the address: it may be another service's port.")
	}
	return fault.Wrap(err, fault.Unavailable, "No encrypted connection to "+d.address+" came about. Something between this computer and the server may be in the way; ask your administrator.")
}
