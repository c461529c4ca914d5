//go:build !windows

package probe

import (
	"context"
	"time"

	"github.com/shirou/gopsutil/v3/host"

	"github.com/deskbell/deskbell/diagnostics"
)

// utmpSessions are the sign-ins that gopsutil knows. It says nothing of desktops.
func utmpSessions(ctx context.Context) []diagnostics.Session {
	users, err := host.UsersWithContext(ctx)
	if err != nil {
		return nil
	}
	var all []diagnostics.Session
	for _, u := range users[:min(len(users), 50)] {
		remote := u.Host
		if len(remote) > 0 && remote[0] == ':' {
			remote = "" // a display on this machine
		}
		all = append(all, diagnostics.Session{
			User: plainLine(u.User, 64), Where: plainLine(u.Terminal, 32), Remote: plainLine(remote, 253),
			Since: time.Unix(int64(u.Started), 0), Desktop: len(u.Host) > 0 && u.Host[0] == ':',
		})
	}
	return all
}
