package inventory

import "time"

// Hardware is the machine itself and its firmware.
type Hardware struct {
	Vendor       string         `json:"vendor,omitempty"`
	Model        string         `json:"model,omitempty"`
	Serial       string         `json:"serial,omitempty"`
	Chassis      string         `json:"chassis,omitempty"` // desktop, laptop, …
	Board        string         `json:"board,omitempty"`   // vendor and name
	BIOSVendor   string         `json:"bios_vendor,omitempty"`
	BIOSVersion  string         `json:"bios_version,omitempty"`
	BIOSDate     string         `json:"bios_date,omitempty"` // as the firmware writes it
	UEFI         bool           `json:"uefi,omitempty"`
	SecureBoot   string         `json:"secure_boot,omitempty"` // on, off; empty when not known
	TPM          string         `json:"tpm,omitempty"`         // its major version
	CPU          string         `json:"cpu,omitempty"`
	CPUSockets   int            `json:"cpu_sockets,omitempty"`
	CPUCores     int            `json:"cpu_cores,omitempty"` // physical
	CPUThreads   int            `json:"cpu_threads,omitempty"`
	CPUMaxMHz    int            `json:"cpu_max_mhz,omitempty"`
	MemoryBytes  uint64         `json:"memory_bytes,omitempty"` // that the system may use
	MemoryModule []MemoryModule `json:"memory_modules,omitempty"`
}

// MemoryModule is one filled slot.
type MemoryModule struct {
	Slot  string `json:"slot,omitempty"`
	Bytes uint64 `json:"bytes"`
	Type  string `json:"type,omitempty"`     // DDR4, …
	MTs   int    `json:"mega_t_s,omitempty"` // million transfers a second
	Maker string `json:"maker,omitempty"`    // as the module names it
	Part  string `json:"part,omitempty"`
}

// Battery are the batteries that drive the machine, and whether it is on mains.
type Battery struct {
	OnMains   bool         `json:"on_mains"`
	Batteries []OneBattery `json:"batteries"`
}

// OneBattery is one battery.
type OneBattery struct {
	Name       string  `json:"name"`
	Model      string  `json:"model,omitempty"`
	State      string  `json:"state"` // charging, discharging, full, …
	ChargePct  float64 `json:"charge_percent"`
	HealthPct  float64 `json:"health_percent,omitempty"` // what it holds when full, of what it held when new
	Cycles     int     `json:"cycles,omitempty"`
	Technology string  `json:"technology,omitempty"`
}

// Thermals are temperatures in °C and fans in revolutions a minute.
type Thermals struct {
	Sensors []Sensor `json:"sensors"`
	Fans    []Fan    `json:"fans,omitempty"`
}

// Sensor is one temperature.
type Sensor struct {
	Name  string  `json:"name"`
	TempC float64 `json:"temp_c"`
	CritC float64 `json:"crit_c,omitempty"` // at which the part protects itself
}

// Fan is one fan.
type Fan struct {
	Name string `json:"name"`
	RPM  int    `json:"rpm"`
}

// GPUs are the graphics processors. They are not woken for this.
type GPUs struct {
	GPUs []GPU `json:"gpus"`
}

// GPU is one graphics processor.
type GPU struct {
	Name   string `json:"name"`
	Driver string `json:"driver,omitempty"`
	Bus    string `json:"bus,omitempty"`    // PCI address
	Memory uint64 `json:"memory,omitempty"` // bytes of its own
	Power  string `json:"power,omitempty"`  // active, suspended
}

// Monitors are the connected screens.
type Monitors struct {
	Monitors []Monitor `json:"monitors"`
}

// Monitor is one screen, as it describes itself.
type Monitor struct {
	Connector string `json:"connector"`
	Maker     string `json:"maker,omitempty"` // three letters
	Name      string `json:"name,omitempty"`
	Serial    string `json:"serial,omitempty"`
	Year      int    `json:"year,omitempty"` // of manufacture
	Width     int    `json:"width,omitempty"`
	Height    int    `json:"height,omitempty"`
	WidthCM   int    `json:"width_cm,omitempty"`
	HeightCM  int    `json:"height_cm,omitempty"`
}

// USB are the devices on the universal serial bus, without the machine's own hubs.
type USB struct {
	Devices []USBDevice `json:"devices"`
}

// USBDevice is one device.
type USBDevice struct {
	Port   string  `json:"port"`
	ID     string  `json:"id"` // vendor:product
	Name   string  `json:"name,omitempty"`
	Maker  string  `json:"maker,omitempty"`
	Class  string  `json:"class,omitempty"`
	Mbps   float64 `json:"mbps,omitempty"`
	Driver string  `json:"driver,omitempty"`
}

// Printers are the print queues and where they lead.
type Printers struct {
	Printers []Printer `json:"printers"`
}

// Printer is one queue.
type Printer struct {
	Name   string `json:"name"`
	Model  string `json:"model,omitempty"`
	Device string `json:"device,omitempty"` // URI
	State  string `json:"state,omitempty"`
	Jobs   int    `json:"jobs,omitempty"`
}

// Disks are the drives and their partitions.
type Disks struct {
	Disks []Disk `json:"disks"`
}

// Disk is one drive.
type Disk struct {
	Name      string      `json:"name"`
	Model     string      `json:"model,omitempty"`
	Bytes     uint64      `json:"bytes"`
	Kind      string      `json:"kind,omitempty"` // ssd, disk, optical
	Bus       string      `json:"bus,omitempty"`  // nvme, sata, usb, virtio, mmc
	Removable bool        `json:"removable,omitempty"`
	ReadOnly  bool        `json:"read_only,omitempty"`
	Parts     []Partition `json:"partitions,omitempty"`
}

// Partition is a part of a drive.
type Partition struct {
	Name  string `json:"name"`
	Bytes uint64 `json:"bytes"`
	Mount string `json:"mount,omitempty"`
}

// SMART is what the drives say about their own health.
type SMART struct {
	Drives []Drive `json:"drives"`
}

// Drive is one drive's opinion of itself.
type Drive struct {
	Device      string  `json:"device"`
	Model       string  `json:"model,omitempty"`
	Asleep      bool    `json:"asleep,omitempty"` // it was left asleep, so nothing is known
	Passed      *bool   `json:"passed,omitempty"` // nil: it does not say
	TempC       float64 `json:"temp_c,omitempty"`
	Hours       int     `json:"power_on_hours,omitempty"`
	WearPct     int     `json:"wear_percent,omitempty"` // of its rated life; SSDs only
	Reallocated int     `json:"reallocated_sectors,omitempty"`
	Pending     int     `json:"pending_sectors,omitempty"`
	MediaErrors int     `json:"media_errors,omitempty"`
	Problem     string  `json:"problem,omitempty"`
}

// Network is how the machine is set up to be connected: no rates, no answers.
type Network struct {
	Links     []Link   `json:"links"`
	Gateways  []string `json:"gateways,omitempty"`
	Resolvers []string `json:"resolvers,omitempty"`
	Domains   []string `json:"search_domains,omitempty"`
	Proxy     string   `json:"proxy,omitempty"`
}

// Link is one network interface.
type Link struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"` // wired, wireless, virtual
	MAC     string   `json:"mac,omitempty"`
	Up      bool     `json:"up"`
	Classes []string `json:"address_classes,omitempty"` // private IPv4, link-local IPv6, …
}

// Wireless are the Wi-Fi links that are up. What tells where somebody is when they are
// not at work is not among it: see Radio.
type Wireless struct {
	Radios []Radio `json:"radios"`
}

// Radio is one of them. The network's name and the access point's hardware address are
// there only where the network is known to be one for work: with them it can be looked
// up where in the world it stands.
type Radio struct {
	Name        string `json:"name"`    // the interface
	SignIn      string `json:"sign_in"` // account (802.1X), password, none
	Network     string `json:"network,omitempty"`
	AccessPoint string `json:"access_point,omitempty"`
	MHz         int    `json:"mhz,omitempty"`
	Channel     int    `json:"channel,omitempty"`
	SignalDBm   int    `json:"signal_dbm,omitempty"` // 0: not known
}

// How one signs in to a wireless network.
const (
	SignInAccount  = "account"  // each machine or person by itself (802.1X)
	SignInPassword = "password" // one for all
	SignInNone     = "none"
)

// Drivers are the kernel and what is loaded into it.
type Drivers struct {
	Kernel  string   `json:"kernel"`
	Tainted bool     `json:"tainted,omitempty"` // by a module that is not the kernel's own
	Modules []Module `json:"modules,omitempty"`
}

// Module is a loaded driver.
type Module struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// Software is what is installed.
type Software struct {
	Packages []Package `json:"packages"`
	Sources  []string  `json:"sources"`       // dpkg, rpm, snap, flatpak, registry, …
	Cut      int       `json:"cut,omitempty"` // so many more were left out
}

// Package is one installed program or package.
type Package struct {
	Name      string    `json:"name"`
	Version   string    `json:"version,omitempty"`
	Arch      string    `json:"arch,omitempty"`
	Publisher string    `json:"publisher,omitempty"`
	Source    string    `json:"source"`
	Installed time.Time `json:"installed,omitzero"` // or last updated
	Bytes     uint64    `json:"bytes,omitempty"`
	User      string    `json:"user,omitempty"` // installed for this account only
}

// Updates are those that wait, and whether a restart does.
type Updates struct {
	Source        string    `json:"source"`
	ListsAt       time.Time `json:"lists_at,omitzero"` // when the machine last asked what there is
	LastInstalled time.Time `json:"last_installed,omitzero"`
	Pending       []Update  `json:"pending"`
	RebootPending bool      `json:"reboot_pending,omitempty"`
	RebootFor     []string  `json:"reboot_for,omitempty"` // packages
}

// Update is one update that waits.
type Update struct {
	Name     string `json:"name"`
	From     string `json:"from,omitempty"`
	To       string `json:"to,omitempty"`
	Security bool   `json:"security,omitempty"`
}

// Startup is what starts by itself.
type Startup struct {
	Items []StartupItem `json:"items"`
}

// StartupItem is one thing that starts by itself.
type StartupItem struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"` // service, timer, socket, desktop, cron, registry, folder, agent, daemon
	Command string `json:"command,omitempty"`
	User    string `json:"user,omitempty"` // only for this account
	Where   string `json:"where,omitempty"`
	Off     bool   `json:"off,omitempty"` // it is there and switched off
}

// Sockets are those that wait for somebody.
type Sockets struct {
	Sockets []Socket `json:"sockets"`
	Cut     int      `json:"cut,omitempty"`
}

// Socket is one of them.
type Socket struct {
	Protocol string `json:"protocol"` // tcp, tcp6, udp, udp6
	Address  string `json:"address"`
	Port     int    `json:"port"`
	PID      int    `json:"pid,omitempty"` // 0: not known, or several
	Process  string `json:"process,omitempty"`
	User     string `json:"user,omitempty"`
	Local    bool   `json:"local,omitempty"` // reachable from this machine only
}

// Encryption says of every local file system and swap whether it is encrypted.
type Encryption struct {
	Volumes []Volume `json:"volumes"`
}

// Volume is one of them.
type Volume struct {
	Mount     string `json:"mount"` // or swap
	Device    string `json:"device,omitempty"`
	Encrypted bool   `json:"encrypted"`
	Kind      string `json:"kind,omitempty"` // LUKS2, plain, BitLocker, FileVault
}

// Firewall says which packet filters are there, and whether they have rules.
type Firewall struct {
	Filters []Filter `json:"filters"`
}

// Filter is one of them.
type Filter struct {
	Name   string `json:"name"` // nftables, iptables, ufw, firewalld, a Windows profile
	Active bool   `json:"active"`
	Rules  int    `json:"rules,omitempty"`
	Known  bool   `json:"rules_known,omitempty"` // false: rules could not be counted
}

// Antivirus are the known products that were found.
type Antivirus struct {
	Products []Product `json:"products"`
}

// Product is one of them.
type Product struct {
	Name       string    `json:"name"`
	Running    bool      `json:"running"`
	Signatures time.Time `json:"signatures,omitzero"` // when its patterns were last renewed
}

// Accounts are people's accounts on this machine.
type Accounts struct {
	Accounts []Account `json:"accounts"`
}

// Account is one of them.
type Account struct {
	Name       string    `json:"name"`
	UID        string    `json:"uid,omitempty"`
	Admin      bool      `json:"admin,omitempty"`
	LastSignIn time.Time `json:"last_sign_in,omitzero"`
	From       string    `json:"from,omitempty"` // terminal or machine of the last sign-in
}

// Boot says how long the last start took.
type Boot struct {
	BootedAt    time.Time `json:"booted_at,omitzero"`
	FirmwareMS  int64     `json:"firmware_ms,omitempty"`
	LoaderMS    int64     `json:"loader_ms,omitempty"`
	KernelMS    int64     `json:"kernel_ms,omitempty"`
	UserspaceMS int64     `json:"userspace_ms,omitempty"` // services, up to the sign-in
	FirstSignIn time.Time `json:"first_sign_in,omitzero"`
	SignInToMS  int64     `json:"sign_in_after_ms,omitempty"` // from the kernel's start
}

// Crashes are the last programs, or kernels, that broke.
type Crashes struct {
	Crashes []Crash `json:"crashes"` // newest first
}

// Crash is one of them.
type Crash struct {
	At      time.Time `json:"at"`
	Program string    `json:"program"`
	Kind    string    `json:"kind"` // coredump, report, kernel
	Detail  string    `json:"detail,omitempty"`
}
