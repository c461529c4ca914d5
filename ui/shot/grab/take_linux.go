package grab

import (
	"context"
	"os"
)

// take asks the portal under Wayland, where a program cannot see the screen, and
// the display itself under X11.
func take(ctx context.Context) (Shot, error) {
	if os.Getenv("WAYLAND_DISPLAY") != "" || os.Getenv("XDG_SESSION_TYPE") == "wayland" {
		return fromPortal(ctx, os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	}
	return fromX11(ctx, os.Getenv("DISPLAY"))
}
