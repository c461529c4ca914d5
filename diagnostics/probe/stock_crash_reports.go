package probe

import (
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// parseErrorReport reads how Windows Error Reporting names the folder of a report:
// AppCrash_PROGRAM_HASH_HASH_CAB_ID. A program's name may have underscores; a long
// one is cut there.
func parseErrorReport(name string, at time.Time) (inventory.Crash, bool) {
	kind, rest, ok := strings.Cut(name, "_")
	if !ok {
		return inventory.Crash{}, false
	}
	c := inventory.Crash{At: at, Kind: "report"}
	switch strings.ToLower(kind) {
	case "appcrash":
	case "apphang":
		c.Detail = "it did not answer any more"
	case "kernel":
		c.Kind, c.Program = "kernel", "kernel"
		return c, true
	default:
		return inventory.Crash{}, false // installers, drivers, …
	}
	words := strings.Split(rest, "_")
	end := len(words)
	for i, word := range words {
		if i > 0 && (len(word) == 40 && hexDigits(word, 40) || len(word) == 0) {
			end = i
			break
		}
	}
	c.Program = plainLine(strings.Join(words[:end], "_"), 120)
	return c, c.Program != ""
}

// parseCrashReport reads how macOS names a report: PROGRAM-YYYY-MM-DD-HHMMSS.ips, or
// PROGRAM_YYYY-MM-DD-HHMMSS_MACHINE.crash of older ones.
func parseCrashReport(name string) (inventory.Crash, bool) {
	base, extension := name, ""
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		base, extension = name[:i], strings.ToLower(name[i+1:])
	}
	c := inventory.Crash{Kind: "report"}
	switch extension {
	case "ips", "crash":
	case "panic":
		c.Kind = "kernel"
	case "hang", "spin":
		c.Detail = "it did not answer any more"
	default:
		return inventory.Crash{}, false
	}
	const layout = "2006-01-02-150405"
	for i := 1; i+1+len(layout) <= len(base); i++ {
		if base[i] != '-' && base[i] != '_' {
			continue
		}
		at, err := time.ParseInLocation(layout, base[i+1:i+1+len(layout)], time.Local)
		if err != nil {
			continue
		}
		c.At, c.Program = at.UTC(), plainLine(base[:i], 120)
		if c.Kind == "kernel" || strings.HasPrefix(strings.ToLower(c.Program), "kernel") || strings.HasPrefix(c.Program, "panic-full") {
			c.Kind, c.Program = "kernel", "kernel"
		}
		return c, true
	}
	return inventory.Crash{}, false
}
