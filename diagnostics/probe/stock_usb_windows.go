package probe

import (
	"context"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readUSB asks Plug and Play for the devices on the universal serial bus. Cost: some
// milliseconds; no device is spoken to. Deadline: 2 s. Their speed is not kept where
// it can be read without asking the hubs; serial numbers are in no field.
func readUSB(ctx context.Context, _ root) (*inventory.USB, string, error) {
	found := &inventory.USB{Devices: []inventory.USBDevice{}}
	err := eachDevice(ctx, nil, "USB", func(d device) {
		id, _, part, ok := parseUSBInstance(d.id)
		if !ok || part || len(found.Devices) == 200 {
			return
		}
		text, _ := d.driver()
		found.Devices = append(found.Devices, inventory.USBDevice{
			Port: d.text(windows.SPDRP_LOCATION_INFORMATION, 40), ID: id, Name: d.name, Maker: d.maker, Class: usbClassOf(d.class), Driver: plainLine(text["ProviderName"], 80),
		})
	})
	return found, "", err
}
