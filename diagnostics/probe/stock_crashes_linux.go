package probe

import (
	"context"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readCrashes reads what systemd, Debian and the kernel kept of crashes, by the names
// of the files: what was in a program's memory is not looked at. Cost: three folders,
// which may lie on a dying disk: so in the child. Deadline: 3 s.
func readCrashes(_ context.Context, at root) (*inventory.Crashes, string, error) {
	c := &inventory.Crashes{Crashes: []inventory.Crash{}}
	for _, name := range at.names("/var/lib/systemd/coredump") {
		if crash, ok := parseCoredump(name); ok {
			c.Crashes = append(c.Crashes, crash)
		}
	}
	for _, file := range at.glob("/var/crash/*.crash") { // _usr_bin_program.UID.crash
		name := strings.TrimSuffix(path.Base(file), ".crash")
		if i := strings.LastIndexByte(name, '.'); i > 0 {
			name = name[:i]
		}
		c.Crashes = append(c.Crashes, inventory.Crash{At: modified(at, file), Program: plainLine(path.Base(strings.ReplaceAll(name, "_", "/")), 120), Kind: "report"})
	}
	for _, pattern := range []string{"/sys/fs/pstore/dmesg-*", "/var/lib/systemd/pstore/*"} {
		for _, file := range at.glob(pattern) {
			c.Crashes = append(c.Crashes, inventory.Crash{At: modified(at, file), Program: "kernel", Kind: "kernel", Detail: plainLine(path.Base(file), 80)})
		}
	}
	slices.SortStableFunc(c.Crashes, func(a, b inventory.Crash) int { return b.At.Compare(a.At) })
	c.Crashes = c.Crashes[:min(len(c.Crashes), 50)]
	return c, "", nil
}

// parseCoredump reads the name that systemd-coredump gives: core.PROGRAM.UID.BOOT.PID.TIME,
// the time in microseconds. A program's name may have dots.
func parseCoredump(name string) (inventory.Crash, bool) {
	f := strings.Split(name, ".")
	switch f[len(f)-1] {
	case "zst", "lz4", "xz":
		f = f[:len(f)-1]
	}
	if len(f) < 6 || f[0] != "core" {
		return inventory.Crash{}, false
	}
	n := len(f)
	us, err := strconv.ParseInt(f[n-1], 10, 64)
	if err != nil {
		return inventory.Crash{}, false
	}
	return inventory.Crash{At: time.UnixMicro(us).UTC(), Program: plainLine(strings.ReplaceAll(strings.Join(f[1:n-4], "."), `\x2e`, "."), 120), Kind: "coredump", Detail: "process " + plainLine(f[n-2], 20)}, true
}
