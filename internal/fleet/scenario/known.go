package scenario

import (
	"fmt"
	"slices"

	"github.com/deskbell/deskbell/server/correlate"
)

func id(i int) string { return fmt.Sprintf("pc-%05d", i) }

// known is the fleet as the server knows it.
type known struct {
	*org
	ids map[string]int
}

// Size is how many machines there are.
func (k known) Size() int { return len(k.machines) }

// Count is how many machines say that they have a part.
func (k known) Count(p correlate.Part) int {
	if n, ok := k.number[p]; ok {
		return k.count[n]
	}
	return 0
}

// New reports whether a part came within days.
func (k known) New(p correlate.Part) bool {
	n, ok := k.number[p]
	return ok && slices.Contains(k.updates, n)
}

// Parts are what a machine says of itself.
func (k known) Parts(machine string) (out []correlate.Part) {
	i, ok := k.ids[machine]
	if !ok {
		return nil
	}
	for _, p := range k.machines[i].told {
		out = append(out, k.parts[p])
	}
	return out
}
