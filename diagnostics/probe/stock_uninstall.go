package probe

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// parseUninstall makes a package of the values of one of Windows' uninstall keys, as
// “Uninstall Registry Key” of the Windows Installer's reference describes them. Parts
// of the system and updates of other programs are none, as in the list of the Settings.
func parseUninstall(text map[string]string, numbers map[string]uint64, user string) (inventory.Package, bool) {
	name := plainLine(text["DisplayName"], 120)
	if name == "" || numbers["SystemComponent"] == 1 || text["ParentKeyName"] != "" {
		return inventory.Package{}, false
	}
	p := inventory.Package{Name: name, Version: plainLine(text["DisplayVersion"], 80), Publisher: plainLine(text["Publisher"], 80), Source: "registry", User: user, Bytes: numbers["EstimatedSize"] << 10}
	if t, err := time.Parse("20060102", text["InstallDate"]); err == nil {
		p.Installed = t
	}
	return p, true
}
