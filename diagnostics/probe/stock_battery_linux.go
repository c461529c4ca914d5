package probe

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readBattery reads the batteries: charge and health in percent, cycles counted.
// Cost: ten small files a battery, each of which may ask the embedded controller,
// which takes milliseconds and can hang: so in the child. Deadline: 3 s.
func readBattery(_ context.Context, at root) (*inventory.Battery, string, error) {
	b := &inventory.Battery{}
	supplies := false
	for _, name := range at.names("/sys/class/power_supply") {
		dir := "/sys/class/power_supply/" + name + "/"
		switch at.line(dir + "type") {
		case "Mains", "USB":
			supplies = true
			b.OnMains = b.OnMains || at.line(dir+"online") == "1"
		case "Battery":
			if at.line(dir+"scope") == "Device" || at.line(dir+"present") == "0" || len(b.Batteries) == 8 {
				continue // that of a mouse, or an empty bay
			}
			one := inventory.OneBattery{
				Name: plainLine(name, 40), Model: strings.TrimSpace(at.line(dir+"manufacturer") + " " + at.line(dir+"model_name")),
				State: strings.ToLower(at.line(dir + "status")), Technology: at.line(dir + "technology"), Cycles: int(max(0, at.number(dir+"cycle_count"))),
			}
			full := cmp.Or(at.number(dir+"energy_full"), at.number(dir+"charge_full"))
			design := cmp.Or(at.number(dir+"energy_full_design"), at.number(dir+"charge_full_design"))
			now := cmp.Or(at.number(dir+"energy_now"), at.number(dir+"charge_now"))
			if percent, err := strconv.ParseFloat(at.line(dir+"capacity"), 64); err == nil {
				one.ChargePct = percent
			} else if full > 0 {
				one.ChargePct = round1(float64(now) / float64(full) * 100)
			}
			if full > 0 && design > 0 {
				one.HealthPct = round1(float64(full) / float64(design) * 100)
			}
			b.Batteries = append(b.Batteries, one)
		}
	}
	if len(b.Batteries) == 0 {
		return nil, "", unsupported("This machine has no battery.")
	}
	if !supplies { // nothing tells of mains but the batteries themselves
		b.OnMains = b.Batteries[0].State != "discharging"
	}
	return b, "", nil
}

// OnBattery reports whether the machine runs on its battery now. Cost: a few small
// files. It is false where that cannot be told.
func OnBattery() bool { return onBattery("") }

func onBattery(at root) bool {
	discharging := false
	for _, name := range at.names("/sys/class/power_supply") {
		dir := "/sys/class/power_supply/" + name + "/"
		switch at.line(dir + "type") {
		case "Mains":
			if at.line(dir+"online") == "1" {
				return false
			}
		case "Battery":
			discharging = discharging || at.line(dir+"scope") != "Device" && at.line(dir+"status") == "Discharging"
		}
	}
	return discharging
}
