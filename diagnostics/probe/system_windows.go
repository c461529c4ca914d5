package probe

import (
	"context"
	"runtime"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/host"
	"golang.org/x/sys/windows/registry"

	"github.com/deskbell/deskbell/diagnostics"
)

func readHardware() hardware {
	h := hardware{cores: runtime.NumCPU()}
	if platform, _, version, err := host.PlatformInformation(); err == nil {
		h.platform = plainLine(platform, 120)
		h.kernel = plainLine(version, 80)
	}
	const bios = `HARDWARE\DESCRIPTION\System\BIOS`
	h.vendor, h.model = registryText(bios, "SystemManufacturer"), registryText(bios, "SystemProductName")
	// The registry, not WMI: that can take seconds, and sometimes for ever.
	h.cpuModel = strings.TrimSpace(registryText(`HARDWARE\DESCRIPTION\System\CentralProcessor\0`, "ProcessorNameString"))
	if n, err := cpu.Counts(true); err == nil && n > 0 {
		h.cores = n
	}
	vendor := strings.ToLower(h.vendor + " " + h.model)
	for _, known := range []struct{ words, name string }{
		{"qemu", "kvm"}, {"vmware", "vmware"}, {"virtualbox", "virtualbox"}, {"innotek", "virtualbox"}, {"xen", "xen"},
		{"parallels", "parallels"}, {"microsoft corporation virtual", "hyper-v"}, {"amazon ec2", "kvm"}, {"google compute", "kvm"},
	} {
		if strings.Contains(vendor, known.words) {
			h.virtualization = known.name
			break
		}
	}
	return h
}

func registryText(path, name string) string {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer k.Close()
	v, _, err := k.GetStringValue(name)
	if err != nil {
		return ""
	}
	return plainLine(v, 80)
}

func timeZone() string {
	zone, _ := time.Now().Zone()
	return zone
}

// rebootPending asks for the marks that component servicing and Windows Update
// leave. Pending file renames are not one: many machines have them for ever.
func rebootPending() bool {
	for _, path := range []string{
		`SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending`,
		`SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired`,
	} {
		if k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE|registry.WOW64_64KEY); err == nil {
			k.Close()
			return true
		}
	}
	return false
}

// sessions asks the terminal services, which know every desktop.
func sessions(context.Context) []diagnostics.Session { return wtsSessions() }
