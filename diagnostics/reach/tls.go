package reach

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// tls looks at the certificate of a server. Nothing is sent over the connection, whose
// other end nobody has vouched for.
func (r *Runner) tls(ctx context.Context, s check.Spec, out *check.Result) error {
	conn, err := r.connect(ctx, s, out)
	if err != nil {
		return err
	}
	defer conn.Close()
	name := s.Host
	if s.Name != "" {
		name = s.Name
	}
	c := tls.Client(conn, &tls.Config{
		ServerName: name,
		// We want to see the certificate of one that is not trusted too; it is checked below.
		InsecureSkipVerify: true, //nolint:gosec // as said
	})
	start := time.Now()
	err = c.HandshakeContext(ctx)
	out.TLS = time.Since(start)
	out.Took = out.Lookup + out.Connect + out.TLS
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
			return fmt.Errorf("%s does not speak TLS.%w", out.Address, quiet{err})
		}
		return fmt.Errorf("%s: the handshake failed: %s.%w", out.Address, DialProblem(err), quiet{err})
	}
	chain := c.ConnectionState().PeerCertificates
	if len(chain) == 0 {
		return fmt.Errorf("%s shows no certificate.", out.Address) //nolint:staticcheck // a sentence for people
	}
	out.Expires = chain[0].NotAfter
	o := x509.VerifyOptions{DNSName: name, Roots: r.Roots, Intermediates: x509.NewCertPool()}
	for _, link := range chain[1:min(len(chain), 10)] {
		o.Intermediates.AddCert(link)
	}
	if _, err := chain[0].Verify(o); err != nil {
		what := CertificateProblem(err)
		if what == "" {
			what = check.OneLine(err.Error(), 200)
		}
		return fmt.Errorf("%s: %s.%w", s.At(), what, quiet{err})
	}
	left := time.Until(out.Expires)
	out.Says = fmt.Sprintf("The certificate is trusted, for %s, and valid until %s: %.0f more days.", name, out.Expires.UTC().Format("2006-01-02 15:04 UTC"), left.Hours()/24)
	return nil
}
