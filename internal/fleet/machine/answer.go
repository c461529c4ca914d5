package machine

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Part is one part of an answer, and how long the machine takes for it.
type Part struct {
	After time.Duration
	Data  any
}

// Answer returns what the machine answers to a diagnostic, part by part. Its error
// is the fault that ends the answer, after the parts.
func (m *Machine) Answer(ask wire.Ask, now time.Time) ([]Part, error) {
	if now.After(ask.ExpiresAt) {
		return nil, fault.New(fault.Expired, "The question came too late. Ask again.")
	}
	switch ask.Kind {
	case wire.AskSnapshot:
		return answer(ask, func(p wire.SnapshotParams) ([]Part, error) { return m.answerSnapshot(p, now), nil })
	case wire.AskProcesses:
		return answer(ask, func(p wire.ProcessesParams) ([]Part, error) { return m.answerProcesses(p, now), nil })
	case wire.AskServices:
		return []Part{{300 * time.Millisecond, m.Services(true)}}, nil
	case wire.AskLog:
		return answer(ask, func(p wire.LogParams) ([]Part, error) { return m.answerLog(p, now) })
	case wire.AskDisk:
		return answer(ask, func(p wire.DiskParams) ([]Part, error) { return m.answerDisk(p), nil })
	case wire.AskInventory:
		return answer(ask, func(p wire.InventoryParams) ([]Part, error) { return m.answerInventory(p, now), nil })
	case wire.AskChanges:
		return []Part{{200 * time.Millisecond, m.Changes(now)}}, nil
	case wire.AskPing:
		return answer(ask, m.answerPing)
	case wire.AskPath:
		return answer(ask, m.answerPath)
	case wire.AskPortal:
		return []Part{{300 * time.Millisecond, wire.PortalPart{State: wire.PortalNone, Asked: "http://deskbell.example.com:80/", Status: 301, Server: "deskbell.example.com:443", Verdict: string(diagnostics.TLSHolds), Issuer: "CN=Deskbell"}}}, nil
	case wire.AskProxy:
		return answer(ask, m.answerProxy)
	case wire.AskSpeed:
		return answer(ask, m.answerSpeed)
	case wire.AskDNS:
		return answer(ask, m.answerDNS)
	case wire.AskTCP:
		return answer(ask, m.answerTCP)
	case wire.AskHTTP:
		return answer(ask, m.answerHTTP)
	case wire.AskCheck:
		return answer(ask, m.answerCheck)
	case wire.AskHasFinding:
		return answer(ask, func(p wire.HasFindingParams) ([]Part, error) { return m.answerHasFinding(p, now), nil })
	case wire.AskHasSoftware:
		return answer(ask, func(p wire.HasSoftwareParams) ([]Part, error) { return m.answerHasSoftware(p, now), nil })
	case wire.AskHasProcess:
		return answer(ask, func(p wire.HasProcessParams) ([]Part, error) { return m.answerHasProcess(p, now), nil })
	case wire.ActListFiles:
		return answer(ask, func(p wire.ListFilesParams) ([]Part, error) { return answerListFiles(p, now), nil })
	case wire.ActFetchFile:
		return answer(ask, answerFetchFile)
	case wire.ActScreen:
		return answerScreen()
	case wire.ActRunScript, wire.ActRunRootScript:
		return nil, fault.New(fault.Unsupported, "This machine is simulated and runs no scripts. Run the script on a real one.")
	case wire.AskTLS:
		return answer(ask, func(p wire.TLSParams) ([]Part, error) { return m.answerTLS(p, now) })
	}
	return nil, fault.New(fault.Unsupported, "The agent on this machine does not know this diagnostic. It may be older than the server.")
}

func answer[P any](ask wire.Ask, f func(P) ([]Part, error)) ([]Part, error) {
	var p P
	if len(ask.Params) > 0 {
		if err := json.Unmarshal(ask.Params, &p); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "The parameters do not have the form that this diagnostic needs.")
		}
	}
	return f(p)
}

func (m *Machine) answerSnapshot(p wire.SnapshotParams, now time.Time) []Part {
	s := m.Snapshot(now)
	wanted := p.Sections
	if len(wanted) == 0 {
		wanted = diagnostics.SectionNames()
	}
	var out []diagnostics.SectionName
	for _, n := range diagnostics.SectionNames() {
		if !contains(wanted, n) {
			out = append(out, n)
		}
	}
	s = missing(s, out)
	slow := []diagnostics.SectionName{diagnostics.SectionProcesses, diagnostics.SectionNetwork}
	part := wire.SnapshotPart{Snapshot: missing(s, slow)}
	for _, n := range slow {
		if contains(wanted, n) {
			part.Pending = append(part.Pending, string(n))
		}
	}
	return []Part{{200 * time.Millisecond, part}, {900 * time.Millisecond, wire.SnapshotPart{Snapshot: s, Findings: diagnostics.Judge(s)}}}
}

func contains(list []diagnostics.SectionName, n diagnostics.SectionName) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}

// missing returns the snapshot without sections, as if they had not been asked for.
func missing(s diagnostics.Snapshot, names []diagnostics.SectionName) diagnostics.Snapshot {
	for _, n := range names {
		switch n {
		case diagnostics.SectionSystem:
			s.System = diagnostics.Section[diagnostics.System]{}
		case diagnostics.SectionCPU:
			s.CPU = diagnostics.Section[diagnostics.CPU]{}
		case diagnostics.SectionMemory:
			s.Memory = diagnostics.Section[diagnostics.Memory]{}
		case diagnostics.SectionDisks:
			s.Disks = diagnostics.Section[diagnostics.Disks]{}
		case diagnostics.SectionNetwork:
			s.Network = diagnostics.Section[diagnostics.Network]{}
		case diagnostics.SectionProcesses:
			s.Processes = diagnostics.Section[diagnostics.Processes]{}
		case diagnostics.SectionServices:
			s.Services = diagnostics.Section[diagnostics.Services]{}
		case diagnostics.SectionLog:
			s.Log = diagnostics.Section[diagnostics.Log]{}
		}
	}
	return s
}

func (m *Machine) answerProcesses(p wire.ProcessesParams, now time.Time) []Part {
	if p.All {
		return m.answerAll(p, now)
	}
	n := p.Seconds
	if n < 1 || n > 60 {
		n = 10
	}
	parts := make([]Part, n)
	for i := range parts {
		m.step(now.Unix() + int64(i))
		parts[i] = Part{time.Second, m.Processes(now.Add(time.Duration(i) * time.Second))}
	}
	return parts
}

func (m *Machine) answerDisk(p wire.DiskParams) []Part {
	first := wire.DiskPart{FileSystems: m.FileSystems()}
	if p.Path == "" {
		return []Part{{150 * time.Millisecond, first}}
	}
	fs := first.FileSystems[0]
	used := fs.Total - fs.Free
	second := wire.DiskPart{FileSystems: first.FileSystems, Path: p.Path}
	for i, name := range []string{"Downloads", "Videos", ".cache", "Documents", "backup-2024.zip", "Pictures", "projects", "notes.txt"} {
		files := 1
		if dir := !strings.Contains(name[1:], "."); dir {
			files = int(used>>23) >> i
		}
		second.Entries = append(second.Entries, wire.DirEntry{Name: name, Bytes: used / 4 >> i, Files: files, Dir: files > 1})
	}
	return []Part{{150 * time.Millisecond, first}, {1200 * time.Millisecond, second}}
}

// known returns an address for a name, the same each time. Names that end in
// .invalid (RFC 2606) do not exist.
func known(host string) (string, bool) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.String(), true
	}
	if host == "" || strings.HasSuffix(host, ".invalid") {
		return "", false
	}
	h := fnv.New32a()
	h.Write([]byte(host))
	x := h.Sum32()
	return fmt.Sprintf("203.0.113.%d", x%254+1), true
}

const noName = "The name does not exist"

// trip is how long a packet takes to a host and back.
func (m *Machine) trip(host string) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(host))
	base := time.Duration(1+h.Sum32()%30) * time.Millisecond
	return base + time.Duration(m.float()*float32(3*time.Millisecond))
}

func (m *Machine) answerPing(p wire.PingParams) ([]Part, error) {
	address, found := known(p.Host)
	if !found {
		return nil, fault.New(fault.Unavailable, p.Host+": "+noName+".")
	}
	if p.Count < 1 || p.Count > 20 {
		p.Count = 4
	}
	var parts []Part
	received := 0
	for i := range p.Count {
		part := wire.PingPart{Address: address, Seq: i, Sent: i + 1, Answered: m.float() > 0.02}
		wait := time.Second
		if part.Answered {
			part.RTT = m.trip(p.Host)
			received++
		}
		if part.Received = received; i == 0 {
			wait = part.RTT
		}
		parts = append(parts, Part{wait, part})
	}
	return parts, nil
}

func (m *Machine) answerDNS(p wire.DNSParams) ([]Part, error) {
	servers := []string{"10.0.0.53", "10.0.1.53"}
	if p.Server != "" {
		servers = []string{p.Server}
	}
	var parts []Part
	for i, s := range servers {
		part := wire.DNSPart{Server: s, RCode: "NOERROR", RTT: m.trip(s)}
		address, found := known(p.Name)
		switch {
		case i == 0 && m.Ill() == NamesFail:
			part.RCode, part.RTT = "SERVFAIL", 2*time.Second
		case !found:
			part.RCode = "NXDOMAIN"
		case p.Type == "" || strings.EqualFold(p.Type, "A"):
			part.Answers = []string{"A " + address}
		}
		parts = append(parts, Part{part.RTT, part})
	}
	return parts, nil
}

func (m *Machine) answerTCP(p wire.TCPParams) ([]Part, error) {
	address, found := known(p.Host)
	if !found {
		return []Part{{20 * time.Millisecond, wire.TCPPart{Lookup: 18 * time.Millisecond, Problem: noName}}}, nil
	}
	part := wire.TCPPart{Address: fmt.Sprintf("%s:%d", address, p.Port), Open: true, Lookup: 3 * time.Millisecond, Connect: m.trip(p.Host)}
	switch p.Port {
	case 22, 25, 53, 80, 139, 443, 445, 587, 993, 3389, 8443:
	default:
		part.Open, part.Problem = false, "The connection was refused"
	}
	return []Part{{part.Lookup + part.Connect, part}}, nil
}

func (m *Machine) answerHTTP(p wire.HTTPParams) ([]Part, error) {
	_, rest, found := strings.Cut(p.URL, "://")
	host, _, _ := strings.Cut(rest, "/")
	if _, exists := known(host); !found || !exists {
		return []Part{{30 * time.Millisecond, wire.HTTPPart{Lookup: 18 * time.Millisecond, Problem: noName}}}, nil
	}
	trip := m.trip(host)
	part := wire.HTTPPart{Status: 200, FinalURL: p.URL, Lookup: 3 * time.Millisecond, Connect: trip}
	if strings.HasPrefix(p.URL, "https:") {
		part.TLS = trip + 4*time.Millisecond
	}
	part.FirstByte = part.Lookup + part.Connect + part.TLS + trip + 12*time.Millisecond
	part.Total = part.FirstByte + 5*time.Millisecond
	return []Part{{part.Total, part}}, nil
}

func (m *Machine) answerTLS(p wire.TLSParams, now time.Time) ([]Part, error) {
	if _, found := known(p.Host); !found {
		return []Part{{20 * time.Millisecond, wire.TLSPart{Problem: noName}}}, nil
	}
	name := p.Name
	if name == "" {
		name = p.Host
	}
	trip := m.trip(p.Host)
	issued := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -40)
	sum := func(n uint64) string { return fmt.Sprintf("%064x", mix(n)) }
	middle := wire.Certificate{
		Subject: "CN=Example Issuing CA 3,O=Example Ltd", Issuer: "CN=Example Root,O=Example Ltd", NotBefore: issued.AddDate(-2, 0, 0), NotAfter: issued.AddDate(8, 0, 0),
		Key: "ECDSA P-384", Signature: "ECDSA-SHA384", Authority: true, SHA256: sum(7),
	}
	root := wire.Certificate{
		Subject: middle.Issuer, Issuer: middle.Issuer, NotBefore: issued.AddDate(-9, 0, 0), NotAfter: issued.AddDate(11, 0, 0), Key: "RSA 4096", Signature: "SHA256-RSA", Authority: true, SHA256: sum(8),
	}
	leaf := wire.Certificate{
		Subject: "CN=" + name, Issuer: middle.Subject, Names: []string{name}, NotBefore: issued, NotAfter: issued.AddDate(0, 0, 90), Key: "ECDSA P-256", Signature: "ECDSA-SHA384", SHA256: sum(uint64(len(name))),
	}
	part := wire.TLSPart{
		Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Protocol: "h2", Trusted: true, Connect: trip, TLS: trip + 4*time.Millisecond,
		Chain: []wire.Certificate{leaf, middle}, Built: []wire.Certificate{leaf, middle, root}, Signer: wire.SignerPrivate, Stapled: wire.StapledNone,
	}
	return []Part{{part.Connect + part.TLS, part}}, nil
}
