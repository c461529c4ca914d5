//go:build !linux

package probe

import (
	"context"
	"sync"

	"github.com/deskbell/deskbell/diagnostics"
)

// findConflicts finds none here: these systems defend their addresses themselves.
func findConflicts(context.Context, []diagnostics.Interface, *sync.WaitGroup) {}
