package probe

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// wlanOf is WLAN_CONNECTION_ATTRIBUTES as wlanapi.h lays it out on 64 bits.
func wlanOf(state, kind uint32, ssid string, size uint32, bssid [6]byte, secured, oneX uint32) []byte {
	b := make([]byte, 604)
	put := func(at int, v uint32) { binary.LittleEndian.PutUint32(b[at:], v) }
	put(0, state)
	copy(b[8:], "O\x00f\x00f\x00i\x00c\x00e\x00") // the profile's name
	put(520, size)
	copy(b[524:556], ssid)
	put(556, kind)
	copy(b[560:], bssid[:])
	put(576, 88)
	put(588, secured)
	put(592, oneX)
	return b
}

func TestParseWLANConnection(t *testing.T) {
	at := [6]byte{0x54, 0x05, 0xdb, 0xaa, 0xbb, 0xcc}
	type told struct{ SSID, BSSID, SignIn string }
	for name, c := range map[string]struct {
		b    []byte
		want told
		ok   bool
	}{
		"an account for each": {wlanOf(1, 1, "Office", 6, at, 1, 1), told{"Office", "54:05:db:aa:bb:cc", inventory.SignInAccount}, true},
		"a password":          {wlanOf(1, 1, "Office", 6, at, 1, 0), told{"Office", "54:05:db:aa:bb:cc", inventory.SignInPassword}, true},
		"open":                {wlanOf(1, 1, "Office", 6, at, 0, 0), told{"Office", "54:05:db:aa:bb:cc", inventory.SignInNone}, true},
		"a length that lies":  {wlanOf(1, 1, "Office", 1<<31, at, 0, 0), told{"Office" + string(make([]byte, 26)), "54:05:db:aa:bb:cc", inventory.SignInNone}, true},
		"connecting":          {wlanOf(5, 1, "Office", 6, at, 1, 1), told{}, false},
		"to another machine":  {wlanOf(1, 2, "Office", 6, at, 1, 1), told{}, false},
		"cut short":           {wlanOf(1, 1, "Office", 6, at, 1, 1)[:600], told{}, false},
		"nothing":             {nil, told{}, false},
	} {
		h, ok := parseWLANConnection(c.b)
		if d := cmp.Diff(c.want, told{string(h.ssid), h.bssid.String(), h.SignIn}); d != "" || ok != c.ok {
			t.Errorf("%s: %v %s", name, ok, d)
		}
	}
}

func TestChannels(t *testing.T) {
	for mhz, want := range map[int]int{2412: 1, 2437: 6, 2472: 13, 2484: 14, 5180: 36, 5500: 100, 5885: 177, 5935: 2, 5955: 1, 6435: 97, 7115: 233, 0: 0, -5: 0, 60480: 0} {
		if got := channelOf(mhz); got != want {
			t.Errorf("%d MHz is channel %d", mhz, got)
		}
	}
}
