package recorder

import (
	"math"
	"time"
)

// Column is a number that is recorded of the machine. The order is the file's and
// never changes; new ones are added at the end.
type Column uint8

// The columns.
const (
	CPUBusy Column = iota
	IOWait
	MemoryAvailable
	SwapUsed
	StallCPU
	StallMemory
	StallIO
	DiskBusy
	DiskLatency
	NetReceived
	NetSent
	columnCount
)

// ColumnInfo is a column's standing description.
type ColumnInfo struct {
	Name  string  // for programs, unit last
	Unit  string  // for people
	Scale float64 // how many steps a unit is rounded to
	Low   bool    // the less the worse: the worst of ten seconds is the least
}

var columnInfo = [columnCount]ColumnInfo{
	CPUBusy:         {Name: "cpu_busy_percent", Unit: "%", Scale: 10},
	IOWait:          {Name: "io_wait_percent", Unit: "%", Scale: 10},
	MemoryAvailable: {Name: "memory_available_mebibytes", Unit: "MiB", Scale: 1, Low: true},
	SwapUsed:        {Name: "swap_used_mebibytes", Unit: "MiB", Scale: 1},
	StallCPU:        {Name: "stalled_for_cpu_percent", Unit: "%", Scale: 10},
	StallMemory:     {Name: "stalled_for_memory_percent", Unit: "%", Scale: 10},
	StallIO:         {Name: "stalled_for_disk_percent", Unit: "%", Scale: 10},
	DiskBusy:        {Name: "disk_busy_percent", Unit: "%", Scale: 10},
	DiskLatency:     {Name: "disk_latency_milliseconds", Unit: "ms", Scale: 10},
	NetReceived:     {Name: "net_received_kibibytes_per_second", Unit: "KiB/s", Scale: 1},
	NetSent:         {Name: "net_sent_kibibytes_per_second", Unit: "KiB/s", Scale: 1},
}

// Columns lists all columns in the file's order.
func Columns() []Column {
	all := make([]Column, columnCount)
	for i := range all {
		all[i] = Column(i)
	}
	return all
}

// Info returns the column's description.
func (c Column) Info() ColumnInfo { return columnInfo[c] }

// Values are the numbers of one moment, rounded. The zero Values hold none.
type Values struct {
	steps [columnCount]int32
	have  uint16 // bit c: column c was read
}

// Set records a number in the column's unit. One that is none, or does not fit, is
// left out as if it had not been read.
func (v *Values) Set(c Column, value float64) {
	steps := math.Round(value * columnInfo[c].Scale)
	if math.IsNaN(steps) || steps < math.MinInt32 || steps > math.MaxInt32 {
		return
	}
	v.steps[c] = int32(steps)
	v.have |= 1 << c
}

// Get returns a number in the column's unit, and whether there is one.
func (v Values) Get(c Column) (float64, bool) {
	return float64(v.steps[c]) / columnInfo[c].Scale, v.have&(1<<c) != 0
}

// Steps returns a number as rounded, and whether there is one.
func (v Values) Steps(c Column) (int32, bool) { return v.steps[c], v.have&(1<<c) != 0 }

// Process is one of the processes that weighed most at a moment.
type Process struct {
	PID  int32
	Name string
	CPU  uint32 // tenths of a per cent of one core
	RSS  uint32 // MiB
}

// Sample is one second of the machine, or ten.
type Sample struct {
	At time.Time // by the machine's clock as it was then, in whole milliseconds
	// Up is the time since the machine started, by a clock that nobody sets, in
	// whole milliseconds. Where there is none it counts from the agent's start.
	Up     time.Duration
	Values Values // of ten seconds: the averages
	Worst  Values // of ten seconds: the worst of each
	Top    []Process
}

// offset is what the machine's clock is ahead of the one that nobody sets. It
// changes when the clock is set.
func (s Sample) offset() int64 { return s.At.UnixMilli() - s.Up.Milliseconds() }

// clockJump is by how much the offset may change from one sample to the next, in
// milliseconds, before that counts as a clock that was set.
const clockJump = 2000

// sameTime reports whether the clock ran evenly between two samples of one start.
func sameTime(a, b Sample) bool {
	d := b.offset() - a.offset()
	return d <= clockJump && d >= -clockJump
}
