//go:build !linux

package probe

import "github.com/deskbell/deskbell/diagnostics"

// pressure is only measured by Linux.
func pressure(string) *diagnostics.Pressure { return nil }
