package diagnostics

import (
	"time"

	"github.com/deskbell/deskbell/internal/tongue"
)

// The codes about the system.
const (
	RebootPending Code = "system.reboot_pending"
	UptimeLong    Code = "system.uptime"

	CertificateExpired  Code = "certificate.expired"
	CertificateExpiring Code = "certificate.expiring"
)

const longUptime = 45 * 24 * time.Hour

func systemRules() []rule {
	return []rule{
		{Rule{RebootPending, SectionSystem, Info, "Restart pending",
			"Updates are installed and wait for a restart."}, rebootPending},
		{Rule{UptimeLong, SectionSystem, Info, "Long uptime",
			"The machine has not been restarted for more than 45 days."}, uptimeLong},
		{Rule{CertificateExpired, SectionSystem, Warning, "Certificate expired",
			"A certificate with which this machine joins a network or a VPN has expired within the last 90 days."}, certificateExpired},
		{Rule{CertificateExpiring, SectionSystem, Info, "Certificate ends",
			"A certificate with which this machine joins a network or a VPN ends within 14 days."}, certificateExpiring},
	}
}

// uptime is how long the machine has run, or 0 when that is not known.
func (f *facts) uptime() time.Duration {
	if f.system.BootedAt.IsZero() || f.TakenAt.IsZero() || f.TakenAt.Before(f.system.BootedAt) {
		return 0
	}
	return f.TakenAt.Sub(f.system.BootedAt)
}

func rebootPending(f *facts) *Finding {
	if !f.system.RebootPending {
		return nil
	}
	finding := &Finding{
		Said:     says(tongue.Of("finding.reboot_pending"), "advice.reboot_pending"),
		Detail:   "The system says that a restart is pending.",
		Evidence: []Evidence{reading(SectionSystem, tongue.Of("evidence.restart_pending"), tongue.Of("common.yes"))},
	}
	if up := f.uptime(); up > 0 {
		finding.Evidence = append(finding.Evidence, reading(SectionSystem, tongue.Of("evidence.running_for"), lengthText(up)))
	}
	return finding
}

func uptimeLong(f *facts) *Finding {
	up := f.uptime()
	if up <= longUptime {
		return nil
	}
	return &Finding{
		Said:     says(tongue.Of("finding.uptime_long", tongue.Count("n", int(up/(24*time.Hour)))), "advice.uptime_long"),
		Detail:   "Up since " + f.system.BootedAt.UTC().Format("2006-01-02 15:04 UTC") + ".",
		Evidence: []Evidence{reading(SectionSystem, tongue.Of("evidence.running_for"), lengthText(up))},
	}
}

// certificates returns those whose time left, negative when it is over, is within
// the bounds.
func (f *facts) certificates(from, to time.Duration) []Certificate {
	var found []Certificate
	for _, c := range f.system.Certificates {
		if left := c.NotAfter.Sub(f.TakenAt); !f.TakenAt.IsZero() && !c.NotAfter.IsZero() && left >= from && left < to {
			found = append(found, c)
		}
	}
	return found
}

func certificateFinding(found []Certificate, sentence, advice string) *Finding {
	if len(found) == 0 {
		return nil
	}
	finding := &Finding{Said: says(tongue.Of(sentence), advice)}
	var each []string
	for _, c := range found {
		each = append(each, clean(c.Path, 120)+" ("+clean(c.Subject, 80)+"): "+dateOf(c.NotAfter))
		if len(finding.Evidence) < 5 {
			finding.Evidence = append(finding.Evidence, reading(SectionSystem, tongue.Of("evidence.end_of", tongue.Name("path", clean(c.Path, 80))), verbatim(dateOf(c.NotAfter))))
		}
	}
	finding.Detail = "Valid until: " + list(each, 5) + "."
	return finding
}

func certificateExpired(f *facts) *Finding {
	// What has been over for longer is a file that nobody uses any more.
	return certificateFinding(f.certificates(-90*24*time.Hour, 0),
		"finding.certificate_expired", "advice.certificate_expired")
}

func certificateExpiring(f *facts) *Finding {
	return certificateFinding(f.certificates(0, soon),
		"finding.certificate_expiring", "advice.certificate_expiring")
}
