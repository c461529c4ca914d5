package probe

import (
	"context"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readDrivers reads the version of the kernel, and the drivers of the devices that
// are there, as far as others than Microsoft made them: its own come with updates.
// Cost: a key a device, some 50 ms. Deadline: 2 s.
func readDrivers(ctx context.Context, _ root) (*inventory.Drivers, string, error) {
	d := &inventory.Drivers{Kernel: readHardware().kernel}
	err := eachDevice(ctx, nil, "", func(one device) {
		text, _ := one.driver()
		if text["DriverVersion"] == "" || strings.EqualFold(text["ProviderName"], "Microsoft") {
			return
		}
		m := inventory.Module{Name: plainLine(text["ProviderName"]+" "+text["DriverDesc"], 120), Version: plainLine(text["DriverVersion"], 40)}
		if !slices.Contains(d.Modules, m) && len(d.Modules) < 1000 {
			d.Modules = append(d.Modules, m)
		}
	})
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	slices.SortFunc(d.Modules, func(a, b inventory.Module) int { return strings.Compare(a.Name+a.Version, b.Name+b.Version) })
	if err != nil {
		return d, "The drivers could not be listed: " + err.Error() + ".", nil
	}
	return d, "", nil
}
