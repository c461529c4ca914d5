package probe

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// What other systems and programs print, as recorded or as their documents describe it.

func TestParseUninstall(t *testing.T) {
	p, ok := parseUninstall(map[string]string{"DisplayName": "7-Zip 24.08 (x64)", "DisplayVersion": "24.08", "Publisher": "Igor Pavlov", "InstallDate": "20260302"}, map[string]uint64{"EstimatedSize": 5700}, "mia")
	want := inventory.Package{Name: "7-Zip 24.08 (x64)", Version: "24.08", Publisher: "Igor Pavlov", Source: "registry", User: "mia", Bytes: 5700 << 10, Installed: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}
	if d := cmp.Diff(want, p); d != "" || !ok {
		t.Error(d)
	}
	for name, text := range map[string]map[string]string{"no name": {"DisplayVersion": "1"}, "an update of another": {"DisplayName": "KB5", "ParentKeyName": "Office"}} {
		if p, ok := parseUninstall(text, nil, ""); ok {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p, ok := parseUninstall(map[string]string{"DisplayName": "Part"}, map[string]uint64{"SystemComponent": 1}, ""); ok {
		t.Errorf("%+v", p)
	}
}

func TestParseSMART(t *testing.T) {
	yes, no := true, false
	for name, c := range map[string]struct {
		text string
		want inventory.Drive
	}{
		"NVMe": {`{"smartctl":{"exit_status":0},"model_name":"Samsung SSD 980","smart_status":{"passed":true},"temperature":{"current":41},"power_on_time":{"hours":3120},"nvme_smart_health_information_log":{"percentage_used":7,"media_errors":2}}`,
			inventory.Drive{Model: "Samsung SSD 980", Passed: &yes, TempC: 41, Hours: 3120, WearPct: 7, MediaErrors: 2}},
		"SATA that fails": {`{"smartctl":{"exit_status":8},"model_name":"WDC","smart_status":{"passed":false},"ata_smart_attributes":{"table":[{"id":5,"raw":{"value":12}},{"id":197,"raw":{"value":3}},{"id":9,"raw":{"value":1}}]}}`,
			inventory.Drive{Model: "WDC", Passed: &no, Reallocated: 12, Pending: 3}},
		"asleep": {`{"smartctl":{"exit_status":2,"messages":[{"string":"Device is in STANDBY mode, exit(2)","severity":"information"}]}}`, inventory.Drive{Asleep: true}},
		"no access": {`{"smartctl":{"exit_status":2,"messages":[{"string":"Smartctl open device: /dev/sda failed: Permission denied","severity":"error"}]}}`,
			inventory.Drive{Problem: "Smartctl open device: /dev/sda failed: Permission denied"}},
	} {
		got, err := parseSMART([]byte(c.text))
		if d := cmp.Diff(c.want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, d)
		}
	}
	if _, err := parseSMART([]byte("smartctl 7.3")); err == nil {
		t.Error("what is no JSON was read")
	}
}

func TestParseProfiler(t *testing.T) {
	h, err := parseProfilerHardware([]byte(`{"SPHardwareDataType":[{"machine_name":"MacBook Air","machine_model":"Mac14,2","serial_number":"C02X","chip_type":"Apple M2","physical_memory":"16 GB","boot_rom_version":"10151.1"}]}`))
	if d := cmp.Diff(&inventory.Hardware{Vendor: "Apple", Model: "MacBook Air Mac14,2", Serial: "C02X", CPU: "Apple M2", MemoryBytes: 16 << 30, BIOSVersion: "10151.1"}, h); d != "" || err != nil {
		t.Error(err, d)
	}
	all, err := parseProfilerApplications([]byte(`{"SPApplicationsDataType":[{"_name":"Chess","version":"3.18","obtained_from":"apple","lastModified":"2026-01-02T03:04:05Z"},{"version":"1"}]}`))
	if d := cmp.Diff([]inventory.Package{{Name: "Chess", Version: "3.18", Publisher: "apple", Source: "applications", Installed: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}, all); d != "" || err != nil {
		t.Error(err, d)
	}
	if _, err := parseProfilerHardware([]byte("{}")); err == nil {
		t.Error("nothing was read as a machine")
	}
}

func TestParseEDID(t *testing.T) {
	// A screen of 2560 × 1440, 60 × 34 cm, of 2022.
	b := make([]byte, 127, 128)
	copy(b, "\x00\xff\xff\xff\xff\xff\xff\x00\x10\xac") // DEL
	b[16], b[17], b[21], b[22] = 12, 32, 60, 34
	copy(b[54:], "\x56\x5e\x00\xa0\xa0\xa0\x29\x50\x30\x20\x35\x00\x55\x50\x21\x00\x00\x1a") // 2560 × 1440
	copy(b[72:], "\x00\x00\x00\xff\x00H7JK30K\n     ")
	copy(b[90:], "\x00\x00\x00\xfc\x00DELL U2722DE\n")
	b[108+3] = 0x10 // an empty descriptor
	var sum byte
	for _, c := range b {
		sum += c
	}
	b = append(b, -sum)
	m, ok := parseEDID(b)
	if !ok || m.Maker != "DEL" || m.Year != 2022 || m.WidthCM != 60 || m.HeightCM != 34 || m.Width != 2560 || m.Height != 1440 || m.Name != "DELL U2722DE" || m.Serial != "H7JK30K" {
		t.Errorf("%v %+v", ok, m)
	}
	for n := range b {
		if _, ok := parseEDID(b[:n]); ok {
			t.Fatalf("%d bytes were read as a screen", n)
		}
	}
	b[20] ^= 1
	if _, ok := parseEDID(b); ok {
		t.Error("a damaged one was read")
	}
}
