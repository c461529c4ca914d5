package power

import (
	"sync/atomic"
	"testing"

	"github.com/godbus/dbus/v5"
)

// networkManager is what of NetworkManager we talk to.
type networkManager struct{ metered atomic.Uint32 }

func (n *networkManager) Get(_, property string) (dbus.Variant, *dbus.Error) {
	if property != "Metered" {
		return dbus.Variant{}, dbus.MakeFailedError(dbus.ErrMsgUnknownMethod)
	}
	return dbus.MakeVariant(n.metered.Load()), nil
}

func TestMetered(t *testing.T) {
	l := newLogind(t)
	if meteredAt(t.Context(), l.bus) {
		t.Error("without NetworkManager")
	}
	n := &networkManager{}
	if err := l.conn.Export(n, networkPath, "org.freedesktop.DBus.Properties"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.conn.RequestName(network, 0); err != nil {
		t.Fatal(err)
	}
	for value, want := range []bool{false, true, false, true, false} { // unknown, yes, no, guessed yes, guessed no
		n.metered.Store(uint32(value))
		if got := meteredAt(t.Context(), l.bus); got != want {
			t.Errorf("%d: %v", value, got)
		}
	}
	if meteredAt(t.Context(), "unix:path=/nowhere") {
		t.Error("without a bus")
	}
}
