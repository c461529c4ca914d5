package desktop

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
	"github.com/godbus/dbus/v5"
)

// The desktop's choice of light or dark, as the desktop portal tells it
// (org.freedesktop.portal.Settings, key color-scheme: 1 dark, 2 light, 0 either).
// Fyne asks for it too, but draws dark until it knows.
const (
	portalName   = "org.freedesktop.portal.Desktop"
	portalPath   = dbus.ObjectPath("/org/freedesktop/portal/desktop")
	settingsName = "org.freedesktop.portal.Settings"
	namespace    = "org.freedesktop.appearance"
	key          = "color-scheme"
)

// shadeTime is what the first window may wait for the desktop's choice.
const shadeTime = 150 * time.Millisecond

// shade returns the desktop's choice, and calls on with each later one until ctx
// ends. Light is what it is where nobody says.
func shade(ctx context.Context, on func(fyne.ThemeVariant)) fyne.ThemeVariant {
	first := make(chan fyne.ThemeVariant, 1)
	go follow(ctx, first, on)
	select {
	case v := <-first:
		return v
	case <-time.After(shadeTime):
		return fynetheme.VariantLight
	}
}

func follow(ctx context.Context, first chan<- fyne.ThemeVariant, on func(fyne.ThemeVariant)) {
	conn, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err != nil {
		first <- fynetheme.VariantLight
		return
	}
	defer conn.Close()
	err = conn.AddMatchSignalContext(ctx, dbus.WithMatchObjectPath(portalPath), dbus.WithMatchInterface(settingsName), dbus.WithMatchMember("SettingChanged"))
	if err != nil {
		first <- fynetheme.VariantLight
		return
	}
	signals := make(chan *dbus.Signal, 8)
	conn.Signal(signals)
	var v dbus.Variant
	if err := conn.Object(portalName, portalPath).CallWithContext(ctx, settingsName+".Read", 0, namespace, key).Store(&v); err != nil {
		v = dbus.MakeVariant(uint32(0))
	}
	now := variant(v)
	first <- now
	on(now) // should the first window not have waited
	for {
		select {
		case <-ctx.Done():
			return
		case s, ok := <-signals:
			if !ok {
				return
			}
			if len(s.Body) == 3 && s.Body[0] == namespace && s.Body[1] == key {
				if v, ok := s.Body[2].(dbus.Variant); ok {
					on(variant(v))
				}
			}
		}
	}
}

// variant reads the portal's number, which older portals wrap twice.
func variant(v dbus.Variant) fyne.ThemeVariant {
	value := v.Value()
	if inner, ok := value.(dbus.Variant); ok {
		value = inner.Value()
	}
	if n, ok := value.(uint32); ok && n == 1 {
		return fynetheme.VariantDark
	}
	return fynetheme.VariantLight
}
