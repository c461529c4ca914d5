//go:build !linux

package probe

import "github.com/deskbell/deskbell/diagnostics"

// timeSources are not read here.
func timeSources() []diagnostics.TimeSource { return nil }
