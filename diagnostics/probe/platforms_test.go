package probe

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// TestPlatformsPage holds docs/platforms.md to the code: a row for every collector,
// none for what does not exist, a known word in every cell, and “not read” exactly
// where the code says that it does not read it.
func TestPlatformsPage(t *testing.T) {
	b, err := os.ReadFile("../../docs/platforms.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\|(.*)\\|$").FindAllStringSubmatch(string(b), -1) {
		var cells []string
		for cell := range strings.SplitSeq(m[2], "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		table := "inventory "
		if _, twice := rows[table+m[1]]; twice || len(cells) == 5 && cells[4] == "check-up" {
			table = "check-up "
		}
		rows[table+m[1]] = cells
	}
	var want []string
	for _, n := range diagnostics.SectionNames() {
		want = append(want, "check-up "+string(n))
	}
	for _, c := range Collectors() {
		want = append(want, "inventory "+string(c.Name))
	}
	words := []string{"run", "run under Wine", "only compiled", "not read"}
	for _, name := range want {
		cells, ok := rows[name]
		if !ok || len(cells) < 4 {
			t.Errorf("%s has no row with four cells: %v", name, cells)
			continue
		}
		for _, cell := range cells[1:4] {
			if !slices.Contains(words, cell) {
				t.Errorf("%s: %q is none of %v", name, cell, words)
			}
		}
	}
	for name := range rows {
		if !slices.Contains(want, name) {
			t.Errorf("the page has %s, the code has not", name)
		}
	}
	if len(Collectors()) != len(inventory.Names()) {
		t.Error("not every section has a collector")
	}
	types := map[inventory.Name]string{
		inventory.NameHardware: "Hardware", inventory.NameBattery: "Battery", inventory.NameThermals: "Thermals", inventory.NameGPUs: "GPUs", inventory.NameMonitors: "Monitors",
		inventory.NameUSB: "USB", inventory.NameDisks: "Disks", inventory.NameDrivers: "Drivers", inventory.NameSoftware: "Software", inventory.NameUpdates: "Updates",
		inventory.NameStartup: "Startup", inventory.NameSockets: "Sockets", inventory.NameEncryption: "Encryption", inventory.NameFirewall: "Firewall",
		inventory.NameAntivirus: "Antivirus", inventory.NameAccounts: "Accounts", inventory.NameBoot: "Boot", inventory.NameCrashes: "Crashes",
	}
	for column, file := range map[int]string{2: "stock_unread_windows.go", 3: "stock_unread_mac.go"} {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, kind := range types {
			cells := rows["inventory "+string(name)]
			if unread := strings.Contains(string(code), "notReadHere[inventory."+kind+"]"); len(cells) > column && unread != (cells[column] == "not read") {
				t.Errorf("%s: the page says %q, %s says unread: %v", name, cells[column], file, unread)
			}
		}
	}
}
