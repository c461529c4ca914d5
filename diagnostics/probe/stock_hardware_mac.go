//go:build !linux && !windows

package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readMachine asks system_profiler: sizes in bytes. Cost: a program, half a second.
// Deadline: 2 s.
func readMachine(ctx context.Context, _ root) (*inventory.Hardware, string, error) {
	b, err := output(ctx, 1<<20, "/usr/sbin/system_profiler", "-json", "SPHardwareDataType")
	if err != nil {
		return nil, "", err
	}
	h, err := parseProfilerHardware(b)
	return h, "", err
}
