package remote

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// inventoryWords say to the employee what is looked at.
var inventoryWords = map[inventory.Name]string{
	inventory.NameHardware: "hardware", inventory.NameBattery: "battery", inventory.NameThermals: "temperatures", inventory.NameGPUs: "graphics",
	inventory.NameMonitors: "screens", inventory.NameUSB: "USB devices", inventory.NamePrinters: "printers", inventory.NameDisks: "drives",
	inventory.NameSMART: "health of the drives", inventory.NameNetwork: "network settings", inventory.NameWireless: "Wi-Fi", inventory.NameDrivers: "drivers",
	inventory.NameSoftware: "installed software", inventory.NameUpdates: "waiting updates", inventory.NameStartup: "start-up items",
	inventory.NameSockets: "listening programs", inventory.NameEncryption: "disk encryption", inventory.NameFirewall: "firewall",
	inventory.NameAntivirus: "antivirus", inventory.NameAccounts: "local accounts", inventory.NameBoot: "time of the last start", inventory.NameCrashes: "last crashes",
}

func (r *Runner) inventory(p wire.InventoryParams) (job, error) {
	var words []string
	for _, name := range p.Sections {
		if !slices.Contains(inventory.Names(), name) {
			return job{}, fault.Field("sections", "There is no section “"+oneLine(string(name), 40)+"” in an inventory.")
		}
		words = append(words, inventoryWords[name])
	}
	what := "the inventory of this machine"
	if len(words) > 0 && len(words) <= 4 {
		what += ": " + strings.Join(words, ", ")
	}
	return job{what: what, limit: 75 * time.Second, run: func(ctx context.Context, out *output) error {
		parts := make(chan inventory.Inventory, len(inventory.Names()))
		var failed error
		go func() {
			defer close(parts)
			failed = caught(func() {
				r.options.Prober.TakeStock(ctx, p.Sections, func(i inventory.Inventory) { parts <- i })
			})
		}()
		for part := range parts {
			if err := send(out, part); err != nil {
				return err
			}
		}
		return failed
	}}, nil
}

func (r *Runner) changes(struct{}) (job, error) {
	return job{what: "what has changed on this machine", limit: 15 * time.Second, run: func(_ context.Context, out *output) error {
		if r.options.Changes == nil {
			return fault.New(fault.Unsupported, "This machine does not keep what has changed on it.")
		}
		return send(out, r.options.Changes())
	}}, nil
}
