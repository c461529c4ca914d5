package recorder

import (
	"math"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/diagnostics/redact"
)

// sample makes a Sample of what was read just now.
func (r *Recorder) sample(v probe.Vitals) Sample {
	at, up := r.clock()
	s := Sample{At: at, Up: up}
	for c, value := range [columnCount]float64{
		CPUBusy: v.CPU, IOWait: v.IOWait, MemoryAvailable: v.Available, SwapUsed: v.SwapUsed,
		StallCPU: v.StallCPU, StallMemory: v.StallMemory, StallIO: v.StallIO,
		DiskBusy: v.DiskBusy, DiskLatency: v.DiskLatency, NetReceived: v.Received, NetSent: v.Sent,
	} {
		s.Values.Set(Column(c), value)
	}
	if v.Top != nil {
		s.Top = make([]Process, 0, len(v.Top))
	}
	for _, t := range v.Top[:min(len(v.Top), maxTop)] {
		s.Top = append(s.Top, Process{
			PID: max(t.PID, 0), Name: r.names.clean(t.Name),
			CPU: uint32(math.Round(min(max(t.CPUPct, 0), 1e6) * 10)), RSS: uint32(min(t.RSS>>20, math.MaxUint32)),
		})
	}
	return s
}

// names takes secrets out of processes' names, which are whatever their makers
// like, and remembers how: the same few names come each second.
type names struct{ known map[string]string }

// maxNames bounds what is remembered.
const maxNames = 512

func (n *names) clean(name string) string {
	if clean, ok := n.known[name]; ok {
		return clean
	}
	if n.known == nil || len(n.known) >= maxNames {
		n.known = map[string]string{}
	}
	clean, _ := redact.Text(name)
	if len(clean) > maxName {
		clean = strings.ToValidUTF8(clean[:maxName], "") // half a character at the end goes
	}
	n.known[name] = clean
	return clean
}
