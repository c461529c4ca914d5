package probe

import (
	"context"
	"fmt"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

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
