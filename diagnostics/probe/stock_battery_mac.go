//go:build !linux && !windows

package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readBattery asks system_profiler for the charge and the health of the battery, in
// percent. Cost: a program, some 200 ms: so in the child. Deadline: 3 s.
func readBattery(ctx context.Context, _ root) (*inventory.Battery, string, error) {
	b, err := profile(ctx, "SPPowerDataType")
	if err != nil {
		return nil, "", err
	}
	found, err := parseProfilerPower(b)
	if err == nil && len(found.Batteries) == 0 {
		return nil, "", unsupported("This machine has no battery.")
	}
	return found, "", err
}
