package probe

import (
	"context"

	"github.com/shirou/gopsutil/v3/load"
)

// loadAverage: Windows has none, and gopsutil's imitation leaves a goroutine behind.
func loadAverage(context.Context) *load.AvgStat { return nil }
