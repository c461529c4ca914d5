package diagnostics

import (
	"fmt"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/tongue"
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
	}
	var names []string
	for _, s := range failed {
		if !s.passing() {
			finding.Severity = Warning
		}
		names = append(names, clean(s.Name, 60))
		if len(finding.Evidence) < 8 {
			finding.Evidence = append(finding.Evidence, reading(SectionServices, verbatim(clean(s.Name, 60)), verbatim(clean(strings.TrimSpace(s.State+" "+s.Detail), 160))))
		}
	}
	finding.Detail += ": " + list(names, 8) + "."
	finding.Fix = &Fix{RestartService, names[0]}
	finding.Said = says(tongue.Of("finding.service_failed", tongue.Count("n", len(names)), tongue.List("services", names, 3)), "advice.service_failed")
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
		Said: says(tongue.Of("finding.printing_stuck", tongue.Name("printer", clean(stuck[0].Name, 60)), tongue.Count("n", stuck[0].Jobs)), "advice.printing_stuck"),
		Fix:  &Fix{ClearPrinting, clean(stuck[0].Name, 60)},
	}
	var each []string
	for _, p := range stuck {
		value := tongue.Of("evidence.queue_is", tongue.Name("state", clean(p.State, 20)), tongue.Count("n", p.Jobs))
		if why := clean(strings.TrimSpace(p.Reasons+" "+p.Message), 120); why != "" {
			value = tongue.Of("evidence.queue_is_because", tongue.Name("state", clean(p.State, 20)), tongue.Count("n", p.Jobs), tongue.Name("why", why))
		}
		each = append(each, clean(p.Name, 60)+": "+value.English())
		if len(finding.Evidence) < 5 {
			finding.Evidence = append(finding.Evidence, reading(SectionServices, tongue.Of("evidence.queue", tongue.Name("name", clean(p.Name, 60))), value))
		}
	}
	finding.Detail = list(each, 6) + "."
	return finding
}
