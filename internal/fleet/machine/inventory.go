package machine

import (
	"slices"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/wire"
)

// Stock is what the machine tells of itself that rarely changes. A simulated
// one has some software, start-up items and sockets, and says that it has not more.
func (m *Machine) Stock(now time.Time) inventory.Inventory {
	s := m.Snapshot(now)
	i := inventory.Inventory{Version: inventory.Version, TakenAt: now.UTC(), OS: "linux"}
	if s.System.Data != nil {
		i.OS = s.System.Data.OS
		h := &inventory.Hardware{Vendor: s.System.Data.Vendor, Model: s.System.Data.Model}
		if s.CPU.Data != nil {
			h.CPU, h.CPUThreads = s.CPU.Data.Model, s.CPU.Data.Cores
		}
		if s.Memory.Data != nil {
			h.MemoryBytes = s.Memory.Data.Total
		}
		i.Hardware = told(now, h)
		i.Drivers = told(now, m.drivers())
	}
	i.Software = told(now, m.software(now))
	i.Updates = told(now, &inventory.Updates{Source: "apt", ListsAt: now.Add(-7 * time.Hour).UTC(), Pending: []inventory.Update{{Name: "firefox-esr", From: "128.14.0esr-1", To: "128.15.0esr-1", Security: true}}})
	i.Startup = told(now, m.startup())
	i.Sockets = told(now, &inventory.Sockets{Sockets: []inventory.Socket{{Protocol: "tcp", Address: "127.0.0.1", Port: 631, PID: 811, Process: "cupsd", User: "root", Local: true}}})
	return i
}

func told[T any](now time.Time, v *T) inventory.Section[T] {
	return inventory.Section[T]{State: diagnostics.StateOK, TookMS: 12, ReadAt: now.UTC(), Data: v}
}

// answerInventory answers section by section, as an agent does.
func (m *Machine) answerInventory(p wire.InventoryParams, now time.Time) []Part {
	i := m.Stock(now)
	var parts []Part
	for _, s := range i.Sections() {
		if len(p.Sections) > 0 && !slices.Contains(p.Sections, s.Name) {
			continue
		}
		parts = append(parts, Part{40 * time.Millisecond, i.Only(s.Name)})
	}
	return parts
}

// Changes is what has changed on the machine.
func (m *Machine) Changes(now time.Time) inventory.Changes {
	at := func(ago time.Duration) time.Time { return now.Add(-ago).UTC().Truncate(time.Minute) }
	return inventory.Changes{
		Version: inventory.Version, MadeAt: now.UTC(), Since: at(60 * 24 * time.Hour), Healthy: at(26 * time.Hour),
		Changes: []inventory.Change{
			{At: at(5 * time.Hour), After: at(6 * time.Hour), Kind: inventory.KindNetwork, Did: "changed", What: "name services", From: "10.0.0.2", To: "10.0.0.2, 10.0.0.3"},
			{At: at(6 * 24 * time.Hour), After: at(7 * 24 * time.Hour), Kind: inventory.KindSoftware, Did: "changed", What: "firefox-esr", From: "128.13.0esr-1", To: "128.14.0esr-1"},
		},
	}
}
