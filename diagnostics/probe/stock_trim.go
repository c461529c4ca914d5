package probe

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// maxSoftware bounds what a list of software takes as JSON.
const maxSoftware = 800 << 10

// trimSoftware orders the packages and leaves out those that do not fit.
func trimSoftware(s *inventory.Software) {
	slices.SortFunc(s.Packages, func(a, b inventory.Package) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Arch, b.Arch), strings.Compare(a.Version, b.Version))
	})
	size := 0
	for i, p := range s.Packages {
		b, err := json.Marshal(p)
		if size += len(b) + 1; err != nil || size > maxSoftware {
			s.Cut, s.Packages = len(s.Packages)-i, s.Packages[:i]
			return
		}
	}
}
