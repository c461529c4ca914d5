package probe

import (
	"context"
	"strings"
	"unsafe"

	"github.com/shirou/gopsutil/v3/mem"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// firmwareTable is the provider “RSMB”: SMBIOS as the firmware left it.
const firmwareTable = 'R'<<24 | 'S'<<16 | 'M'<<8 | 'B'

var (
	kernel32               = windows.NewLazySystemDLL("kernel32.dll")
	getSystemFirmwareTable = kernel32.NewProc("GetSystemFirmwareTable")
	getFirmwareType        = kernel32.NewProc("GetFirmwareType")
	tpmDeviceInfo          = windows.NewLazySystemDLL("tbs.dll").NewProc("Tbsi_GetDeviceInfo")
)

// readMachine reads the machine and its firmware from the registry, where the system
// puts them at each start, and from the firmware's own table: sizes in bytes. Cost: a
// few milliseconds. Deadline: 2 s.
func readMachine(ctx context.Context, _ root) (*inventory.Hardware, string, error) {
	const bios = `HARDWARE\DESCRIPTION\System\BIOS`
	h := &inventory.Hardware{
		Vendor: registryText(bios, "SystemManufacturer"), Model: registryText(bios, "SystemProductName"),
		Board:      strings.TrimSpace(registryText(bios, "BaseBoardManufacturer") + " " + registryText(bios, "BaseBoardProduct")),
		BIOSVendor: registryText(bios, "BIOSVendor"), BIOSVersion: registryText(bios, "BIOSVersion"), BIOSDate: registryText(bios, "BIOSReleaseDate"),
		CPU: strings.TrimSpace(registryText(`HARDWARE\DESCRIPTION\System\CentralProcessor\0`, "ProcessorNameString")),
	}
	h.CPUThreads = readHardware().cores
	if v, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		h.MemoryBytes = v.Total
	}
	_, numbers := valuesOf(registry.LOCAL_MACHINE, `HARDWARE\DESCRIPTION\System\CentralProcessor\0`, 0)
	h.CPUMaxMHz = int(numbers["~MHz"])
	var kind uint32
	if getFirmwareType.Find() == nil { // Windows 7 does not have it
		if ok, _, _ := getFirmwareType.Call(uintptr(unsafe.Pointer(&kind))); ok != 0 {
			h.UEFI = kind == 2 // FirmwareTypeUefi
		}
	}
	if _, numbers := valuesOf(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Control\SecureBoot\State`, 0); len(numbers) > 0 {
		h.SecureBoot = map[bool]string{true: "on", false: "off"}[numbers["UEFISecureBootEnabled"] == 1]
	}
	h.TPM = tpmVersion()
	table, err := firmware()
	if err == nil {
		err = parseFirmwareTable(table, h)
	}
	if err != nil {
		return h, "The serial number and the memory modules could not be read: " + err.Error() + ".", nil
	}
	return h, "", nil
}

// firmware returns the firmware's table, asked for twice: first for its size.
func firmware() ([]byte, error) {
	if err := getSystemFirmwareTable.Find(); err != nil {
		return nil, err
	}
	size, _, err := getSystemFirmwareTable.Call(firmwareTable, 0, 0, 0)
	if size == 0 || size > 1<<20 {
		return nil, err
	}
	b := make([]byte, size)
	n, _, err := getSystemFirmwareTable.Call(firmwareTable, 0, uintptr(unsafe.Pointer(&b[0])), size)
	if n == 0 || n > size {
		return nil, err
	}
	return b[:n], nil
}

// tpmVersion is the major version of the machine's TPM; "" when it has none.
func tpmVersion() string {
	if tpmDeviceInfo.Find() != nil {
		return ""
	}
	var info struct{ Struct, Version, Interface, Revision uint32 } // TPM_DEVICE_INFO
	if failed, _, _ := tpmDeviceInfo.Call(unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info))); failed != 0 {
		return ""
	}
	return map[uint32]string{1: "1", 2: "2"}[info.Version]
}
