package probe

import (
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
func signalOf(adapter string) int {
	if wlanOpen.Find() != nil { // Windows for servers does not have it
		return 0
	}
	var version uint32
	var client windows.Handle
	if failed, _, _ := wlanOpen.Call(2, 0, uintptr(unsafe.Pointer(&version)), uintptr(unsafe.Pointer(&client))); failed != 0 {
		return 0
	}
	defer wlanClose.Call(uintptr(client), 0)
	var list *byte
	if failed, _, _ := wlanList.Call(uintptr(client), 0, uintptr(unsafe.Pointer(&list))); failed != 0 || list == nil {
		return 0
	}
	defer wlanFree.Call(uintptr(unsafe.Pointer(list)))
	count := *(*uint32)(unsafe.Pointer(list))
	b := unsafe.Slice(list, min(wlanListBytes, 8+532*int(min(count, 64))))
	for _, name := range parseWLANInterfaces(b) {
		if !strings.EqualFold(name, adapter) {
			continue
		}
		guid, err := windows.GUIDFromString(name)
		if err != nil {
			return 0
		}
		var size uint32
		var rssi *int32
		if failed, _, _ := wlanAsk.Call(uintptr(client), uintptr(unsafe.Pointer(&guid)), wlanRSSI, 0, uintptr(unsafe.Pointer(&size)), uintptr(unsafe.Pointer(&rssi)), 0); failed != 0 || rssi == nil {
			return 0
		}
		defer wlanFree.Call(uintptr(unsafe.Pointer(rssi)))
		if dbm := *rssi; size >= 4 && dbm < 0 && dbm > -120 {
			return int(dbm)
		}
		return 0
	}
	return 0
}
