package inventory

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// ChangesName is the name of the file in which a ticket carries Changes.
const ChangesName = "what-changed.json"

// Bounds of Changes: what a machine keeps, and what is read of a file.
const (
	MaxChanges     = 1000
	MaxChangesFile = 1 << 20
)

// Changes is what has changed on a machine, and how it stands now against the last
// moment at which nothing was wrong with it.
type Changes struct {
	Version int       `json:"version"`
	MadeAt  time.Time `json:"made_at"`
	// Since is from when on changes were looked for.
	Since   time.Time    `json:"since,omitzero"`
	Changes []Change     `json:"changes"`             // newest first
	Healthy time.Time    `json:"healthy_at,omitzero"` // zero: no healthy moment is known
	Differs []Difference `json:"differs,omitempty"`
}

// Kind says what it is that has changed.
type Kind string

// The kinds.
const (
	KindSoftware Kind = "software"
	KindDriver   Kind = "driver"
	KindService  Kind = "service"
	KindStartup  Kind = "startup"
	KindNetwork  Kind = "network"
	KindDisk     Kind = "disk"
	KindHardware Kind = "hardware"
	KindUpdates  Kind = "updates"
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{KindSoftware, KindDriver, KindService, KindStartup, KindNetwork, KindDisk, KindHardware, KindUpdates}
}

// Change is one of them. Its moment is when it was noticed; what was noticed is not
// older than After.
type Change struct {
	At    time.Time `json:"at"`
	After time.Time `json:"after,omitzero"`
	Kind  Kind      `json:"kind"`
	Did   string    `json:"did"` // added, removed, changed
	What  string    `json:"what"`
	From  string    `json:"from,omitempty"`
	To    string    `json:"to,omitempty"`
}

// Difference is a reading that differs from the one of the last healthy moment.
type Difference struct {
	What string `json:"what"`
	Then string `json:"then"`
	Now  string `json:"now"`
}

// Diff lists what is different between two inventories of one machine. A section
// that either lacks, or that was cut short, says nothing.
func Diff(before, after *Inventory) []Change {
	var d differ
	if a, b, ok := both(&d, before.Software, after.Software); ok && a.Cut == 0 && b.Cut == 0 {
		d.lists(KindSoftware, packages(a), packages(b))
	}
	if a, b, ok := both(&d, before.Drivers, after.Drivers); ok {
		d.value(KindDriver, "kernel", a.Kernel, b.Kernel)
		d.lists(KindDriver, modules(a), modules(b))
	}
	if a, b, ok := both(&d, before.Startup, after.Startup); ok {
		d.lists(KindService, items(a, true), items(b, true))
		d.lists(KindStartup, items(a, false), items(b, false))
	}
	if a, b, ok := both(&d, before.Network, after.Network); ok {
		d.lists(KindNetwork, links(a), links(b))
		d.value(KindNetwork, "gateways", strings.Join(a.Gateways, ", "), strings.Join(b.Gateways, ", "))
		d.value(KindNetwork, "name services", strings.Join(a.Resolvers, ", "), strings.Join(b.Resolvers, ", "))
		d.value(KindNetwork, "search domains", strings.Join(a.Domains, ", "), strings.Join(b.Domains, ", "))
		d.value(KindNetwork, "proxy", a.Proxy, b.Proxy)
	}
	if a, b, ok := both(&d, before.Disks, after.Disks); ok {
		d.lists(KindDisk, disks(a), disks(b))
	}
	if a, b, ok := both(&d, before.Hardware, after.Hardware); ok {
		d.value(KindHardware, "firmware", a.BIOSVersion, b.BIOSVersion)
		d.value(KindHardware, "memory", memory(a), memory(b))
	}
	if a, b, ok := both(&d, before.Updates, after.Updates); ok && a.RebootPending != b.RebootPending {
		d.value(KindUpdates, "restart", pending(a.RebootPending), pending(b.RebootPending))
	}
	return d.found
}

// both returns the data of a section when both are fresh, and notes when they were read.
func both[T any](d *differ, a, b Section[T]) (*T, *T, bool) {
	d.after, d.at = a.ReadAt, b.ReadAt
	fresh := func(s Section[T]) bool {
		return s.Data != nil && (s.State == diagnostics.StateOK || s.State == diagnostics.StatePartial)
	}
	return a.Data, b.Data, fresh(a) && fresh(b)
}

type differ struct {
	at, after time.Time
	found     []Change
}

func (d *differ) value(k Kind, what, from, to string) {
	if from != to {
		d.found = append(d.found, Change{At: d.at, After: d.after, Kind: k, Did: "changed", What: what, From: from, To: to})
	}
}

// lists compares things by name. The value says what there is to know of one.
func (d *differ) lists(k Kind, before, after map[string]string) {
	var names []string
	for n := range before {
		names = append(names, n)
	}
	for n := range after {
		if _, known := before[n]; !known {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	for _, n := range names {
		from, was := before[n]
		to, is := after[n]
		switch {
		case was && is:
			d.value(k, n, from, to)
		case is:
			d.found = append(d.found, Change{At: d.at, After: d.after, Kind: k, Did: "added", What: n, To: to})
		default:
			d.found = append(d.found, Change{At: d.at, After: d.after, Kind: k, Did: "removed", What: n, From: from})
		}
	}
}

// add joins the values of things with one name: two versions of a kernel's package.
func add(m map[string]string, name, value string) {
	if old, known := m[name]; known && old != value && value != "" {
		value = old + ", " + value
	}
	m[name] = value
}

func packages(s *Software) map[string]string {
	m := map[string]string{}
	for _, p := range s.Packages {
		name := p.Name
		if p.User != "" {
			name += " of " + p.User
		}
		add(m, name, p.Version)
	}
	return m
}

func modules(d *Drivers) map[string]string {
	m := map[string]string{}
	for _, x := range d.Modules {
		m[x.Name] = x.Version
	}
	return m
}

func items(s *Startup, services bool) map[string]string {
	m := map[string]string{}
	for _, i := range s.Items {
		service := slices.Contains([]string{"service", "timer", "socket", "path", "mount", "daemon"}, i.Kind)
		if service != services {
			continue
		}
		name := i.Name
		if i.User != "" {
			name += " of " + i.User
		}
		state := "on"
		if i.Off {
			state = "off"
		}
		if !services && i.Command != "" {
			state += ": " + i.Command
		}
		add(m, name, state)
	}
	return m
}

func links(n *Network) map[string]string {
	m := map[string]string{}
	for _, l := range n.Links {
		if l.Kind == "virtual" {
			continue // containers and tunnels come and go
		}
		state := "down"
		if l.Up {
			state = strings.Join(append([]string{"up"}, l.Classes...), ", ")
		}
		m[l.Name] = state
	}
	return m
}

func disks(d *Disks) map[string]string {
	m := map[string]string{}
	for _, x := range d.Disks {
		name := x.Name
		if x.Model != "" {
			name += " (" + x.Model + ")"
		}
		m[name] = bytes(x.Bytes)
		for _, p := range x.Parts {
			if p.Name != x.Name {
				m[p.Name] = strings.TrimSpace(bytes(p.Bytes) + " " + p.Mount)
			}
		}
	}
	return m
}

// memory is rounded to a quarter of a GiB: another kernel keeps a little more for itself.
func memory(h *Hardware) string { return bytes((h.MemoryBytes + 1<<27) >> 28 << 28) }

func pending(b bool) string {
	if b {
		return "needed"
	}
	return "not needed"
}

// ReadChanges reads what a ticket carries as ChangesName. It is hostile: what is too
// much or does not have the form is an error.
func ReadChanges(b []byte) (*Changes, error) {
	if len(b) > MaxChangesFile {
		return nil, errors.New("it is larger than 1 MiB")
	}
	var c Changes
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, errors.New("it does not have the form of a list of changes")
	}
	if c.Version != Version {
		return nil, errors.New("it has a form that this server does not know")
	}
	c.Changes = c.Changes[:min(len(c.Changes), MaxChanges)]
	c.Differs = c.Differs[:min(len(c.Differs), 100)]
	slices.SortStableFunc(c.Changes, func(a, b Change) int { return cmp.Compare(b.At.Unix(), a.At.Unix()) })
	return &c, nil
}
