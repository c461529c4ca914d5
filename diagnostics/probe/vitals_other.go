//go:build !linux

package probe

import (
	"context"
	"runtime"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/mem"
	"github.com/shirou/gopsutil/v3/net"
)

// Pulse reads Vitals once a second, for as long as the agent lives. Here it reads
// through gopsutil: no stalls and no disks, which could make it wait, and on macOS
// no processor. It belongs to one goroutine.
type Pulse struct {
	before         time.Time
	all, busy      float64
	received, sent uint64
	hasNet         bool
	tasks          map[int32]processTimes
	scanned        time.Time
	cost           time.Duration
	list, top      []Task
}

// NewPulse returns a Pulse.
func NewPulse() *Pulse { return &Pulse{} }

// Close frees nothing: nothing is held open here.
func (*Pulse) Close() error { return nil }

// Read reads the vitals: rates and shares are since the reading before. Processes
// are read every ten seconds or more rarely, and are nil in between.
func (p *Pulse) Read(now time.Time) Vitals {
	v := noVitals()
	seconds := 0.0
	if !p.before.IsZero() {
		seconds = now.Sub(p.before).Seconds()
	}
	p.before = now
	if t, err := cpu.Times(false); err == nil && len(t) == 1 {
		all := t[0].User + t[0].System + t[0].Nice + t[0].Idle + t[0].Iowait + t[0].Irq + t[0].Softirq
		busy := all - t[0].Idle - t[0].Iowait
		if seconds > 0 && all > p.all && busy >= p.busy {
			v.CPU = min(100, (busy-p.busy)/(all-p.all)*100)
		}
		p.all, p.busy = all, busy
	}
	if m, err := mem.VirtualMemory(); err == nil {
		v.Available = float64(m.Available) / (1 << 20)
	}
	if m, err := mem.SwapMemory(); err == nil {
		v.SwapUsed = float64(m.Used) / (1 << 20)
	}
	p.readNet(&v, seconds)
	if p.scanned.IsZero() || scanDue(now.Sub(p.scanned), p.cost, false) {
		p.scan(&v, now)
	}
	return v
}

func (p *Pulse) readNet(v *Vitals, seconds float64) {
	counters, err := net.IOCounters(true)
	if err != nil {
		p.hasNet = false
		return
	}
	var received, sent uint64
	for _, c := range counters {
		if runtime.GOOS == "darwin" && !strings.HasPrefix(c.Name, "en") || strings.HasPrefix(c.Name, "lo") || strings.HasPrefix(c.Name, "Loopback") {
			continue
		}
		received, sent = received+c.BytesRecv, sent+c.BytesSent
	}
	if p.hasNet && seconds > 0 && received >= p.received && sent >= p.sent {
		v.Received, v.Sent = float64(received-p.received)/1024/seconds, float64(sent-p.sent)/1024/seconds
	}
	p.received, p.sent, p.hasNet = received, sent, true
}

func (p *Pulse) scan(v *Vitals, now time.Time) {
	start := time.Now()
	all, err := readProcesses(context.Background())
	since := now.Sub(p.scanned).Seconds()
	first := p.scanned.IsZero()
	p.scanned, p.cost = now, time.Since(start)
	if err != nil {
		return
	}
	p.list = p.list[:0]
	for pid, t := range all {
		one := Task{PID: pid, Name: t.name, RSS: t.rss}
		if was, ok := p.tasks[pid]; ok && !first && was.started == t.started && t.seconds > was.seconds && since > 0 {
			one.CPUPct = (t.seconds - was.seconds) / since * 100
		}
		p.list = append(p.list, one)
	}
	p.tasks = all
	p.top = heaviest(p.top, p.list)
	for i := range p.top {
		p.top[i].Name = plainLine(p.top[i].Name, 64)
	}
	v.Top = p.top
}
