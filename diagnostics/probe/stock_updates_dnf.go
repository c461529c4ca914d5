package probe

import (
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// parseCheckUpdate reads “dnf check-update”, of dnf 4 and 5 and yum: “NAME.ARCH
// VERSION-RELEASE REPOSITORY”. What follows “Obsoleting Packages” is told twice. A
// long name puts the rest on a line of its own in older ones.
func parseCheckUpdate(text string) []inventory.Update {
	var all []inventory.Update
	begun := ""
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.ToLower(line), "obsoleting packages") {
			break
		}
		f, indented := strings.Fields(line), line[0] == ' '
		switch {
		case len(f) == 1 && !indented:
			begun = f[0]
			continue
		case len(f) == 2 && indented && begun != "":
			f = append([]string{begun}, f...)
		case len(f) != 3 || indented:
			f = nil
		}
		begun = ""
		if f == nil || !strings.ContainsAny(f[1], "0123456789") || len(all) == maxUpdates {
			continue
		}
		dot := strings.LastIndexByte(f[0], '.')
		if dot <= 0 || !rpmArch(f[0][dot+1:]) {
			continue
		}
		all = append(all, inventory.Update{Name: plainLine(f[0][:dot], 120), To: plainLine(f[1], 80), Security: strings.Contains(strings.ToLower(f[2]), "security")})
	}
	return all
}

func rpmArch(s string) bool {
	switch s {
	case "noarch", "x86_64", "i386", "i486", "i586", "i686", "aarch64", "armv7hl", "ppc64le", "s390x", "riscv64":
		return true
	}
	return false
}

// markSecurity reads “dnf updateinfo list --security” (“ID KIND PACKAGE”, in dnf 5
// with more columns) and marks what it names: NAME-VERSION-RELEASE.ARCH.
func markSecurity(all []inventory.Update, text string) {
	named := map[string]bool{}
	for line := range strings.Lines(text) {
		if low := strings.ToLower(line); !strings.Contains(low, "sec.") && !strings.Contains(low, "security") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			if dot := strings.LastIndexByte(word, '.'); dot > 0 && rpmArch(word[dot+1:]) {
				named[word[:dot]] = true
			}
		}
	}
	for i := range all {
		version := all[i].To
		if _, after, ok := strings.Cut(version, ":"); ok { // an epoch is left out there
			version = after
		}
		all[i].Security = all[i].Security || named[all[i].Name+"-"+version] || named[all[i].Name+"-"+all[i].To]
	}
}
