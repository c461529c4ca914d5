package probe

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/host"
	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics"
)

func readHardware() hardware {
	h := hardware{
		platform:       osRelease(),
		virtualization: virtualization(),
		vendor:         plainLine(readLine("/sys/class/dmi/id/sys_vendor"), 80),
		model:          plainLine(readLine("/sys/class/dmi/id/product_name"), 80),
		cores:          runtime.NumCPU(),
	}
	if h.model == "" {
		// Boards without firmware tables name themselves here.
		h.model = plainLine(strings.TrimRight(readLine("/proc/device-tree/model"), "\x00"), 80)
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		h.kernel = unix.ByteSliceToString(u.Release[:])
	}
	if info, err := cpu.Info(); err == nil && len(info) > 0 {
		h.cpuModel, h.cores = plainLine(info[0].ModelName, 80), len(info)
	}
	return h
}

// osRelease returns the distribution's full name, as os-release(5) says.
func osRelease() string {
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			if v, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
				return plainLine(strings.Trim(v, `"'`), 120)
			}
		}
	}
	return "Linux"
}

// virtualization names the container or the hypervisor that we run in, or "".
func virtualization() string {
	if c := readLine("/run/systemd/container"); c != "" {
		return plainLine(c, 40)
	}
	switch {
	case exists("/.dockerenv"):
		return "docker"
	case exists("/run/.containerenv"):
		return "podman"
	}
	if system, role, err := host.Virtualization(); err == nil && role == "guest" && system != "" {
		return plainLine(system, 40)
	}
	vendor := strings.ToLower(readLine("/sys/class/dmi/id/sys_vendor") + " " + readLine("/sys/class/dmi/id/product_name"))
	for _, known := range []struct{ words, name string }{
		{"qemu", "kvm"}, {"kvm", "kvm"}, {"vmware", "vmware"}, {"virtualbox", "virtualbox"}, {"innotek", "virtualbox"}, {"xen", "xen"},
		{"parallels", "parallels"}, {"microsoft corporation virtual", "hyper-v"}, {"amazon ec2", "kvm"}, {"google compute", "kvm"},
	} {
		if strings.Contains(vendor, known.words) {
			return known.name
		}
	}
	b, _ := os.ReadFile("/proc/cpuinfo") // on failure the answer is "not known"
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "flags") {
			if strings.Contains(line+" ", " hypervisor ") || strings.HasSuffix(strings.TrimSpace(line), " hypervisor") {
				return "vm"
			}
			break
		}
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func timeZone() string {
	if tz := os.Getenv("TZ"); tz != "" {
		return plainLine(strings.TrimPrefix(tz, ":"), 64)
	}
	if to, err := os.Readlink("/etc/localtime"); err == nil {
		if _, zone, ok := strings.Cut(filepath.ToSlash(to), "zoneinfo/"); ok {
			return plainLine(zone, 64)
		}
	}
	zone, _ := time.Now().Zone()
	return zone
}

// rebootPending reports what the package managers of Debian and Ubuntu leave
// behind; others have no mark that is cheap to read.
func rebootPending() bool {
	return exists("/run/reboot-required") || exists("/var/run/reboot-required")
}

// sessions asks systemd's own records, where there are any: utmp is going away,
// and does not know a desktop from a terminal.
func sessions(ctx context.Context) []diagnostics.Session {
	entries, err := os.ReadDir("/run/systemd/sessions")
	if err != nil {
		return utmpSessions(ctx)
	}
	var all []diagnostics.Session
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".ref") || len(all) == 50 {
			continue
		}
		b, err := os.ReadFile("/run/systemd/sessions/" + e.Name())
		if err != nil {
			continue
		}
		if s, ok := parseSession(string(b)); ok {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return utmpSessions(ctx)
	}
	return all
}

// parseSession reads one record of systemd-logind's.
func parseSession(text string) (diagnostics.Session, bool) {
	v := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(key, "#") {
			v[key] = value
		}
	}
	if v["CLASS"] != "user" || v["STATE"] == "closing" {
		return diagnostics.Session{}, false // the greeter, a manager, a session that is ending
	}
	s := diagnostics.Session{
		User:    plainLine(v["USER"], 64),
		Remote:  plainLine(v["REMOTE_HOST"], 253),
		Desktop: v["TYPE"] == "x11" || v["TYPE"] == "wayland" || v["TYPE"] == "mir",
	}
	for _, where := range []string{v["DISPLAY"], v["TTY"], v["SEAT"]} {
		if s.Where = plainLine(where, 32); s.Where != "" {
			break
		}
	}
	if us, err := strconv.ParseInt(v["REALTIME"], 10, 64); err == nil {
		s.Since = time.UnixMicro(us)
	}
	return s, s.User != ""
}
