package probe

import (
	"encoding/binary"
	"strconv"
	"unsafe"

	"golang.org/x/sys/windows"
)

// What is asked of drives and volumes (winioctl.h). None needs a right to read them.
const (
	ioctlStorageQuery   = 0x002D1400
	ioctlPredictFailure = 0x002D1100
	ioctlGeometry       = 0x000700A0
	ioctlExtents        = 0x00560000

	propertyDevice      = 0
	propertySeekPenalty = 7
	propertyProtocol    = 50
)

// maxDrives bounds how many drives are looked at.
const maxDrives = 32

// drive is an open drive. It can hang, so it is opened in the child.
type drive struct {
	number int
	handle windows.Handle
}

func openDrive(number int) (drive, error) {
	h, err := openDevice(`\\.\PhysicalDrive` + strconv.Itoa(number))
	return drive{number, h}, err
}

// openDevice opens without asking for any right to the data.
func openDevice(path string) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	return windows.CreateFile(name, 0, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, 0, 0)
}

func control(h windows.Handle, code uint32, in []byte, size int) ([]byte, error) {
	out := make([]byte, size)
	var from *byte
	if len(in) > 0 {
		from = &in[0]
	}
	var n uint32
	if err := windows.DeviceIoControl(h, code, from, uint32(len(in)), &out[0], uint32(size), &n, nil); err != nil {
		return nil, err
	}
	return out[:min(int(n), size)], nil
}

// property asks for a STORAGE_PROPERTY_ID.
func (d drive) property(id uint32, more []byte, size int) ([]byte, error) {
	in := binary.LittleEndian.AppendUint32(nil, id)
	in = binary.LittleEndian.AppendUint32(in, 0) // PropertyStandardQuery
	return control(d.handle, ioctlStorageQuery, append(in, append(more, 0, 0, 0, 0)...), size)
}

var getDevicePowerState = kernel32.NewProc("GetDevicePowerState")

// asleep reports whether the drive does not turn: then it is left so.
func (d drive) asleep() bool {
	on := int32(1) // as long as nobody says otherwise
	ok, _, _ := getDevicePowerState.Call(uintptr(d.handle), uintptr(unsafe.Pointer(&on)))
	return ok != 0 && on == 0
}
