package probe

import (
	"context"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readUSB reads the devices on the universal serial bus: speeds in Mbit/s. Cost: a
// dozen small files a device. Deadline: 2 s. The machine's own hubs are left out,
// and serial numbers are not read.
func readUSB(_ context.Context, at root) (*inventory.USB, string, error) {
	if !at.exists("/sys/bus/usb") {
		return nil, "", unsupported("This machine has no universal serial bus.")
	}
	found := &inventory.USB{Devices: []inventory.USBDevice{}}
	for _, name := range at.names("/sys/bus/usb/devices") {
		dir := "/sys/bus/usb/devices/" + name
		if strings.HasPrefix(name, "usb") || strings.Contains(name, ":") || len(found.Devices) == 200 {
			continue
		}
		d := inventory.USBDevice{
			Port: plainLine(name, 40), ID: at.line(dir+"/idVendor") + ":" + at.line(dir+"/idProduct"),
			Name: at.line(dir + "/product"), Maker: at.line(dir + "/manufacturer"),
		}
		d.Mbps, _ = strconv.ParseFloat(at.line(dir+"/speed"), 64) // unknown while it is being set up
		class := at.line(dir + "/bDeviceClass")
		for _, part := range at.names("/sys/bus/usb/devices") {
			if !strings.HasPrefix(part, name+":") {
				continue
			}
			if class == "00" || class == "ef" { // the interfaces say
				class = at.line("/sys/bus/usb/devices/" + part + "/bInterfaceClass")
			}
			if d.Driver == "" {
				d.Driver = at.link("/sys/bus/usb/devices/" + part + "/driver")
			}
		}
		d.Class = usbClass(class)
		found.Devices = append(found.Devices, d)
	}
	return found, "", nil
}
