package diagnostics

import (
	"fmt"
	"strings"
)

// ServiceFailed is the code about services.
const ServiceFailed Code = "service.failed"

func serviceRules() []rule {
	return []rule{
		{Rule{ServiceFailed, SectionServices, Warning, "Service failed",
			"A service has failed and stays down; information only, when all that failed are jobs that run again by themselves."}, serviceFailed},
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
	finding.Sentence = "A background service of this machine has failed: " + names[0] + "."
	if len(names) > 1 {
		finding.Sentence = fmt.Sprintf("%d background services of this machine have failed: %s.", len(names), list(names, 3))
	}
	return finding
}
