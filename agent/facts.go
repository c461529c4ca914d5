package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/change"
	"github.com/deskbell/deskbell/agent/checkups"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/wire"
)

// How often the machine is looked over without anybody asking, and how soon after
// the start.
const (
	lookOver  = time.Hour
	firstLook = 20 * time.Second
)

// facts are what the server knows of this machine beside its health: what it is
// made of, and what is wrong with it.
type facts struct {
	prober *probe.Prober
	agent  string
	server func() *probe.Server
	log    *slog.Logger
	// onJudged, unless nil, hears of each whole snapshot that was judged.
	onJudged func(diagnostics.Snapshot, []diagnostics.Finding)
	change   change.Signal

	to     string       // the server's host:port
	policy *wire.Policy // what may be asked of this machine

	mu        sync.Mutex
	made      string // hash of what the machine is made of
	inventory wire.Inventory
	boot      string
	findings  []diagnostics.Finding
	judged    time.Time // zero: not yet
	told      string    // the findings that the server has, as JSON
}

func newFacts(p *probe.Prober, agent string, server func() *probe.Server, log *slog.Logger) *facts {
	return &facts{prober: p, agent: agent, server: server, log: log}
}

// begin reads the inventory, which the first handshake needs.
func (f *facts) begin(to string) {
	f.to, f.boot = to, bootID()
	f.read(context.Background())
}

// Run keeps the facts up to date until ctx ends.
func (f *facts) Run(ctx context.Context) {
	wait := firstLook + rand.N(firstLook)
	for sleep(ctx, wait) {
		s := f.prober.Collect(ctx, probe.Request{Server: f.server()}, nil)
		if ctx.Err() != nil {
			return
		}
		c := checkups.Present("", s, nil)
		f.found(nil, c.Findings)
		if f.onJudged != nil {
			f.onJudged(c.Snapshot, c.Findings)
		}
		f.read(ctx)
		debug.FreeOSMemory()
		wait = lookOver + rand.N(lookOver/10)
	}
}

// read reads the inventory anew.
func (f *facts) read(ctx context.Context) {
	i := f.prober.Inventory(ctx)
	f.mu.Lock()
	f.made = i.Hash
	f.inventory = wire.Inventory{System: i.System, Agent: f.agent, CPUModel: i.CPUModel, Cores: i.Cores, Memory: i.Memory, Disk: i.Disk, Policy: f.policy}
	f.mu.Unlock()
	f.locate()
	f.change.Notify()
}

// locate notes the address from which the machine reaches its server.
func (f *facts) locate() {
	address := uplink.Outgoing(f.to)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inventory.Address = address
	policy, _ := json.Marshal(f.policy) // words: they always marshal
	sum := sha256.Sum256([]byte(f.made + "\n" + f.agent + "\n" + address + "\n" + string(policy)))
	f.inventory.Hash = hex.EncodeToString(sum[:16])
}

// found takes what a check-up of these sections found; none means all. A partial
// one says nothing about the rest, so it changes nothing.
func (f *facts) found(sections []diagnostics.SectionName, findings []diagnostics.Finding) {
	if len(sections) > 0 {
		return
	}
	f.mu.Lock()
	f.findings, f.judged = findings, time.Now().UTC().Truncate(time.Second)
	f.mu.Unlock()
	f.change.Notify()
}

// prove is what the server is to go on from.
func (f *facts) prove() wire.Prove {
	f.locate()
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.inventory.System
	return wire.Prove{Hostname: s.Hostname, Boot: f.boot, BootedAt: s.BootedAt, Inventory: f.inventory.Hash}
}

// Attend tells the server over one session what has changed.
func (f *facts) Attend(ctx context.Context, l *uplink.Link) {
	f.mu.Lock()
	known := f.inventory.Hash // the server compared it with what it has
	if l.Welcome.WantInventory {
		known = ""
	}
	if len(l.Welcome.Missing) > 0 { // restored from a backup: it may lack these as well
		known, f.told = "", ""
	}
	f.mu.Unlock()
	for {
		changed := f.change.Changed()
		f.mu.Lock()
		inventory, findings, judged, told := f.inventory, f.findings, f.judged, f.told
		f.mu.Unlock()
		if inventory.Hash != known && f.tell(ctx, l, wire.TypeInventory, inventory) {
			known = inventory.Hash
		}
		if now := asJSON(findings); !judged.IsZero() && now != told && f.tell(ctx, l, wire.TypeFindings, wire.Findings{At: judged, Findings: findings}) {
			f.mu.Lock()
			f.told = now
			f.mu.Unlock()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

func (f *facts) tell(ctx context.Context, l *uplink.Link, t wire.Type, body any) bool {
	_, err := l.Call(ctx, t, "", body)
	if err != nil && ctx.Err() == nil {
		f.log.Warn("the server does not take a fact", "type", t, "error", err)
	}
	return err == nil
}

func asJSON(f []diagnostics.Finding) string {
	b, err := json.Marshal(f)
	if err != nil {
		return "" // findings are text: they always marshal
	}
	return string(b)
}
