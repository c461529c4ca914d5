//go:build !windows

package probe

import (
	"context"

	"github.com/shirou/gopsutil/v3/load"
)

func loadAverage(ctx context.Context) *load.AvgStat {
	l, err := load.AvgWithContext(ctx)
	if err != nil {
		return nil
	}
	return l
}
