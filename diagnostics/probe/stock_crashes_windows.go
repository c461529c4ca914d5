package probe

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readCrashes reads what Windows Error Reporting and the kernel kept of crashes, by the
// names of folders and files: what was in a program's memory is not looked at. Cost:
// some folders, which may lie on a dying disk: so in the child. Deadline: 3 s.
func readCrashes(ctx context.Context, _ root) (*inventory.Crashes, string, error) {
	c := &inventory.Crashes{Crashes: []inventory.Crash{}}
	const reports = `Microsoft\Windows\WER\Report*\*`
	for _, pattern := range []string{
		filepath.Join(os.Getenv("ProgramData"), reports), filepath.Join(os.Getenv("SystemDrive")+`\`, `Users\*\AppData\Local`, reports),
	} {
		for _, folder := range found(ctx, pattern) {
			if one, ok := parseErrorReport(filepath.Base(folder), modified("", folder)); ok && !one.At.IsZero() {
				c.Crashes = append(c.Crashes, one)
			}
		}
	}
	for _, pattern := range []string{`Minidump\*.dmp`, "MEMORY.DMP"} {
		for _, file := range found(ctx, filepath.Join(os.Getenv("SystemRoot"), pattern)) {
			c.Crashes = append(c.Crashes, inventory.Crash{At: modified("", file), Program: "kernel", Kind: "kernel", Detail: plainLine(filepath.Base(file), 80)})
		}
	}
	slices.SortStableFunc(c.Crashes, func(a, b inventory.Crash) int { return b.At.Compare(a.At) })
	c.Crashes = c.Crashes[:min(len(c.Crashes), 50)]
	return c, "", ctx.Err()
}

func found(ctx context.Context, pattern string) []string {
	if ctx.Err() != nil {
		return nil
	}
	all, _ := filepath.Glob(pattern) // the patterns are well-formed
	return all[:min(len(all), 2000)]
}
