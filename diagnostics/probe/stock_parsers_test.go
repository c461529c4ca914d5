package probe

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// What Windows and macOS hand out in a form of bytes or of names, as their headers and
// documents describe it; each is read here on any system.

func little(size int, at map[int]uint32) []byte {
	b := make([]byte, size)
	for offset, v := range at {
		binary.LittleEndian.PutUint32(b[offset:], v)
	}
	return b
}

func TestParseFirmwareTable(t *testing.T) {
	system := "\x01\x1b\x01\x00\x01\x02\x00\x03" + strings.Repeat("\x00", 0x1b-8) + "LENOVO\x0021AH\x00PF3ABCDE\x00\x00"
	chassis := "\x03\x15\x02\x00\x01\x8a" + strings.Repeat("\x00", 0x15-6) + "LENOVO\x00\x00"
	module := "\x11\x22\x11\x00\x00\x00\x00\x00\x40\x00\x40\x00\x00\x40\x0d\x00\x01\x00\x1a\x00\x00\x80\x0c\x02\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00" + "DIMM A\x00Samsung\x00M471A2K43\x00\x00"
	table := system + chassis + module + "\x7f\x04\x7f\x00\x00\x00" + "what is behind the end is none"
	raw := append(little(8, map[int]uint32{0: 0x00030401, 4: uint32(len(table))}), table...)
	var h inventory.Hardware
	if err := parseFirmwareTable(raw, &h); err != nil {
		t.Fatal(err)
	}
	want := inventory.Hardware{Serial: "PF3ABCDE", Chassis: "laptop", MemoryModule: []inventory.MemoryModule{{Slot: "DIMM A", Bytes: 16 << 30, Type: "DDR4", MTs: 3200, Maker: "Samsung", Part: "M471A2K43"}}}
	if d := cmp.Diff(want, h); d != "" {
		t.Error(d)
	}
	for n := range raw {
		var torn inventory.Hardware
		if parseFirmwareTable(raw[:n], &torn) == nil {
			t.Fatalf("%d bytes were read as a whole table", n)
		}
	}
	if got := smbiosStructures([]byte(system)); len(got) != 1 {
		t.Errorf("%d structures", len(got))
	}
	h = inventory.Hardware{}
	forgot := "\x01\x1b\x01\x00\x01\x02\x00\x01" + strings.Repeat("\x00", 0x1b-8) + "To be filled by O.E.M.\x00\x00"
	if err := parseFirmwareTable(append(little(8, map[int]uint32{4: uint32(len(forgot))}), forgot...), &h); err != nil || h.Serial != "" {
		t.Errorf("%v, the serial number is %q", err, h.Serial)
	}
}

// The health log of an NVMe drive, as `nvme smart-log` reads it too.
func TestParseNVMeHealth(t *testing.T) {
	b := make([]byte, 512)
	binary.LittleEndian.PutUint16(b[1:], 314) // 41 °C
	b[3], b[4], b[5] = 100, 10, 7
	binary.LittleEndian.PutUint64(b[128:], 3120)
	binary.LittleEndian.PutUint64(b[160:], 2)
	var d inventory.Drive
	yes, no := true, false
	if err := parseNVMeHealth(b, &d); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(inventory.Drive{Passed: &yes, TempC: 41, WearPct: 7, Hours: 3120, MediaErrors: 2}, d); diff != "" {
		t.Error(diff)
	}
	b[0], b[1], b[2] = 0x04, 0, 0 // it fails, and its sensor says nothing
	for i := 160; i < 176; i++ {
		b[i] = 0xFF
	}
	d = inventory.Drive{}
	if err := parseNVMeHealth(b, &d); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(inventory.Drive{Passed: &no, WearPct: 7, Hours: 3120, MediaErrors: math.MaxInt32}, d); diff != "" {
		t.Error(diff)
	}
	if parseNVMeHealth(b[:511], &d) == nil {
		t.Error("a torn one was read")
	}
}

func TestParseATAAttributes(t *testing.T) {
	b := make([]byte, 512)
	b[0] = 16
	for n, a := range []struct {
		id  byte
		raw [6]byte
	}{{5, [6]byte{12}}, {9, [6]byte{0x30, 0x0c, 0, 0x55, 1}}, {194, [6]byte{37, 0, 20, 0, 52}}, {197, [6]byte{3}}, {1, [6]byte{9, 9, 9}}} {
		at := 2 + n*12
		b[at] = a.id
		copy(b[at+5:], a.raw[:])
	}
	var sum byte
	for _, c := range b {
		sum += c
	}
	b[511] = -sum
	var d inventory.Drive
	if err := parseATAAttributes(b, &d); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(inventory.Drive{Reallocated: 12, Hours: 3120, TempC: 37, Pending: 3}, d); diff != "" {
		t.Error(diff)
	}
	b[7]++
	if parseATAAttributes(b, &d) == nil || parseATAAttributes(b[:500], &d) == nil {
		t.Error("a damaged one was read")
	}
}

func TestParseBatteryInformation(t *testing.T) {
	b := little(36, map[int]uint32{0: 0x80000000, 12: 50_000, 16: 40_000, 32: 312})
	copy(b[8:], "LION")
	var one inventory.OneBattery
	if !parseBatteryInformation(b, &one) || cmp.Diff(inventory.OneBattery{HealthPct: 80, Cycles: 312, Technology: "Li-ion"}, one) != "" {
		t.Errorf("%+v", one)
	}
	one = inventory.OneBattery{}
	if !parseBatteryInformation(little(36, map[int]uint32{12: 0xFFFFFFFF, 16: 0xFFFFFFFF, 32: 0xFFFFFFFF}), &one) || one != (inventory.OneBattery{}) {
		t.Errorf("what is not known was read as %+v", one)
	}
	if parseBatteryInformation(b[:35], &one) {
		t.Error("a torn one was read")
	}
}

func TestParseStorageDescriptor(t *testing.T) {
	head := little(36, map[int]uint32{12: 36, 16: 45, 24: 62, 28: 17})
	b := append(head, "NVMe    \x00Samsung SSD 980 \x00S64DNX0R\x00"...)
	var d inventory.Disk
	if !parseStorageDescriptor(b, &d) || d.Model != "Samsung SSD 980" || d.Bus != "nvme" || d.Removable {
		t.Errorf("%+v", d)
	}
	for n := range b {
		parseStorageDescriptor(b[:n], &d) // offsets lead out of it
	}
	b = append(little(36, map[int]uint32{8: 0x00010000, 12: 0xFFFFFFFF, 16: 36, 28: 7}), "DataTraveler"...)
	d = inventory.Disk{}
	if !parseStorageDescriptor(b, &d) || d.Model != "DataTraveler" || d.Bus != "usb" || !d.Removable {
		t.Errorf("%+v", d)
	}
	extents := little(8+2*24, map[int]uint32{0: 9, 8: 1, 8 + 16: 4096, 32: 2, 32 + 8: 512, 32 + 16: 100})
	if diff := cmp.Diff([]diskExtent{{1, 0, 4096}, {2, 512, 100}}, parseDiskExtents(extents), cmp.AllowUnexported(diskExtent{})); diff != "" {
		t.Error(diff)
	}
}

func TestParseWLANInterfaces(t *testing.T) {
	b := make([]byte, 8+2*532)
	binary.LittleEndian.PutUint32(b, 5) // more than there are
	copy(b[8+532:], "\x78\x56\x34\x12\xbc\x9a\xf0\xde\x01\x23\x45\x67\x89\xab\xcd\xef")
	b[8+532+528] = 1
	if d := cmp.Diff([]string{"{12345678-9ABC-DEF0-0123-456789ABCDEF}"}, parseWLANInterfaces(b)); d != "" {
		t.Error(d)
	}
}

func TestParseErrorReport(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	hash := "5f3b2a1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a"
	for name, want := range map[string]inventory.Crash{
		"AppCrash_chrome.exe_" + hash + "_0a1b2c3d_cab_1f2e3d4c-aaaa": {At: at, Program: "chrome.exe", Kind: "report"},
		"AppHang_my_tool.exe_" + hash + "_0a1b2c3d":                   {At: at, Program: "my_tool.exe", Kind: "report", Detail: "it did not answer any more"},
		"Kernel_7f_abc": {At: at, Program: "kernel", Kind: "kernel"},
	} {
		if got, ok := parseErrorReport(name, at); !ok || cmp.Diff(want, got) != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, name := range []string{"", "AppCrash", "AppCrash_", "NonCritical_x64_1", "Critical_10.0_x"} {
		if got, ok := parseErrorReport(name, at); ok {
			t.Errorf("%q: %+v", name, got)
		}
	}
	if got, _ := parseErrorReport("AppCrash_a\x1b[31m\n"+strings.Repeat("x", 4096)+"_"+hash, at); strings.ContainsAny(got.Program, "\x1b\n") || len(got.Program) > 130 {
		t.Errorf("%q", got.Program)
	}
}

func TestParseCrashReport(t *testing.T) {
	at := time.Date(2026, 3, 4, 15, 16, 17, 0, time.Local).UTC()
	for name, want := range map[string]inventory.Crash{
		"Safari-2026-03-04-151617.ips":                   {At: at, Program: "Safari", Kind: "report"},
		"Google Chrome_2026-03-04-151617_Mias-Mac.crash": {At: at, Program: "Google Chrome", Kind: "report"},
		"Mail-Helper-2026-03-04-151617.hang":             {At: at, Program: "Mail-Helper", Kind: "report", Detail: "it did not answer any more"},
		"panic-full-2026-03-04-151617.0002.panic":        {At: at, Program: "kernel", Kind: "kernel"},
		"Kernel_2026-03-04-151617_Mias-Mac.panic":        {At: at, Program: "kernel", Kind: "kernel"},
	} {
		if got, ok := parseCrashReport(name); !ok || cmp.Diff(want, got) != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, name := range []string{"", ".ips", "Safari.ips", "Safari-2026-13-04-151617.ips", "stacks-2026-03-04-151617.txt", "-2026-03-04-151617.ips"} {
		if got, ok := parseCrashReport(name); ok {
			t.Errorf("%q: %+v", name, got)
		}
	}
}

func TestSecurityCenterAndBitLocker(t *testing.T) {
	when := "Sun, 01 Mar 2026 10:00:00 GMT"
	signed := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for state, want := range map[uint32]inventory.Product{
		0x61000: {Name: "Windows Defender", Running: true, Signatures: signed}, 0x61010: {Name: "Windows Defender", Running: true},
		0x60100: {Name: "Windows Defender", Signatures: signed}, 0x62000: {Name: "Windows Defender", Signatures: signed},
	} {
		if got := productOf("Windows Defender", state, when); got != want {
			t.Errorf("%x: %+v", state, got)
		}
	}
	if got := productOf("x", 0x61000, "yesterday"); !got.Signatures.IsZero() {
		t.Errorf("%+v", got)
	}
	for _, c := range []struct {
		protection, conversion uint32
		encrypted              bool
		kind                   string
	}{{1, 1, true, "BitLocker"}, {0, 0, false, "plain"}, {0, 1, false, "BitLocker, suspended"}, {1, 2, false, "BitLocker, not all of it"}, {2, 0, true, "BitLocker, locked"}} {
		if v := volumeOf("C:", "x", c.protection, c.conversion); v.Encrypted != c.encrypted || v.Kind != c.kind {
			t.Errorf("protection %d, conversion %d: %+v", c.protection, c.conversion, v)
		}
	}
}

func TestParseUSBInstance(t *testing.T) {
	for id, want := range map[string]struct {
		usb, port string
		part, ok  bool
	}{
		`USB\VID_046D&PID_C52B\5&1A2B3C4D&0&2`:    {"046d:c52b", "5&1A2B3C4D&0&2", false, true},
		`USB\VID_046D&PID_C52B&MI_01\6&2F&0&0001`: {"046d:c52b", "6&2F&0&0001", true, true},
		`USB\ROOT_HUB30\4&1&0&0`:                  {},
		`HID\VID_046D&PID_C52B\5`:                 {},
		`USB\VID_46D&PID_C52B\5`:                  {},
		`USB\VID_046D&PID_C52B`:                   {},
	} {
		usb, port, part, ok := parseUSBInstance(id)
		if usb != want.usb || port != want.port || part != want.part || ok != want.ok {
			t.Errorf("%s: %q %q %v %v", id, usb, port, part, ok)
		}
	}
}

func TestSmallerThingsOfWindows(t *testing.T) {
	for class, want := range map[string]string{"Camera": "camera", "HIDClass": "keyboard or mouse", "Unheard": ""} {
		if got := usbClassOf(class); got != want {
			t.Errorf("%s: %q", class, got)
		}
	}
	for status, want := range map[uint32]string{0: "idle", 1: "stopped", 0x80: "offline", 0x8: "stopped", 0x400: "printing", 0x1 | 0x400: "stopped"} {
		if got := printerState(status); got != want {
			t.Errorf("%x: %s", status, got)
		}
	}
	for title, want := range map[string]inventory.Update{
		"2026-03 Cumulative Update for Windows 11 (KB5035853)": {Name: "2026-03 Cumulative Update for Windows 11 (KB5035853)", To: "KB5035853", Security: true},
		"A driver": {Name: "A driver", Security: true},
	} {
		if got := updateOf(title, "Critical"); got != want {
			t.Errorf("%+v", got)
		}
	}
	if updateOf("Definitions (KB2267602)", "").Security {
		t.Error("patterns are no mended fault")
	}
	a, ok := accountOfUser(userInfo3{"mia", 2, 0x200, 1_772_000_000, 1001})
	if want := (inventory.Account{Name: "mia", UID: "1001", Admin: true, LastSignIn: time.Unix(1_772_000_000, 0).UTC()}); !ok || a != want {
		t.Errorf("%+v", a)
	}
	if a, ok := accountOfUser(userInfo3{"Guest", 0, 0x202, 0, 501}); ok || !a.LastSignIn.IsZero() {
		t.Errorf("one that is switched off: %+v", a)
	}
	filed := binary.LittleEndian.AppendUint64(nil, 126_444_736_000_000_000)
	if got := fileTime(filed); !got.Equal(time.Unix(1_000_000_000, 0)) || !fileTime(nil).IsZero() || !fileTime(make([]byte, 8)).IsZero() {
		t.Errorf("%v", got)
	}
	for tenths, want := range map[uint32]float64{3010: 27.9, 2732: 0.1} {
		if c, ok := celsius(tenths); !ok || math.Abs(c-want) > 0.051 {
			t.Errorf("%d: %v", tenths, c)
		}
	}
	if _, ok := celsius(0); ok {
		t.Error("0 K was read")
	}
}

func TestParseBootEvent(t *testing.T) {
	text := `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><EventID>100</EventID></System><EventData><Data Name='BootTsVersion'>2</Data><Data Name='BootStartTime'>2026-03-04T06:00:05.4851893Z</Data><Data Name='BootTime'>62318</Data><Data Name='MainPathBootTime'>21418</Data><Data Name='BootKernelInitTime'>26</Data><Data Name='BootPostBootTime'>40900</Data></EventData></Event>`
	b := inventory.Boot{BootedAt: time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC)}
	if !parseBootEvent([]byte(text), &b) || b.KernelMS != 26 || b.UserspaceMS != 21392 {
		t.Errorf("%+v", b)
	}
	later := inventory.Boot{BootedAt: time.Date(2026, 3, 9, 6, 0, 0, 0, time.UTC)}
	if parseBootEvent([]byte(text), &later) || later.UserspaceMS != 0 {
		t.Errorf("an earlier start was taken for this one: %+v", later)
	}
	if parseBootEvent([]byte("No events"), &b) || parseBootEvent([]byte(text[:200]), &b) {
		t.Error("what is none was read")
	}
}
