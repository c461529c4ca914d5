package probe

import (
	"encoding/binary"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	wlanapi       = windows.NewLazySystemDLL("wlanapi.dll")
	wlanOpen      = wlanapi.NewProc("WlanOpenHandle")
	wlanClose     = wlanapi.NewProc("WlanCloseHandle")
	wlanList      = wlanapi.NewProc("WlanEnumInterfaces")
	wlanAsk       = wlanapi.NewProc("WlanQueryInterface")
	wlanFree      = wlanapi.NewProc("WlanFreeMemory")
	wlanRSSI      = uintptr(0x10000102) // wlan_intf_opcode_rssi
	wlanListBytes = 8 + 16*532
)

// signalOf is how strong the radio signal of an adapter is, in dBm; 0 when it is not
// known. Only the strength is asked for: for the network's name Windows wants leave to
// know where the machine is.
func signalOf(adapter string) (dbm int) {
	if wlanOpen.Find() != nil { // Windows for servers does not have it
		return 0
	}
	_ = eachWLAN(func(client windows.Handle, name string, guid windows.GUID) { // without it nothing is known
		if strings.EqualFold(name, adapter) {
			dbm = wlanSignal(client, guid)
		}
	})
	return dbm
}

func wlanSignal(client windows.Handle, guid windows.GUID) int {
	b, err := askWLAN(client, guid, wlanRSSI)
	if err != nil || len(b) < 4 {
		return 0
	}
	if dbm := int(int32(binary.LittleEndian.Uint32(b))); dbm < 0 && dbm > -120 {
		return dbm
	}
	return 0
}

// eachWLAN calls f with each adapter that is connected, and reports whether any could be
// asked.
func eachWLAN(f func(client windows.Handle, name string, guid windows.GUID)) error {
	var version uint32
	var client windows.Handle
	if failed, _, _ := wlanOpen.Call(2, 0, uintptr(unsafe.Pointer(&version)), uintptr(unsafe.Pointer(&client))); failed != 0 {
		return windows.Errno(failed)
	}
	defer wlanClose.Call(uintptr(client), 0)
	var list *byte
	if failed, _, _ := wlanList.Call(uintptr(client), 0, uintptr(unsafe.Pointer(&list))); failed != 0 {
		return windows.Errno(failed)
	}
	if list == nil {
		return nil
	}
	defer wlanFree.Call(uintptr(unsafe.Pointer(list)))
	count := *(*uint32)(unsafe.Pointer(list))
	for _, name := range parseWLANInterfaces(unsafe.Slice(list, min(wlanListBytes, 8+532*int(min(count, 64))))) {
		if guid, err := windows.GUIDFromString(name); err == nil {
			f(client, name, guid)
		}
	}
	return nil
}

// askWLAN asks one thing of an adapter, and copies the answer.
func askWLAN(client windows.Handle, guid windows.GUID, what uintptr) ([]byte, error) {
	var size uint32
	var data *byte
	failed, _, _ := wlanAsk.Call(uintptr(client), uintptr(unsafe.Pointer(&guid)), what, 0, uintptr(unsafe.Pointer(&size)), uintptr(unsafe.Pointer(&data)), 0)
	if failed != 0 {
		return nil, windows.Errno(failed)
	}
	if data == nil {
		return nil, nil
	}
	defer wlanFree.Call(uintptr(unsafe.Pointer(data)))
	return append([]byte(nil), unsafe.Slice(data, min(size, 64<<10))...), nil
}
