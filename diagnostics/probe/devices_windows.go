package probe

import (
	"cmp"
	"context"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// device is one that Plug and Play knows and that is there.
type device struct {
	set   windows.DevInfo
	data  *windows.DevInfoData
	id    string // its instance: ENUMERATOR\DEVICE\INSTANCE
	name  string
	maker string
	class string
}

// maxDevices bounds how many are looked at.
const maxDevices = 2000

// eachDevice asks SetupAPI for the devices of an enumerator ("USB", "DISPLAY"), or of
// a class; both empty means all. Nothing is asked of the devices themselves.
func eachDevice(ctx context.Context, class *windows.GUID, enumerator string, do func(device)) error {
	flags := windows.DIGCF_PRESENT
	if class == nil {
		flags |= windows.DIGCF_ALLCLASSES
	}
	set, err := windows.SetupDiGetClassDevsEx(class, enumerator, 0, flags, 0, "")
	if err != nil {
		return err
	}
	defer set.Close()
	for n := range maxDevices {
		data, err := set.EnumDeviceInfo(n)
		if err != nil || ctx.Err() != nil {
			break
		}
		id, err := set.DeviceInstanceID(data)
		if err != nil {
			continue
		}
		d := device{set: set, data: data, id: id}
		d.name = cmp.Or(d.text(windows.SPDRP_FRIENDLYNAME, 120), d.text(windows.SPDRP_DEVICEDESC, 120))
		d.maker, d.class = d.text(windows.SPDRP_MFG, 80), d.text(windows.SPDRP_CLASS, 40)
		do(d)
	}
	return ctx.Err()
}

// text reads a property; "" when the device has none.
func (d device) text(property windows.SPDRP, most int) string {
	v, err := d.set.DeviceRegistryProperty(d.data, property)
	if err != nil {
		return ""
	}
	s, _ := v.(string)
	return plainLine(s, most)
}

// driver reads the key of the driver that the device has: texts and numbers.
func (d device) driver() (map[string]string, map[string]uint64) {
	v, err := d.set.DeviceRegistryProperty(d.data, windows.SPDRP_DRIVER)
	s, _ := v.(string)
	if err != nil || s == "" {
		return nil, nil
	}
	return valuesOf(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Control\Class\`+s, 0)
}

// Classes of devices (devguid.h).
var (
	classDisplay = &windows.GUID{Data1: 0x4d36e968, Data2: 0xe325, Data3: 0x11ce, Data4: [8]byte{0xbf, 0xc1, 0x08, 0x00, 0x2b, 0xe1, 0x03, 0x18}}
	classMonitor = &windows.GUID{Data1: 0x4d36e96e, Data2: 0xe325, Data3: 0x11ce, Data4: [8]byte{0xbf, 0xc1, 0x08, 0x00, 0x2b, 0xe1, 0x03, 0x18}}
	classBattery = &windows.GUID{Data1: 0x72631e54, Data2: 0x78a4, Data3: 0x11d0, Data4: [8]byte{0xbc, 0xf7, 0x00, 0xaa, 0x00, 0xb7, 0xb3, 0x2a}}
)
