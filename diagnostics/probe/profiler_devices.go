package probe

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// errProfiler is what system_profiler is told when its form is not known.
var errProfiler = errors.New("system_profiler printed something else than it should")

// parseProfilerDisplays reads what it prints for SPDisplaysDataType: the graphics
// processors, and the screens that hang on them.
func parseProfilerDisplays(b []byte) ([]inventory.GPU, []inventory.Monitor, error) {
	var raw struct {
		Items []struct {
			Name    string `json:"sppci_model"`
			Bus     string `json:"sppci_bus"`
			VRAM    string `json:"spdisplays_vram"`
			Screens []struct {
				Name   string `json:"_name"`
				Serial string `json:"_spdisplays_display-serial-number"`
				Year   string `json:"_spdisplays_display-year"`
				Pixels string `json:"_spdisplays_pixels"` // 2560 x 1600
				Way    string `json:"spdisplays_connection_type"`
			} `json:"spdisplays_ndrvs"`
		} `json:"SPDisplaysDataType"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, nil, errProfiler
	}
	var gpus []inventory.GPU
	var screens []inventory.Monitor
	for _, i := range raw.Items[:min(len(raw.Items), 16)] {
		gpus = append(gpus, inventory.GPU{Name: plainLine(i.Name, 120), Bus: plainLine(strings.TrimPrefix(i.Bus, "spdisplays_"), 40), Memory: bytesOf(i.VRAM)})
		for _, s := range i.Screens[:min(len(i.Screens), 16)] {
			m := inventory.Monitor{Name: plainLine(s.Name, 40), Serial: plainLine(s.Serial, 40), Connector: plainLine(strings.TrimPrefix(s.Way, "spdisplays_"), 40)}
			m.Year, _ = strconv.Atoi(s.Year) // what is no number is not known
			if w, h, ok := strings.Cut(s.Pixels, " x "); ok {
				m.Width, _ = strconv.Atoi(w)
				m.Height, _ = strconv.Atoi(h)
			}
			screens = append(screens, m)
		}
	}
	return gpus, screens, nil
}

// bytesOf reads “16 GB” as makers of memory count it, in powers of two; 0 when it is
// something else.
func bytesOf(s string) uint64 {
	f := strings.Fields(s)
	if len(f) != 2 {
		return 0
	}
	shift := map[string]uint{"MB": 20, "GB": 30, "TB": 40}[f[1]]
	n, err := strconv.ParseUint(f[0], 10, 20)
	if err != nil || shift == 0 {
		return 0
	}
	return n << shift
}

// parseProfilerUSB reads what it prints for SPUSBDataType: a tree of hubs and devices.
// The machine's own buses have no number of a product.
func parseProfilerUSB(b []byte) ([]inventory.USBDevice, error) {
	type node struct {
		Name    string            `json:"_name"`
		Maker   string            `json:"manufacturer"`
		Vendor  string            `json:"vendor_id"`  // 0x046d  (Logitech Inc.)
		Product string            `json:"product_id"` // 0xc52b
		Place   string            `json:"location_id"`
		Speed   string            `json:"device_speed"`
		Items   []json.RawMessage `json:"_items"`
	}
	var raw struct {
		Items []json.RawMessage `json:"SPUSBDataType"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, errProfiler
	}
	speeds := map[string]float64{"low_speed": 1.5, "full_speed": 12, "high_speed": 480, "super_speed": 5000, "super_speed_plus": 10000}
	var all []inventory.USBDevice
	waiting := raw.Items
	for seen := 0; len(waiting) > 0 && seen < 1000; seen++ {
		var n node
		err := json.Unmarshal(waiting[0], &n)
		waiting = waiting[1:]
		if err != nil {
			continue
		}
		waiting = append(waiting, n.Items...)
		vendor, product := hexWord(n.Vendor), hexWord(n.Product)
		if vendor == "" || product == "" || len(all) == 200 {
			continue
		}
		place, _, _ := strings.Cut(n.Place, " ")
		all = append(all, inventory.USBDevice{Port: plainLine(place, 40), ID: vendor + ":" + product, Name: plainLine(n.Name, 120), Maker: plainLine(n.Maker, 80), Mbps: speeds[n.Speed]})
	}
	return all, nil
}

// hexWord reads “0x046d  (Logitech Inc.)” as 046d; "" when it is something else.
func hexWord(s string) string {
	word, _, _ := strings.Cut(s, " ")
	if word, ok := strings.CutPrefix(strings.ToLower(word), "0x"); ok && hexDigits(word, 4) {
		return word
	}
	return ""
}

// parseProfilerPower reads what it prints for SPPowerDataType: charge in percent,
// health as what a full battery holds of what it once held.
func parseProfilerPower(b []byte) (*inventory.Battery, error) {
	var raw struct {
		Items []struct {
			Kind   string `json:"_name"`
			Charge struct {
				Percent  float64 `json:"sppower_battery_state_of_charge"`
				Charging string  `json:"sppower_battery_is_charging"`
				Full     string  `json:"sppower_battery_fully_charged"`
			} `json:"sppower_battery_charge_info"`
			Health *struct {
				Cycles  int    `json:"sppower_battery_cycle_count"`
				Maximum string `json:"sppower_battery_health_maximum_capacity"` // 87%
			} `json:"sppower_battery_health_info"`
			Model struct {
				Name string `json:"sppower_battery_device_name"`
			} `json:"sppower_battery_model_info"`
			Charger string `json:"sppower_battery_charger_connected"`
		} `json:"SPPowerDataType"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, errProfiler
	}
	out := &inventory.Battery{}
	for _, i := range raw.Items {
		if i.Kind == "sppower_ac_charger_information" {
			out.OnMains = i.Charger == "TRUE"
		}
		if i.Health == nil || len(out.Batteries) == 4 {
			continue
		}
		one := inventory.OneBattery{Name: "battery", Model: plainLine(i.Model.Name, 40), State: "discharging", ChargePct: min(100, max(0, i.Charge.Percent)), Cycles: max(0, i.Health.Cycles)}
		switch {
		case i.Charge.Charging == "TRUE":
			one.State = "charging"
		case i.Charge.Full == "TRUE":
			one.State = "full"
		}
		if n, err := strconv.ParseFloat(strings.TrimSuffix(i.Health.Maximum, "%"), 64); err == nil && n > 0 && n <= 100 {
			one.HealthPct = n
		}
		out.Batteries = append(out.Batteries, one)
	}
	for i := range out.Batteries {
		if out.OnMains && out.Batteries[i].State == "discharging" {
			out.Batteries[i].State = "not charging"
		}
	}
	return out, nil
}

// parseFileVault reads what fdesetup says: “FileVault is On.” While it is at work the
// first line says On already and the second how far it is.
func parseFileVault(text string) (inventory.Volume, bool) {
	v := inventory.Volume{Mount: "/", Kind: "plain"}
	switch {
	case strings.HasPrefix(text, "FileVault is On.") && strings.Contains(text, "ncryption in progress"):
		v.Kind = "FileVault, not all of it"
	case strings.HasPrefix(text, "FileVault is On."):
		v.Encrypted, v.Kind = true, "FileVault"
	case !strings.HasPrefix(text, "FileVault is Off."):
		return inventory.Volume{}, false
	}
	return v, true
}

// parseSocketFilter reads “Firewall is enabled. (State = 1)”; 2 lets only in what the
// system needs.
func parseSocketFilter(text string) (inventory.Filter, bool) {
	_, after, ok := strings.Cut(text, "(State = ")
	if !ok || after == "" || after[0] < '0' || after[0] > '2' {
		return inventory.Filter{}, false
	}
	return inventory.Filter{Name: "macOS application firewall", Active: after[0] != '0'}, true
}
