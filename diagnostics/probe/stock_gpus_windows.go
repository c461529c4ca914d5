package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readGPUs asks Plug and Play for the graphics processors: memory in bytes, as the
// driver wrote it down. Cost: some milliseconds; none is woken. Deadline: 2 s.
func readGPUs(ctx context.Context, _ root) (*inventory.GPUs, string, error) {
	found := &inventory.GPUs{GPUs: []inventory.GPU{}}
	err := eachDevice(ctx, classDisplay, "", func(d device) {
		if len(found.GPUs) == 16 {
			return
		}
		text, numbers := d.driver()
		g := inventory.GPU{Name: d.name, Bus: plainLine(d.id, 80), Memory: numbers["HardwareInformation.qwMemorySize"]}
		if v := text["DriverVersion"]; v != "" {
			g.Driver = plainLine(text["ProviderName"]+" "+v, 80)
		}
		found.GPUs = append(found.GPUs, g)
	})
	return found, "", err
}
