package probe

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// utmpRecord makes a record as login(1) writes it.
func utmpRecord(f utmpForm, kind byte, line, user, host string, at int64) []byte {
	b := make([]byte, f.size)
	b[0] = kind
	copy(b[8:40], line)
	copy(b[44:76], user)
	copy(b[76:332], host)
	if f.wide {
		binary.LittleEndian.PutUint64(b[f.secondsAt:], uint64(at))
	} else {
		binary.LittleEndian.PutUint32(b[f.secondsAt:], uint32(at))
	}
	return b
}

// Both layouts are told apart by what is in them; what is not a sign-in is none.
func TestUtmpForms(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	later := time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC) // beyond 31 bits
	for _, form := range utmpForms {
		var file []byte
		file = append(file, utmpRecord(form, 2, "~", "reboot", "6.1.0-28-amd64", at.Unix())...)
		file = append(file, utmpRecord(form, 7, "pts/0", "mia", "192.0.2.7", at.Unix())...)
		file = append(file, utmpRecord(form, 8, "pts/0", "", "", at.Unix()+60)...)
		file = append(file, utmpRecord(form, 7, "tty2", strings.Repeat("x", 32), "", later.Unix())...)
		if got := utmpFormOf(file); got != form {
			t.Errorf("a file of records of %d bytes was taken for one of %d", form.size, got.size)
		}
		if got := utmpFormOf(append(bytes.Clone(file), 7, 0)); got != form {
			t.Errorf("with a torn record one of %d was taken for one of %d", form.size, got.size)
		}
		want := map[string]signIn{"mia": {at, "192.0.2.7"}, strings.Repeat("x", 32): {later, "tty2"}}
		got := map[string]signIn{}
		for b := file; len(b) > 0; b = b[form.size:] {
			if name, s, ok := form.parse(b); ok {
				got[name] = s
			}
		}
		if len(got) != len(want) {
			t.Errorf("%+v", got)
		}
		for name, s := range want {
			if got[name] != s {
				t.Errorf("%s: %+v", name, got[name])
			}
		}
		last := make([]byte, form.lastlog)
		binary.LittleEndian.PutUint32(last, uint32(at.Unix()))
		copy(last[form.lastlog-288:], "pts/3")
		if s, ok := form.parseLastlog(last); !ok || s != (signIn{at, "pts/3"}) {
			t.Errorf("%+v", s)
		}
		if _, ok := form.parseLastlog(make([]byte, form.lastlog)); ok {
			t.Error("somebody who never signed in did")
		}
	}
	if utmpFormOf(nil) != utmpForms[0] {
		t.Error("an empty file has a form of its own")
	}
}

// Whatever is in them, the readers of bytes and of texts neither break nor let
// anything through that is not one plain, bounded line.
func FuzzParsers(f *testing.F) {
	f.Add(utmpRecord(utmpForms[0], 7, "pts/0", "mia\x1b[31m", "host", 1))
	f.Add(utmpRecord(utmpForms[1], 7, "pts/0", "mia", "host", 1<<40))
	f.Add([]byte("vim\t(none):9.1-1\tx86_64\t1772000000\t123\tFedora\n"))
	f.Add([]byte("Package: vim\nStatus: install ok installed\nVersion: 9\n\n"))
	f.Add([]byte("vim/stable-security 9.1 amd64 [upgradable from: 9.0]\n"))
	f.Add([]byte("a.noarch 1-1 updates\nlong.x86_64\n   1-2 updates\nlinux 1 -> 2\n"))
	f.Add([]byte(`{"smartctl":{"messages":[{"string":"x","severity":"error"}]},"ata_smart_attributes":{"table":[{"id":5,"raw":{"value":-1}}]}}`))
	f.Add([]byte("\x00\x00\x00\x00\x20\x00\x00\x00\x01\x1b\x01\x00\x01\x02\x00\x03"))
	f.Add([]byte(`<stream><update-status><update-list><update name="a" kind="package"/></update-list></update-status></stream>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		plain := func(texts ...string) {
			t.Helper()
			for _, s := range texts {
				if len(s) > 400 || strings.ContainsAny(s, "\x00\x1b\n\r\x07") {
					t.Fatalf("%q came through", s)
				}
			}
		}
		form := utmpFormOf(b)
		if name, s, ok := form.parse(b); ok {
			plain(name, s.from)
		}
		if s, ok := form.parseLastlog(b); ok {
			plain(s.from)
		}
		text := string(b)
		updates, _ := parseUpgradable(text)
		updates = append(updates, parseUpgrade(text)...)
		updates = append(updates, parseCheckUpdate(text)...)
		updates = append(updates, parsePacman(text)...)
		if all, err := parseZypper(b); err == nil {
			updates = append(updates, all...)
		}
		markSecurity(updates, text)
		for _, u := range append(updates, updateOf(text, text)) {
			plain(u.Name, u.From, u.To)
		}
		for _, p := range append(parseRPM(text), parseDpkg(text)...) {
			plain(p.Name, p.Version, p.Arch, p.Publisher)
		}
		d, _ := parseSMART(b) // an error is as good
		_ = parseNVMeHealth(b, &d)
		_ = parseATAAttributes(b, &d)
		plain(d.Model, d.Problem)
		if m, ok := parseEDID(b); ok {
			plain(m.Name, m.Serial, m.Maker)
		}
		var h inventory.Hardware
		_ = parseFirmwareTable(b, &h)
		plain(h.Serial)
		for _, m := range h.MemoryModule {
			plain(m.Slot, m.Maker, m.Part)
		}
		var disk inventory.Disk
		parseStorageDescriptor(b, &disk)
		plain(disk.Model)
		parseDiskExtents(b)
		parseWLANInterfaces(b)
		parseBatteryInformation(b, &inventory.OneBattery{})
		parseBootEvent(b, &inventory.Boot{})
		for _, parse := range []func(string) (inventory.Crash, bool){parseCrashReport, parseCoredump, func(s string) (inventory.Crash, bool) { return parseErrorReport(s, time.Time{}) }} {
			if c, ok := parse(text); ok {
				plain(c.Program, c.Detail)
			}
		}
		if id, port, _, ok := parseUSBInstance(text); ok {
			plain(id, port)
		}
		p := productOf(text, 0x61000, text)
		v := volumeOf(text, text, 1, 1)
		plain(p.Name, v.Mount, v.Device)
	})
}
