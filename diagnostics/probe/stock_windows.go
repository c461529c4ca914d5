package probe

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/mem"
	gopsnet "github.com/shirou/gopsutil/v3/net"
	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readMachine reads the machine and its firmware from the registry, where the system
// puts them at each start: sizes in bytes. Cost: a millisecond. Deadline: 2 s.
func readMachine(ctx context.Context, _ root) (*inventory.Hardware, string, error) {
	const bios = `HARDWARE\DESCRIPTION\System\BIOS`
	h := &inventory.Hardware{
		Vendor: registryText(bios, "SystemManufacturer"), Model: registryText(bios, "SystemProductName"),
		Board:      strings.TrimSpace(registryText(bios, "BaseBoardManufacturer") + " " + registryText(bios, "BaseBoardProduct")),
		BIOSVendor: registryText(bios, "BIOSVendor"), BIOSVersion: registryText(bios, "BIOSVersion"), BIOSDate: registryText(bios, "BIOSReleaseDate"),
		CPU: strings.TrimSpace(registryText(`HARDWARE\DESCRIPTION\System\CentralProcessor\0`, "ProcessorNameString")),
	}
	h.CPUThreads = readHardware().cores
	if v, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		h.MemoryBytes = v.Total
	}
	return h, "The serial number and the memory modules are not read on Windows.", nil
}

// readDrivers reads the version of the kernel. Cost: two values. Deadline: 2 s.
func readDrivers(context.Context, root) (*inventory.Drivers, string, error) {
	return &inventory.Drivers{Kernel: readHardware().kernel}, "Single drivers are not read on Windows.", nil
}

// readSoftware reads the uninstall keys of the machine, in both views, and those of
// every account whose part of the registry is loaded: sizes in bytes. Never
// Win32_Product, which makes the installer check and repair every package. Cost: some
// 20 ms. Deadline: 20 s.
func readSoftware(ctx context.Context, _ root) (*inventory.Software, string, error) {
	s := &inventory.Software{Sources: []string{"registry"}}
	const path = `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall`
	for _, view := range []uint32{registry.WOW64_64KEY, registry.WOW64_32KEY} {
		for _, p := range uninstallKeys(ctx, registry.LOCAL_MACHINE, path, view, "") {
			if !slices.Contains(s.Packages, p) {
				s.Packages = append(s.Packages, p)
			}
		}
	}
	for _, sid := range loadedHives() {
		s.Packages = append(s.Packages, uninstallKeys(ctx, registry.USERS, sid+`\`+path, 0, accountOf(sid))...)
	}
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	trimSoftware(s)
	return s, "Apps from the Store, and those of accounts that are not signed in, are not read.", nil
}

func uninstallKeys(ctx context.Context, hive registry.Key, path string, view uint32, user string) []inventory.Package {
	var all []inventory.Package
	for _, name := range subKeys(hive, path, view) {
		if ctx.Err() != nil {
			break
		}
		text, numbers := valuesOf(hive, path+`\`+name, view)
		if p, ok := parseUninstall(text, numbers, user); ok {
			all = append(all, p)
		}
	}
	return all
}

func subKeys(hive registry.Key, path string, view uint32) []string {
	k, err := registry.OpenKey(hive, path, registry.ENUMERATE_SUB_KEYS|view)
	if err != nil {
		return nil
	}
	defer k.Close()
	names, _ := k.ReadSubKeyNames(10_000) // those that could be read
	return names
}

// valuesOf reads the texts and numbers of a key.
func valuesOf(hive registry.Key, path string, view uint32) (text map[string]string, numbers map[string]uint64) {
	text, numbers = map[string]string{}, map[string]uint64{}
	k, err := registry.OpenKey(hive, path, registry.QUERY_VALUE|view)
	if err != nil {
		return text, numbers
	}
	defer k.Close()
	names, _ := k.ReadValueNames(500) // those that could be read
	for _, name := range names {
		if v, _, err := k.GetStringValue(name); err == nil {
			text[name] = v
		} else if n, _, err := k.GetIntegerValue(name); err == nil {
			numbers[name] = n
		}
	}
	return text, numbers
}

// loadedHives are the accounts whose part of the registry is loaded: those that are
// signed in.
func loadedHives() []string {
	return slices.DeleteFunc(subKeys(registry.USERS, "", 0), func(sid string) bool {
		return !strings.HasPrefix(sid, "S-1-5-21-") || strings.HasSuffix(sid, "_Classes")
	})
}

func accountOf(sid string) string {
	s, err := windows.StringToSid(sid)
	if err != nil {
		return sid
	}
	name, _, _, err := s.LookupAccount("")
	if err != nil {
		return sid
	}
	return plainLine(name, 64)
}

// readUpdates reads whether a restart is needed. Cost: a few keys. Deadline: 30 s.
func readUpdates(context.Context, root) (*inventory.Updates, string, error) {
	return &inventory.Updates{Source: "Windows Update", Pending: []inventory.Update{}, RebootPending: rebootPending()},
		"Which updates wait is not read on Windows; whether a restart is needed is.", nil
}

// readStartup reads the Run keys of the machine and of who is signed in, the Startup
// folders, and services that start by themselves. Cost: some 20 ms. Deadline: 5 s.
func readStartup(ctx context.Context, _ root) (*inventory.Startup, string, error) {
	s := &inventory.Startup{Items: []inventory.StartupItem{}}
	keys := func(hive registry.Key, prefix, user string) {
		for _, path := range []string{`SOFTWARE\Microsoft\Windows\CurrentVersion\Run`, `SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce`, `SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Run`} {
			text, _ := valuesOf(hive, prefix+path, 0)
			for name, command := range text {
				s.Items = append(s.Items, inventory.StartupItem{Name: plainLine(name, 120), Kind: "registry", Command: plainLine(command, 200), User: user, Where: path})
			}
		}
	}
	keys(registry.LOCAL_MACHINE, "", "")
	for _, sid := range loadedHives() {
		keys(registry.USERS, sid+`\`, accountOf(sid))
	}
	const folder = `Microsoft\Windows\Start Menu\Programs\Startup\*`
	files, _ := filepath.Glob(filepath.Join(os.Getenv("ProgramData"), folder))                              // the pattern is well-formed
	own, _ := filepath.Glob(filepath.Join(os.Getenv("SystemDrive")+`\`, `Users\*\AppData\Roaming`, folder)) // likewise
	for _, file := range append(files, own...) {
		if name := filepath.Base(file); !strings.EqualFold(name, "desktop.ini") {
			s.Items = append(s.Items, inventory.StartupItem{Name: plainLine(name, 120), Kind: "folder", Where: plainLine(filepath.Dir(file), 200)})
		}
	}
	note := ""
	if services, _, err := readServices(ctx, true); err == nil {
		for _, one := range services.All {
			if one.Start == "automatic" {
				s.Items = append(s.Items, inventory.StartupItem{Name: one.Name, Kind: "service", Where: "services"})
			}
		}
	} else {
		note = "Services could not be listed: " + err.Error() + "."
	}
	slices.SortFunc(s.Items, func(a, b inventory.StartupItem) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.User, b.User))
	})
	s.Items = s.Items[:min(len(s.Items), 500)]
	return s, note, nil
}

// readSockets asks the IP Helper for the sockets that wait and whose they are. Cost:
// a few milliseconds, and a question for each process. Deadline: 5 s.
func readSockets(ctx context.Context, _ root) (*inventory.Sockets, string, error) {
	all, err := gopsnet.ConnectionsWithContext(ctx, "inet")
	if err != nil {
		return nil, "", err
	}
	s := &inventory.Sockets{Sockets: []inventory.Socket{}}
	names := map[int32]string{}
	for _, c := range all {
		tcp := c.Type == 1 // SOCK_STREAM
		if tcp && c.Status != "LISTEN" || !tcp && c.Raddr.Port != 0 {
			continue
		}
		if len(s.Sockets) == 1000 {
			s.Cut++
			continue
		}
		protocol := map[bool]string{true: "tcp", false: "udp"}[tcp]
		if strings.ContainsRune(c.Laddr.IP, ':') {
			protocol += "6"
		}
		if _, known := names[c.Pid]; !known {
			name, _ := (&process.Process{Pid: c.Pid}).NameWithContext(ctx) // ended meanwhile: it has none
			names[c.Pid] = plainLine(name, 64)
		}
		s.Sockets = append(s.Sockets, inventory.Socket{
			Protocol: protocol, Address: c.Laddr.IP, Port: int(c.Laddr.Port), PID: int(c.Pid), Process: names[c.Pid],
			Local: strings.HasPrefix(c.Laddr.IP, "127.") || c.Laddr.IP == "::1",
		})
	}
	slices.SortFunc(s.Sockets, func(a, b inventory.Socket) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), strings.Compare(a.Protocol, b.Protocol), strings.Compare(a.Address, b.Address))
	})
	return s, "", nil
}

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

// readBoot reads when the machine was started. Cost: one call. Deadline: 5 s.
func readBoot(ctx context.Context, _ root) (*inventory.Boot, string, error) {
	seconds, err := host.BootTimeWithContext(ctx)
	if err != nil {
		return nil, "", err
	}
	return &inventory.Boot{BootedAt: time.Unix(int64(seconds), 0).UTC()}, "How long the start and the sign-in took is not read on Windows.", nil
}

// powerStatus is SYSTEM_POWER_STATUS of winbase.h.
type powerStatus struct {
	ACLine, Flag, Percent, Saver byte
	LifeTime, FullLifeTime       uint32
}

var getPowerStatus = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetSystemPowerStatus")

func systemPower() (powerStatus, error) {
	var p powerStatus
	if ok, _, err := getPowerStatus.Call(uintptr(unsafe.Pointer(&p))); ok == 0 {
		return p, err
	}
	return p, nil
}

// readBattery reads the charge of all batteries together, in percent. Cost: one call.
// Deadline: 3 s.
func readBattery(context.Context, root) (*inventory.Battery, string, error) {
	p, err := systemPower()
	if err != nil {
		return nil, "", err
	}
	if p.Flag&128 != 0 || p.Percent > 100 { // no battery, or not known
		return nil, "", unsupported("This machine has no battery that Windows knows of.")
	}
	state := "discharging"
	if p.Flag&8 != 0 {
		state = "charging"
	} else if p.ACLine == 1 {
		state = "not charging"
	}
	return &inventory.Battery{OnMains: p.ACLine == 1, Batteries: []inventory.OneBattery{{Name: "all", State: state, ChargePct: float64(p.Percent)}}},
		"Health and cycles of the battery are not read on Windows (charge " + strconv.Itoa(int(p.Percent)) + " %).", nil
}

// OnBattery reports whether the machine runs on its battery now.
func OnBattery() bool {
	p, err := systemPower()
	return err == nil && p.ACLine == 0 && p.Flag&128 == 0 && p.Percent <= 100
}
