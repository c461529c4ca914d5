package probe

import (
	"encoding/binary"
	"net"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// parseWLANConnection reads WLAN_CONNECTION_ATTRIBUTES of wlanapi.h; ok says that it is
// connected, to an access point and not to another machine.
func parseWLANConnection(b []byte) (h heard, ok bool) {
	const (
		state, ssidSize, ssid, kind, bssid = 0, 520, 524, 556, 560
		secured, oneX, size                = 588, 592, 604
		connected, infrastructure          = 1, 1
	)
	at := func(i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) }
	if len(b) < size || at(state) != connected || at(kind) != infrastructure {
		return h, false
	}
	h.ssid = append([]byte(nil), b[ssid:ssid+min(int(at(ssidSize)), 32)]...)
	h.bssid = append(net.HardwareAddr(nil), b[bssid:bssid+6]...)
	switch {
	case at(oneX) != 0:
		h.SignIn = inventory.SignInAccount
	case at(secured) != 0:
		h.SignIn = inventory.SignInPassword
	default:
		h.SignIn = inventory.SignInNone
	}
	return h, true
}
