package kit

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
)

// Answer is what has come of a question, read into types. An endpoint that sends
// something else than the protocol says leaves Unread true.
type Answer struct {
	Ask       ask.Ask
	Unread    bool
	Snapshot  *wire.SnapshotPart
	Processes *diagnostics.Processes
	Table     *ask.Table // of all processes
	Services  *diagnostics.Services
	Log       *diagnostics.Log
	Followed  *ask.Followed // the end of a log that is followed
	Mine      bool          // whoever reads it has asked
	Disk      *wire.DiskPart
	Inventory *inventory.Inventory
	Changes   *inventory.Changes
	Ping      []wire.PingPart
	Path      *wire.PathPart
	Portal    *wire.PortalPart
	Proxy     *wire.ProxyPart
	Speed     *wire.SpeedPart
	DNS       []wire.DNSPart
	TCP       []wire.TCPPart
	HTTP      []wire.HTTPPart
	TLS       []wire.TLSPart
	Act       *wire.ActPart
	Files     *wire.FilesPart
	File      *wire.FilePart
	Screen    *wire.ScreenPart
	Script    *wire.ScriptPart // its newest
	ScriptOut string
	Reach     Reach // what can be done about what it lists
}

// AnswerOf reads a question's parts.
func AnswerOf(q ask.Ask) Answer {
	a := Answer{Ask: q}
	for _, raw := range q.Answer {
		var err error
		switch q.Kind {
		case wire.AskSnapshot:
			a.Snapshot, err = one[wire.SnapshotPart](raw)
		case wire.AskProcesses:
			a.Processes, a.Table, err = processesOf(raw)
		case wire.AskServices:
			a.Services, err = one[diagnostics.Services](raw)
		case wire.AskLog:
			a.Log, a.Followed, err = logAnswer(q, raw)
		case wire.AskDisk:
			a.Disk, err = one[wire.DiskPart](raw)
		case wire.AskInventory:
			var part *inventory.Inventory
			if part, err = one[inventory.Inventory](raw); err == nil {
				if a.Inventory == nil {
					a.Inventory = new(inventory.Inventory)
				}
				a.Inventory.Merge(*part)
			}
		case wire.AskChanges:
			a.Changes, err = inventory.ReadChanges(raw)
		case wire.AskPing:
			a.Ping, err = more(a.Ping, raw)
		case wire.AskPath:
			a.Path, err = one[wire.PathPart](raw)
		case wire.AskPortal:
			a.Portal, err = one[wire.PortalPart](raw)
		case wire.AskProxy:
			a.Proxy, err = one[wire.ProxyPart](raw)
		case wire.AskSpeed:
			a.Speed, err = one[wire.SpeedPart](raw)
		case wire.AskDNS:
			a.DNS, err = more(a.DNS, raw)
		case wire.AskTCP:
			a.TCP, err = more(a.TCP, raw)
		case wire.AskHTTP:
			a.HTTP, err = more(a.HTTP, raw)
		case wire.AskTLS:
			a.TLS, err = more(a.TLS, raw)
		case wire.ActRunScript, wire.ActRunRootScript:
			if a.Script, err = one[wire.ScriptPart](raw); err == nil {
				a.ScriptOut += plainOutput(a.Script.Out)
			}
		case wire.ActListFiles:
			a.Files, err = one[wire.FilesPart](raw)
		case wire.ActFetchFile:
			a.File, err = one[wire.FilePart](raw)
		case wire.ActScreen:
			a.Screen, err = one[wire.ScreenPart](raw)
		default:
			if q.Kind.Acts() && !q.Kind.Terminal() {
				a.Act, err = one[wire.ActPart](raw)
			}
		}
		a.Unread = a.Unread || err != nil
	}
	return a
}

// Asked reports whether the person at the machine is asked first, now.
func (a Answer) Asked() bool {
	return a.Act != nil && a.Act.Asked || a.File != nil && a.File.Asked || a.Files != nil && a.Files.Asked || a.Screen != nil && a.Screen.Asked || a.Script != nil && a.Script.Asked
}

// plainOutput is what a program says as text: what steers a terminal, or turns the
// direction of writing, is shown as a mark.
func plainOutput(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return -1
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return '\uFFFD'
		}
		return r
	}, s)
}

func one[T any](raw json.RawMessage) (*T, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	return &v, nil
}

func more[T any](list []T, raw json.RawMessage) ([]T, error) {
	v, err := one[T](raw)
	if err != nil {
		return list, err
	}
	return append(list, *v), nil
}

// AskWhat says what was asked, with its parameters, in few words.
func AskWhat(q ask.Ask) string {
	get := func(v any) bool { return len(q.Params) > 0 && json.Unmarshal(q.Params, v) == nil }
	switch q.Kind {
	case wire.AskLog:
		var p wire.LogParams
		get(&p)
		var parts []string
		if p.Follow {
			parts = append(parts, "followed")
		}
		if p.File != "" {
			parts = append(parts, p.File)
		}
		if p.Lines > 0 {
			parts = append(parts, fmt.Sprintf("%d lines", p.Lines))
		}
		if p.Unit != "" {
			parts = append(parts, "of "+p.Unit)
		}
		if p.Level != "" {
			parts = append(parts, p.Level+" and worse")
		}
		if p.Filter != "" {
			parts = append(parts, "with “"+p.Filter+"”")
		}
		return strings.Join(parts, ", ")
	case wire.AskDisk:
		var p wire.DiskParams
		get(&p)
		return p.Path
	case wire.AskInventory:
		var p wire.InventoryParams
		get(&p)
		return inventoryWhat(p.Sections)
	case wire.AskPing:
		var p wire.PingParams
		get(&p)
		return p.Host
	case wire.AskPath:
		var p wire.PathParams
		get(&p)
		if p.Family != 0 {
			return fmt.Sprintf("%s by IPv%d", p.Host, p.Family)
		}
		return p.Host
	case wire.AskPortal:
		var p wire.PortalParams
		get(&p)
		return p.URL
	case wire.AskProxy:
		var p wire.ProxyParams
		get(&p)
		return p.URL
	case wire.AskSpeed:
		var p wire.SpeedParams
		get(&p)
		if p.Seconds > 0 {
			return Plural(p.Seconds, "1 second each way", "%d seconds each way")
		}
		return ""
	case wire.AskDNS:
		var p wire.DNSParams
		get(&p)
		s := strings.TrimSpace(p.Name + " " + p.Type)
		if p.Server != "" {
			s += " at " + p.Server
		}
		return s
	case wire.AskTCP:
		var p wire.TCPParams
		get(&p)
		return fmt.Sprintf("%s port %d", p.Host, p.Port)
	case wire.AskHTTP:
		var p wire.HTTPParams
		get(&p)
		return p.URL
	case wire.AskTLS:
		var p wire.TLSParams
		get(&p)
		if p.Port == 0 {
			p.Port = 443
		}
		return fmt.Sprintf("%s port %d", p.Host, p.Port)
	case wire.ActEndProcess:
		var p wire.EndProcessParams
		get(&p)
		return fmt.Sprintf("%d %s", p.PID, p.Name)
	case wire.ActStartService, wire.ActStopService, wire.ActRestartService:
		var p wire.ServiceParams
		get(&p)
		return p.Name
	case wire.ActRunScript, wire.ActRunRootScript:
		var p wire.RunScriptParams
		get(&p)
		return fmt.Sprintf("%s, version %d", p.Name, p.Version)
	case wire.ActListFiles:
		var p wire.ListFilesParams
		get(&p)
		return p.Path
	case wire.ActFetchFile:
		var p wire.FetchFileParams
		get(&p)
		return p.Path
	}
	return ""
}

// pingSummary is the sum below a ping.
type pingSummary struct {
	sent, received int
	least, mean    time.Duration
	most           time.Duration
}

func summarise(parts []wire.PingPart) pingSummary {
	var s pingSummary
	var sum time.Duration
	for _, p := range parts {
		s.sent = max(s.sent, p.Sent, len(parts))
		if !p.Answered {
			continue
		}
		s.received++
		sum += p.RTT
		if s.received == 1 || p.RTT < s.least {
			s.least = p.RTT
		}
		s.most = max(s.most, p.RTT)
	}
	if s.received > 0 {
		s.mean = sum / time.Duration(s.received)
	}
	return s
}

// loss writes how much of a ping was lost.
func (s pingSummary) loss() string {
	if s.sent == 0 {
		return "–"
	}
	return Percent(100 * float64(s.sent-s.received) / float64(s.sent))
}

func snapshotProgress(p *wire.SnapshotPart) string {
	all := len(diagnostics.SectionNames())
	var waiting []string
	for _, n := range p.Pending {
		waiting = append(waiting, strings.ToLower(SectionLabel(diagnostics.SectionName(n))))
	}
	return fmt.Sprintf("%d of %d sections; still asking: %s.", all-len(p.Pending), all, strings.Join(waiting, ", "))
}

// certName is the name that a certificate is for, out of its subject.
func certName(subject string) string {
	for part := range strings.SplitSeq(subject, ",") {
		if cn, ok := strings.CutPrefix(strings.TrimSpace(part), "CN="); ok {
			return cn
		}
	}
	return subject
}
