package stock

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// tunnels are the interfaces of VPNs, as systems and clients name them.
var tunnels = regexp.MustCompile(`^(tun|tap|wg|ppp|utun|ipsec|nordlynx|proton|tailscale|zt|gpd|cscotun|vpn)`)

// Of makes the facts of a machine, clean. subnet is the one from which it reaches the
// server; empty where that is not known. Whom a program or a start-up item belongs to,
// what commands are given, serial numbers and hardware addresses stay where they are.
func Of(sys diagnostics.System, i *inventory.Inventory, subnet string) (facts []Fact, left int) {
	var a adding
	a.read(System)
	a.add(System, "system", sys.Platform)
	a.add(System, "architecture", sys.Arch)
	if d := fresh(i.Drivers); d != nil {
		a.read(Driver)
		a.add(System, "kernel", d.Kernel)
		for _, m := range d.Modules {
			a.name(Driver, m.Name, m.Version)
		}
	} else {
		a.add(System, "kernel", sys.Kernel)
	}
	if h := fresh(i.Hardware); h != nil {
		a.read(Hardware)
		a.add(Hardware, "model", strings.TrimSpace(h.Vendor+" "+h.Model))
		a.add(Hardware, "firmware", strings.TrimSpace(h.BIOSVendor+" "+h.BIOSVersion))
		a.add(Hardware, "processor", h.CPU)
		a.add(Hardware, "secure boot", h.SecureBoot)
		a.add(Hardware, FormName, form(h, fresh(i.Battery)))
		if h.MemoryBytes > 0 { // to the next half GiB: kernels keep different shares for themselves
			a.add(Hardware, "memory", fmt.Sprintf("%g GiB", float64((h.MemoryBytes+1<<28)>>29)/2))
		}
	}
	if g := fresh(i.GPUs); g != nil {
		a.read(Graphics)
		for _, x := range g.GPUs {
			a.name(Graphics, x.Name, x.Driver)
		}
	}
	if s := fresh(i.Software); s != nil && s.Cut == 0 { // of a list that was cut short, nothing says what is missing
		a.read(Software)
		for _, p := range s.Packages {
			a.name(Software, p.Name, p.Version)
		}
	}
	if u := fresh(i.Updates); u != nil {
		a.read(Update)
		for _, x := range u.Pending {
			a.name(Update, x.Name, x.To)
		}
		if u.RebootPending {
			a.name(Update, "restart needed", "")
		}
	}
	if s := fresh(i.Startup); s != nil {
		a.startup(s)
	}
	if n := fresh(i.Network); n != nil {
		a.network(n, subnet)
	}
	return Clean(a.facts)
}

func fresh[T any](s inventory.Section[T]) *T {
	if s.State == diagnostics.StateOK || s.State == diagnostics.StatePartial {
		return s.Data
	}
	return nil
}

type adding struct{ facts []Fact }

func (a *adding) read(k Kind) { a.facts = append(a.facts, Fact{Kind: Read, Name: string(k)}) }

// add notes something that has one value; without one it is not known.
func (a *adding) add(k Kind, name, value string) {
	if value != "" {
		a.name(k, name, value)
	}
}

func (a *adding) name(k Kind, name, value string) {
	a.facts = append(a.facts, Fact{k, name, value})
}

func (a *adding) startup(s *inventory.Startup) {
	a.read(Service)
	a.read(Startup)
	for _, i := range s.Items {
		kind, state := Startup, "on"
		if slices.Contains([]string{"service", "timer", "socket", "path", "mount", "daemon"}, i.Kind) {
			kind = Service
		}
		if i.Off {
			state = "off"
		}
		a.name(kind, i.Name, state)
	}
}

func (a *adding) network(n *inventory.Network, subnet string) {
	for _, k := range []Kind{Network, Gateway, Resolver, Tunnel} {
		a.read(k)
	}
	for _, l := range n.Links {
		switch {
		case !l.Up:
		case tunnels.MatchString(strings.ToLower(l.Name)):
			a.name(Tunnel, strings.TrimRight(l.Name, "0123456789"), "")
		case l.Kind != "virtual":
			a.name(Network, l.Kind+" link", "")
		}
	}
	for _, g := range n.Gateways {
		a.name(Gateway, g, "")
	}
	for _, r := range n.Resolvers {
		a.name(Resolver, r, "")
	}
	for _, d := range n.Domains {
		a.name(Network, "search domain "+d, "")
	}
	a.add(Network, "proxy", n.Proxy)
	if subnet != "" {
		a.read(Subnet)
		a.name(Subnet, subnet, "")
	}
}
