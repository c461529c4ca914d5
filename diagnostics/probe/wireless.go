package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"slices"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// workKey is where a reading finds Options.WorkNetworks.
type workKey struct{}

// heard is a radio link before it is decided what of it may be told.
type heard struct {
	inventory.Radio

	ssid     []byte
	bssid    net.HardwareAddr
	operated bool // by a provider, for whoever has a contract with one (Passpoint)
}

// radioOf tells the network's name and the access point only where the network is one
// for work: with one of the names that were set, or with an account for each, which no
// home has. Providers' hot spots have accounts too, and stand where people travel.
func radioOf(ctx context.Context, h heard) inventory.Radio {
	work, _ := ctx.Value(workKey{}).([]string)
	named := len(h.ssid) > 0 && slices.Contains(work, string(h.ssid))
	r := h.Radio
	if len(h.bssid) != 6 || h.bssid[0]&1 != 0 || bytes.Equal(h.bssid, make([]byte, 6)) {
		return r
	}
	if named || r.SignIn == inventory.SignInAccount && !h.operated {
		r.Network, r.AccessPoint = plainLine(string(h.ssid), 80), h.bssid.String()
	}
	return r
}

// channelOf is the channel of a frequency (IEEE 802.11, annex E); 0: none of those.
func channelOf(mhz int) int {
	switch {
	case mhz == 2484:
		return 14
	case mhz >= 2412 && mhz <= 2472:
		return (mhz - 2407) / 5
	case mhz >= 5160 && mhz <= 5885:
		return (mhz - 5000) / 5
	case mhz == 5935:
		return 2
	case mhz >= 5955 && mhz <= 7115:
		return (mhz - 5950) / 5
	}
	return 0
}

// said is what an access point says of itself in its beacon. Whoever has a radio can
// say anything there.
type said struct {
	ssid     []byte
	signIn   string
	operated bool
}

// parseElements reads the elements of a beacon (IEEE 802.11, 9.4.2). What is cut short
// ends it; what was read before counts.
func parseElements(b []byte) said {
	const ssid, rsn, vendor = 0, 48, 221
	s := said{signIn: inventory.SignInNone}
	seen := map[byte]bool{}
	for len(b) >= 2 {
		id, size := b[0], int(b[1])
		if size > len(b)-2 {
			break
		}
		data := b[2 : 2+size]
		b = b[2+size:]
		switch {
		case id == ssid && !seen[id]:
			s.ssid = data[:min(size, 32)]
		case id == rsn && !seen[id]:
			s.signIn = inventory.SignInPassword
			if accountsOnly(data) {
				s.signIn = inventory.SignInAccount
			}
		case id == vendor && bytes.HasPrefix(data, []byte{0x50, 0x6f, 0x9a, 0x10}): // Passpoint
			s.operated = true
		case id == vendor && bytes.HasPrefix(data, []byte{0x00, 0x50, 0xf2, 0x01}) && !seen[rsn]: // WPA, before 2004
			s.signIn = inventory.SignInPassword
		}
		seen[id] = true
	}
	return s
}

// accountsOnly reports whether an RSN element lets nobody in but by 802.1X: one that
// takes a password as well may be somebody's home.
func accountsOnly(b []byte) bool {
	count := func(at int) (n, next int) {
		if len(b) < at+2 {
			return 0, 0
		}
		n = int(binary.LittleEndian.Uint16(b[at:]))
		return n, at + 2 + 4*n
	}
	_, at := count(6) // after the version and the group's cipher: the ciphers of each
	n, end := count(at)
	if at == 0 || n == 0 || end > len(b) {
		return false
	}
	for i := end - 4*n; i < end; i += 4 {
		if !bytes.HasPrefix(b[i:], []byte{0x00, 0x0f, 0xac}) || !slices.Contains([]byte{1, 3, 5, 11, 12, 13, 14, 15, 16, 17, 22, 23}, b[i+3]) {
			return false
		}
	}
	return true
}
