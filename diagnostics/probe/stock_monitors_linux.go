package probe

import (
	"context"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readMonitors reads the connected screens: sizes in pixels and centimetres. Cost:
// three small files a connector. The kernel may ask the screen over a slow wire,
// so it runs in the child. Deadline: 3 s.
func readMonitors(_ context.Context, at root) (*inventory.Monitors, string, error) {
	if !at.exists("/sys/class/drm") {
		return nil, "", unsupported("The kernel of this machine drives no screens.")
	}
	found := &inventory.Monitors{Monitors: []inventory.Monitor{}}
	damaged := 0
	for _, dir := range at.glob("/sys/class/drm/card*-*") {
		if at.line(dir+"/status") != "connected" || len(found.Monitors) == 32 {
			continue
		}
		_, connector, _ := strings.Cut(dir[strings.LastIndexByte(dir, '/')+1:], "-")
		var m inventory.Monitor
		if raw, err := at.text(dir+"/edid", 32<<10); err == nil && raw != "" {
			var ok bool
			if m, ok = parseEDID([]byte(raw)); !ok {
				damaged++
			}
		}
		m.Connector = plainLine(connector, 40)
		if m.Width == 0 {
			mode, _, _ := strings.Cut(at.line(dir+"/modes"), " ")
			w, h, _ := strings.Cut(mode, "x")
			m.Width, _ = strconv.Atoi(w)
			m.Height, _ = strconv.Atoi(strings.TrimRight(h, "ip")) // what is no number is not known
		}
		found.Monitors = append(found.Monitors, m)
	}
	if damaged > 0 {
		return found, "What a screen says of itself is damaged, so less is known of it.", nil
	}
	return found, "", nil
}
