package probe

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// productOf reads a product as Windows' Security Center tells of it. The state is not
// documented, but has been the same since Windows Vista: of its three lower bytes the
// second says whether it is on (10h), the lowest whether its patterns are old (10h).
func productOf(name string, state uint32, timestamp string) inventory.Product {
	p := inventory.Product{Name: plainLine(name, 120), Running: state>>12&0xF == 1}
	if at, err := time.Parse(time.RFC1123, timestamp); err == nil && state>>4&0xF == 0 {
		p.Signatures = at.UTC()
	}
	return p
}
