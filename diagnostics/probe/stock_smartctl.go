package probe

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

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
