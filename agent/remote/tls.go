package remote

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/diagnostics/reach"
	"github.com/deskbell/deskbell/internal/wire"
)

const (
	handshakeWait = 8 * time.Second
	maxChain      = 10
	maxNames      = 50
)

func (r *Runner) tls(p wire.TLSParams) (job, error) {
	name, err := host("host", p.Host)
	if err != nil {
		return job{}, err
	}
	port, err := between("port", p.Port, 1, 65535, 443)
	if err != nil {
		return job{}, err
	}
	serverName := name
	if p.Name != "" {
		if serverName, err = host("name", p.Name); err != nil {
			return job{}, err
		}
	}
	return job{what: fmt.Sprintf("the certificate of “%s”", name), limit: 30 * time.Second, run: func(ctx context.Context, out *output) error {
		part := r.handshake(ctx, name, port, serverName)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return send(out, part)
	}}, nil
}

// handshake looks at what the server shows and says whether this machine trusts
// it. Nothing is sent over the connection, whose other end nobody has vouched for.
func (r *Runner) handshake(ctx context.Context, name string, port int, serverName string) wire.TLSPart {
	tcp, conn := connect(ctx, name, port)
	part := wire.TLSPart{Connect: tcp.Connect, Problem: tcp.Problem}
	if conn == nil {
		return part
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, handshakeWait)
	defer cancel()
	c := tls.Client(conn, &tls.Config{
		ServerName: serverName,
		// We want to see the chain of one that is not trusted too, and old versions;
		// the chain is checked below.
		InsecureSkipVerify: true,
		MinVersion:         tls.VersionTLS10,
		NextProtos:         []string{"h2", "http/1.1"},
	})
	start := time.Now()
	err := c.HandshakeContext(ctx)
	part.TLS = time.Since(start)
	state := c.ConnectionState()
	for _, cert := range state.PeerCertificates[:min(len(state.PeerCertificates), maxChain)] {
		part.Chain = append(part.Chain, certificate(cert))
	}
	if err != nil {
		part.Problem = handshakeProblem(err)
		return part
	}
	part.Version, part.Cipher = tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite)
	part.Protocol = oneLine(state.NegotiatedProtocol, 20)
	built, err := r.verify(state.PeerCertificates, serverName)
	part.Trusted = err == nil
	if err != nil {
		if part.Problem = reach.CertificateProblem(err); part.Problem == "" {
			part.Problem = oneLine(err.Error(), 200)
		}
		part.Missing = missing(state.PeerCertificates, err)
	}
	for _, cert := range built[:min(len(built), maxChain)] {
		part.Built = append(part.Built, certificate(cert))
	}
	part.Signer, part.Product = signer(state.PeerCertificates, built)
	part.Stapled, part.StapledUntil = stapled(state.OCSPResponse, state.PeerCertificates, built, r.options.Now())
	return part
}

// verify returns the chain by which this machine trusts the server's certificate.
func (r *Runner) verify(chain []*x509.Certificate, name string) ([]*x509.Certificate, error) {
	if len(chain) == 0 {
		return nil, errors.New("the server showed no certificate")
	}
	o := x509.VerifyOptions{DNSName: name, CurrentTime: r.options.Now(), Roots: r.roots, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:min(len(chain), maxChain)] {
		o.Intermediates.AddCert(c)
	}
	built, err := chain[0].Verify(o)
	if err != nil || len(built) == 0 {
		return nil, err
	}
	return slices.MinFunc(built, func(a, b []*x509.Certificate) int { return len(a) - len(b) }), nil
}

func handshakeProblem(err error) string {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the other side does not speak TLS"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no handshake in %.0f s", handshakeWait.Seconds())
	}
	if _, ok := errors.AsType[*net.OpError](err); ok && !isAlert(err) {
		return "handshake: " + probe.DialProblem(err)
	}
	return "handshake: " + oneLine(err.Error(), 200)
}

func isAlert(err error) bool {
	_, ok := errors.AsType[tls.AlertError](err)
	return ok
}

func certificate(c *x509.Certificate) wire.Certificate {
	sum := sha256.Sum256(c.Raw)
	out := wire.Certificate{
		Subject: oneLine(c.Subject.String(), 300), Issuer: oneLine(c.Issuer.String(), 300),
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, SHA256: hex.EncodeToString(sum[:]),
		Signature: c.SignatureAlgorithm.String(), Authority: c.IsCA && c.BasicConstraintsValid,
	}
	out.Key, out.Weak = keyOf(c)
	for _, n := range c.DNSNames {
		out.Names = append(out.Names, oneLine(n, 253))
	}
	for _, ip := range c.IPAddresses {
		out.Names = append(out.Names, ip.String())
	}
	out.Names = out.Names[:min(len(out.Names), maxNames)]
	return out
}
