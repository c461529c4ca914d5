package probe

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Vitals is what the flight recorder keeps of one second. What this system does
// not tell, and what needs an earlier reading, is not a number (NaN).
type Vitals struct {
	CPU         float64 // per cent of all cores that was busy
	IOWait      float64 // per cent of all cores that waited for a disk
	Available   float64 // MiB of main memory
	SwapUsed    float64 // MiB
	StallCPU    float64 // per cent of the time in which something waited for a processor
	StallMemory float64 // … for memory
	StallIO     float64 // … for a disk
	DiskBusy    float64 // per cent of the time in which the busiest disk had work
	DiskLatency float64 // milliseconds an access took on the slowest disk; none without an access
	Received    float64 // KiB/s
	Sent        float64 // KiB/s
	// Top are the processes with the most processor time, then those of the others
	// with the most memory. It is good until the next reading, and nil when none
	// were read this time.
	Top []Task
}

// Task is a process at one moment.
type Task struct {
	PID    int32
	Name   string  // one plain line, at most 64 bytes
	CPUPct float64 // of one core
	RSS    uint64
}

// topTasks is how many processes are listed by processor time, and by memory.
const topTasks = 5

func noVitals() Vitals {
	no := math.NaN()
	return Vitals{
		CPU: no, IOWait: no, Available: no, SwapUsed: no, StallCPU: no, StallMemory: no, StallIO: no,
		DiskBusy: no, DiskLatency: no, Received: no, Sent: no,
	}
}

// heaviest puts the heaviest of all into top: five by processor time, if they used
// any, and five by memory. all is sorted on the way.
func heaviest(top, all []Task) []Task {
	top = top[:0]
	slices.SortFunc(all, func(a, b Task) int { return cmp.Or(cmp.Compare(b.CPUPct, a.CPUPct), cmp.Compare(a.PID, b.PID)) })
	rest := all
	for len(rest) > 0 && len(top) < topTasks && rest[0].CPUPct > 0 {
		top, rest = append(top, rest[0]), rest[1:]
	}
	byCPU := len(top)
	slices.SortFunc(all, func(a, b Task) int { return cmp.Or(cmp.Compare(b.RSS, a.RSS), cmp.Compare(a.PID, b.PID)) })
	for _, t := range all[:min(topTasks, len(all))] {
		if t.RSS > 0 && !slices.ContainsFunc(top[:byCPU], func(o Task) bool { return o.PID == t.PID }) {
			top = append(top, t)
		}
	}
	return top
}

// When all processes are looked at. One look is dear, so it may take a thousandth
// of the time up to the next one: a machine with fifty thousand processes is looked
// at rarely, but every five minutes at least.
const (
	scanEvery  = 10 * time.Second
	scanSoon   = 2 * time.Second // when something unknown keeps a processor busy
	scanRarely = 5 * time.Minute
	scanShare  = 1000
)

// scanDue reports whether to look at all processes, since that was last done and
// cost so much.
func scanDue(since, cost time.Duration, soon bool) bool {
	wait := scanEvery
	if soon {
		wait = scanSoon
	}
	return since >= min(max(wait, cost*scanShare), scanRarely)
}

// perSecond is how fast a counter rises; none when it stepped back.
func perSecond(was, now uint64, seconds float64) (float64, bool) {
	if now < was {
		return 0, false
	}
	return float64(now-was) / seconds, true
}
