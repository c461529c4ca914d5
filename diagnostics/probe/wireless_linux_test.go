package probe

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/genetlink/genltest"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// element is one element of a beacon.
func element(id byte, data ...byte) []byte { return append([]byte{id, byte(len(data))}, data...) }

func beacon(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// rsn is element 48 with these ways to sign in.
func rsn(ways ...byte) []byte {
	b := []byte{1, 0, 0x00, 0x0f, 0xac, 4, 1, 0, 0x00, 0x0f, 0xac, 4, byte(len(ways)), 0}
	for _, w := range ways {
		b = append(b, 0x00, 0x0f, 0xac, w)
	}
	return element(48, append(b, 0, 0)...)
}

var (
	atWork   = []byte{0x54, 0x05, 0xdb, 0xaa, 0xbb, 0xcc}
	passport = element(221, 0x50, 0x6f, 0x9a, 0x10, 0x20)
)

// attributes writes netlink attributes.
func attributes(t *testing.T, write func(e *netlink.AttributeEncoder)) []byte {
	t.Helper()
	e := netlink.NewAttributeEncoder()
	write(e)
	b, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func card(t *testing.T, index uint32, name string, kind uint32) []byte {
	return attributes(t, func(e *netlink.AttributeEncoder) {
		e.Uint32(unix.NL80211_ATTR_IFINDEX, index)
		e.String(unix.NL80211_ATTR_IFNAME, name)
		e.Uint32(unix.NL80211_ATTR_IFTYPE, kind)
	})
}

// scanned is what the kernel knows of an access point; status −1: it is only heard.
func scanned(t *testing.T, bssid []byte, mhz uint32, status int, elements []byte) []byte {
	return attributes(t, func(e *netlink.AttributeEncoder) {
		e.Uint32(unix.NL80211_ATTR_IFINDEX, 3)
		e.Nested(unix.NL80211_ATTR_BSS, func(e *netlink.AttributeEncoder) error {
			e.Bytes(unix.NL80211_BSS_BSSID, bssid)
			e.Uint32(unix.NL80211_BSS_FREQUENCY, mhz)
			e.Int32(unix.NL80211_BSS_SIGNAL_MBM, -6700)
			e.Bytes(unix.NL80211_BSS_INFORMATION_ELEMENTS, elements)
			if status >= 0 {
				e.Uint32(unix.NL80211_BSS_STATUS, uint32(status))
			}
			return nil
		})
	})
}

func station(t *testing.T, dbm int8) []byte {
	return attributes(t, func(e *netlink.AttributeEncoder) {
		e.Nested(unix.NL80211_ATTR_STA_INFO, func(e *netlink.AttributeEncoder) error {
			e.Uint8(unix.NL80211_STA_INFO_SIGNAL, uint8(dbm))
			return nil
		})
	})
}

// kernel answers as nl80211 does: by command, a message or an error for each.
type kernel map[uint8]any

func (k kernel) dial() *genetlink.Conn {
	return genltest.Dial(genltest.ServeFamily(genetlink.Family{ID: 26, Version: 1, Name: unix.NL80211_GENL_NAME}, func(m genetlink.Message, _ netlink.Message) ([]genetlink.Message, error) {
		switch a := k[m.Header.Command].(type) {
		case error:
			return nil, a
		case [][]byte:
			var out []genetlink.Message
			for _, b := range a {
				out = append(out, genetlink.Message{Data: b})
			}
			return out, nil
		}
		return nil, io.EOF
	}))
}

func (k kernel) read(t *testing.T, work ...string) (*inventory.Wireless, error) {
	t.Helper()
	c := k.dial()
	defer c.Close()
	w, _, err := radios(context.WithValue(t.Context(), workKey{}, work), c)
	return w, err
}

// With which access point a machine is, on which channel and how strong, comes out of the
// kernel's own messages; which network it is, only where that is one for work.
func TestRadios(t *testing.T) {
	office := beacon(element(0, []byte("Office")...), element(1, 0x82), rsn(1, 3))
	home := beacon(element(0, []byte("Villa Mia")...), rsn(2))
	told := inventory.Radio{Name: "wlp2s0", SignIn: "account", Network: "Office", AccessPoint: "54:05:db:aa:bb:cc", MHz: 5180, Channel: 36, SignalDBm: -58}
	with := func(change func(r *inventory.Radio)) []inventory.Radio {
		r := told
		change(&r)
		return []inventory.Radio{r}
	}
	silent := func(in string) []inventory.Radio {
		return with(func(r *inventory.Radio) { r.SignIn, r.Network, r.AccessPoint = in, "", "" })
	}
	for name, c := range map[string]struct {
		elements []byte
		bssid    []byte
		work     []string
		want     []inventory.Radio
	}{
		"with an account for each":             {office, atWork, nil, []inventory.Radio{told}},
		"at home":                              {home, atWork, nil, silent("password")},
		"at home, with another network's name": {home, atWork, []string{"Office"}, silent("password")},
		"with a password, and named":           {home, atWork, []string{"Office", "Villa Mia"}, with(func(r *inventory.Radio) { r.SignIn, r.Network = "password", "Villa Mia" })},
		"WPA3 alone":                           {beacon(element(0, 'x'), rsn(8)), atWork, nil, silent("password")},
		"both an account and a password":       {beacon(element(0, 'x'), rsn(1, 2)), atWork, nil, silent("password")},
		"a way of somebody's own":              {beacon(element(0, 'x'), element(48, 1, 0, 0, 0xf, 0xac, 4, 1, 0, 0, 0xf, 0xac, 4, 1, 0, 0xde, 0xad, 0xbe, 1)), atWork, nil, silent("password")},
		"a provider's hot spot":                {beacon(element(0, 'x'), rsn(1), passport), atWork, nil, silent("account")},
		"a provider's, and named":              {beacon(element(0, 'x'), rsn(1), passport), atWork, []string{"x"}, with(func(r *inventory.Radio) { r.Network = "x" })},
		"open":                                 {beacon(element(0, 'x')), atWork, nil, silent("none")},
		"without a name":                       {beacon(element(0)), atWork, []string{""}, silent("none")},
		"of before 2004":                       {beacon(element(0, 'x'), element(221, 0, 0x50, 0xf2, 1, 1, 0)), atWork, nil, silent("password")},
		"a name of control characters":         {beacon(element(0, []byte("Off\x1b[31m\x00\n\xffice\u202e")...), rsn(1)), atWork, nil, with(func(r *inventory.Radio) { r.Network = `Off\x1b[31m\x00 \xffice` + "\u202e" })},
		"a name of 32 bytes":                   {beacon(element(0, []byte(strings.Repeat("ü", 16))...), rsn(1)), atWork, nil, with(func(r *inventory.Radio) { r.Network = strings.Repeat("ü", 16) })},
		"a name that is too long":              {beacon(element(0, []byte(strings.Repeat("a", 200))...), rsn(1)), atWork, nil, with(func(r *inventory.Radio) { r.Network = strings.Repeat("a", 32) })},
		"elements cut short":                   {beacon(element(0, 'x'), rsn(1)[:9]), atWork, nil, silent("none")},
		"a list longer than the element":       {beacon(element(0, 'x'), element(48, 1, 0, 0, 0xf, 0xac, 4, 1, 0, 0, 0xf, 0xac, 4, 255, 255, 0, 0xf, 0xac, 1)), atWork, nil, silent("password")},
		"ciphers longer than the element":      {beacon(element(0, 'x'), element(48, 1, 0, 0, 0xf, 0xac, 4, 255, 255)), atWork, nil, silent("password")},
		"an empty element":                     {beacon(element(0, 'x'), element(48)), atWork, nil, silent("password")},
		"an address of a group":                {office, []byte{1, 0, 0x5e, 0, 0, 1}, nil, silent("account")},
		"no address":                           {office, make([]byte, 6), nil, silent("account")},
		"half an address":                      {office, atWork[:3], nil, silent("account")},
	} {
		w, err := kernel{
			unix.NL80211_CMD_GET_INTERFACE: [][]byte{card(t, 2, "ap0", unix.NL80211_IFTYPE_AP), card(t, 3, "wlp2s0", unix.NL80211_IFTYPE_STATION)},
			unix.NL80211_CMD_GET_SCAN: [][]byte{
				scanned(t, []byte{2, 0, 0, 0, 0, 9}, 2412, -1, beacon(element(0, []byte("neighbour")...), rsn(1))),
				scanned(t, []byte{2, 0, 0, 0, 0, 8}, 2412, unix.NL80211_BSS_STATUS_AUTHENTICATED, office),
				scanned(t, c.bssid, 5180, unix.NL80211_BSS_STATUS_ASSOCIATED, c.elements),
			},
			unix.NL80211_CMD_GET_STATION: [][]byte{station(t, -58)},
		}.read(t, c.work...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(c.want, w.Radios); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// A machine without Wi-Fi says so; one whose radio is not connected has none; what the
// kernel refuses is an error, and what it cuts short does not end us.
func TestRadiosOfTheRest(t *testing.T) {
	wlan := [][]byte{card(t, 3, "wlan0", unix.NL80211_IFTYPE_STATION)}
	office := scanned(t, atWork, 2437, unix.NL80211_BSS_STATUS_ASSOCIATED, beacon(element(0, 'x'), rsn(1)))
	refused := error(&netlink.OpError{Op: "receive", Err: unix.EPERM})
	for name, c := range map[string]struct {
		k      kernel
		signal int // of the one radio; 0: there is none
		err    string
	}{
		"no radio":                   {kernel{}, 0, errNoWiFi.Error()},
		"an access point itself":     {kernel{unix.NL80211_CMD_GET_INTERFACE: [][]byte{card(t, 2, "ap0", unix.NL80211_IFTYPE_AP)}}, 0, errNoWiFi.Error()},
		"not connected":              {kernel{unix.NL80211_CMD_GET_INTERFACE: wlan}, 0, ""},
		"gone meanwhile":             {kernel{unix.NL80211_CMD_GET_INTERFACE: wlan, unix.NL80211_CMD_GET_SCAN: error(&netlink.OpError{Op: "receive", Err: unix.ENODEV})}, 0, ""},
		"interfaces are refused":     {kernel{unix.NL80211_CMD_GET_INTERFACE: refused}, 0, "operation not permitted"},
		"the network is refused":     {kernel{unix.NL80211_CMD_GET_INTERFACE: wlan, unix.NL80211_CMD_GET_SCAN: refused}, 0, "operation not permitted"},
		"the strength is refused":    {kernel{unix.NL80211_CMD_GET_INTERFACE: wlan, unix.NL80211_CMD_GET_SCAN: [][]byte{office}, unix.NL80211_CMD_GET_STATION: refused}, -67, ""},
		"a strength that cannot be":  {kernel{unix.NL80211_CMD_GET_INTERFACE: wlan, unix.NL80211_CMD_GET_SCAN: [][]byte{office}, unix.NL80211_CMD_GET_STATION: [][]byte{station(t, 12)}}, -67, ""},
		"attributes cut short":       {kernel{unix.NL80211_CMD_GET_INTERFACE: [][]byte{wlan[0][:len(wlan[0])-3], {1}, {}}}, 0, errNoWiFi.Error()},
		"a network cut short":        {kernel{unix.NL80211_CMD_GET_INTERFACE: wlan, unix.NL80211_CMD_GET_SCAN: [][]byte{office[:len(office)-5], {0xff, 0xff}}}, 0, ""},
		"a number of the wrong size": {kernel{unix.NL80211_CMD_GET_INTERFACE: [][]byte{attributes(t, func(e *netlink.AttributeEncoder) { e.Uint8(unix.NL80211_ATTR_IFINDEX, 3) })}}, 0, errNoWiFi.Error()},
	} {
		w, err := c.k.read(t)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case c.signal == 0 && len(w.Radios) != 0, c.signal != 0 && (len(w.Radios) != 1 || w.Radios[0].SignalDBm != c.signal):
			t.Errorf("%s: %+v", name, w.Radios)
		}
	}
	c := genltest.Dial(func(genetlink.Message, netlink.Message) ([]genetlink.Message, error) {
		return nil, genltest.Error(int(unix.ENOENT))
	})
	defer c.Close()
	if _, _, err := radios(t.Context(), c); !errors.Is(err, errNoWiFi) {
		t.Errorf("a kernel without radios: %v", err)
	}
}

// Whatever comes over the air or out of the kernel, reading it ends.
func FuzzScanned(f *testing.F) {
	f.Add([]byte{}, []byte{})
	f.Add(beacon(element(0, 'x'), rsn(1, 2), passport), []byte{8, 0, 3, 0, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, elements, message []byte) {
		if s := parseElements(elements); len(s.ssid) > 32 || s.signIn == "" {
			t.Errorf("%+v", s)
		}
		parseScanned(message)
		parseStation(message)
		parseRadio(message)
		parseWLANConnection(message)
	})
}

// The names of the networks for work reach the child that reads, and nothing else does.
func TestNetworksForWorkReachTheReader(t *testing.T) {
	var got []stockParams
	p := New(Options{WorkNetworks: []string{"Office"}})
	for _, name := range []inventory.Name{inventory.NameWireless, inventory.NameNetwork} {
		params := p.paramsOf("", name)
		b, err := json.Marshal(params)
		if err != nil {
			t.Fatal(err)
		}
		var back stockParams
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		got = append(got, back)
	}
	if d := cmp.Diff([]stockParams{{Name: "wireless", Work: []string{"Office"}}, {Name: "network"}}, got); d != "" {
		t.Error(d)
	}
}

// This machine's own kernel is asked within the deadline, with or without a radio.
func TestReadWireless(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, _, err := readWireless(ctx, ""); err != nil && !errors.Is(err, errNoWiFi) {
		t.Error(err)
	}
}
