// Package inventory is the vocabulary of what a machine is made of and how it is
// set up: hardware, what is attached, what is installed, what starts by itself. It
// changes rarely and is read rarely, beside the snapshot of a check-up. Pure.
package inventory

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// Version is the version of Inventory's JSON form. Readers ignore fields they do
// not know; the number changes only when a field changes its meaning.
const Version = 1

// Name names one section, as in the JSON form.
type Name string

// The sections, in the order in which people read them.
const (
	NameHardware   Name = "hardware"
	NameBattery    Name = "battery"
	NameThermals   Name = "thermals"
	NameGPUs       Name = "gpus"
	NameMonitors   Name = "monitors"
	NameUSB        Name = "usb"
	NamePrinters   Name = "printers"
	NameDisks      Name = "disks"
	NameSMART      Name = "smart"
	NameNetwork    Name = "network"
	NameWireless   Name = "wireless"
	NameDrivers    Name = "drivers"
	NameSoftware   Name = "software"
	NameUpdates    Name = "updates"
	NameStartup    Name = "startup"
	NameSockets    Name = "sockets"
	NameEncryption Name = "encryption"
	NameFirewall   Name = "firewall"
	NameAntivirus  Name = "antivirus"
	NameAccounts   Name = "accounts"
	NameBoot       Name = "boot"
	NameCrashes    Name = "crashes"
)

// Inventory is a machine's inventory at one moment. A section that was not asked
// for has no State; one that could not be read says so.
type Inventory struct {
	Version int       `json:"version"`
	TakenAt time.Time `json:"taken_at"` // by the endpoint's clock
	OS      string    `json:"os"`       // GOOS

	Hardware   Section[Hardware]   `json:"hardware,omitzero"`
	Battery    Section[Battery]    `json:"battery,omitzero"`
	Thermals   Section[Thermals]   `json:"thermals,omitzero"`
	GPUs       Section[GPUs]       `json:"gpus,omitzero"`
	Monitors   Section[Monitors]   `json:"monitors,omitzero"`
	USB        Section[USB]        `json:"usb,omitzero"`
	Printers   Section[Printers]   `json:"printers,omitzero"`
	Disks      Section[Disks]      `json:"disks,omitzero"`
	SMART      Section[SMART]      `json:"smart,omitzero"`
	Network    Section[Network]    `json:"network,omitzero"`
	Wireless   Section[Wireless]   `json:"wireless,omitzero"`
	Drivers    Section[Drivers]    `json:"drivers,omitzero"`
	Software   Section[Software]   `json:"software,omitzero"`
	Updates    Section[Updates]    `json:"updates,omitzero"`
	Startup    Section[Startup]    `json:"startup,omitzero"`
	Sockets    Section[Sockets]    `json:"sockets,omitzero"`
	Encryption Section[Encryption] `json:"encryption,omitzero"`
	Firewall   Section[Firewall]   `json:"firewall,omitzero"`
	Antivirus  Section[Antivirus]  `json:"antivirus,omitzero"`
	Accounts   Section[Accounts]   `json:"accounts,omitzero"`
	Boot       Section[Boot]       `json:"boot,omitzero"`
	Crashes    Section[Crashes]    `json:"crashes,omitzero"`
}

// Section is one part of an inventory and how it was come by.
type Section[T any] struct {
	State  diagnostics.SectionState `json:"state"`
	TookMS int64                    `json:"took_ms,omitempty"`
	Note   string                   `json:"note,omitempty"` // one sentence for a person, when State is not ok
	// ReadAt is when Data was read. With the state timeout or failed Data is the
	// last good reading, and this is how old it is.
	ReadAt time.Time `json:"read_at,omitzero"`
	Data   *T        `json:"data,omitempty"`
}

// Info is what a section is, apart from its type.
type Info struct {
	Name   Name
	State  diagnostics.SectionState
	TookMS int64
	Note   string
	ReadAt time.Time
	Data   Tabled // nil when there is none
}

// Tabled is a section's data, which can be shown as a table.
type Tabled interface{ Table() Table }

// Table is a section for people: the first column names a thing.
type Table struct {
	Columns []string
	Rows    [][]string
}

func info[T any, P interface {
	*T
	Tabled
}](name Name, s Section[T]) Info {
	i := Info{Name: name, State: s.State, TookMS: s.TookMS, Note: s.Note, ReadAt: s.ReadAt}
	if s.Data != nil {
		i.Data = P(s.Data)
	}
	return i
}

// Sections returns every section in reading order.
func (i *Inventory) Sections() []Info {
	return []Info{
		info(NameHardware, i.Hardware), info(NameBattery, i.Battery), info(NameThermals, i.Thermals), info(NameGPUs, i.GPUs),
		info(NameMonitors, i.Monitors), info(NameUSB, i.USB), info(NamePrinters, i.Printers), info(NameDisks, i.Disks),
		info(NameSMART, i.SMART), info(NameNetwork, i.Network), info(NameWireless, i.Wireless), info(NameDrivers, i.Drivers), info(NameSoftware, i.Software),
		info(NameUpdates, i.Updates), info(NameStartup, i.Startup), info(NameSockets, i.Sockets), info(NameEncryption, i.Encryption),
		info(NameFirewall, i.Firewall), info(NameAntivirus, i.Antivirus), info(NameAccounts, i.Accounts), info(NameBoot, i.Boot),
		info(NameCrashes, i.Crashes),
	}
}

// Names lists every section in reading order.
func Names() []Name {
	var all []Name
	for _, s := range new(Inventory).Sections() {
		all = append(all, s.Name)
	}
	return all
}

// Merge takes over every section that the other one has: answers come in parts.
func (i *Inventory) Merge(o Inventory) {
	if o.TakenAt.After(i.TakenAt) {
		i.Version, i.TakenAt, i.OS = o.Version, o.TakenAt, o.OS
	}
	merge(&i.Hardware, o.Hardware)
	merge(&i.Battery, o.Battery)
	merge(&i.Thermals, o.Thermals)
	merge(&i.GPUs, o.GPUs)
	merge(&i.Monitors, o.Monitors)
	merge(&i.USB, o.USB)
	merge(&i.Printers, o.Printers)
	merge(&i.Disks, o.Disks)
	merge(&i.SMART, o.SMART)
	merge(&i.Network, o.Network)
	merge(&i.Wireless, o.Wireless)
	merge(&i.Drivers, o.Drivers)
	merge(&i.Software, o.Software)
	merge(&i.Updates, o.Updates)
	merge(&i.Startup, o.Startup)
	merge(&i.Sockets, o.Sockets)
	merge(&i.Encryption, o.Encryption)
	merge(&i.Firewall, o.Firewall)
	merge(&i.Antivirus, o.Antivirus)
	merge(&i.Accounts, o.Accounts)
	merge(&i.Boot, o.Boot)
	merge(&i.Crashes, o.Crashes)
}

func merge[T any](to *Section[T], from Section[T]) {
	if from.State != diagnostics.StateMissing {
		*to = from
	}
}

// Only returns the inventory with one section and none else. A section that the
// inventory lacks says that it was not read.
func (i *Inventory) Only(name Name) Inventory {
	o := Inventory{Version: i.Version, TakenAt: i.TakenAt, OS: i.OS}
	switch name {
	case NameHardware:
		o.Hardware = or(i.Hardware)
	case NameBattery:
		o.Battery = or(i.Battery)
	case NameThermals:
		o.Thermals = or(i.Thermals)
	case NameGPUs:
		o.GPUs = or(i.GPUs)
	case NameMonitors:
		o.Monitors = or(i.Monitors)
	case NameUSB:
		o.USB = or(i.USB)
	case NamePrinters:
		o.Printers = or(i.Printers)
	case NameDisks:
		o.Disks = or(i.Disks)
	case NameSMART:
		o.SMART = or(i.SMART)
	case NameNetwork:
		o.Network = or(i.Network)
	case NameWireless:
		o.Wireless = or(i.Wireless)
	case NameDrivers:
		o.Drivers = or(i.Drivers)
	case NameSoftware:
		o.Software = or(i.Software)
	case NameUpdates:
		o.Updates = or(i.Updates)
	case NameStartup:
		o.Startup = or(i.Startup)
	case NameSockets:
		o.Sockets = or(i.Sockets)
	case NameEncryption:
		o.Encryption = or(i.Encryption)
	case NameFirewall:
		o.Firewall = or(i.Firewall)
	case NameAntivirus:
		o.Antivirus = or(i.Antivirus)
	case NameAccounts:
		o.Accounts = or(i.Accounts)
	case NameBoot:
		o.Boot = or(i.Boot)
	case NameCrashes:
		o.Crashes = or(i.Crashes)
	}
	return o
}

func or[T any](s Section[T]) Section[T] {
	if s.State == diagnostics.StateMissing {
		return Section[T]{State: diagnostics.StateUnsupported, Note: "This machine does not read it."}
	}
	return s
}
