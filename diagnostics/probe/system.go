package probe

import (
	"context"
	"os"
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v3/host"

	"github.com/deskbell/deskbell/diagnostics"
)

// hardware is what does not change while the machine runs.
type hardware struct {
	platform, kernel, virtualization, vendor, model string
	cpuModel                                        string
	cores                                           int
}

func (p *Prober) system(ctx context.Context) (*diagnostics.System, string, error) {
	h := p.hardware()
	s := &diagnostics.System{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Platform: h.platform, Kernel: h.kernel,
		Virtualization: h.virtualization, Vendor: h.vendor, Model: h.model,
		TimeZone: timeZone(), RebootPending: rebootPending(),
	}
	note := ""
	var err error
	if s.Hostname, err = os.Hostname(); err != nil {
		note = "The host name could not be read: " + err.Error() + "."
	}
	if boot, err := host.BootTimeWithContext(ctx); err == nil && boot > 0 {
		s.BootedAt = time.Unix(int64(boot), 0)
	}
	s.Users = sessions(ctx)
	return s, note, nil
}

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
