//go:build !linux && !windows

package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readUSB asks system_profiler for the devices on the universal serial bus: speeds in
// Mbit/s. Cost: a program, some 200 ms: so in the child. Deadline: 2 s. Serial numbers are not read.
func readUSB(ctx context.Context, _ root) (*inventory.USB, string, error) {
	b, err := profile(ctx, "SPUSBDataType")
	if err != nil {
		return nil, "", err
	}
	all, err := parseProfilerUSB(b)
	return &inventory.USB{Devices: all}, "", err
}
