package power

import (
	"context"
	"time"

	"github.com/godbus/dbus/v5"
)

// NetworkManager's property and its values,
// https://networkmanager.dev/docs/api/latest/nm-dbus-types.html#NMMetered
const (
	network     = "org.freedesktop.NetworkManager"
	networkPath = "/org/freedesktop/NetworkManager"
	meteredYes  = 1
	meteredLike = 3 // by its guess, as behind a phone
	meteredWait = time.Second
)

// Metered reports whether the system says that the connection is paid by volume, or
// looks so. Without NetworkManager nobody knows, and it reports false.
func Metered(ctx context.Context) bool { return meteredAt(ctx, "") }

func meteredAt(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, meteredWait)
	defer cancel()
	var conn *dbus.Conn
	var err error
	if address == "" {
		conn, err = dbus.ConnectSystemBus(dbus.WithContext(ctx))
	} else {
		conn, err = dbus.Connect(address, dbus.WithContext(ctx))
	}
	if err != nil {
		return false
	}
	defer conn.Close()
	var v uint32
	call := conn.Object(network, networkPath).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart, network, "Metered")
	return call.Store(&v) == nil && (v == meteredYes || v == meteredLike)
}
