package diagnostics

import (
	"fmt"
	"strings"
)

// LineSet is the set of lines that a machine is beyond. The zero value is none.
// Two sets are compared with ==.
type LineSet uint32

// line is a reading at which somebody may want to know at once.
type line struct {
	metric    Metric
	on        float64 // crossed at this reading
	off       float64 // left at this one
	downwards bool    // the lower, the worse
}

// lineTable is in the order of LineSet's bits.
func lineTable() []line {
	return []line{
		{metric: CPUBusy, on: 95, off: 80},
		{metric: LoadPerCore, on: 4, off: 2},
		{metric: MemoryUsed, on: 90, off: 85},
		{metric: MemoryUsed, on: 97, off: 94},
		{metric: SwapUsed, on: 80, off: 70},
		{metric: DiskUsed, on: 90, off: 89},
		{metric: DiskUsed, on: 95, off: 94},
		{metric: DiskUsed, on: 99, off: 98},
		{metric: DiskBusy, on: 95, off: 70},
		{metric: NetErrors, on: 10, off: 2},
		{metric: ServerRTT, on: 1000, off: 500},
		{metric: Temperature, on: 90, off: 85},
		{metric: Temperature, on: 97, off: 92},
		{metric: Battery, on: 20, off: 25, downwards: true},
		{metric: Battery, on: 5, off: 8, downwards: true},
	}
}

// Lines returns the lines that the machine is beyond after this sample, given
// those it was beyond before. A line is left only at a better reading than it was
// crossed at, so that a reading that trembles does not report every time; a
// metric that was not read leaves its lines as they were.
//
// The agent sends a frame at once whenever the result differs from before.
func Lines(s Sample, before LineSet) LineSet {
	after := before
	for i, l := range lineTable() {
		v, ok := s.Get(l.metric)
		if !ok {
			continue
		}
		bit := LineSet(1) << i
		switch {
		case l.downwards && v <= l.on, !l.downwards && v >= l.on:
			after |= bit
		case l.downwards && v >= l.off, !l.downwards && v <= l.off:
			after &^= bit
		}
	}
	return after
}

// String lists the lines for a log: "CPU ≥ 95 %, Disk ≥ 90 %".
func (l LineSet) String() string {
	var each []string
	for i, line := range lineTable() {
		if l&(1<<i) == 0 {
			continue
		}
		sign := "≥"
		if line.downwards {
			sign = "≤"
		}
		info := line.metric.Info()
		each = append(each, strings.TrimSpace(fmt.Sprintf("%s %s %g %s", info.Label, sign, line.on, info.Unit)))
	}
	if len(each) == 0 {
		return "none"
	}
	return strings.Join(each, ", ")
}
