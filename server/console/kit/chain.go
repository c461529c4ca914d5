package kit

import (
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// link is a certificate of a drawn chain, or the gap where one is missing.
type link struct {
	cert   wire.Certificate
	role   string // what it is in the chain
	from   string // where it comes from
	gap    string // the authority that is missing in its place
	unused bool   // sent, and of no use
}

// links draws a chain from the authority down to the server.
func links(p wire.TLSPart) []link {
	var out []link
	used := map[string]bool{}
	sent := func(c wire.Certificate) bool {
		return slices.ContainsFunc(p.Chain, func(x wire.Certificate) bool { return x.SHA256 == c.SHA256 })
	}
	add := func(c wire.Certificate, last bool, bottom bool) {
		l := link{cert: c, role: "Authority between", from: "sent by the server"}
		switch {
		case bottom:
			l.role = "The server's own"
		case last || c.Subject == c.Issuer:
			l.role = "Authority that the machine trusts"
			if !p.Trusted {
				l.role = "Authority that the machine does not trust"
			}
		}
		if !sent(c) {
			l.from = "from the machine's own store"
		}
		used[c.SHA256] = true
		out = append(out, l)
	}
	if p.Trusted && len(p.Built) > 0 {
		for i, c := range p.Built {
			add(c, i == len(p.Built)-1, i == 0)
		}
	} else if len(p.Chain) > 0 {
		at := p.Chain[0]
		add(at, false, true)
		for range p.Chain {
			i := slices.IndexFunc(p.Chain, func(c wire.Certificate) bool { return c.Subject == at.Issuer && !used[c.SHA256] })
			if at.Subject == at.Issuer || i < 0 {
				break
			}
			at = p.Chain[i]
			add(at, false, false)
		}
		if p.Missing != "" {
			out = append(out, link{gap: p.Missing})
		}
	}
	slices.Reverse(out)
	for _, c := range p.Chain {
		if !used[c.SHA256] {
			used[c.SHA256] = true
			out = append(out, link{cert: c, role: "Not part of the chain", from: "sent by the server, and of no use", unused: true})
		}
	}
	return out
}

// signerWords says who has signed a certificate, as far as that can be told.
func signerWords(p wire.TLSPart) string {
	switch p.Signer {
	case wire.SignerPublic:
		return "a public authority; the certificate is in the public logs"
	case wire.SignerPrivate:
		return "an authority that this machine was told to trust and that keeps no public log: a company's own, or a proxy's that looks inside connections. Compare with another site"
	case wire.SignerInspector:
		return "a product that looks inside connections, by its own name: " + p.Product
	case wire.SignerSelf:
		return "the server itself"
	}
	return ""
}

func stapledWords(p wire.TLSPart) string {
	switch p.Stapled {
	case wire.StapledNone:
		return "nothing"
	case wire.StapledGood:
		return "not revoked"
	case wire.StapledRevoked:
		return "revoked: its authority has withdrawn it"
	case wire.StapledUnknown:
		return "its authority does not know it"
	case wire.StapledBroken:
		return "something that cannot be read, is out of date, or is not the authority's"
	}
	return ""
}

// expiry says how long a certificate still holds, in days.
func expiry(c wire.Certificate, now time.Time) (good bool, words string) {
	const day = 24 * time.Hour
	switch {
	case now.Before(c.NotBefore):
		return false, "not valid for another " + Plural(int(c.NotBefore.Sub(now)/day)+1, "day", "%d days")
	case now.After(c.NotAfter):
		return false, "expired " + Plural(int(now.Sub(c.NotAfter)/day), "1 day ago", "%d days ago")
	}
	left := int(c.NotAfter.Sub(now) / day)
	return left >= 14, Plural(left, "1 day left", "%d days left")
}

// nameOfCertificate is what a certificate is called in a drawing.
func nameOfCertificate(c wire.Certificate) string {
	if name := certName(c.Subject); strings.TrimSpace(name) != "" {
		return name
	}
	return "a certificate without a name"
}
