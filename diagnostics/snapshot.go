package diagnostics

import "time"

// SnapshotVersion is the version of Snapshot's JSON form. Readers ignore fields
// they do not know; the number changes only when a field changes its meaning.
const SnapshotVersion = 1

// Snapshot is the state of an endpoint at one moment. A section is always there,
// with its State saying whether it could be read: what is missing is named.
type Snapshot struct {
	Version int       `json:"version"`
	TakenAt time.Time `json:"taken_at"` // by the endpoint's clock
	TookMS  int64     `json:"took_ms"`  // from the first collector's start to the last one's end

	System    Section[System]    `json:"system"`
	CPU       Section[CPU]       `json:"cpu"`
	Memory    Section[Memory]    `json:"memory"`
	Disks     Section[Disks]     `json:"disks"`
	Network   Section[Network]   `json:"network"`
	Processes Section[Processes] `json:"processes"`
	Services  Section[Services]  `json:"services"`
	Log       Section[Log]       `json:"log"`
}

// SectionName names one section of a Snapshot, as in its JSON form.
type SectionName string

// The sections, in the order in which people read them.
const (
	SectionSystem    SectionName = "system"
	SectionCPU       SectionName = "cpu"
	SectionMemory    SectionName = "memory"
	SectionDisks     SectionName = "disks"
	SectionNetwork   SectionName = "network"
	SectionProcesses SectionName = "processes"
	SectionServices  SectionName = "services"
	SectionLog       SectionName = "log"
)

// SectionNames lists every section in reading order.
func SectionNames() []SectionName {
	return []SectionName{
		SectionSystem, SectionCPU, SectionMemory, SectionDisks,
		SectionNetwork, SectionProcesses, SectionServices, SectionLog,
	}
}

// SectionState says what became of a section.
type SectionState string

// The states of a section.
const (
	StateOK          SectionState = "ok"
	StatePartial     SectionState = "partial"     // Data is there, Note says what it lacks
	StateTimeout     SectionState = "timeout"     // the collector did not answer in time and was given up
	StateFailed      SectionState = "failed"      // Note says why
	StateUnsupported SectionState = "unsupported" // this system has no such reading
	StateRemoved     SectionState = "removed"     // the employee took it out before sending
	StateMissing     SectionState = ""            // not asked for
)

// Section is one part of a snapshot and how it was come by.
type Section[T any] struct {
	State  SectionState `json:"state"`
	TookMS int64        `json:"took_ms,omitempty"`
	Note   string       `json:"note,omitempty"` // one sentence for a person, when State is not ok
	Data   *T           `json:"data,omitempty"` // nil unless State is ok or partial
}

// SectionInfo is what a section is, apart from its data.
type SectionInfo struct {
	Name   SectionName
	State  SectionState
	TookMS int64
	Note   string
	Data   any // *System, *CPU, …; nil when there is none
}

func info[T any](name SectionName, s Section[T]) SectionInfo {
	i := SectionInfo{Name: name, State: s.State, TookMS: s.TookMS, Note: s.Note}
	if s.Data != nil {
		i.Data = s.Data
	}
	return i
}

// Sections returns every section in reading order.
func (s *Snapshot) Sections() []SectionInfo {
	return []SectionInfo{
		info(SectionSystem, s.System), info(SectionCPU, s.CPU), info(SectionMemory, s.Memory), info(SectionDisks, s.Disks),
		info(SectionNetwork, s.Network), info(SectionProcesses, s.Processes), info(SectionServices, s.Services), info(SectionLog, s.Log),
	}
}

// Without returns the snapshot with the named sections taken out: their data is
// gone, and their state says that it was the employee's choice.
func (s Snapshot) Without(names ...SectionName) Snapshot {
	for _, n := range names {
		switch n {
		case SectionSystem:
			s.System = Section[System]{State: StateRemoved}
		case SectionCPU:
			s.CPU = Section[CPU]{State: StateRemoved}
		case SectionMemory:
			s.Memory = Section[Memory]{State: StateRemoved}
		case SectionDisks:
			s.Disks = Section[Disks]{State: StateRemoved}
		case SectionNetwork:
			s.Network = Section[Network]{State: StateRemoved}
		case SectionProcesses:
			s.Processes = Section[Processes]{State: StateRemoved}
		case SectionServices:
			s.Services = Section[Services]{State: StateRemoved}
		case SectionLog:
			s.Log = Section[Log]{State: StateRemoved}
		}
	}
	return s
}

// System is what the machine is and how long it has run.
type System struct {
	Hostname       string    `json:"hostname"`
	OS             string    `json:"os"`       // GOOS: linux, windows, darwin
	Platform       string    `json:"platform"` // "Debian GNU/Linux 12 (bookworm)"
	Kernel         string    `json:"kernel"`
	Arch           string    `json:"arch"`
	Virtualization string    `json:"virtualization,omitempty"` // "kvm", "docker", …
	Vendor         string    `json:"vendor,omitempty"`
	Model          string    `json:"model,omitempty"`
	BootedAt       time.Time `json:"booted_at"`
	TimeZone       string    `json:"time_zone,omitempty"`
	RebootPending  bool      `json:"reboot_pending,omitempty"`
	Users          []Session `json:"users,omitempty"`
	// Certificates are those that the machine shows to others, to join a network or
	// a VPN: not the authorities it trusts.
	Certificates []Certificate `json:"certificates,omitempty"`
}

// Certificate is one of the machine's own certificates.
type Certificate struct {
	Path      string    `json:"path"`
	Subject   string    `json:"subject"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
}

// Session is a person signed in to the machine.
type Session struct {
	User    string    `json:"user"`
	Where   string    `json:"where,omitempty"` // terminal or display
	Since   time.Time `json:"since"`
	Remote  string    `json:"remote,omitempty"`
	Desktop bool      `json:"desktop,omitempty"`
}

// CPU is the processor's load over the interval that was measured.
type CPU struct {
	Model       string    `json:"model,omitempty"`
	Cores       int       `json:"cores"` // logical
	BusyPercent float64   `json:"busy_percent"`
	Steal       float64   `json:"steal_percent,omitempty"`
	IOWait      float64   `json:"iowait_percent,omitempty"`
	PerCore     []float64 `json:"per_core_percent,omitempty"`
	Load1       float64   `json:"load1,omitempty"`
	Load5       float64   `json:"load5,omitempty"`
	Load15      float64   `json:"load15,omitempty"`
	Pressure    *Pressure `json:"pressure,omitempty"`
	MaxTempC    float64   `json:"max_temp_c,omitempty"`
	TempLimitC  float64   `json:"temp_limit_c,omitempty"` // at which the processor protects itself; 0 when unknown
	// Throttles counts how often the processor slowed itself down for heat within
	// the interval, over all cores.
	Throttles  uint64 `json:"throttles,omitempty"`
	IntervalMS int64  `json:"interval_ms,omitempty"` // over which the shares were measured
}

// Pressure is Linux's pressure stall information: the share of time, in percent,
// in which some task waited for the resource (Documentation/accounting/psi.rst).
type Pressure struct {
	Some10 float64 `json:"some_avg10"`
	Some60 float64 `json:"some_avg60"`
	Full10 float64 `json:"full_avg10"`
	Full60 float64 `json:"full_avg60"`
}

// Memory is main memory and swap, in bytes.
type Memory struct {
	Total     uint64    `json:"total"`
	Available uint64    `json:"available"`
	SwapTotal uint64    `json:"swap_total"`
	SwapUsed  uint64    `json:"swap_used"`
	Pressure  *Pressure `json:"pressure,omitempty"`
	OOMKills  uint64    `json:"oom_kills,omitempty"` // since boot, control groups included
	// SwapInBps and SwapOutBps are bytes a second between memory and swap over
	// the interval. A full swap that nobody reads is harmless; traffic is not.
	SwapInBps  float64 `json:"swap_in_bytes_per_second,omitempty"`
	SwapOutBps float64 `json:"swap_out_bytes_per_second,omitempty"`
	// Limits are the groups of programs that may use only so much, and are near it.
	Limits []MemoryLimit `json:"limits,omitempty"`
}

// MemoryLimit is a group of programs with a limit of its own, in bytes.
type MemoryLimit struct {
	Group string `json:"group"`
	Limit uint64 `json:"limit"`
	Used  uint64 `json:"used"` // without what the system could take back at once
}

// Disks are the mounted file systems and the devices under them.
type Disks struct {
	FileSystems []FileSystem `json:"file_systems"`
	Devices     []Device     `json:"devices,omitempty"`
	Pressure    *Pressure    `json:"pressure,omitempty"` // of reading and writing
}

// FileSystem is one mount. Network mounts are listed and never asked for their
// size on the collector's own thread: a dead server would hold it for ever.
type FileSystem struct {
	Mount      string  `json:"mount"`
	Device     string  `json:"device,omitempty"`
	Type       string  `json:"type"`
	Total      uint64  `json:"total"`
	Free       uint64  `json:"free"` // to an ordinary user
	UsedPct    float64 `json:"used_percent"`
	InodesPct  float64 `json:"inodes_used_percent,omitempty"`
	ReadOnly   bool    `json:"read_only,omitempty"`
	Network    bool    `json:"network,omitempty"`
	NoAnswer   bool    `json:"no_answer,omitempty"`   // it did not answer in time
	ErrorState string  `json:"error_state,omitempty"` // the system remounted it read-only after errors, …
	Removable  bool    `json:"removable,omitempty"`   // a stick, a card, an optical disc
}

// Device is a block device and its load over the interval that was measured.
type Device struct {
	Name       string  `json:"name"`
	Model      string  `json:"model,omitempty"`
	BusyPct    float64 `json:"busy_percent"`
	ReadBps    float64 `json:"read_bytes_per_second"`
	WriteBps   float64 `json:"write_bytes_per_second"`
	ReadAwait  float64 `json:"read_await_ms,omitempty"`
	WriteAwait float64 `json:"write_await_ms,omitempty"`
}

// Network is how the machine is connected, and what answered when it was tried.
type Network struct {
	Interfaces []Interface `json:"interfaces"`
	Gateways   []Gateway   `json:"gateways,omitempty"`
	Resolvers  []Resolver  `json:"resolvers,omitempty"`
	Proxy      string      `json:"proxy,omitempty"`
	Server     *ServerPath `json:"server,omitempty"`
	// RoutesRead says that Gateways is the whole truth: none means that there is
	// no default route, not that we could not look.
	RoutesRead bool `json:"routes_read,omitempty"`
	// ProxyProblem says why no connection to the proxy came about.
	ProxyProblem string `json:"proxy_problem,omitempty"`
	// TimeSources are the configured time servers, and what they say.
	TimeSources []TimeSource `json:"time_sources,omitempty"`
}

// TimeSource is a configured time server and its answer.
type TimeSource struct {
	Address string  `json:"address"`
	Answers bool    `json:"answers"`
	SkewMS  int64   `json:"skew_ms,omitempty"` // the endpoint's clock minus its
	RTTms   float64 `json:"rtt_ms,omitempty"`
	Problem string  `json:"problem,omitempty"`
}

// Interface is one network interface that is not loopback.
type Interface struct {
	Name      string   `json:"name"`
	Up        bool     `json:"up"`
	Carrier   bool     `json:"carrier"` // a cable or a radio link is there
	Wireless  bool     `json:"wireless,omitempty"`
	Virtual   bool     `json:"virtual,omitempty"` // no hardware of its own: bridge, tunnel, container, bond
	SignalDBm int      `json:"signal_dbm,omitempty"`
	MAC       string   `json:"mac,omitempty"`
	MTU       int      `json:"mtu,omitempty"`
	SpeedMbps int      `json:"speed_mbps,omitempty"`
	Addresses []string `json:"addresses,omitempty"` // CIDR
	RxBytes   uint64   `json:"rx_bytes"`
	TxBytes   uint64   `json:"tx_bytes"`
	RxPackets uint64   `json:"rx_packets,omitempty"`
	TxPackets uint64   `json:"tx_packets,omitempty"`
	RxErrors  uint64   `json:"rx_errors,omitempty"`
	TxErrors  uint64   `json:"tx_errors,omitempty"`
	RxDropped uint64   `json:"rx_dropped,omitempty"`
	TxDropped uint64   `json:"tx_dropped,omitempty"`
	// Conflict names an address of this interface that another machine has too, and
	// that machine's hardware address.
	Conflict string `json:"conflict,omitempty"`
}

// Gateway is a default route and whether its next hop answers. Address is empty
// on a link that has only one other end (a tunnel, a modem).
type Gateway struct {
	Address   string  `json:"address"`
	Interface string  `json:"interface"`
	Asked     bool    `json:"asked"`         // false: no way to ask without rights
	How       string  `json:"how,omitempty"` // what its answer was: "echo", or "neighbour" when only the link layer knows it
	Answers   bool    `json:"answers"`
	RTTms     float64 `json:"rtt_ms,omitempty"` // of several echoes the middle one
	// Sent and Lost count the echoes of one that answers them.
	Sent int `json:"sent,omitempty"`
	Lost int `json:"lost,omitempty"`
}

// Resolver is a configured DNS server and its answer to one question.
type Resolver struct {
	Address string  `json:"address"`
	Name    string  `json:"name,omitempty"` // what was asked
	Answers bool    `json:"answers"`
	RCode   string  `json:"rcode,omitempty"` // NOERROR, SERVFAIL, …
	RTTms   float64 `json:"rtt_ms,omitempty"`
	Problem string  `json:"problem,omitempty"`
	// Upstream says that programs do not ask it: the resolver of this machine, which
	// they do ask, does.
	Upstream bool `json:"upstream,omitempty"`
	// Invents is the address that it named for a name that cannot exist.
	Invents string `json:"invents,omitempty"`
}

// ServerPath is the way to Deskbell's own server.
type ServerPath struct {
	Address   string  `json:"address"`
	Connected bool    `json:"connected"` // the agent's session is up and proven
	TCPms     float64 `json:"tcp_ms,omitempty"`
	Problem   string  `json:"problem,omitempty"`
	SkewMS    int64   `json:"skew_ms,omitempty"` // the endpoint's clock minus the server's; 0 when unknown
	// TLS is what the server showed when there was no session; nil when it was not asked.
	TLS *ServerTLS `json:"tls,omitempty"`
	// Portal is what answered in the server's place over plain HTTP: the page that a
	// network shows before it lets anybody through.
	Portal string `json:"portal,omitempty"`
	// LargeLost says that the encrypted connection came about with small packets
	// only: larger ones vanish on the way.
	LargeLost bool `json:"large_lost,omitempty"`
}

// ServerTLS is the certificate that was shown at the server's address.
type ServerTLS struct {
	Verdict   TLSVerdict `json:"verdict"`
	Subject   string     `json:"subject,omitempty"`
	Issuer    string     `json:"issuer,omitempty"`
	NotBefore time.Time  `json:"not_before,omitzero"`
	NotAfter  time.Time  `json:"not_after,omitzero"`
}

// TLSVerdict says whether the certificate holds, and if not, why.
type TLSVerdict string

// The verdicts.
const (
	TLSHolds         TLSVerdict = "holds"
	TLSExpired       TLSVerdict = "expired"
	TLSNotYetValid   TLSVerdict = "not_yet_valid"
	TLSUnknownIssuer TLSVerdict = "unknown_issuer"
	TLSOtherName     TLSVerdict = "other_name"
	TLSOtherKey      TLSVerdict = "other_key" // not the one that was pinned at enrolment
	TLSNone          TLSVerdict = "none"      // no encrypted connection came about
)

// Processes are the heaviest processes and how many there are.
type Processes struct {
	Total   int `json:"total"`
	Running int `json:"running"`
	Zombies int `json:"zombies,omitempty"`
	// Blocked are in uninterruptible sleep at both ends of the interval, threads
	// of the kernel left out: a short wait for a disk does not count.
	Blocked int       `json:"blocked,omitempty"`
	Top     []Process `json:"top"` // by CPU, then memory; at most 25
	// OutOfFiles are those that have used 90 % of their open files or more.
	OutOfFiles []Process `json:"out_of_files,omitempty"`
	IntervalMS int64     `json:"interval_ms,omitempty"`
}

// Process is one process over the interval that was measured.
type Process struct {
	PID     int32     `json:"pid"`
	Parent  int32     `json:"ppid,omitempty"`
	Name    string    `json:"name"`
	User    string    `json:"user,omitempty"`
	State   string    `json:"state,omitempty"`
	CPUPct  float64   `json:"cpu_percent"` // of one core
	RSS     uint64    `json:"rss"`
	Started time.Time `json:"started,omitzero"`
	Command string    `json:"command,omitempty"` // redacted
	// Growth is how much memory it gained in a second, over the interval.
	Growth float64 `json:"rss_growth_bytes_per_second,omitempty"`
	// OpenFiles and FileLimit are known only of those in OutOfFiles.
	OpenFiles uint64 `json:"open_files,omitempty"`
	FileLimit uint64 `json:"file_limit,omitempty"`
}

// Services are the system's services that have something to say for themselves.
type Services struct {
	Manager string    `json:"manager"` // systemd, windows, launchd, sysv
	Total   int       `json:"total"`
	Running int       `json:"running"`
	Failed  []Service `json:"failed,omitempty"`
	All     []Service `json:"all,omitempty"` // only in answer to a technician's question
	// Printers are the print queues of this machine.
	Printers []Printer `json:"printers,omitempty"`
}

// Printer is a print queue.
type Printer struct {
	Name    string `json:"name"`
	State   string `json:"state"`             // idle, printing, stopped
	Reasons string `json:"reasons,omitempty"` // in the printing system's words
	Message string `json:"message,omitempty"`
	Jobs    int    `json:"jobs,omitempty"` // waiting or printing
	// Oldest is when the job came that waits longest.
	Oldest time.Time `json:"oldest,omitzero"`
}

// Service is one service.
type Service struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	State       string `json:"state"`           // running, stopped, failed, starting, …
	Start       string `json:"start,omitempty"` // automatic, manual, disabled
	Detail      string `json:"detail,omitempty"`
}

// Log is the tail of the system's log, most recent last, redacted.
type Log struct {
	Source  string     `json:"source"` // journal, /var/log/syslog, …
	Entries []LogEntry `json:"entries"`
}

// LogEntry is one line of a log.
type LogEntry struct {
	At      time.Time `json:"at,omitzero"`
	Level   string    `json:"level,omitempty"` // error, warning, info; empty when the log has none
	Unit    string    `json:"unit,omitempty"`
	Message string    `json:"message"`
}
