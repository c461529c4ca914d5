package probe

import (
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// maxUpdates bounds how many updates are listed.
const maxUpdates = 1000

// parseUpgradable reads “apt list --upgradable”: “NAME/SUITE[,SUITE] NEW ARCH
// [upgradable from: OLD]”. It reports whether that is what it is: apt says itself
// that its form may change.
func parseUpgradable(text string) (all []inventory.Update, ok bool) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 1 && strings.HasPrefix(f[0], "Listing...") {
			ok = true
			continue
		}
		if len(f) != 6 || f[3] != "[upgradable" || f[4] != "from:" {
			continue
		}
		name, suites, slash := strings.Cut(f[0], "/")
		if !slash || name == "" {
			continue
		}
		if len(all) < maxUpdates {
			all = append(all, inventory.Update{
				Name: plainLine(name, 120), From: plainLine(strings.TrimSuffix(f[5], "]"), 80), To: plainLine(f[1], 80),
				Security: strings.Contains(strings.ToLower(suites), "-security"),
			})
		}
	}
	return all, ok || len(all) > 0
}

// parseHeld names the packages that dpkg was told to leave as they are.
func parseHeld(status string) map[string]bool {
	held := map[string]bool{}
	name := ""
	for line := range strings.Lines(status) {
		if v, ok := strings.CutPrefix(line, "Package:"); ok {
			name = plainLine(strings.TrimSpace(v), 120)
		} else if v, ok := strings.CutPrefix(line, "Status:"); ok && strings.HasPrefix(strings.TrimSpace(v), "hold ") {
			held[name] = true
		}
	}
	return held
}

// parseUpgrade reads the simulation of apt-get: “Inst NAME [OLD] (NEW ORIGIN [ARCH])”.
func parseUpgrade(text string) []inventory.Update {
	var all []inventory.Update
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 3 || f[0] != "Inst" || len(all) == maxUpdates {
			continue
		}
		one := inventory.Update{Name: plainLine(f[1], 120)}
		rest := f[2:]
		if strings.HasPrefix(rest[0], "[") {
			one.From = plainLine(strings.Trim(rest[0], "[]"), 80)
			rest = rest[1:]
		}
		if len(rest) > 0 && strings.HasPrefix(rest[0], "(") {
			one.To = plainLine(strings.Trim(rest[0], "()"), 80)
			one.Security = strings.Contains(strings.ToLower(strings.Join(rest, " ")), "-security")
		}
		all = append(all, one)
	}
	return all
}
