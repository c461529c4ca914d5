package probe

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readMachine reads the machine and its firmware: sizes in bytes, clocks in MHz.
// Cost: some forty small files of the kernel's, about a millisecond. Deadline: 2 s.
// The serial number and the memory modules can be read by root only.
func readMachine(_ context.Context, at root) (*inventory.Hardware, string, error) {
	dmi := func(name string) string {
		v := at.line("/sys/class/dmi/id/" + name)
		switch strings.ToLower(v) { // what makers leave in when they forget
		case "to be filled by o.e.m.", "default string", "system serial number", "none", "not specified", "0", "system product name", "system manufacturer":
			return ""
		}
		return v
	}
	h := &inventory.Hardware{
		Vendor: dmi("sys_vendor"), Model: dmi("product_name"), Serial: dmi("product_serial"),
		Board:      strings.TrimSpace(dmi("board_vendor") + " " + dmi("board_name")),
		BIOSVendor: dmi("bios_vendor"), BIOSVersion: dmi("bios_version"), BIOSDate: dmi("bios_date"),
		Chassis: chassisOf(at.number("/sys/class/dmi/id/chassis_type")),
		UEFI:    at.exists("/sys/firmware/efi"), TPM: at.line("/sys/class/tpm/tpm0/tpm_version_major"),
		CPUMaxMHz: int(at.number("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq") / 1000),
	}
	if h.Model == "" {
		h.Model = at.line("/proc/device-tree/model") // boards without firmware tables
	}
	if s, err := at.text("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", 16); err == nil && len(s) == 5 {
		h.SecureBoot = map[byte]string{0: "off", 1: "on"}[s[4]]
	}
	if s, err := at.text("/proc/cpuinfo", 4<<20); err == nil {
		h.CPU, h.CPUSockets, h.CPUCores, h.CPUThreads = parseCPUInfo(s)
	}
	if s, err := at.text("/proc/meminfo", 64<<10); err == nil {
		h.MemoryBytes = parseMemTotal(s)
	}
	for _, entry := range at.glob("/sys/firmware/dmi/entries/17-*/raw") {
		if s, err := at.text(entry, 4096); err == nil {
			if m, ok := parseMemoryModule([]byte(s)); ok {
				h.MemoryModule = append(h.MemoryModule, m)
			}
		}
	}
	return h, "", nil
}

// chassisOf names the kinds of SMBIOS, table 17 of the specification.
func chassisOf(n int64) string {
	switch n {
	case 3, 4, 5, 6, 7, 15, 16, 24, 35, 36:
		return "desktop"
	case 8, 9, 10, 14:
		return "laptop"
	case 11:
		return "handheld"
	case 13:
		return "all-in-one"
	case 17, 23, 25, 28, 29:
		return "server"
	case 30:
		return "tablet"
	case 31, 32:
		return "convertible"
	}
	return ""
}

func parseCPUInfo(text string) (model string, sockets, cores, threads int) {
	seen := map[string]bool{}
	physical, packages := map[string]bool{}, map[string]bool{}
	id, core := "", ""
	end := func() {
		if id != "" {
			packages[id] = true
			physical[id+" "+core] = true
		}
		id, core = "", ""
	}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case !ok:
			end()
		case key == "processor" && !seen[value]:
			seen[value] = true
			threads++
		case key == "model name" && model == "", key == "Model" && model == "":
			model = plainLine(value, 80)
		case key == "physical id":
			id = value
		case key == "core id":
			core = value
		}
	}
	end()
	return model, len(packages), len(physical), threads
}

func parseMemTotal(text string) uint64 {
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemTotal:" {
			n, _ := strconv.ParseUint(f[1], 10, 64) // the kernel writes a number
			return n << 10
		}
	}
	return 0
}

// parseMemoryModule reads one memory device of SMBIOS (type 17). An empty slot is none.
func parseMemoryModule(b []byte) (inventory.MemoryModule, bool) {
	var m inventory.MemoryModule
	if len(b) < 0x15 || b[0] != 17 || int(b[1]) > len(b) || b[1] < 0x15 {
		return m, false
	}
	body := b[:b[1]]
	size := binary.LittleEndian.Uint16(body[0x0C:])
	switch {
	case size == 0 || size == 0xFFFF:
		return m, false
	case size == 0x7FFF && len(body) >= 0x20:
		m.Bytes = uint64(binary.LittleEndian.Uint32(body[0x1C:])&0x7FFFFFFF) << 20
	case size&0x8000 != 0:
		m.Bytes = uint64(size&0x7FFF) << 10
	default:
		m.Bytes = uint64(size) << 20
	}
	m.Type = map[byte]string{0x12: "DDR", 0x13: "DDR2", 0x18: "DDR3", 0x1A: "DDR4", 0x1D: "LPDDR3", 0x1E: "LPDDR4", 0x22: "DDR5", 0x23: "LPDDR5"}[body[0x12]]
	if len(body) >= 0x17 {
		m.MTs = int(binary.LittleEndian.Uint16(body[0x15:]))
	}
	words := strings.Split(string(b[b[1]:]), "\x00")
	word := func(at int) string {
		if at >= len(body) || body[at] == 0 || int(body[at]) > len(words) {
			return ""
		}
		return plainLine(words[body[at]-1], 40)
	}
	m.Slot = word(0x10)
	m.Maker, m.Part = word(0x17), word(0x1A)
	return m, true
}

// pciName looks an identifier up in the list of the pciutils, when it is installed.
func pciName(at root, vendor, device string) string {
	vendor, device = strings.TrimPrefix(vendor, "0x"), strings.TrimPrefix(device, "0x")
	for _, list := range []string{"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"} {
		text, err := at.text(list, 8<<20)
		if err != nil {
			continue
		}
		maker := ""
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\n")
			switch {
			case strings.HasPrefix(line, vendor+"  "):
				maker = strings.TrimSpace(line[len(vendor):])
			case maker != "" && strings.HasPrefix(line, "\t"+device+"  "):
				return plainLine(maker+" "+strings.TrimSpace(line[len(device)+1:]), 120)
			case maker != "" && !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "#"):
				return maker
			}
		}
		if maker != "" {
			return maker
		}
	}
	return fmt.Sprintf("PCI %s:%s", vendor, device)
}

// readGPUs reads the graphics processors: memory in bytes. Cost: the list of the
// bus, under a millisecond, and the list of names once. Deadline: 2 s. Only what
// the kernel keeps is read: asking one that sleeps would wake it.
func readGPUs(_ context.Context, at root) (*inventory.GPUs, string, error) {
	found := &inventory.GPUs{GPUs: []inventory.GPU{}}
	for _, name := range at.names("/sys/bus/pci/devices") {
		dir := "/sys/bus/pci/devices/" + name
		if !strings.HasPrefix(at.line(dir+"/class"), "0x03") {
			continue
		}
		found.GPUs = append(found.GPUs, inventory.GPU{
			Name: pciName(at, at.line(dir+"/vendor"), at.line(dir+"/device")), Driver: at.link(dir + "/driver"), Bus: plainLine(name, 40),
			Memory: uint64(max(0, at.number(dir+"/mem_info_vram_total"))), Power: at.line(dir + "/power/runtime_status"),
		})
	}
	found.GPUs = found.GPUs[:min(len(found.GPUs), 16)]
	return found, "", nil
}

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

func usbClass(code string) string {
	return map[string]string{
		"01": "sound", "02": "modem", "03": "keyboard or mouse", "05": "physical", "06": "camera", "07": "printer", "08": "storage", "09": "hub",
		"0a": "data", "0b": "smart card", "0e": "video", "e0": "wireless", "fe": "special", "ff": "special",
	}[strings.ToLower(code)]
}

// readDrivers reads the kernel's release and its loaded modules. Cost: one file and
// one a module. Deadline: 2 s.
func readDrivers(_ context.Context, at root) (*inventory.Drivers, string, error) {
	d := &inventory.Drivers{Kernel: at.line("/proc/sys/kernel/osrelease"), Tainted: at.number("/proc/sys/kernel/tainted")&(1|1<<12) != 0}
	text, err := at.text("/proc/modules", 1<<20)
	if err != nil {
		return d, "This kernel has no loadable modules, or does not list them.", nil
	}
	for line := range strings.Lines(text) {
		if name, _, ok := strings.Cut(line, " "); ok && len(d.Modules) < 1000 {
			name = plainLine(name, 64)
			d.Modules = append(d.Modules, inventory.Module{Name: name, Version: at.line("/sys/module/" + name + "/version")})
		}
	}
	slices.SortFunc(d.Modules, func(a, b inventory.Module) int { return strings.Compare(a.Name, b.Name) })
	return d, "", nil
}
