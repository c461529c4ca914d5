package remote

import (
	"crypto/dsa" //nolint:staticcheck // only to name the keys of old certificates
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/deskbell/deskbell/internal/wire"
)

// keyOf names a certificate's key, and says what is wrong with it or with the way in
// which it was signed. How a root was signed does not matter: it is trusted as it is.
func keyOf(c *x509.Certificate) (key, weak string) {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		key = fmt.Sprintf("RSA %d", k.N.BitLen())
		if k.N.BitLen() < 2048 {
			weak = "the key is shorter than 2048 bits"
		}
	case *ecdsa.PublicKey:
		key = "ECDSA " + k.Curve.Params().Name
	case ed25519.PublicKey:
		key = "Ed25519"
	case *dsa.PublicKey:
		key, weak = "DSA", "nobody accepts DSA any more"
	default:
		key = "of a sort that this agent does not know"
	}
	switch c.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1:
		if !sameName(c) {
			weak = "it is signed with " + c.SignatureAlgorithm.String() + ", which nobody accepts any more"
		}
	}
	return key, weak
}

// sameName reports whether a certificate says that it has signed itself.
func sameName(c *x509.Certificate) bool { return slices.Equal(c.RawSubject, c.RawIssuer) }

// missing is the authority whose certificate the server should have sent. One that
// signs itself is no link of a chain: then there is nothing to send.
func missing(sent []*x509.Certificate, err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		return ""
	}
	at := sent[0]
	for range sent {
		if sameName(at) {
			return ""
		}
		i := slices.IndexFunc(sent, func(c *x509.Certificate) bool { return slices.Equal(c.RawSubject, at.RawIssuer) })
		if i < 0 {
			return oneLine(at.Issuer.String(), 300)
		}
		at = sent[i]
	}
	return ""
}

// inspectors are names of products that sign in the place of those whom somebody
// talks to, as they stand in their certificates.
var inspectors = []string{
	"avast", "barracuda", "bitdefender", "blue coat", "bluecoat", "charles proxy", "check point", "checkpoint", "cisco umbrella", "dr.web", "eset ssl filter", "fiddler",
	"forcepoint", "fortigate", "fortinet", "gfi software", "iboss", "kaspersky", "lightspeed", "mcafee web gateway", "menlo security", "mitmproxy", "netskope", "palo alto networks",
	"portswigger", "securly", "skyhigh", "smoothwall", "sonicwall", "sophos", "squid", "symantec web", "trend micro web", "untangle", "watchguard", "websense", "zscaler",
}

// signedTimestamps marks a certificate that was entered in public logs (RFC 6962).
var signedTimestamps = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}

// signer tells the sort of authority behind a chain.
func signer(sent, built []*x509.Certificate) (sort wire.Signer, product string) {
	if len(sent) == 0 {
		return "", ""
	}
	leaf := sent[0]
	for _, c := range append(slices.Clone(sent[:min(len(sent), maxChain)]), built...) {
		name := strings.ToLower(c.Issuer.String())
		for _, known := range inspectors {
			if strings.Contains(name, known) {
				return wire.SignerInspector, oneLine(strings.Join(append(c.Issuer.Organization, c.Issuer.CommonName), ", "), 120)
			}
		}
	}
	logged := slices.ContainsFunc(leaf.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(signedTimestamps) })
	switch {
	case sameName(leaf):
		return wire.SignerSelf, ""
	case len(built) > 0 && logged:
		return wire.SignerPublic, ""
	case len(built) > 0:
		return wire.SignerPrivate, ""
	}
	return "", ""
}

// stapled reads what the server brings along of its authority.
func stapled(response []byte, sent, built []*x509.Certificate, now time.Time) (wire.Stapled, time.Time) {
	if len(response) == 0 || len(sent) == 0 {
		return wire.StapledNone, time.Time{}
	}
	var issuer *x509.Certificate
	for _, c := range append(slices.Clone(built), sent...) {
		if slices.Equal(c.RawSubject, sent[0].RawIssuer) {
			issuer = c
			break
		}
	}
	if issuer == nil {
		return wire.StapledBroken, time.Time{} // nobody is there to vouch for it
	}
	r, err := ocsp.ParseResponseForCert(response, sent[0], issuer)
	switch {
	case err != nil:
		return wire.StapledBroken, time.Time{}
	case !r.NextUpdate.IsZero() && now.After(r.NextUpdate):
		return wire.StapledBroken, r.NextUpdate
	case r.Status == ocsp.Good:
		return wire.StapledGood, r.NextUpdate
	case r.Status == ocsp.Revoked:
		return wire.StapledRevoked, r.NextUpdate
	}
	return wire.StapledUnknown, r.NextUpdate
}
