//go:build !linux && !windows

package probe

import (
	"context"
	"runtime"

	"github.com/deskbell/deskbell/diagnostics"
)

// readLog: what macOS has takes many seconds to search.
func readLog(context.Context, LogQuery) (diagnostics.Log, error) {
	if runtime.GOOS == "darwin" {
		return diagnostics.Log{}, unsupported("The log of macOS is not read: searching it takes too long.")
	}
	return diagnostics.Log{}, unsupported("The log is not read on this system.")
}
