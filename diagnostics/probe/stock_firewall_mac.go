//go:build !linux && !windows

package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readFirewall asks the application firewall whether it is on. Cost: a program, some
// 50 ms: so in the child. Deadline: 5 s. The packet filter pf is not looked at.
func readFirewall(ctx context.Context, _ root) (*inventory.Firewall, string, error) {
	b, err := output(ctx, 64<<10, "/usr/libexec/ApplicationFirewall/socketfilterfw", "--getglobalstate")
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	f, ok := parseSocketFilter(string(b))
	if !ok {
		return nil, "", notRead("Whether the firewall is on could not be read.", err)
	}
	return &inventory.Firewall{Filters: []inventory.Filter{f}}, "", nil
}
