//go:build !linux && !windows

package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readSoftware asks system_profiler for the applications. Cost: a program, seconds:
// so in the child. Deadline: 20 s.
func readSoftware(ctx context.Context, _ root) (*inventory.Software, string, error) {
	b, err := profile(ctx, "SPApplicationsDataType")
	if err != nil {
		return nil, "", err
	}
	s := &inventory.Software{Sources: []string{"applications"}}
	if s.Packages, err = parseProfilerApplications(b); err != nil {
		return nil, "", err
	}
	trimSoftware(s)
	return s, "", nil
}
