//go:build !linux && !windows

package power

import "context"

// Run returns: this system's word for it needs cgo. That it slept shows when it is
// back.
func (*Watcher) Run(context.Context) {}
