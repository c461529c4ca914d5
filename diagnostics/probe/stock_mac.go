//go:build !linux && !windows

package probe

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// profile runs system_profiler for one kind of data.
func profile(ctx context.Context, kind string) ([]byte, error) {
	program, err := exec.LookPath("system_profiler")
	if err != nil {
		return nil, unsupported("The program system_profiler, which tells of it, is not there.")
	}
	return output(ctx, 16<<20, program, "-json", "-detailLevel", "mini", kind)
}

// readMachine asks system_profiler: sizes in bytes. Cost: a program, half a second.
// Deadline: 2 s.
func readMachine(ctx context.Context, _ root) (*inventory.Hardware, string, error) {
	b, err := output(ctx, 1<<20, "/usr/sbin/system_profiler", "-json", "SPHardwareDataType")
	if err != nil {
		return nil, "", err
	}
	h, err := parseProfilerHardware(b)
	return h, "", err
}

// readSoftware asks system_profiler for the applications. Cost: a program, seconds:
// so in the child. Deadline: 20 s.
func readSoftware(ctx context.Context, _ root) (*inventory.Software, string, error) {
	b, err := profile(ctx, "SPApplicationsDataType")
	if err != nil {
		return nil, "", err
	}
	s := &inventory.Software{Sources: []string{"applications"}}
	if s.Packages, err = parseProfilerApplications(b); err != nil {
		return nil, "", err
	}
	trimSoftware(s)
	return s, "", nil
}

// readStartup lists the agents and daemons of launchd that were installed for all, by
// the names of their files. Cost: two folders. Deadline: 5 s.
func readStartup(context.Context, root) (*inventory.Startup, string, error) {
	s := &inventory.Startup{Items: []inventory.StartupItem{}}
	for kind, dir := range map[string]string{"agent": "/Library/LaunchAgents", "daemon": "/Library/LaunchDaemons"} {
		files, _ := filepath.Glob(dir + "/*.plist") // the pattern is well-formed
		for _, file := range files[:min(len(files), 250)] {
			s.Items = append(s.Items, inventory.StartupItem{Name: plainLine(strings.TrimSuffix(filepath.Base(file), ".plist"), 120), Kind: kind, Where: dir})
		}
	}
	return s, "Login items and agents of single accounts are not read on macOS.", nil
}
