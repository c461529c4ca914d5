//go:build !linux && !windows && !darwin

package probe

import (
	"context"
	"runtime"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

func readHardware() hardware { return hardware{platform: runtime.GOOS, cores: runtime.NumCPU()} }

func timeZone() string {
	zone, _ := time.Now().Zone()
	return zone
}

func rebootPending() bool { return false }

func sessions(ctx context.Context) []diagnostics.Session { return utmpSessions(ctx) }
