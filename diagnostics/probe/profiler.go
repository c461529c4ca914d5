package probe

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// parseProfilerHardware reads what macOS' system_profiler prints for SPHardwareDataType.
func parseProfilerHardware(b []byte) (*inventory.Hardware, error) {
	var raw struct {
		Items []struct {
			Name   string `json:"machine_name"`
			Model  string `json:"machine_model"`
			Serial string `json:"serial_number"`
			Chip   string `json:"chip_type"`
			CPU    string `json:"cpu_type"`
			Memory string `json:"physical_memory"`
			Boot   string `json:"boot_rom_version"`
		} `json:"SPHardwareDataType"`
	}
	if err := json.Unmarshal(b, &raw); err != nil || len(raw.Items) == 0 {
		return nil, errors.New("system_profiler printed something else than it should")
	}
	i := raw.Items[0]
	h := &inventory.Hardware{Vendor: "Apple", Model: plainLine(strings.TrimSpace(i.Name+" "+i.Model), 80), Serial: plainLine(i.Serial, 40), CPU: plainLine(i.Chip+i.CPU, 80), BIOSVersion: plainLine(i.Boot, 40)}
	if f := strings.Fields(i.Memory); len(f) == 2 {
		n, _ := strconv.ParseUint(f[0], 10, 32) // what is no number is not known
		h.MemoryBytes = n << map[string]uint{"MB": 20, "GB": 30, "TB": 40}[f[1]]
		if h.MemoryBytes == n {
			h.MemoryBytes = 0 // a unit that we do not know
		}
	}
	return h, nil
}

// parseProfilerApplications reads what it prints for SPApplicationsDataType.
func parseProfilerApplications(b []byte) ([]inventory.Package, error) {
	var raw struct {
		Items []struct {
			Name     string    `json:"_name"`
			Version  string    `json:"version"`
			From     string    `json:"obtained_from"`
			Modified time.Time `json:"lastModified"`
		} `json:"SPApplicationsDataType"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, errors.New("system_profiler printed something else than it should")
	}
	var all []inventory.Package
	for _, i := range raw.Items {
		if name := plainLine(i.Name, 120); name != "" {
			all = append(all, inventory.Package{Name: name, Version: plainLine(i.Version, 80), Publisher: plainLine(i.From, 80), Source: "applications", Installed: i.Modified})
		}
	}
	return all, nil
}
