//go:build !linux && !windows

package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readMonitors asks system_profiler for the screens. Cost: a program, some 200 ms: so in
// the child. Deadline: 3 s.
func readMonitors(ctx context.Context, _ root) (*inventory.Monitors, string, error) {
	b, err := profile(ctx, "SPDisplaysDataType")
	if err != nil {
		return nil, "", err
	}
	_, screens, err := parseProfilerDisplays(b)
	return &inventory.Monitors{Monitors: screens}, "", err
}
