package probe

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

const (
	wlanConnection = uintptr(7) // wlan_intf_opcode_current_connection
	wlanChannel    = uintptr(8) // wlan_intf_opcode_channel_number
)

// readWireless asks to which access points the machine's radios are connected. Windows 11
// since 24H2 tells that only where the machine's location may be used, and may ask the
// person in front of it for leave: so it is asked only where the settings name networks.
// Cost: three questions a radio to a service that may hang, so in the child. Deadline: 3 s.
func readWireless(ctx context.Context, _ root) (*inventory.Wireless, string, error) {
	if wlanOpen.Find() != nil { // Windows for servers does not have it
		return nil, "", unsupported("This machine has no Wi-Fi.")
	}
	if work, _ := ctx.Value(workKey{}).([]string); len(work) == 0 {
		return nil, "", unsupported("On Windows the access point is asked for only where --work-wifi names the networks for work.")
	}
	w := &inventory.Wireless{Radios: []inventory.Radio{}}
	note, found := "", false
	err := eachWLAN(func(client windows.Handle, name string, guid windows.GUID) {
		found = true
		b, err := askWLAN(client, guid, wlanConnection)
		if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			note = "Windows tells the access point only where the machine's location may be used."
			return
		}
		h, ok := parseWLANConnection(b)
		if !ok {
			return
		}
		h.Name = adapterName(name)
		if b, _ := askWLAN(client, guid, wlanChannel); len(b) >= 4 {
			h.Channel = int(b[0])
		}
		h.SignalDBm = wlanSignal(client, guid)
		w.Radios = append(w.Radios, radioOf(ctx, h))
	})
	switch {
	case errors.Is(err, windows.ERROR_SERVICE_NOT_ACTIVE): // the service is there where a radio is
		return nil, "", unsupported("This machine has no Wi-Fi.")
	case err != nil:
		return nil, "", err
	case found && note != "" && len(w.Radios) == 0:
		return nil, "", unsupported(note)
	}
	return w, note, nil
}

// adapterName is what people call an adapter, or its GUID.
func adapterName(guid string) string {
	all, err := adapters()
	if err != nil {
		return guid
	}
	for _, a := range all {
		if a.AdapterName != nil && strings.EqualFold(windows.BytePtrToString(a.AdapterName), guid) {
			return plainLine(windows.UTF16PtrToString(a.FriendlyName), 40)
		}
	}
	return guid
}
