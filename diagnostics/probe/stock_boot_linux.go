package probe

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
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
