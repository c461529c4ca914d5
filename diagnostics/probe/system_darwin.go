package probe

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/host"
	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics"
)

func readHardware() hardware {
	h := hardware{vendor: "Apple", cores: runtime.NumCPU()}
	if _, _, version, err := host.PlatformInformation(); err == nil {
		h.platform = "macOS " + plainLine(version, 40)
	}
	h.kernel, _ = unix.Sysctl("kern.osrelease") // an empty one is what there is to say
	h.model, _ = unix.Sysctl("hw.model")
	h.cpuModel, _ = unix.Sysctl("machdep.cpu.brand_string")
	if guest, err := unix.SysctlUint32("kern.hv_vmm_present"); err == nil && guest == 1 {
		h.virtualization = "vm"
	}
	return h
}

func timeZone() string {
	if to, err := os.Readlink("/etc/localtime"); err == nil {
		if _, zone, ok := strings.Cut(filepath.ToSlash(to), "zoneinfo/"); ok {
			return plainLine(zone, 64)
		}
	}
	zone, _ := time.Now().Zone()
	return zone
}

// rebootPending: macOS has no mark for it.
func rebootPending() bool { return false }

func sessions(ctx context.Context) []diagnostics.Session { return utmpSessions(ctx) }
