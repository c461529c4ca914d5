package diagnostics

import (
	"fmt"
	"time"

	"github.com/deskbell/deskbell/internal/tongue"
)

// The codes about the server's certificate.
const (
	ServerIntercepted Code = "server.intercepted"
	ServerExpired     Code = "server.certificate_expired"
	ServerExpiring    Code = "server.certificate_expiring"
)

// soon is how early a certificate's end is told.
const soon = 14 * 24 * time.Hour

func serverRules() []rule {
	return []rule{
		{Rule{ServerIntercepted, SectionNetwork, Critical, "Connection opened",
			"What answers at the address of the help desk's server shows a certificate of an unknown authority, for another name, or with another key than the one this machine was told to expect."}, serverIntercepted},
		{Rule{ServerExpired, SectionNetwork, Warning, "Server's certificate invalid",
			"The certificate of the help desk's server has expired or is not valid yet by this machine's clock."}, serverExpired},
		{Rule{ServerExpiring, SectionNetwork, Info, "Server's certificate ends",
			"The certificate of the help desk's server holds, and ends within 14 days."}, serverExpiring},
	}
}

// shown is the certificate that was seen at the server's address, or nil. A
// session that is up has proven more than any certificate.
func (f *facts) shown() *ServerTLS {
	if s := f.network.Server; s != nil && !s.Connected {
		return s.TLS
	}
	return nil
}

func (t *ServerTLS) evidence() []Evidence {
	e := []Evidence{
		reading(SectionNetwork, tongue.Of("evidence.certificate"), verbatim(clean(t.Subject, 120))),
		reading(SectionNetwork, tongue.Of("evidence.signed_by"), verbatim(clean(t.Issuer, 120))),
	}
	if !t.NotAfter.IsZero() {
		e = append(e, reading(SectionNetwork, tongue.Of("evidence.valid"), tongue.Of("evidence.valid_from", tongue.Name("from", dateOf(t.NotBefore)), tongue.Name("to", dateOf(t.NotAfter)))))
	}
	return e
}

func dateOf(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func serverIntercepted(f *facts) *Finding {
	t := f.shown()
	if t == nil {
		return nil
	}
	why := map[TLSVerdict]string{
		TLSUnknownIssuer: "signed by no authority that this machine trusts",
		TLSOtherName:     "made out to another name",
		TLSOtherKey:      "not the one that was pinned at enrolment",
	}[t.Verdict]
	if why == "" {
		return nil
	}
	return &Finding{
		Said:     says(tongue.Of("finding.server_intercepted"), "advice.server_intercepted"),
		Detail:   fmt.Sprintf("%s shows “%s”, issued by “%s”: %s.", clean(f.network.Server.Address, 120), clean(t.Subject, 120), clean(t.Issuer, 120), why),
		Evidence: t.evidence(),
	}
}

func serverExpired(f *facts) *Finding {
	t := f.shown()
	if t == nil || t.Verdict != TLSExpired && t.Verdict != TLSNotYetValid {
		return nil
	}
	sentence := "finding.server_expired"
	if t.Verdict == TLSNotYetValid {
		sentence = "finding.server_not_yet"
	}
	return &Finding{
		Said:     says(tongue.Of(sentence), "advice.server_expired"),
		Detail:   fmt.Sprintf("“%s”, issued by “%s”, is valid from %s to %s.", clean(t.Subject, 120), clean(t.Issuer, 120), dateOf(t.NotBefore), dateOf(t.NotAfter)),
		Evidence: t.evidence(),
	}
}

func serverExpiring(f *facts) *Finding {
	t := f.shown()
	if t == nil || t.Verdict != TLSHolds || t.NotAfter.IsZero() || f.TakenAt.IsZero() || t.NotAfter.Sub(f.TakenAt) > soon {
		return nil
	}
	left := t.NotAfter.Sub(f.TakenAt)
	return &Finding{
		Said:     says(tongue.Of("finding.server_expiring", tongue.Duration("length", left)), "advice.server_expiring"),
		Detail:   fmt.Sprintf("“%s” is valid until %s.", clean(t.Subject, 120), dateOf(t.NotAfter)),
		Evidence: t.evidence(),
	}
}
