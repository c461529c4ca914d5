//go:build !linux && !windows

package probe

import "context"

// notReadHere makes the reader of what is not read on this system: it says so.
func notReadHere[T any](what string) func(context.Context, root) (*T, string, error) {
	return func(context.Context, root) (*T, string, error) {
		return nil, "", unsupported(what + " not read on macOS yet.")
	}
}
