package probe

import (
	"context"
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
		if forgotten(v) {
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
