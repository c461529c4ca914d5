package diagnostics

import (
	"math"
	"math/bits"
	"time"
)

// Metric is a column of the health sample, the fixed schema that every endpoint
// sends without being asked. The order is the wire's order and never changes;
// new ones are added at the end.
type Metric uint8

// The metrics.
const (
	CPUBusy      Metric = iota // share of all cores busy
	LoadPerCore                // 1 min load average over the number of cores
	MemoryUsed                 // share of main memory that is not available
	SwapUsed                   // share of swap in use
	DiskUsed                   // share used on the fullest local file system
	DiskBusy                   // share of time the busiest device had work
	NetReceived                // over all interfaces that are hardware; without any, over all but loopback
	NetSent                    // over the same
	NetErrors                  // errors and drops on the same
	ServerRTT                  // from a frame to its acknowledgement
	Temperature                // the hottest sensor
	Battery                    // charge left
	ProcessCount               // number of processes
	metricCount
)

// MetricInfo is a metric's standing description.
type MetricInfo struct {
	Name  string // in the time series and on the wire, base unit last
	Unit  string // for people
	Label string // for people
	// Scale is how many steps a unit is rounded to at the agent: the wire and
	// the time series carry round(value × Scale). Coarse steps keep neighbouring
	// samples equal, which is what makes them small.
	Scale float64
}

var metricInfo = [metricCount]MetricInfo{
	CPUBusy:      {"cpu_busy_percent", "%", "CPU", 1},
	LoadPerCore:  {"load_per_core_ratio", "", "Load per core", 20},
	MemoryUsed:   {"memory_used_percent", "%", "Memory", 1},
	SwapUsed:     {"swap_used_percent", "%", "Swap", 1},
	DiskUsed:     {"disk_used_percent", "%", "Disk", 10},
	DiskBusy:     {"disk_busy_percent", "%", "Disk activity", 1},
	NetReceived:  {"net_received_kibibytes_per_second", "KiB/s", "Received", 1},
	NetSent:      {"net_sent_kibibytes_per_second", "KiB/s", "Sent", 1},
	NetErrors:    {"net_errors_per_second", "/s", "Network errors", 10},
	ServerRTT:    {"server_rtt_milliseconds", "ms", "Server round trip", 1},
	Temperature:  {"temperature_celsius", "°C", "Temperature", 1},
	Battery:      {"battery_percent", "%", "Battery", 1},
	ProcessCount: {"processes", "", "Processes", 1},
}

// Metrics lists all metrics in the wire's order.
func Metrics() []Metric {
	m := make([]Metric, metricCount)
	for i := range m {
		m[i] = Metric(i)
	}
	return m
}

// MetricByName returns the metric with the wire name, and whether there is one.
func MetricByName(name string) (Metric, bool) {
	for i, m := range metricInfo {
		if m.Name == name {
			return Metric(i), true
		}
	}
	return 0, false
}

// Info returns the metric's description.
func (m Metric) Info() MetricInfo { return metricInfo[m] }

// Sample is the health of an endpoint at one moment, already rounded: what the
// agent holds is what the server will show. The zero Sample holds no readings.
type Sample struct {
	At     time.Time
	steps  [metricCount]int32
	filled uint32 // bit m: metric m was read
}

// Set records a reading in the metric's unit. A reading that is not a number or
// does not fit is left out, as if it had not been read.
func (s *Sample) Set(m Metric, value float64) {
	steps := math.Round(value * metricInfo[m].Scale)
	if math.IsNaN(steps) || steps < math.MinInt32 || steps > math.MaxInt32 {
		return
	}
	s.SetSteps(m, int32(steps))
}

// SetSteps records a reading that is rounded already.
func (s *Sample) SetSteps(m Metric, steps int32) {
	s.steps[m] = steps
	s.filled |= 1 << m
}

// Readings is how many metrics were read.
func (s *Sample) Readings() int { return bits.OnesCount32(s.filled) }

// Empty reports whether nothing was read.
func (s *Sample) Empty() bool { return s.filled == 0 }

// Get returns a reading in the metric's unit, and whether there is one.
func (s *Sample) Get(m Metric) (float64, bool) {
	return float64(s.steps[m]) / metricInfo[m].Scale, s.filled&(1<<m) != 0
}

// Steps returns a reading as rounded, and whether there is one.
func (s *Sample) Steps(m Metric) (int32, bool) {
	return s.steps[m], s.filled&(1<<m) != 0
}
