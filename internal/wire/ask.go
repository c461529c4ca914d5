package wire

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// AskKind names a diagnostic that is compiled into the agent (tier T1): typed
// parameters, no shell, no code from afar.
type AskKind string

// The kinds. Each comment names the parameters' and the parts' types.
const (
	AskSnapshot  AskKind = "snapshot"   // SnapshotParams → SnapshotPart, a part a section, the findings last
	AskProcesses AskKind = "processes"  // ProcessesParams → diagnostics.Processes, or of all diagnostics.ProcessChanges, a part a second
	AskServices  AskKind = "services"   // no parameters → diagnostics.Services
	AskLog       AskKind = "log"        // LogParams → diagnostics.LogPart, and several if it is followed
	AskDisk      AskKind = "disk"       // DiskParams → DiskPart
	AskInventory AskKind = "inventory"  // InventoryParams → inventory.Inventory, a part a section
	AskChanges   AskKind = "changes"    // no parameters → inventory.Changes
	AskPing      AskKind = "probe.ping" // PingParams → PingPart, a part a packet
	AskDNS       AskKind = "probe.dns"  // DNSParams → DNSPart, a part a resolver
	AskTCP       AskKind = "probe.tcp"  // TCPParams → TCPPart
	AskHTTP      AskKind = "probe.http" // HTTPParams → HTTPPart
	AskTLS       AskKind = "probe.tls"  // TLSParams → TLSPart
)

// ToolKinds lists the kinds that a person asks one machine, in the order of the
// console's tools.
func ToolKinds() []AskKind {
	return []AskKind{AskSnapshot, AskProcesses, AskServices, AskLog, AskDisk, AskInventory, AskChanges, AskPing, AskPath, AskDNS, AskTCP, AskHTTP, AskTLS, AskPortal, AskProxy, AskSpeed}
}

// AskKinds lists all kinds.
func AskKinds() []AskKind {
	return append(ToolKinds(), AskHasFinding, AskHasProcess, AskHasSoftware, AskCheck)
}

// SnapshotParams selects sections; none means all.
type SnapshotParams struct {
	Sections []diagnostics.SectionName `json:"sections,omitempty"`
}

// SnapshotPart is the snapshot as far as it is known: the receiver keeps the
// newest. The last part has the findings.
type SnapshotPart struct {
	Snapshot diagnostics.Snapshot  `json:"snapshot"`
	Pending  []string              `json:"pending,omitempty"` // sections still being read
	Findings []diagnostics.Finding `json:"findings,omitempty"`
}

// ProcessesParams says how long to go on: one list a second, 1 to 60; of all
// processes 1 to 600.
type ProcessesParams struct {
	Seconds int  `json:"seconds,omitempty"` // 0 means 10
	All     bool `json:"all,omitempty"`     // all processes, and then what changes; without it the 25 heaviest, each time
}

// LogParams selects the tail of the system's log, or of a log file that the machine's
// own settings name.
type LogParams struct {
	Lines  int    `json:"lines,omitempty"`  // 1 to 1000; 0 means 200
	Unit   string `json:"unit,omitempty"`   // only this unit or source
	Level  string `json:"level,omitempty"`  // this level and worse: error, warning, info
	Filter string `json:"filter,omitempty"` // only entries that contain it
	Follow bool   `json:"follow,omitempty"` // and then what comes, for ten minutes
	File   string `json:"file,omitempty"`   // absolute; empty means the system's own log
}

// DiskParams names a directory to look into; empty means: the file systems only.
type DiskParams struct {
	Path string `json:"path,omitempty"`
}

// DiskPart is what fills the disks, and what fills one directory.
type DiskPart struct {
	FileSystems []diagnostics.FileSystem `json:"file_systems"`
	Path        string                   `json:"path,omitempty"`
	Entries     []DirEntry               `json:"entries,omitempty"` // biggest first, at most 50
	Partial     bool                     `json:"partial,omitempty"` // time ran out: sizes are lower bounds
}

// DirEntry is one entry of a directory with all that is in it.
type DirEntry struct {
	Name  string `json:"name"`
	Bytes uint64 `json:"bytes"`
	Files int    `json:"files"`
	Dir   bool   `json:"dir,omitempty"`
}

// InventoryParams selects sections of the inventory; none means all.
type InventoryParams struct {
	Sections []inventory.Name `json:"sections,omitempty"`
}

// PingParams pings a host. Host is a name or an address.
type PingParams struct {
	Host  string `json:"host"`
	Count int    `json:"count,omitempty"` // 1 to 20; 0 means 4
}

// PingPart is one echo, or the silence in its place.
type PingPart struct {
	Address  string        `json:"address,omitempty"`
	Seq      int           `json:"seq"`
	Answered bool          `json:"answered"`
	RTT      time.Duration `json:"rtt_ns,omitempty"`
	Sent     int           `json:"sent"`
	Received int           `json:"received"`
}

// DNSParams asks the resolvers for a name.
type DNSParams struct {
	Name   string `json:"name"`
	Type   string `json:"type,omitempty"`   // A, AAAA, MX, …; empty means A
	Server string `json:"server,omitempty"` // only this resolver; empty means each configured one
}

// DNSPart is one resolver's answer.
type DNSPart struct {
	Server  string        `json:"server"`
	RCode   string        `json:"rcode,omitempty"`
	Answers []string      `json:"answers,omitempty"`
	RTT     time.Duration `json:"rtt_ns,omitempty"`
	Problem string        `json:"problem,omitempty"`
}

// TCPParams connects to a port.
type TCPParams struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

// TCPPart is what became of the connection.
type TCPPart struct {
	Address string        `json:"address,omitempty"`
	Open    bool          `json:"open"`
	Lookup  time.Duration `json:"lookup_ns,omitempty"`
	Connect time.Duration `json:"connect_ns,omitempty"`
	Problem string        `json:"problem,omitempty"`
}

// HTTPParams fetches a URL's headers, with GET and without credentials.
type HTTPParams struct {
	URL string `json:"url"`
}

// HTTPPart is the answer in phases.
type HTTPPart struct {
	Status    int           `json:"status,omitempty"`
	FinalURL  string        `json:"final_url,omitempty"`
	Redirects int           `json:"redirects,omitempty"`
	Before    time.Duration `json:"before_ns,omitempty"` // what the redirects took; what follows is of the last request
	Lookup    time.Duration `json:"lookup_ns,omitempty"`
	Connect   time.Duration `json:"connect_ns,omitempty"`
	TLS       time.Duration `json:"tls_ns,omitempty"`
	FirstByte time.Duration `json:"first_byte_ns,omitempty"` // since its beginning
	Total     time.Duration `json:"total_ns,omitempty"`
	Proxy     string        `json:"proxy,omitempty"`
	Problem   string        `json:"problem,omitempty"`
}
