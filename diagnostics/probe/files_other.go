//go:build !linux

package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics"
)

// outOfFiles is not read here.
func outOfFiles(context.Context) []diagnostics.Process { return nil }
