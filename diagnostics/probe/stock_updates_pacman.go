package probe

import (
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// parsePacman reads “pacman -Qu”: “NAME OLD -> NEW”. What is to be left alone is
// followed by “[ignored]”.
func parsePacman(text string) []inventory.Update {
	var all []inventory.Update
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 4 && f[2] == "->" && len(all) < maxUpdates {
			all = append(all, inventory.Update{Name: plainLine(f[0], 120), From: plainLine(f[1], 80), To: plainLine(f[3], 80)})
		}
	}
	return all
}
