package inventory

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
)

// Differ lists the readings of a snapshot that differ from those of a healthy one of
// the same machine, and by so much that a person would call them different.
func Differ(healthy, now diagnostics.Snapshot) []Difference {
	var all []Difference
	word := func(what, then, now string) {
		if then != now {
			all = append(all, Difference{what, then, now})
		}
	}
	// figure compares numbers: least is how far apart they are to be worth a word.
	figure := func(what, unit string, then, now, least float64) {
		if math.Abs(then-now) >= least {
			all = append(all, Difference{what, figureText(then, unit), figureText(now, unit)})
		}
	}
	if a, b := healthy.System.Data, now.System.Data; a != nil && b != nil {
		word("system", a.Platform, b.Platform)
		word("kernel", a.Kernel, b.Kernel)
		word("time zone", a.TimeZone, b.TimeZone)
		word("restart", pending(a.RebootPending), pending(b.RebootPending))
	}
	if a, b := healthy.CPU.Data, now.CPU.Data; a != nil && b != nil {
		figure("processor busy", "%", a.BusyPercent, b.BusyPercent, 25)
		figure("hottest sensor", "°C", a.MaxTempC, b.MaxTempC, 15)
	}
	if a, b := healthy.Memory.Data, now.Memory.Data; a != nil && b != nil {
		figure("memory", "GB", float64(a.Total)/1e9, float64(b.Total)/1e9, 0.5)
		if a.Total > 0 {
			figure("memory available", "GB", float64(a.Available)/1e9, float64(b.Available)/1e9, 0.2*float64(a.Total)/1e9)
		}
		figure("swap used", "GB", float64(a.SwapUsed)/1e9, float64(b.SwapUsed)/1e9, 0.5)
	}
	if a, b := healthy.Disks.Data, now.Disks.Data; a != nil && b != nil {
		all = append(all, differDisks(a, b)...)
	}
	if a, b := healthy.Network.Data, now.Network.Data; a != nil && b != nil {
		word("links that are up", linkNames(a), linkNames(b))
		word("gateways", gatewayNames(a), gatewayNames(b))
		word("name services", resolverNames(a), resolverNames(b))
		word("proxy", a.Proxy, b.Proxy)
	}
	if a, b := healthy.Processes.Data, now.Processes.Data; a != nil && b != nil {
		figure("processes", "", float64(a.Total), float64(b.Total), max(50, 0.3*float64(a.Total)))
	}
	if a, b := healthy.Services.Data, now.Services.Data; a != nil && b != nil {
		word("services that have failed", serviceNames(a), serviceNames(b))
	}
	return all[:min(len(all), 100)]
}

func figureText(v float64, unit string) string {
	if unit == "" {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.1f %s", v, unit)
}

func differDisks(a, b *diagnostics.Disks) []Difference {
	var all []Difference
	for _, then := range a.FileSystems {
		i := slices.IndexFunc(b.FileSystems, func(f diagnostics.FileSystem) bool { return f.Mount == then.Mount })
		if i < 0 {
			all = append(all, Difference{"file system " + then.Mount, "mounted", "not mounted"})
			continue
		}
		now := b.FileSystems[i]
		if now.ReadOnly != then.ReadOnly {
			words := map[bool]string{true: "read-only", false: "writable"}
			all = append(all, Difference{"file system " + then.Mount, words[then.ReadOnly], words[now.ReadOnly]})
		}
		if math.Abs(now.UsedPct-then.UsedPct) >= 5 {
			all = append(all, Difference{"used on " + then.Mount, figureText(then.UsedPct, "%"), figureText(now.UsedPct, "%")})
		}
	}
	for _, now := range b.FileSystems {
		if !slices.ContainsFunc(a.FileSystems, func(f diagnostics.FileSystem) bool { return f.Mount == now.Mount }) {
			all = append(all, Difference{"file system " + now.Mount, "not mounted", "mounted"})
		}
	}
	return all
}

func joined[T any](list []T, name func(T) string) string {
	var all []string
	for _, x := range list {
		if n := name(x); n != "" {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all[:min(len(all), 12)], ", ")
}

func linkNames(n *diagnostics.Network) string {
	return joined(n.Interfaces, func(i diagnostics.Interface) string {
		if i.Up && i.Carrier && !i.Virtual {
			return i.Name
		}
		return ""
	})
}

func gatewayNames(n *diagnostics.Network) string {
	return joined(n.Gateways, func(g diagnostics.Gateway) string { return g.Address + " on " + g.Interface })
}

func resolverNames(n *diagnostics.Network) string {
	return joined(n.Resolvers, func(r diagnostics.Resolver) string { return r.Address })
}

func serviceNames(s *diagnostics.Services) string {
	return joined(s.Failed, func(x diagnostics.Service) string { return x.Name })
}
