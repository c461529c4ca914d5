//go:build !linux && !darwin && !windows

package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics"
)

func readServices(context.Context, bool) (diagnostics.Services, string, error) {
	return diagnostics.Services{}, "", unsupported("Services are not read on this system.")
}
