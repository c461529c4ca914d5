package browsertest

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/wire"
)

// Snapshot is the state of a plausible machine whose disk is full.
func Snapshot(hostname string) *diagnostics.Snapshot {
	now := time.Now().UTC()
	ok := diagnostics.StateOK
	return &diagnostics.Snapshot{
		Version: 1, TakenAt: now, TookMS: 1840,
		System: diagnostics.Section[diagnostics.System]{State: ok, Data: &diagnostics.System{
			Hostname: hostname, OS: "linux", Platform: "Debian GNU/Linux 12 (bookworm)", Kernel: "6.1.0-28-amd64", Arch: "amd64", Vendor: "LENOVO", Model: "ThinkPad T14 Gen 4",
			BootedAt: now.Add(-26 * time.Hour), TimeZone: "Europe/Berlin", Users: []diagnostics.Session{{User: "mara", Where: "tty2", Since: now.Add(-3 * time.Hour), Desktop: true}},
		}},
		CPU:    diagnostics.Section[diagnostics.CPU]{State: ok, Data: &diagnostics.CPU{Model: "AMD Ryzen 7 PRO 7840U", Cores: 16, BusyPercent: 38.4, IOWait: 12.1, Load1: 3.2, Load5: 2.8, Load15: 1.9, MaxTempC: 71}},
		Memory: diagnostics.Section[diagnostics.Memory]{State: ok, Data: &diagnostics.Memory{Total: 32 << 30, Available: 9 << 30, SwapTotal: 8 << 30, SwapUsed: 1 << 30}},
		Disks: diagnostics.Section[diagnostics.Disks]{State: ok, Data: &diagnostics.Disks{FileSystems: []diagnostics.FileSystem{
			{Mount: "/", Device: "/dev/nvme0n1p2", Type: "ext4", Total: 256e9, Free: 3e8, UsedPct: 99.9},
			{Mount: "/home", Device: "/dev/nvme0n1p3", Type: "ext4", Total: 700e9, Free: 420e9, UsedPct: 40},
			{Mount: "/srv/projects", Device: "files:/projects", Type: "nfs4", Network: true, NoAnswer: true},
		}, Devices: []diagnostics.Device{{Name: "nvme0n1", Model: "SAMSUNG MZVL21T0", BusyPct: 34, ReadBps: 2.4e6, WriteBps: 8.9e6, WriteAwait: 3.1}}}},
		Network: diagnostics.Section[diagnostics.Network]{State: ok, Data: &diagnostics.Network{
			Interfaces: []diagnostics.Interface{{Name: "wlp2s0", Up: true, Carrier: true, Wireless: true, SignalDBm: -58, SpeedMbps: 866, Addresses: []string{"10.0.4.17/24", "fe80::1c2e/64"}, RxBytes: 81e9, TxBytes: 9e9}, {Name: "enp1s0f0", Up: true, MAC: "54:05:db:aa:bb:cc"}},
			Gateways:   []diagnostics.Gateway{{Address: "10.0.4.1", Interface: "wlp2s0", Asked: true, Answers: true, RTTms: 2.2}},
			Resolvers:  []diagnostics.Resolver{{Address: "10.0.0.2", Name: "help.example.com", RCode: "SERVFAIL", RTTms: 2000, Problem: "SERVFAIL after 2.0 s, 3 of 3"}, {Address: "10.0.0.3", Name: "help.example.com", Answers: true, RCode: "NOERROR", RTTms: 14}},
			Server:     &diagnostics.ServerPath{Address: "help.example.com:443", Connected: true, TCPms: 8},
		}},
		Processes: diagnostics.Section[diagnostics.Processes]{State: ok, Data: Processes(1)},
		Services:  diagnostics.Section[diagnostics.Services]{State: ok, Data: Services(false)},
		Log:       diagnostics.Section[diagnostics.Log]{State: diagnostics.StateTimeout, Note: "No answer in 2 s."},
	}
}

// Processes are the heaviest processes of a plausible machine.
func Processes(n int) *diagnostics.Processes {
	at := time.Now().UTC().Add(-3 * time.Hour)
	return &diagnostics.Processes{Total: 311 + n, Running: 3, Top: []diagnostics.Process{
		{PID: 4312, Name: "ffmpeg", User: "mara", CPUPct: 214 + float64(n), RSS: 1_240e6, Started: at, Command: "ffmpeg -i meeting.mkv -c:v libx264 -preset slow out.mp4"},
		{PID: 2210, Name: "firefox-esr", User: "mara", CPUPct: 18.2, RSS: 2_810e6, Started: at, Command: "/usr/lib/firefox-esr/firefox-esr"},
		{PID: 1809, Name: "gnome-shell", User: "mara", CPUPct: 4.1, RSS: 412e6, Started: at, Command: "/usr/bin/gnome-shell"},
		{PID: 912, Name: "deskbell-agent", User: "root", CPUPct: 0.1, RSS: 12e6, Started: at, Command: "/usr/bin/deskbell-agent run"},
	}}
}

// Services are the services of a plausible machine, one of which has failed.
func Services(all bool) *diagnostics.Services {
	s := &diagnostics.Services{Manager: "systemd", Total: 142, Running: 61, Failed: []diagnostics.Service{{Name: "cups.service", Description: "CUPS Scheduler", State: "failed", Start: "automatic", Detail: "exit-code 1"}}}
	if all {
		s.All = []diagnostics.Service{{Name: "NetworkManager.service", Description: "Network Manager", State: "running", Start: "automatic"}, {Name: "ssh.service", Description: "OpenBSD Secure Shell server", State: "stopped", Start: "disabled"}}
	}
	return s
}

// Findings are what is wrong with that machine.
func Findings() []diagnostics.Finding {
	return []diagnostics.Finding{
		{Code: "disk.full", Severity: diagnostics.Critical, Sentence: "Your disk is full (0.3 of 256 GB free).", Detail: "/ (ext4, /dev/nvme0n1p2): 0.3 of 256 GB free, 99.9 % used", Evidence: []diagnostics.Evidence{{Section: diagnostics.SectionDisks, What: "free on /", Value: "0.3 of 256 GB"}, {Section: diagnostics.SectionDisks, What: "used", Value: "99.9 %"}}, Advice: "Empty the wastebasket, then delete or move large files you do not need."},
		{Code: "names.down", Severity: diagnostics.Warning, Sentence: "A name service of your network does not answer.", Detail: "resolver 10.0.0.2: SERVFAIL after 2.0 s, 3 of 3", Evidence: []diagnostics.Evidence{{Section: diagnostics.SectionNetwork, What: "resolver 10.0.0.2", Value: "SERVFAIL"}}},
		{Code: "service.failed", Severity: diagnostics.Info, Sentence: "A service of this computer has stopped with an error.", Detail: "cups.service: failed, exit-code 1", CausedBy: "disk.full"},
	}
}

// Inventory is what that machine is made of.
func Inventory(hostname string) wire.Inventory {
	return wire.Inventory{Hash: "inventory-1", System: *Snapshot(hostname).System.Data, Agent: "deskbell-agent/1.0.0 linux/amd64", Address: "10.0.4.17", CPUModel: "AMD Ryzen 7 PRO 7840U", Cores: 16, Memory: 32 << 30, Disk: 1_024e9}
}

// Answers answers what a machine is asked: the parts, in order.
func Answers(a wire.Ask) []any {
	switch a.Kind {
	case wire.AskSnapshot:
		s := *Snapshot("PC-17")
		half := s
		half.Services = diagnostics.Section[diagnostics.Services]{}
		half.Log = diagnostics.Section[diagnostics.Log]{}
		return []any{
			wire.SnapshotPart{Snapshot: half, Pending: []string{"services", "log"}},
			wire.SnapshotPart{Snapshot: s, Findings: Findings()},
		}
	case wire.AskProcesses:
		return []any{Processes(1), Processes(2), Processes(3)}
	case wire.AskServices:
		return []any{Services(true)}
	case wire.AskLog:
		at := time.Now().UTC().Add(-5 * time.Minute)
		return []any{diagnostics.Log{Source: "journal", Entries: []diagnostics.LogEntry{
			{At: at, Level: "info", Unit: "systemd", Message: "Started Session 4 of User mara."},
			{At: at.Add(time.Minute), Level: "warning", Unit: "NetworkManager", Message: "dhcp4 (wlp2s0): request timed out"},
			{At: at.Add(2 * time.Minute), Level: "error", Unit: "cups", Message: "Unable to write spool file: No space left on device"},
		}}}
	case wire.AskDisk:
		return []any{wire.DiskPart{FileSystems: Snapshot("").Disks.Data.FileSystems, Path: "/var", Entries: []wire.DirEntry{{Name: "log", Bytes: 91e9, Files: 1204, Dir: true}, {Name: "lib", Bytes: 22e9, Files: 88231, Dir: true}, {Name: "core.4312", Bytes: 4e9, Files: 1}}}}
	case wire.AskInventory:
		software := inventory.Inventory{Version: inventory.Version, TakenAt: time.Now(), OS: "linux"}
		software.Software = inventory.Section[inventory.Software]{State: diagnostics.StateOK, ReadAt: time.Now(), Data: &inventory.Software{Sources: []string{"dpkg"}, Packages: []inventory.Package{
			{Name: "firefox-esr", Version: "128.14.0esr-1", Arch: "amd64", Source: "dpkg", Installed: time.Now().AddDate(0, 0, -2), Bytes: 231e6},
			{Name: "openvpn", Version: "2.6.3-1", Arch: "amd64", Source: "dpkg", Installed: time.Now().AddDate(0, -3, 0), Bytes: 2e6},
		}}}
		updates := inventory.Inventory{Version: inventory.Version, TakenAt: time.Now(), OS: "linux"}
		updates.Updates = inventory.Section[inventory.Updates]{State: diagnostics.StateUnsupported, Note: "Updates that wait are read from apt only, and this system has none."}
		return []any{software, updates}
	case wire.AskChanges:
		return []any{Changes(time.Now())}
	case wire.AskPing:
		var parts []any
		for i := range 4 {
			parts = append(parts, wire.PingPart{Address: "10.0.4.1", Seq: i + 1, Answered: i != 2, RTT: time.Duration(2+i) * time.Millisecond, Sent: i + 1, Received: i + 1})
		}
		return parts
	case wire.AskPath:
		return []any{Path()}
	case wire.AskPortal:
		return []any{wire.PortalPart{State: wire.PortalCaptive, Asked: "http://help.example.com:80/", Status: 302, Leads: "https://wifi.example.net/login", Server: "help.example.com:443", Problem: "with encryption: no answer"}}
	case wire.AskProxy:
		return []any{wire.ProxyPart{
			URL: "https://intranet.example.com/",
			Ways: []wire.ProxyWay{
				{By: "agent", State: wire.ProxyDirect},
				{Whose: "mara", By: "gnome", State: wire.ProxyThrough, Proxy: "http://proxy.example.com:3128"},
			},
			Settings: []wire.ProxySetting{
				{Whose: "mara", By: "gnome", From: "/home/mara/.config/dconf/user", Name: "mode", Value: "manual"},
				{Whose: "mara", By: "gnome", From: "/home/mara/.config/dconf/user", Name: "https/host", Value: "proxy.example.com"},
			},
			Proxies: []wire.ProxyTry{{Proxy: "http://proxy.example.com:3128", Asked: "CONNECT intranet.example.com:443", Open: true, Status: 407, SignIn: []string{"Negotiate", "Basic"}, Connect: 4 * time.Millisecond, Answer: 11 * time.Millisecond}},
			Scripts: []wire.ProxyScript{{Address: "http://wpad/wpad.dat", Problem: "name not found"}},
		}}
	case wire.AskSpeed:
		delay := func(n, ms int) wire.SpeedDelay {
			return wire.SpeedDelay{Samples: n, P50: time.Duration(ms) * time.Millisecond, P95: time.Duration(ms+ms/2) * time.Millisecond}
		}
		return []any{wire.SpeedPart{
			Phase: wire.SpeedDone, Server: "help.example.com:443", Idle: delay(15, 18),
			Down: &wire.SpeedWay{BitsPerSecond: 94.2e6, Bytes: wire.SpeedBytes, Took: 5700 * time.Millisecond, Limit: wire.SpeedByBytes, Busy: delay(31, 240)},
			Up:   &wire.SpeedWay{BitsPerSecond: 11.3e6, Bytes: 8_500_000, Took: 6 * time.Second, Limit: wire.SpeedByTime, Busy: delay(24, 190)},
		}}
	case wire.AskDNS:
		return []any{wire.DNSPart{Server: "10.0.0.2", Problem: "SERVFAIL after 2.0 s, 3 of 3"}, wire.DNSPart{Server: "10.0.0.3", RCode: "NOERROR", Answers: []string{"A 203.0.113.10"}, RTT: 14 * time.Millisecond}, wire.DNSPart{Server: "10.9.0.2", RCode: "NOERROR", Answers: []string{"A 198.51.100.66"}, RTT: 31 * time.Millisecond}}
	case wire.AskTCP:
		return []any{wire.TCPPart{Address: "203.0.113.10:445", Open: true, Lookup: 9 * time.Millisecond, Connect: 21 * time.Millisecond}}
	case wire.AskHTTP:
		return []any{wire.HTTPPart{Status: 200, FinalURL: "https://intranet.example.com/home", Redirects: 1, Lookup: 9 * time.Millisecond, Connect: 21 * time.Millisecond, TLS: 34 * time.Millisecond, FirstByte: 120 * time.Millisecond, Total: 190 * time.Millisecond}}
	case wire.AskTLS:
		now := time.Now()
		leaf := wire.Certificate{
			Subject: "CN=mail.example.com", Issuer: "CN=Example Issuing CA 3,O=Example Ltd", Names: []string{"mail.example.com", "imap.example.com"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(0, 0, 9).Add(time.Hour),
			Key: "RSA 2048", Signature: "SHA256-RSA", SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		}
		middle := wire.Certificate{Subject: leaf.Issuer, Issuer: "CN=Example Root,O=Example Ltd", NotBefore: now.AddDate(-2, 0, 0), NotAfter: now.AddDate(6, 0, 0), Key: "ECDSA P-384", Signature: "ECDSA-SHA384", Authority: true, SHA256: "a1"}
		root := wire.Certificate{Subject: middle.Issuer, Issuer: middle.Issuer, NotBefore: now.AddDate(-9, 0, 0), NotAfter: now.AddDate(11, 0, 0), Key: "RSA 4096", Signature: "SHA256-RSA", Authority: true, SHA256: "b2"}
		stray := wire.Certificate{Subject: "CN=Old CA,O=Example Ltd", Issuer: "CN=Old CA,O=Example Ltd", NotBefore: now.AddDate(-9, 0, 0), NotAfter: now.AddDate(0, 0, -60), Key: "RSA 1024", Weak: "the key is shorter than 2048 bits", Authority: true, SHA256: "c3"}
		return []any{wire.TLSPart{
			Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Protocol: "http/1.1", Trusted: true, Connect: 20 * time.Millisecond, TLS: 40 * time.Millisecond,
			Chain: []wire.Certificate{leaf, middle, stray}, Built: []wire.Certificate{leaf, middle, root}, Signer: wire.SignerPrivate, Stapled: wire.StapledNone,
		}}
	}
	return nil
}

// Path is a way on which packets are lost between the second and the third router.
func Path() wire.PathPart {
	at := func(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
	return wire.PathPart{Address: "203.0.113.10", Method: "icmp", Round: 10, Rounds: 10, Hops: []wire.PathHop{
		{TTL: 1, Addresses: []string{"10.0.4.1"}, Name: "gateway.example.com", Sent: 10, Received: 10, Last: at(2), Best: at(1.4), Mean: at(2.1), Worst: at(4)},
		{TTL: 2, Sent: 10},
		{TTL: 3, Addresses: []string{"198.51.100.7", "198.51.100.9"}, Name: "edge7.provider.example.net", Sent: 10, Received: 7, Last: at(12), Best: at(11), Mean: at(14), Worst: at(31)},
		{TTL: 4, Addresses: []string{"203.0.113.10"}, Name: "intranet.example.com", Sent: 10, Received: 7, Last: at(19), Best: at(18), Mean: at(22), Worst: at(40), End: true},
	}}
}

// Changes is what has changed on that machine lately.
func Changes(now time.Time) inventory.Changes {
	at := func(ago time.Duration) time.Time { return now.Add(-ago).UTC().Truncate(time.Minute) }
	return inventory.Changes{
		Version: inventory.Version, MadeAt: now.UTC(), Since: at(60 * 24 * time.Hour), Healthy: at(26 * time.Hour),
		Changes: []inventory.Change{
			{At: at(2 * time.Hour), After: at(3 * time.Hour), Kind: inventory.KindNetwork, Did: "changed", What: "name services", From: "10.0.0.2", To: "10.0.0.3"},
			{At: at(4 * time.Hour), After: at(5 * time.Hour), Kind: inventory.KindService, Did: "removed", What: "cups", From: "on"},
			{At: at(6 * 24 * time.Hour), After: at(7 * 24 * time.Hour), Kind: inventory.KindSoftware, Did: "changed", What: "firefox-esr", From: "128.13.0esr-1", To: "128.14.0esr-1"},
			{At: at(6 * 24 * time.Hour), After: at(7 * 24 * time.Hour), Kind: inventory.KindDriver, Did: "changed", What: "kernel", From: "6.1.0-27-amd64", To: "6.1.0-28-amd64"},
		},
		Differs: []inventory.Difference{{What: "used on /", Then: "71.0 %", Now: "99.9 %"}, {What: "services that have failed", Then: "none", Now: "cups.service"}},
	}
}
