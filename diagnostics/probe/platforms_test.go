package probe

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
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
		inventory.NameUSB: "USB", inventory.NameWireless: "Wireless", inventory.NameDisks: "Disks", inventory.NameDrivers: "Drivers", inventory.NameSoftware: "Software", inventory.NameUpdates: "Updates",
		inventory.NameStartup: "Startup", inventory.NameSockets: "Sockets", inventory.NameEncryption: "Encryption", inventory.NameFirewall: "Firewall",
		inventory.NameSMART: "SMART", inventory.NamePrinters: "Printers", inventory.NameAntivirus: "Antivirus", inventory.NameAccounts: "Accounts", inventory.NameBoot: "Boot", inventory.NameCrashes: "Crashes",
	}
	for column, pattern := range map[int]string{2: "*_windows.go", 3: "*_mac.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		file := pattern
		var all strings.Builder
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(b)
		}
		for name, kind := range types {
			cells := rows["inventory "+string(name)]
			if unread := strings.Contains(all.String(), "notReadHere[inventory."+kind+"]"); len(cells) > column && unread != (cells[column] == "not read") {
				t.Errorf("%s: the page says %q, %s says unread: %v", name, cells[column], file, unread)
			}
		}
	}
}

// Each collector has a file of its own on each system, and its comment says at which
// cost it reads and by when it must be done, as the table of collectors has it.
func TestCollectorsSayWhatTheyCost(t *testing.T) {
	table, err := os.ReadFile("stock.go")
	if err != nil {
		t.Fatal(err)
	}
	deadlines := map[string]string{}
	for _, m := range regexp.MustCompile(`stock\(inventory\.Name\w+, (\d+)\*time\.Second, (read\w+),`).FindAllStringSubmatch(string(table), -1) {
		deadlines[m[2]] = m[1]
	}
	if len(deadlines) != len(Collectors()) {
		t.Fatalf("%d readers were found in the table: %v", len(deadlines), deadlines)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		code, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		var here []string
		for _, d := range code.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || deadlines[f.Name.Name] == "" {
				continue
			}
			here = append(here, f.Name.Name)
			seen[f.Name.Name] = true
			text := strings.Join(strings.Fields(f.Doc.Text()), " ")
			want := fmt.Sprintf("Deadline: %s s", deadlines[f.Name.Name])
			if !strings.Contains(text, "Cost: ") || !strings.Contains(text, want+".") && !strings.Contains(text, want+",") {
				t.Errorf("%s: the comment of %s lacks “Cost: ” or “%s”", file, f.Name.Name, want)
			}
		}
		if len(here) > 1 {
			t.Errorf("%s holds several collectors: %v", file, here)
		}
	}
	if len(seen) != len(deadlines) {
		t.Errorf("only these were found: %v", seen)
	}
}
