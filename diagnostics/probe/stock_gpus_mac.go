//go:build !linux && !windows

package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readGPUs asks system_profiler for the graphics processors: memory in bytes. Cost: a
// program, some 200 ms: so in the child. Deadline: 2 s.
func readGPUs(ctx context.Context, _ root) (*inventory.GPUs, string, error) {
	b, err := profile(ctx, "SPDisplaysDataType")
	if err != nil {
		return nil, "", err
	}
	gpus, _, err := parseProfilerDisplays(b)
	return &inventory.GPUs{GPUs: gpus}, "", err
}
