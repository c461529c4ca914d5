package probe

import (
	"context"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readBoot reads how long the last start took, in milliseconds, as systemd counted
// it, and when somebody signed in first. Cost: one question to systemd, some 10 ms;
// it may not answer while it starts: so in the child. Deadline: 5 s.
func readBoot(ctx context.Context, at root) (*inventory.Boot, string, error) {
	text, err := at.text("/proc/uptime", 256)
	if err != nil {
		return nil, "", err
	}
	up, err := strconv.ParseFloat(strings.Fields(text + " x")[0], 64)
	if err != nil {
		return nil, "", err
	}
	b := &inventory.Boot{BootedAt: time.Now().Add(-time.Duration(up * float64(time.Second))).Round(time.Second).UTC()}
	for _, s := range sessions(ctx) {
		if s.Since.After(b.BootedAt) && (b.FirstSignIn.IsZero() || s.Since.Before(b.FirstSignIn)) {
			b.FirstSignIn = s.Since.UTC()
			b.SignInToMS = s.Since.Sub(b.BootedAt).Milliseconds()
		}
	}
	const lacking = "Only systemd counts how long a start takes, and it does not run here."
	if !at.exists("/run/systemd/system") {
		return b, lacking, nil
	}
	systemctl, err := exec.LookPath("systemctl")
	if err != nil {
		return b, lacking, nil
	}
	out, err := output(ctx, 64<<10, systemctl, "show", "--property=FirmwareTimestampMonotonic,LoaderTimestampMonotonic,InitRDTimestampMonotonic,UserspaceTimestampMonotonic,FinishTimestampMonotonic")
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	if err != nil {
		return b, "systemd did not say how long the start took: " + err.Error() + ".", nil
	}
	if !bootTimes(b, string(out)) {
		return b, "The start is not finished yet.", nil
	}
	return b, "", nil
}

// bootTimes works out the parts of a start from systemd's marks, as systemd-analyze
// does: those of the firmware and the loader count backwards from the kernel's start.
func bootTimes(b *inventory.Boot, text string) (finished bool) {
	v := map[string]int64{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			v[strings.TrimSuffix(key, "TimestampMonotonic")], _ = strconv.ParseInt(value, 10, 64) // none is 0
		}
	}
	b.FirmwareMS = max(0, v["Firmware"]-v["Loader"]) / 1000
	b.LoaderMS = v["Loader"] / 1000
	b.KernelMS = v["Userspace"] / 1000
	if v["Finish"] == 0 {
		return false
	}
	b.UserspaceMS = (v["Finish"] - v["Userspace"]) / 1000
	return true
}

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

// changedAt is when a file's inode changed last.
func changedAt(path string) (time.Time, error) {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}, err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Time{}, os.ErrInvalid
	}
	return time.Unix(s.Ctim.Sec, 0).UTC(), nil
}
