//go:build !linux

package probe

import (
	"context"
	"runtime"
)

// notReadHere makes the reader of what is not read on this system: it says so.
func notReadHere[T any](what string) func(context.Context, root) (*T, string, error) {
	return func(context.Context, root) (*T, string, error) {
		return nil, "", unsupported(what + " not read on " + map[string]string{"windows": "Windows", "darwin": "macOS"}[runtime.GOOS] + " yet.")
	}
}
