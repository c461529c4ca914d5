package inventory

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// facts is a table of two columns, without what is not known.
func facts(pairs ...string) Table {
	t := Table{Columns: []string{"What", "Value"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			t.Rows = append(t.Rows, []string{pairs[i], pairs[i+1]})
		}
	}
	return t
}

func table[T any](rows []T, row func(T) []string, columns ...string) Table {
	t := Table{Columns: columns}
	for _, r := range rows {
		t.Rows = append(t.Rows, row(r))
	}
	return t
}

func yes(b bool, word string) string {
	if b {
		return word
	}
	return ""
}

func number[N int | int64 | uint64](n N, unit string) string {
	if n == 0 {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", n, unit))
}

func bytes(n uint64) string {
	switch {
	case n == 0:
		return ""
	case n >= 1e12:
		return fmt.Sprintf("%.1f TB", float64(n)/1e12)
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.0f kB", float64(n)/1e3)
}

func percent(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64) + " %"
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02")
}

func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

func millis(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f s", float64(n)/1000)
}

// Table shows the hardware.
func (h *Hardware) Table() Table {
	t := facts("Maker", h.Vendor, "Model", h.Model, "Serial number", h.Serial, "Kind", h.Chassis, "Board", h.Board,
		"Firmware", strings.TrimSpace(h.BIOSVendor+" "+h.BIOSVersion), "Firmware's date", h.BIOSDate, "Starts through", map[bool]string{true: "UEFI"}[h.UEFI],
		"Secure boot", h.SecureBoot, "TPM", h.TPM, "Processor", h.CPU, "Sockets", number(h.CPUSockets, ""), "Cores", number(h.CPUCores, ""),
		"Threads", number(h.CPUThreads, ""), "Fastest clock", number(h.CPUMaxMHz, "MHz"), "Memory", bytes(h.MemoryBytes))
	for _, m := range h.MemoryModule {
		t.Rows = append(t.Rows, []string{"Module " + m.Slot, strings.Join(strings.Fields(strings.Join([]string{bytes(m.Bytes), m.Type, number(m.MTs, "MT/s"), m.Maker, m.Part}, " ")), " ")})
	}
	return t
}

// Table shows the batteries.
func (b *Battery) Table() Table {
	return table(b.Batteries, func(o OneBattery) []string {
		return []string{o.Name, o.State, percent(o.ChargePct), percent(o.HealthPct), number(o.Cycles, ""), strings.TrimSpace(o.Model + " " + o.Technology)}
	}, "Battery", "State", "Charge", "Health", "Cycles", "Model")
}

// Table shows the temperatures and fans.
func (s *Thermals) Table() Table {
	t := table(s.Sensors, func(o Sensor) []string {
		limit := ""
		if o.CritC > 0 {
			limit = fmt.Sprintf("%g °C", o.CritC)
		}
		return []string{o.Name, fmt.Sprintf("%g °C", o.TempC), limit}
	}, "Sensor", "Now", "Limit")
	for _, f := range s.Fans {
		t.Rows = append(t.Rows, []string{f.Name, fmt.Sprintf("%d rpm", f.RPM), ""})
	}
	return t
}

// Table shows the graphics processors.
func (g *GPUs) Table() Table {
	return table(g.GPUs, func(o GPU) []string { return []string{o.Name, o.Driver, bytes(o.Memory), o.Power, o.Bus} }, "Graphics", "Driver", "Memory", "Power", "Bus")
}

// Table shows the screens.
func (m *Monitors) Table() Table {
	return table(m.Monitors, func(o Monitor) []string {
		size, cm := "", ""
		if o.Width > 0 {
			size = fmt.Sprintf("%d × %d", o.Width, o.Height)
		}
		if o.WidthCM > 0 {
			cm = fmt.Sprintf("%d × %d cm", o.WidthCM, o.HeightCM)
		}
		return []string{o.Connector, strings.TrimSpace(o.Maker + " " + o.Name), size, cm, number(o.Year, ""), o.Serial}
	}, "Connector", "Screen", "Pixels", "Size", "Year", "Serial number")
}

// Table shows the devices.
func (u *USB) Table() Table {
	return table(u.Devices, func(o USBDevice) []string {
		rate := ""
		if o.Mbps > 0 {
			rate = fmt.Sprintf("%g Mbit/s", o.Mbps)
		}
		return []string{strings.TrimSpace(o.Maker + " " + o.Name), o.ID, o.Class, rate, o.Driver, o.Port}
	}, "Device", "Number", "Class", "Speed", "Driver", "Port")
}

// Table shows the queues.
func (p *Printers) Table() Table {
	return table(p.Printers, func(o Printer) []string {
		return []string{o.Name, o.Model, o.State, number(o.Jobs, ""), o.Device}
	}, "Printer", "Model", "State", "Jobs", "Device")
}

// Table shows the drives and their partitions.
func (d *Disks) Table() Table {
	t := Table{Columns: []string{"Disk", "Size", "Kind", "Bus", "Model or mount"}}
	for _, o := range d.Disks {
		kind := strings.Join(strings.Fields(o.Kind+" "+yes(o.Removable, "removable")+" "+yes(o.ReadOnly, "read-only")), ", ")
		t.Rows = append(t.Rows, []string{o.Name, bytes(o.Bytes), kind, o.Bus, o.Model})
		for _, p := range o.Parts {
			t.Rows = append(t.Rows, []string{p.Name, bytes(p.Bytes), "partition", "", p.Mount})
		}
	}
	return t
}

// Table shows the drives' health.
func (s *SMART) Table() Table {
	return table(s.Drives, func(o Drive) []string {
		verdict := "does not say"
		switch {
		case o.Problem != "":
			verdict = o.Problem
		case o.Asleep:
			verdict = "asleep, and left so"
		case o.Passed != nil && *o.Passed:
			verdict = "healthy"
		case o.Passed != nil:
			verdict = "failing"
		}
		temp := ""
		if o.TempC > 0 {
			temp = fmt.Sprintf("%g °C", o.TempC)
		}
		return []string{o.Device, o.Model, verdict, temp, number(o.Hours, "h"), number(o.WearPct, "%"), number(o.Reallocated+o.Pending+o.MediaErrors, "")}
	}, "Drive", "Model", "Health", "Temperature", "Running for", "Worn", "Bad sectors")
}

// Table shows the Wi-Fi links.
func (w *Wireless) Table() Table {
	return table(w.Radios, func(o Radio) []string {
		network, place := o.Network, o.AccessPoint
		if place == "" {
			network, place = "kept to itself", "kept to itself"
		}
		channel, signal := number(o.Channel, ""), ""
		if o.MHz > 0 {
			channel = strings.TrimSpace(channel + fmt.Sprintf(" (%d MHz)", o.MHz))
		}
		if o.SignalDBm < 0 {
			signal = fmt.Sprintf("−%d dBm", -o.SignalDBm)
		}
		return []string{o.Name, network, place, o.SignIn, channel, signal}
	}, "Link", "Network", "Access point", "Sign-in", "Channel", "Signal")
}

// Table shows the set-up of the network.
func (n *Network) Table() Table {
	t := Table{Columns: []string{"What", "Value"}}
	for _, l := range n.Links {
		state := "down"
		if l.Up {
			state = "up"
		}
		t.Rows = append(t.Rows, []string{l.Name, strings.TrimSuffix(strings.Join([]string{l.Kind, state, l.MAC, strings.Join(l.Classes, ", ")}, "; "), "; ")})
	}
	rest := facts("Gateways", strings.Join(n.Gateways, ", "), "Name services", strings.Join(n.Resolvers, ", "), "Search domains", strings.Join(n.Domains, ", "), "Proxy", n.Proxy)
	t.Rows = append(t.Rows, rest.Rows...)
	return t
}

// Table shows the kernel and what is loaded.
func (d *Drivers) Table() Table {
	t := Table{Columns: []string{"Driver", "Version"}, Rows: [][]string{{"Kernel" + yes(d.Tainted, " (with modules of others)"), d.Kernel}}}
	for _, m := range d.Modules {
		t.Rows = append(t.Rows, []string{m.Name, m.Version})
	}
	return t
}

// Table shows the packages.
func (s *Software) Table() Table {
	return table(s.Packages, func(o Package) []string {
		return []string{o.Name, o.Version, o.Source + yes(o.User != "", " of "+o.User), day(o.Installed), bytes(o.Bytes), o.Publisher}
	}, "Software", "Version", "From", "Installed or updated", "Size", "Publisher")
}

// Table shows the updates that wait.
func (u *Updates) Table() Table {
	t := table(u.Pending, func(o Update) []string {
		return []string{o.Name, o.From, o.To, yes(o.Security, "security")}
	}, "Update", "Installed", "Available", "Kind")
	t.Rows = append(t.Rows, []string{"Lists of " + u.Source, "", "", "from " + minute(u.ListsAt)})
	if u.RebootPending {
		t.Rows = append(t.Rows, []string{"A restart is needed", "", "", strings.Join(u.RebootFor, ", ")})
	}
	return t
}

// Table shows what starts by itself.
func (s *Startup) Table() Table {
	return table(s.Items, func(o StartupItem) []string {
		return []string{o.Name, o.Kind, yes(o.Off, "off"), o.User, o.Command, o.Where}
	}, "Item", "Kind", "State", "Account", "Command", "Where")
}

// Table shows the sockets.
func (s *Sockets) Table() Table {
	return table(s.Sockets, func(o Socket) []string {
		return []string{o.Protocol + " " + strconv.Itoa(o.Port), o.Address, o.Process, number(o.PID, ""), o.User, yes(o.Local, "this machine only")}
	}, "Port", "Address", "Process", "Number", "Account", "Reach")
}

// Table shows the volumes.
func (e *Encryption) Table() Table {
	return table(e.Volumes, func(o Volume) []string {
		return []string{o.Mount, map[bool]string{true: "encrypted", false: "not encrypted"}[o.Encrypted], o.Kind, o.Device}
	}, "Volume", "State", "Kind", "Device")
}

// Table shows the filters.
func (f *Firewall) Table() Table {
	return table(f.Filters, func(o Filter) []string {
		rules := "not known"
		if o.Known {
			rules = strconv.Itoa(o.Rules)
		}
		return []string{o.Name, map[bool]string{true: "active", false: "not active"}[o.Active], rules}
	}, "Firewall", "State", "Rules")
}

// Table shows the products.
func (a *Antivirus) Table() Table {
	return table(a.Products, func(o Product) []string {
		return []string{o.Name, map[bool]string{true: "running", false: "not running"}[o.Running], minute(o.Signatures)}
	}, "Product", "State", "Patterns of")
}

// Table shows the accounts.
func (a *Accounts) Table() Table {
	return table(a.Accounts, func(o Account) []string {
		return []string{o.Name, yes(o.Admin, "administrator"), minute(o.LastSignIn), o.From}
	}, "Account", "Rights", "Last sign-in", "At")
}

// Table shows how the last start went.
func (b *Boot) Table() Table {
	return facts("Started", minute(b.BootedAt), "Firmware took", millis(b.FirmwareMS), "Boot loader took", millis(b.LoaderMS),
		"Kernel took", millis(b.KernelMS), "Services took", millis(b.UserspaceMS), "First sign-in", minute(b.FirstSignIn), "First sign-in after", millis(b.SignInToMS))
}

// Table shows the crashes.
func (c *Crashes) Table() Table {
	return table(c.Crashes, func(o Crash) []string { return []string{o.Program, minute(o.At), o.Kind, o.Detail} }, "Program", "When", "Kind", "Detail")
}
