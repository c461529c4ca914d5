package probe

import (
	"context"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
)

// readServices lists launchd's jobs. A status other than 0 is usual for jobs
// that are started when needed, so none counts as failed.
func readServices(ctx context.Context, all bool) (diagnostics.Services, string, error) {
	b, err := output(ctx, 2<<20, "/bin/launchctl", "list")
	if err != nil {
		return diagnostics.Services{}, "", err
	}
	s := diagnostics.Services{Manager: "launchd"}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) != 3 || f[0] == "PID" {
			continue
		}
		one := diagnostics.Service{Name: plainLine(f[2], 120), State: "stopped", Detail: "last status " + plainLine(f[1], 20)}
		if f[0] != "-" {
			one.State = "running"
			s.Running++
		}
		s.Total++
		if all && len(s.All) < maxServices {
			s.All = append(s.All, one)
		}
	}
	return s, "launchd does not tell a failed job from one that has done its work.", nil
}
