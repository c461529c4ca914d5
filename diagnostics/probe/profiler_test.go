package probe

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// What macOS' own programs print: samples written here in the form that is published of them.

func TestParseProfilerDevices(t *testing.T) {
	gpus, screens, err := parseProfilerDisplays([]byte(`{"SPDisplaysDataType":[{"_name":"Apple M2","sppci_bus":"spdisplays_builtin","sppci_model":"Apple M2","spdisplays_ndrvs":[
		{"_name":"Color LCD","_spdisplays_pixels":"2560 x 1664","spdisplays_connection_type":"spdisplays_internal"},
		{"_name":"DELL U2722DE","_spdisplays_display-serial-number":"H7JK30K","_spdisplays_display-year":"2022","_spdisplays_pixels":"2560 x 1440"}]},
		{"sppci_model":"AMD Radeon Pro 5300M","sppci_bus":"spdisplays_pcie_device","spdisplays_vram":"4 GB"}]}`))
	if d := cmp.Diff([]inventory.GPU{{Name: "Apple M2", Bus: "builtin"}, {Name: "AMD Radeon Pro 5300M", Bus: "pcie_device", Memory: 4 << 30}}, gpus); d != "" || err != nil {
		t.Error(err, d)
	}
	if d := cmp.Diff([]inventory.Monitor{{Name: "Color LCD", Connector: "internal", Width: 2560, Height: 1664}, {Name: "DELL U2722DE", Serial: "H7JK30K", Year: 2022, Width: 2560, Height: 1440}}, screens); d != "" {
		t.Error(d)
	}
	usb, err := parseProfilerUSB([]byte(`{"SPUSBDataType":[{"_name":"USB31Bus","host_controller":"AppleT8112USBXHCI","_items":[{"_name":"Hub","vendor_id":"0x05e3  (Genesys Logic, Inc.)","product_id":"0x0610","location_id":"0x01100000 / 1","device_speed":"high_speed",
		"_items":[{"_name":"USB Receiver","manufacturer":"Logitech","vendor_id":"0x046d  (Logitech Inc.)","product_id":"0xc52b","location_id":"0x01120000 / 3","device_speed":"full_speed"}]}]},7]}`))
	want := []inventory.USBDevice{{Port: "0x01100000", ID: "05e3:0610", Name: "Hub", Mbps: 480}, {Port: "0x01120000", ID: "046d:c52b", Name: "USB Receiver", Maker: "Logitech", Mbps: 12}}
	if d := cmp.Diff(want, usb); d != "" || err != nil {
		t.Error(err, d)
	}
	battery, err := parseProfilerPower([]byte(`{"SPPowerDataType":[{"_name":"spbattery_information","sppower_battery_charge_info":{"sppower_battery_fully_charged":"FALSE","sppower_battery_is_charging":"TRUE","sppower_battery_state_of_charge":61},
		"sppower_battery_health_info":{"sppower_battery_cycle_count":312,"sppower_battery_health":"Good","sppower_battery_health_maximum_capacity":"87%"},"sppower_battery_model_info":{"sppower_battery_device_name":"bq40z651"}},
		{"_name":"sppower_ac_charger_information","sppower_battery_charger_connected":"TRUE"}]}`))
	if d := cmp.Diff(&inventory.Battery{OnMains: true, Batteries: []inventory.OneBattery{{Name: "battery", Model: "bq40z651", State: "charging", ChargePct: 61, HealthPct: 87, Cycles: 312}}}, battery); d != "" || err != nil {
		t.Error(err, d)
	}
	for name, parse := range map[string]func([]byte) error{
		"displays": func(b []byte) error { _, _, err := parseProfilerDisplays(b); return err },
		"usb":      func(b []byte) error { _, err := parseProfilerUSB(b); return err },
		"power":    func(b []byte) error { _, err := parseProfilerPower(b); return err },
	} {
		if parse([]byte("Usage: system_profiler")) == nil {
			t.Errorf("%s: what is no JSON was read", name)
		}
	}
}

func TestFileVaultAndFirewallOfMacOS(t *testing.T) {
	for text, want := range map[string]inventory.Volume{
		"FileVault is On.\n":  {Mount: "/", Encrypted: true, Kind: "FileVault"},
		"FileVault is Off.\n": {Mount: "/", Kind: "plain"},
		"FileVault is On.\nEncryption in progress: Percent completed = 42\n": {Mount: "/", Kind: "FileVault, not all of it"},
	} {
		if v, ok := parseFileVault(text); !ok || v != want {
			t.Errorf("%q: %+v", text, v)
		}
	}
	if v, ok := parseFileVault("Error: Unable to determine status."); ok {
		t.Errorf("%+v", v)
	}
	for text, active := range map[string]bool{"Firewall is enabled. (State = 1)": true, "Firewall is blocking all non-essential incoming connections. (State = 2)": true, "Firewall is disabled. (State = 0)": false} {
		if f, ok := parseSocketFilter(text); !ok || f.Active != active {
			t.Errorf("%q: %+v", text, f)
		}
	}
	if _, ok := parseSocketFilter("(State = "); ok {
		t.Error("a torn answer was read")
	}
}
