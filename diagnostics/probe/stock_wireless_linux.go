package probe

import (
	"context"
	"errors"
	"io/fs"
	"net"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

const maxRadios = 8

var errNoWiFi = unsupported("This machine has no Wi-Fi.")

// readWireless asks the kernel (nl80211) to which access points the machine's radios
// are connected, on which channel and how strong. Nothing is looked for: what is asked is
// known already. Cost: three questions a radio; a driver that hangs holds them, so in the
// child. Deadline: 3 s.
func readWireless(ctx context.Context, _ root) (*inventory.Wireless, string, error) {
	c, err := genetlink.Dial(nil)
	if err != nil {
		return nil, "", err
	}
	defer c.Close()
	return radios(ctx, c)
}

// radios reads over an open line.
func radios(ctx context.Context, c *genetlink.Conn) (*inventory.Wireless, string, error) {
	if at, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(at); err != nil {
			return nil, "", err
		}
	}
	family, err := c.GetFamily(unix.NL80211_GENL_NAME)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", errNoWiFi
	}
	if err != nil {
		return nil, "", err
	}
	line := &nl80211{c, family}
	list, err := line.ask(unix.NL80211_CMD_GET_INTERFACE, 0)
	if err != nil {
		return nil, "", err
	}
	w := &inventory.Wireless{Radios: []inventory.Radio{}}
	cards := 0
	for _, b := range list {
		i := parseRadio(b)
		if i.kind != unix.NL80211_IFTYPE_STATION || i.index == 0 || i.name == "" {
			continue
		}
		if cards++; cards > maxRadios {
			break
		}
		h, ok, err := line.connected(i.index)
		if err != nil {
			return nil, "", err
		}
		if ok {
			h.Name = i.name
			w.Radios = append(w.Radios, radioOf(ctx, h))
		}
	}
	if cards == 0 {
		return nil, "", errNoWiFi
	}
	return w, "", nil
}

type nl80211 struct {
	c      *genetlink.Conn
	family genetlink.Family
}

// ask dumps, of one interface unless index is 0.
func (n *nl80211) ask(command uint8, index uint32) ([][]byte, error) {
	m := genetlink.Message{Header: genetlink.Header{Command: command, Version: n.family.Version}}
	if index != 0 {
		e := netlink.NewAttributeEncoder()
		e.Uint32(unix.NL80211_ATTR_IFINDEX, index)
		var err error
		if m.Data, err = e.Encode(); err != nil {
			return nil, err
		}
	}
	list, err := n.c.Execute(m, n.family.ID, netlink.Request|netlink.Dump)
	if err != nil {
		return nil, err
	}
	out := make([][]byte, len(list))
	for i, x := range list {
		out[i] = x.Data
	}
	return out, nil
}

// connected returns to what an interface is connected. One that went while it was asked
// is connected to nothing.
func (n *nl80211) connected(index uint32) (h heard, ok bool, err error) {
	list, err := n.ask(unix.NL80211_CMD_GET_SCAN, index)
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENETDOWN) {
		return h, false, nil
	}
	if err != nil {
		return h, false, err
	}
	for _, b := range list {
		if h, ok = parseScanned(b); ok {
			break
		}
	}
	if !ok {
		return h, false, nil
	}
	// What the card hears now is newer than the beacon; without the right to ask, or on a
	// card that does not count, the beacon's is taken.
	if list, err := n.ask(unix.NL80211_CMD_GET_STATION, index); err == nil {
		for _, b := range list {
			if dbm := parseStation(b); dbm < 0 {
				h.SignalDBm = dbm
				break
			}
		}
	}
	return h, true, nil
}

type radio struct {
	index, kind uint32
	name        string
}

// parseRadio reads an answer about an interface. Attributes that are cut short end it.
func parseRadio(b []byte) (r radio) {
	d, err := netlink.NewAttributeDecoder(b)
	if err != nil {
		return radio{}
	}
	for d.Next() {
		switch d.Type() {
		case unix.NL80211_ATTR_IFINDEX:
			r.index = d.Uint32()
		case unix.NL80211_ATTR_IFTYPE:
			r.kind = d.Uint32()
		case unix.NL80211_ATTR_IFNAME:
			r.name = plainLine(d.String(), 40)
		}
	}
	if d.Err() != nil {
		return radio{}
	}
	return r
}

// parseScanned reads what the kernel knows of one access point; ok says that it is the
// one that we are connected to.
func parseScanned(b []byte) (h heard, ok bool) {
	d, err := netlink.NewAttributeDecoder(b)
	if err != nil {
		return h, false
	}
	for d.Next() {
		if d.Type() == unix.NL80211_ATTR_BSS {
			d.Nested(func(d *netlink.AttributeDecoder) error {
				var elements, beacon []byte
				for d.Next() {
					switch d.Type() {
					case unix.NL80211_BSS_BSSID:
						h.bssid = net.HardwareAddr(d.Bytes())
					case unix.NL80211_BSS_FREQUENCY:
						h.MHz = int(d.Uint32())
					case unix.NL80211_BSS_SIGNAL_MBM:
						h.SignalDBm = decibels(int(d.Int32()) / 100)
					case unix.NL80211_BSS_STATUS:
						ok = d.Uint32() == unix.NL80211_BSS_STATUS_ASSOCIATED
					case unix.NL80211_BSS_INFORMATION_ELEMENTS:
						elements = d.Bytes()
					case unix.NL80211_BSS_BEACON_IES:
						beacon = d.Bytes()
					}
				}
				if len(elements) == 0 {
					elements = beacon
				}
				s := parseElements(elements)
				h.ssid, h.SignIn, h.operated = s.ssid, s.signIn, s.operated
				return nil
			})
		}
	}
	if d.Err() != nil {
		return heard{}, false
	}
	h.Channel = channelOf(h.MHz)
	return h, ok
}

// parseStation reads how strong the other side is heard, in dBm; 0 when it is not known.
func parseStation(b []byte) (dbm int) {
	d, err := netlink.NewAttributeDecoder(b)
	if err != nil {
		return 0
	}
	for d.Next() {
		if d.Type() == unix.NL80211_ATTR_STA_INFO {
			d.Nested(func(d *netlink.AttributeDecoder) error {
				for d.Next() {
					if d.Type() == unix.NL80211_STA_INFO_SIGNAL {
						dbm = decibels(int(int8(d.Uint8())))
					}
				}
				return nil
			})
		}
	}
	if d.Err() != nil {
		return 0
	}
	return dbm
}

// decibels leaves out what no radio hears.
func decibels(dbm int) int {
	if dbm >= 0 || dbm < -120 {
		return 0
	}
	return dbm
}
