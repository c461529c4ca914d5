package probe

import (
	"context"
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// powerStatus is SYSTEM_POWER_STATUS of winbase.h.
type powerStatus struct {
	ACLine, Flag, Percent, Saver byte
	LifeTime, FullLifeTime       uint32
}

var getPowerStatus = kernel32.NewProc("GetSystemPowerStatus")

func systemPower() (powerStatus, error) {
	var p powerStatus
	if ok, _, err := getPowerStatus.Call(uintptr(unsafe.Pointer(&p))); ok == 0 {
		return p, err
	}
	return p, nil
}

// readBattery reads the charge of all batteries together, in percent, and of each what
// it holds of what it once held, and how often it was charged. Cost: a call, and some
// to each battery's driver: so in the child. Deadline: 3 s.
func readBattery(ctx context.Context, _ root) (*inventory.Battery, string, error) {
	p, err := systemPower()
	if err != nil {
		return nil, "", err
	}
	if p.Flag&128 != 0 || p.Percent > 100 { // no battery, or not known
		return nil, "", unsupported("This machine has no battery that Windows knows of.")
	}
	state := "discharging"
	if p.Flag&8 != 0 {
		state = "charging"
	} else if p.ACLine == 1 {
		state = "not charging"
	}
	b := &inventory.Battery{OnMains: p.ACLine == 1}
	paths, _ := windows.CM_Get_Device_Interface_List("", classBattery, windows.CM_GET_DEVICE_INTERFACE_LIST_PRESENT) // none: only all together
	for n, path := range paths[:min(len(paths), 8)] {
		if ctx.Err() != nil {
			return nil, "", ctx.Err()
		}
		one := inventory.OneBattery{Name: "battery " + string(rune('1'+n)), State: state, ChargePct: float64(p.Percent)}
		if askBattery(path, &one) {
			b.Batteries = append(b.Batteries, one)
		}
	}
	if len(b.Batteries) == 0 {
		b.Batteries = []inventory.OneBattery{{Name: "all", State: state, ChargePct: float64(p.Percent)}}
		return b, "Health and cycles of the battery could not be read.", nil
	}
	return b, "", nil
}

// askBattery asks a battery's driver (poclass.h).
func askBattery(path string, one *inventory.OneBattery) bool {
	const queryTag, queryInformation = 0x00294040, 0x00294044
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return false
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		return false
	}
	defer windows.CloseHandle(h)
	tag, err := control(h, queryTag, make([]byte, 4), 4) // do not wait for one
	if err != nil || len(tag) < 4 || binary.LittleEndian.Uint32(tag) == 0 {
		return false
	}
	b, err := control(h, queryInformation, append(tag[:4:4], make([]byte, 8)...), 36) // BatteryInformation
	return err == nil && parseBatteryInformation(b, one)
}

// OnBattery reports whether the machine runs on its battery now.
func OnBattery() bool {
	p, err := systemPower()
	return err == nil && p.ACLine == 0 && p.Flag&128 == 0 && p.Percent <= 100
}
