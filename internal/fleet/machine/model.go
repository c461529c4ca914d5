package machine

import "time"

// The forms of machines, as they stand in names.
const (
	Laptop      = "LT"
	Desktop     = "DT"
	Workstation = "WS"
	Server      = "SV"
	Virtual     = "VM"
)

// model is what many machines have in common.
type model struct {
	weight    float64 // how common it is
	form      string
	os        string // GOOS
	arch      string
	platform  string
	kernel    string
	vendor    string
	name      string
	cpu       string
	cores     int
	memory    uint64
	disk      uint64
	load      float64 // usual share of the processor at work
	processes int
	uptime    time.Duration // at most, of a machine whose owner restarts it
	zone      int64         // seconds east of Greenwich
	zoneName  string
}

const (
	gib = 1 << 30
	gb  = 1_000_000_000
	day = 24 * time.Hour
)

var models = []model{
	{28, Laptop, "windows", "amd64", "Microsoft Windows 11 Pro", "10.0.26100.4652 Build 26100.4652", "HP", "HP EliteBook 840 G10", "13th Gen Intel(R) Core(TM) i5-1345U", 12, 16 * gib, 511 * gb, 22, 260, 9 * day, 3600, "CET"},
	{22, Laptop, "windows", "amd64", "Microsoft Windows 11 Enterprise", "10.0.22631.5472 Build 22631.5472", "Dell Inc.", "Latitude 7440", "13th Gen Intel(R) Core(TM) i7-1365U", 12, 32 * gib, 1000 * gb, 18, 245, 12 * day, 3600, "CET"},
	{14, Desktop, "windows", "amd64", "Microsoft Windows 11 Pro", "10.0.26100.4652 Build 26100.4652", "HP", "HP ProDesk 400 G9 SFF", "12th Gen Intel(R) Core(TM) i3-12100", 8, 8 * gib, 256 * gb, 26, 190, 20 * day, 3600, "CET"},
	{10, Laptop, "linux", "amd64", "Ubuntu 24.04.2 LTS", "6.8.0-64-generic", "LENOVO", "ThinkPad T14s Gen 4", "AMD Ryzen 7 PRO 7840U", 16, 32 * gib, 1024 * gb, 14, 340, 14 * day, 3600, "Europe/Berlin"},
	{9, Laptop, "darwin", "arm64", "macOS 15.5", "24.5.0", "Apple Inc.", "MacBook Pro (14-inch, Nov 2023)", "Apple M3 Pro", 11, 18 * gib, 494 * gb, 12, 420, 25 * day, 3600, "Europe/Berlin"},
	{6, Workstation, "linux", "amd64", "Debian GNU/Linux 12 (bookworm)", "6.1.0-37-amd64", "Dell Inc.", "Precision 3660", "13th Gen Intel(R) Core(TM) i7-13700", 24, 64 * gib, 2000 * gb, 30, 310, 30 * day, 3600, "Europe/Berlin"},
	{6, Server, "linux", "amd64", "Debian GNU/Linux 12 (bookworm)", "6.1.0-37-amd64", "Dell Inc.", "PowerEdge R650", "Intel(R) Xeon(R) Silver 4314 CPU @ 2.40GHz", 32, 128 * gib, 3840 * gb, 24, 410, 40 * day, 3600, "Europe/Berlin"},
	{5, Virtual, "linux", "amd64", "Debian GNU/Linux 12 (bookworm)", "6.1.0-37-cloud-amd64", "QEMU", "Standard PC (Q35 + ICH9, 2009)", "AMD EPYC 7713 64-Core Processor", 4, 8 * gib, 64 * gb, 16, 130, 40 * day, 3600, "UTC"},
}

// pickModel chooses by weight; roll is in [0, 1).
func pickModel(roll float64) *model {
	var all float64
	for i := range models {
		all += models[i].weight
	}
	at := roll * all
	for i := range models {
		if at -= models[i].weight; at < 0 {
			return &models[i]
		}
	}
	return &models[0]
}
