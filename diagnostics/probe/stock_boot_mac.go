//go:build !linux && !windows

package probe

import (
	"context"
	"time"

	"github.com/shirou/gopsutil/v3/host"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readBoot reads when the machine was started. Cost: one call. Deadline: 5 s.
func readBoot(ctx context.Context, _ root) (*inventory.Boot, string, error) {
	seconds, err := host.BootTimeWithContext(ctx)
	if err != nil {
		return nil, "", err
	}
	return &inventory.Boot{BootedAt: time.Unix(int64(seconds), 0).UTC()}, "How long the start took is not read on macOS.", nil
}
