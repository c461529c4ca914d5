//go:build !linux && !windows

package probe

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readCrashes reads what macOS kept of crashes, by the names of the files: what was in a
// program is not looked at. Cost: some folders, which may lie on a dying disk: so in the
// child. Deadline: 3 s.
func readCrashes(context.Context, root) (*inventory.Crashes, string, error) {
	c := &inventory.Crashes{Crashes: []inventory.Crash{}}
	for _, pattern := range []string{"/Library/Logs/DiagnosticReports/*", "/Users/*/Library/Logs/DiagnosticReports/*"} {
		files, _ := filepath.Glob(pattern) // the pattern is well-formed
		for _, file := range files[:min(len(files), 2000)] {
			if one, ok := parseCrashReport(filepath.Base(file)); ok {
				c.Crashes = append(c.Crashes, one)
			}
		}
	}
	slices.SortStableFunc(c.Crashes, func(a, b inventory.Crash) int { return b.At.Compare(a.At) })
	c.Crashes = c.Crashes[:min(len(c.Crashes), 50)]
	return c, "", nil
}
