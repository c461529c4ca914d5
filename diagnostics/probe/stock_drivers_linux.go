package probe

import (
	"context"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

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
