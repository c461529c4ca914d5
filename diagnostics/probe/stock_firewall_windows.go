package probe

import (
	"context"

	"golang.org/x/sys/windows/registry"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readFirewall reads whether the firewall is on for each kind of network. Cost: three
// values of the registry. Deadline: 5 s. A policy of the domain is not looked at.
func readFirewall(context.Context, root) (*inventory.Firewall, string, error) {
	const path = `SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy`
	f := &inventory.Firewall{}
	for _, profile := range []struct{ key, name string }{{"DomainProfile", "domain networks"}, {"StandardProfile", "private networks"}, {"PublicProfile", "public networks"}} {
		if _, numbers := valuesOf(registry.LOCAL_MACHINE, path+`\`+profile.key, 0); len(numbers) > 0 {
			f.Filters = append(f.Filters, inventory.Filter{Name: "Windows Firewall, " + profile.name, Active: numbers["EnableFirewall"] == 1})
		}
	}
	if len(f.Filters) == 0 {
		return nil, "", unsupported("The settings of the firewall are not where Windows keeps them.")
	}
	return f, "", nil
}
