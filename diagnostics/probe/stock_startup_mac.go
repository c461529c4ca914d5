//go:build !linux && !windows

package probe

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

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
