package probe

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/shirou/gopsutil/v3/host"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readBoot reads when the machine was started, how long that took, in milliseconds, as
// Windows measured it, and when somebody signed in first. Cost: a program, some 50 ms:
// so in the child. Deadline: 5 s. Windows measures not each start, nor any on servers.
func readBoot(ctx context.Context, _ root) (*inventory.Boot, string, error) {
	seconds, err := host.BootTimeWithContext(ctx)
	if err != nil {
		return nil, "", err
	}
	b := &inventory.Boot{BootedAt: time.Unix(int64(seconds), 0).UTC()}
	for _, s := range sessions(ctx) {
		if s.Since.After(b.BootedAt) && (b.FirstSignIn.IsZero() || s.Since.Before(b.FirstSignIn)) {
			b.FirstSignIn, b.SignInToMS = s.Since.UTC(), s.Since.Sub(b.BootedAt).Milliseconds()
		}
	}
	program := filepath.Join(os.Getenv("SystemRoot"), `System32\wevtutil.exe`)
	out, err := output(ctx, 64<<10, program, "query-events", "Microsoft-Windows-Diagnostics-Performance/Operational", "/query:*[System[EventID=100]]", "/reversedirection:true", "/count:1", "/format:xml", "/unicode:true")
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	if err != nil || !parseBootEvent(out, b) {
		return b, "How long this start took Windows has not written down.", nil
	}
	return b, "", nil
}
