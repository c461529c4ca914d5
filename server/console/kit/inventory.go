package kit

import (
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// About is a part of the inventory that a technician asks for at once.
type About struct {
	ID, Word string
	Sections []inventory.Name
}

// InventoryAbouts are the parts, the most wanted first. The last one is all.
func InventoryAbouts() []About {
	return []About{
		{"software", "Software and updates", []inventory.Name{inventory.NameSoftware, inventory.NameUpdates}},
		{"startup", "Start-up items", []inventory.Name{inventory.NameStartup, inventory.NameBoot}},
		{"hardware", "Hardware", []inventory.Name{
			inventory.NameHardware, inventory.NameBattery, inventory.NameThermals, inventory.NameGPUs, inventory.NameMonitors, inventory.NameUSB,
			inventory.NamePrinters, inventory.NameDisks, inventory.NameSMART, inventory.NameDrivers,
		}},
		{"network", "Network and Wi-Fi", []inventory.Name{inventory.NameNetwork, inventory.NameWireless}},
		{"sockets", "Listening sockets", []inventory.Name{inventory.NameSockets}},
		{"security", "Security and accounts", []inventory.Name{inventory.NameEncryption, inventory.NameFirewall, inventory.NameAntivirus, inventory.NameAccounts, inventory.NameUpdates}},
		{"crashes", "Last crashes", []inventory.Name{inventory.NameCrashes}},
		{"all", "Everything", nil},
	}
}

// InventoryAbout returns the sections of a part.
func InventoryAbout(id string) ([]inventory.Name, bool) {
	for _, a := range InventoryAbouts() {
		if a.ID == id {
			return a.Sections, true
		}
	}
	return nil, id == ""
}

// inventoryWhat names what was asked for.
func inventoryWhat(sections []inventory.Name) string {
	for _, a := range InventoryAbouts() {
		if slices.Equal(a.Sections, sections) {
			return a.Word
		}
	}
	var words []string
	for _, n := range sections {
		words = append(words, InventoryWord(n))
	}
	return strings.Join(words, ", ")
}

// InventoryWord names a section.
func InventoryWord(n inventory.Name) string {
	if w := inventoryWords[n]; w != "" {
		return w
	}
	return Humanise(string(n))
}

var inventoryWords = map[inventory.Name]string{
	inventory.NameGPUs: "Graphics", inventory.NameThermals: "Temperatures and fans", inventory.NameMonitors: "Screens", inventory.NameUSB: "USB devices",
	inventory.NameSMART: "Health of the drives", inventory.NameDisks: "Drives", inventory.NameUpdates: "Updates that wait", inventory.NameStartup: "Start-up items",
	inventory.NameSockets: "Listening sockets", inventory.NameEncryption: "Disk encryption", inventory.NameAccounts: "Local accounts",
	inventory.NameBoot: "Last start", inventory.NameCrashes: "Last crashes", inventory.NameSoftware: "Installed software", inventory.NameWireless: "Wi-Fi",
}

// inventoryIcon is the icon of a section.
func inventoryIcon(n inventory.Name) string {
	switch n {
	case inventory.NameDisks, inventory.NameSMART:
		return "hard-drive"
	case inventory.NameSockets, inventory.NameUSB:
		return "plug"
	case inventory.NameNetwork, inventory.NameWireless:
		return "globe"
	case inventory.NameEncryption, inventory.NameFirewall, inventory.NameAntivirus:
		return "lock"
	case inventory.NameHardware, inventory.NameDrivers:
		return "server"
	}
	return "list"
}

// inventorySections are those of an answer that were asked for.
func inventorySections(i *inventory.Inventory) []inventory.Info {
	return slices.DeleteFunc(i.Sections(), func(s inventory.Info) bool { return s.State == diagnostics.StateMissing })
}

// inventorySum is what a section's line says before it is opened.
func inventorySum(s inventory.Info) string {
	if s.Data == nil {
		return s.Note
	}
	n := len(s.Data.Table().Rows)
	sum := Count(n) + " lines"
	switch n {
	case 0:
		sum = "none"
	case 1:
		sum = "1 line"
	}
	if s.State == diagnostics.StateTimeout || s.State == diagnostics.StateFailed {
		sum += ", as read " + s.ReadAt.UTC().Format(time.DateTime) + " UTC"
	}
	return sum
}
