package probe

import (
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"runtime"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readSMART asks smartctl for the health of each drive: temperatures in °C, hours
// counted. Cost: a program and a few commands to the drive each, up to a second; it
// can hang on a dying drive, so it runs in the child, and at most once an hour.
// Deadline: 20 s. A drive that sleeps is left asleep (-n standby).
func readSMART(ctx context.Context, at root) (*inventory.SMART, string, error) {
	if runtime.GOOS != "linux" {
		return nil, "", unsupported("The health of drives is read on Linux only, for now.")
	}
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

// parseSMART reads what smartctl -j prints, of version 7.
func parseSMART(b []byte) (inventory.Drive, error) {
	var raw struct {
		Smartctl struct {
			ExitStatus int `json:"exit_status"`
			Messages   []struct {
				String   string `json:"string"`
				Severity string `json:"severity"`
			} `json:"messages"`
		} `json:"smartctl"`
		Model string `json:"model_name"`
		Power string `json:"power_mode"`
		Smart *struct {
			Passed bool `json:"passed"`
		} `json:"smart_status"`
		Temperature struct {
			Current float64 `json:"current"`
		} `json:"temperature"`
		Hours struct {
			Hours int `json:"hours"`
		} `json:"power_on_time"`
		ATA struct {
			Table []struct {
				ID  int `json:"id"`
				Raw struct {
					Value int `json:"value"`
				} `json:"raw"`
			} `json:"table"`
		} `json:"ata_smart_attributes"`
		NVMe struct {
			Used   int `json:"percentage_used"`
			Errors int `json:"media_errors"`
		} `json:"nvme_smart_health_information_log"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return inventory.Drive{}, errors.New("smartctl printed something else than it should")
	}
	d := inventory.Drive{
		Model: plainLine(raw.Model, 80), TempC: raw.Temperature.Current, Hours: raw.Hours.Hours, WearPct: raw.NVMe.Used, MediaErrors: raw.NVMe.Errors,
		Asleep: raw.Smartctl.ExitStatus&2 != 0 && raw.Smart == nil && raw.Power != "" || standby(raw.Smartctl.Messages),
	}
	if raw.Smart != nil {
		d.Passed = &raw.Smart.Passed
	}
	for _, a := range raw.ATA.Table {
		switch a.ID {
		case 5:
			d.Reallocated = a.Raw.Value
		case 197:
			d.Pending = a.Raw.Value
		}
	}
	if d.Passed == nil && !d.Asleep {
		for _, m := range raw.Smartctl.Messages {
			if m.Severity == "error" {
				d.Problem = plainLine(m.String, 160)
				break
			}
		}
	}
	return d, nil
}

func standby(messages []struct {
	String   string `json:"string"`
	Severity string `json:"severity"`
}) bool {
	for _, m := range messages {
		if strings.HasPrefix(m.String, "Device is in STANDBY") {
			return true
		}
	}
	return false
}
