package probe

import (
	"context"
	"errors"
	"os/exec"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readSMART asks smartctl for the health of each drive: temperatures in °C, hours
// counted. Cost: a program and a few commands to the drive each, up to a second; it
// can hang on a dying drive, so it runs in the child, and at most once an hour.
// Deadline: 20 s. A drive that sleeps is left asleep (-n standby).
func readSMART(ctx context.Context, at root) (*inventory.SMART, string, error) {
	program, err := exec.LookPath("smartctl")
	if err != nil {
		return nil, "", unsupported("The program smartctl, which asks drives for their health, is not installed.")
	}
	devices := smartDevices(ctx, at)
	if len(devices) == 0 {
		return nil, "", unsupported("This machine has no drive that could tell of its health.")
	}
	found := &inventory.SMART{}
	for _, device := range devices {
		b, err := output(ctx, 1<<20, program, "-n", "standby", "-j", "-a", device)
		if ctx.Err() != nil {
			return nil, "", ctx.Err()
		}
		d, parsed := parseSMART(b)
		if parsed != nil { // its exit status has a bit for each ill, so an error alone says nothing
			return nil, "", errors.Join(parsed, err)
		}
		d.Device = device
		found.Drives = append(found.Drives, d)
	}
	return found, "", nil
}

// smartDevices are the drives that are hardware and may know of their health.
func smartDevices(_ context.Context, at root) []string {
	var all []string
	for _, name := range at.names("/sys/block") {
		if (strings.HasPrefix(name, "sd") || strings.HasPrefix(name, "nvme")) && at.line("/sys/block/"+name+"/hidden") != "1" && len(all) < 32 {
			all = append(all, "/dev/"+name)
		}
	}
	return all
}
