package diagnostics

import (
	"fmt"
	"time"
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
		Sentence: "Updates are installed and wait for a restart.",
		Detail:   "The system says that a restart is pending.",
		Evidence: []Evidence{{SectionSystem, "restart pending", "yes"}},
		Advice:   "Restart the machine when it suits you.",
	}
	if up := f.uptime(); up > 0 {
		finding.Evidence = append(finding.Evidence, Evidence{SectionSystem, "running for", durationText(up)})
	}
	return finding
}

func uptimeLong(f *facts) *Finding {
	up := f.uptime()
	if up <= longUptime {
		return nil
	}
	return &Finding{
		Sentence: fmt.Sprintf("This machine has not been restarted for %d days.", int(up/(24*time.Hour))),
		Detail:   "Up since " + f.system.BootedAt.UTC().Format("2006-01-02 15:04 UTC") + ".",
		Evidence: []Evidence{{SectionSystem, "running for", durationText(up)}},
		Advice:   "Restart it when it suits you: updates and slow leaks of memory are done with then.",
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
	finding := &Finding{Sentence: sentence, Advice: advice}
	var each []string
	for _, c := range found {
		each = append(each, clean(c.Path, 120)+" ("+clean(c.Subject, 80)+"): "+dateOf(c.NotAfter))
		if len(finding.Evidence) < 5 {
			finding.Evidence = append(finding.Evidence, Evidence{SectionSystem, "end of " + clean(c.Path, 80), dateOf(c.NotAfter)})
		}
	}
	finding.Detail = "Valid until: " + list(each, 5) + "."
	return finding
}

func certificateExpired(f *facts) *Finding {
	// What has been over for longer is a file that nobody uses any more.
	return certificateFinding(f.certificates(-90*24*time.Hour, 0),
		"A certificate that this machine signs in to a network with has expired.",
		"If Wi-Fi or the VPN refuses this machine, tell the help desk that its certificate must be renewed.")
}

func certificateExpiring(f *facts) *Finding {
	return certificateFinding(f.certificates(0, soon),
		"A certificate that this machine signs in to a network with ends soon.",
		"Tell the help desk before it does, so that Wi-Fi or the VPN goes on working.")
}
