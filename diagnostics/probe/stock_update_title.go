package probe

import (
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// updateOf makes an update of what Windows Update calls it. Microsoft gives a severity
// to updates that mend security and to no others; those for the patterns of its
// antivirus program come several times a day and have none.
func updateOf(title, severity string) inventory.Update {
	u := inventory.Update{Name: plainLine(title, 160), Security: strings.TrimSpace(severity) != ""}
	if i := strings.LastIndex(title, "(KB"); i >= 0 {
		if number, _, ok := strings.Cut(title[i+1:], ")"); ok {
			u.To = plainLine(number, 40)
		}
	}
	return u
}
