package probe

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
)

// timeSources reads which time servers this machine is told to ask. What a
// program falls back to when nobody told it is not among them.
func timeSources() []diagnostics.TimeSource {
	var names []string
	for _, pattern := range []string{
		"/etc/systemd/timesyncd.conf", "/etc/systemd/timesyncd.conf.d/*.conf", "/run/systemd/netif/links/*",
		"/etc/chrony/chrony.conf", "/etc/chrony.conf", "/etc/chrony/sources.d/*.sources", "/etc/ntp.conf", "/etc/ntpsec/ntp.conf",
	} {
		paths, _ := filepath.Glob(pattern) // the patterns are well-formed
		for _, path := range paths {
			if b, err := os.ReadFile(path); err == nil && len(b) < 1<<20 {
				names = append(names, timeServersOf(string(b))...)
			}
		}
	}
	var all []diagnostics.TimeSource
	for _, name := range names {
		one := diagnostics.TimeSource{Address: plainLine(name, 253)}
		if !slices.Contains(all, one) && len(all) < maxTimeSources {
			all = append(all, one)
		}
	}
	return all
}

// timeServersOf reads the settings of systemd ("NTP=a b") and of chrony and ntpd
// ("server a iburst").
func timeServersOf(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if list, ok := strings.CutPrefix(line, "NTP="); ok {
			names = append(names, strings.Fields(list)...)
			continue
		}
		if f := strings.Fields(line); len(f) > 1 && (f[0] == "server" || f[0] == "pool" || f[0] == "peer") && !strings.HasPrefix(f[1], "127.127.") {
			names = append(names, f[1])
		}
	}
	return names
}
