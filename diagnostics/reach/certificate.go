package reach

import (
	"crypto/x509"
	"errors"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// CertificateProblem says what is wrong with a certificate, or "" when the error
// is about something else.
func CertificateProblem(err error) string {
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired && e.Cert != nil {
			if now := time.Now(); now.Before(e.Cert.NotBefore) {
				return "certificate is not valid before " + e.Cert.NotBefore.UTC().Format("2006-01-02 15:04 UTC")
			}
			return "certificate expired on " + e.Cert.NotAfter.UTC().Format("2006-01-02 15:04 UTC")
		}
		return "certificate is not valid: " + check.OneLine(e.Error(), 200)
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return "certificate is for another name: " + check.OneLine(e.Error(), 200)
	}
	if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		if e.Cert != nil && e.Cert.Issuer.String() == e.Cert.Subject.String() {
			return "certificate is signed by itself"
		}
		return "certificate is signed by an authority that this machine does not trust"
	}
	if e, ok := errors.AsType[x509.SystemRootsError](err); ok {
		return "the authorities that this machine trusts could not be read: " + check.OneLine(e.Error(), 120)
	}
	return ""
}
