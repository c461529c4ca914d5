package diagnostics

import (
	"fmt"
	"strings"
	"time"
)

// The codes about services and printing.
const (
	ServiceFailed Code = "service.failed"
	PrintingStuck Code = "printing.stuck"
)

func serviceRules() []rule {
	return []rule{
		{Rule{ServiceFailed, SectionServices, Warning, "Service failed",
			"A service has failed and stays down; information only, when all that failed are jobs that run again by themselves."}, serviceFailed},
		{Rule{PrintingStuck, SectionServices, Warning, "Printing is stuck",
			"A print queue is stopped and jobs wait in it, or a job has waited for 15 minutes or more."}, printingStuck},
	}
}

// passing names the jobs that fail now and then on healthy machines, with the
// network away for a moment, and run again by themselves.
var passing = []string{
	"NetworkManager-wait-online", "systemd-networkd-wait-online", "ifupdown-wait-online", "apt-daily", "apt-news", "esm-cache", "motd-news",
	"fwupd-refresh", "dnf-makecache", "packagekit", "man-db", "logrotate", "updatedb", "plocate-updatedb", "mlocate-updatedb",
	"ua-timer", "update-notifier", "snapd.refresh", "e2scrub", "fstrim", "certbot", "unattended-upgrades", "systemd-tmpfiles-clean", "dpkg-db-backup",
}

func (s *Service) passing() bool {
	for _, p := range passing {
		if strings.HasPrefix(s.Name, p) {
			return true
		}
	}
	return false
}

func serviceFailed(f *facts) *Finding {
	failed := f.services.Failed
	if len(failed) == 0 {
		return nil
	}
	finding := &Finding{
		Severity: Info,
		Detail:   fmt.Sprintf("%d of %d services (%s) failed", len(failed), f.services.Total, clean(f.services.Manager, 20)),
		Advice:   "If something does not work, say so to the help desk; otherwise there is nothing to do.",
	}
	var names []string
	for _, s := range failed {
		if !s.passing() {
			finding.Severity = Warning
		}
		names = append(names, clean(s.Name, 60))
		if len(finding.Evidence) < 8 {
			finding.Evidence = append(finding.Evidence, Evidence{SectionServices, clean(s.Name, 60), clean(strings.TrimSpace(s.State+" "+s.Detail), 160)})
		}
	}
	finding.Detail += ": " + list(names, 8) + "."
	finding.Fix = &Fix{RestartService, names[0]}
	finding.Sentence = "A background service of this machine has failed: " + names[0] + "."
	if len(names) > 1 {
		finding.Sentence = fmt.Sprintf("%d background services of this machine have failed: %s.", len(names), list(names, 3))
	}
	return finding
}

func printingStuck(f *facts) *Finding {
	var stuck []Printer
	for _, p := range f.services.Printers {
		late := !p.Oldest.IsZero() && !f.TakenAt.IsZero() && f.TakenAt.Sub(p.Oldest) >= 15*time.Minute
		if p.Jobs > 0 && (p.State == "stopped" || late) {
			stuck = append(stuck, p)
		}
	}
	if len(stuck) == 0 {
		return nil
	}
	finding := &Finding{
		Sentence: "Printing on " + quote(stuck[0].Name) + " is stuck: " + count(stuck[0].Jobs, "document waits", "documents wait") + ".",
		Advice:   "Check that the printer is switched on, connected and has paper. Do not print again: the documents that wait would come out twice.",
		Fix:      &Fix{ClearPrinting, clean(stuck[0].Name, 60)},
	}
	var each []string
	for _, p := range stuck {
		value := clean(p.State, 20) + ", " + count(p.Jobs, "job", "jobs")
		if why := clean(strings.TrimSpace(p.Reasons+" "+p.Message), 120); why != "" {
			value += " (" + why + ")"
		}
		each = append(each, clean(p.Name, 60)+": "+value)
		if len(finding.Evidence) < 5 {
			finding.Evidence = append(finding.Evidence, Evidence{SectionServices, "print queue " + clean(p.Name, 60), value})
		}
	}
	finding.Detail = list(each, 6) + "."
	return finding
}
