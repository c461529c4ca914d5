package diagnostics

import (
	"fmt"
	"time"
)

// The codes about the system.
const (
	RebootPending Code = "system.reboot_pending"
	UptimeLong    Code = "system.uptime"
)

const longUptime = 45 * 24 * time.Hour

func systemRules() []rule {
	return []rule{
		{Rule{RebootPending, SectionSystem, Info, "Restart pending",
			"Updates are installed and wait for a restart."}, rebootPending},
		{Rule{UptimeLong, SectionSystem, Info, "Long uptime",
			"The machine has not been restarted for more than 45 days."}, uptimeLong},
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
