//go:build !linux

package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics"
)

// memoryLimits is not read here.
func memoryLimits(context.Context, uint64) []diagnostics.MemoryLimit { return nil }
