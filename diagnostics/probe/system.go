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
		TimeZone: timeZone(), RebootPending: rebootPending(), Certificates: ownCertificates(),
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
