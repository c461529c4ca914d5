package probe

import (
	"context"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readMonitors reads the description of each connected screen (EDID), which the
// system keeps in the device's key. Cost: some milliseconds. Deadline: 3 s.
func readMonitors(ctx context.Context, _ root) (*inventory.Monitors, string, error) {
	found := &inventory.Monitors{Monitors: []inventory.Monitor{}}
	err := eachDevice(ctx, classMonitor, "", func(d device) {
		h, err := d.set.OpenDevRegKey(d.data, windows.DICS_FLAG_GLOBAL, 0, windows.DIREG_DEV, registry.QUERY_VALUE)
		if err != nil || len(found.Monitors) == 32 {
			return
		}
		key := registry.Key(h)
		defer key.Close()
		b, _, err := key.GetBinaryValue("EDID")
		if err != nil {
			return // one that does not describe itself
		}
		m, ok := parseEDID(b)
		if !ok {
			m = inventory.Monitor{Name: d.name}
		}
		m.Connector = plainLine(d.id, 80)
		found.Monitors = append(found.Monitors, m)
	})
	return found, "", err
}
