package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// antiviruses are products by where they are installed and what their processes are
// called, with the folder of their patterns where it is known.
var antiviruses = []struct{ name, path, process, patterns string }{
	{"ClamAV", "/usr/sbin/clamd", "clamd", "/var/lib/clamav/daily.c[lv]d"},
	{"Microsoft Defender for Endpoint", "/opt/microsoft/mdatp", "wdavdaemon", ""},
	{"CrowdStrike Falcon", "/opt/CrowdStrike", "falcon-sensor", ""},
	{"SentinelOne", "/opt/sentinelone", "s1-agent", ""},
	{"Sophos", "/opt/sophos-spl", "sophos-spl", ""},
	{"ESET", "/opt/eset", "oaeventd", ""},
	{"Kaspersky", "/opt/kaspersky", "kesl", ""},
	{"Trend Micro Deep Security", "/opt/ds_agent", "ds_agent", ""},
	{"Trellix (McAfee)", "/opt/McAfee/ens", "mfetpd", ""},
	{"Bitdefender", "/opt/bitdefender-security-tools", "bdsecd", ""},
	{"Carbon Black", "/opt/carbonblack", "cbagentd", ""},
	{"Cortex XDR", "/opt/traps", "pmd", ""},
	{"F-Secure", "/opt/f-secure", "fsma", ""},
}

// readAntivirus looks for known products: whether they are installed, whether their
// process runs, and how old their patterns are. Cost: a look at some folders and the
// name of every process, some 10 ms. Deadline: 10 s. A product that is not in the list
// is not seen.
func readAntivirus(_ context.Context, at root) (*inventory.Antivirus, string, error) {
	a := &inventory.Antivirus{Products: []inventory.Product{}}
	var names map[string]bool
	for _, known := range antiviruses {
		if !at.exists(known.path) {
			continue
		}
		if names == nil {
			names = processNames(at)
		}
		p := inventory.Product{Name: known.name, Running: names[known.process]}
		if known.patterns != "" {
			for _, file := range at.glob(known.patterns) {
				if t := modified(at, file); t.After(p.Signatures) {
					p.Signatures = t
				}
			}
		}
		a.Products = append(a.Products, p)
	}
	return a, "", nil
}

// processNames are the names of all processes, as the kernel has them: at most 15 bytes.
func processNames(at root) map[string]bool {
	all := map[string]bool{}
	for _, name := range at.names("/proc") {
		if name[0] >= '0' && name[0] <= '9' {
			all[at.line("/proc/"+name+"/comm")] = true
		}
	}
	return all
}

func runs(at root, name string) bool { return processNames(at)[name] }
