package probe

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// Sampler measures the health sample. Rates and shares are over the time since
// the sample before, so the first sample has none. It belongs to one goroutine.
type Sampler struct {
	source source
	before reading
	slow   slowReading
	asked  time.Time        // when the slow readings were last asked for
	answer chan slowReading // holds them as soon as they are there; nil when none are under way
}

const (
	slowEvery = time.Minute           // how often disks and battery are asked
	slowWait  = 50 * time.Millisecond // how long a sample waits for them; as a rule they take a hundredth of it
)

// reading is what the system's counters are at one moment. What could not be
// read is zero, or nil.
type reading struct {
	at                time.Time
	cpuBusy, cpuAll   float64 // any unit
	load1             float64
	hasLoad           bool
	cores             int
	memory, available uint64
	swap, swapFree    uint64
	disks             map[string]uint64 // busy milliseconds
	nets              map[string]netCounters
	temperature       float64
	processes         int
}

type netCounters struct{ received, sent, errors uint64 }

// slowReading is what may have to wait for hardware.
type slowReading struct {
	diskUsed    float64
	hasDiskUsed bool
	battery     float64
	hasBattery  bool
}

// NewSampler returns a Sampler. Close frees what it holds open.
func NewSampler() *Sampler { return &Sampler{source: newSource()} }

// Sample measures everything but ServerRTT, which only the uplink knows. It
// never waits for a disk or a network: about a tenth of a millisecond on Linux.
func (s *Sampler) Sample(now time.Time) diagnostics.Sample {
	r := s.source.read()
	r.at = now
	s.readSlow(now)
	sample := sampleOf(s.before, r)
	if s.slow.hasDiskUsed {
		sample.Set(diagnostics.DiskUsed, s.slow.diskUsed)
	}
	if s.slow.hasBattery {
		sample.Set(diagnostics.Battery, s.slow.battery)
	}
	s.before = r
	return sample
}

// readSlow asks disks and battery once a minute, in a goroutine of their own: a
// dead disk keeps the last answer, and is not asked again before it has answered.
func (s *Sampler) readSlow(now time.Time) {
	// A clock that was set back must not stop it.
	if since := now.Sub(s.asked); s.answer == nil && (s.asked.IsZero() || since >= slowEvery || since < 0) {
		s.asked = now
		answer := make(chan slowReading, 1)
		s.answer = answer
		go func() { answer <- readSlow() }()
		t := time.NewTimer(slowWait)
		defer t.Stop()
		select {
		case s.slow = <-answer:
			s.answer = nil
		case <-t.C:
		}
		return
	}
	select {
	case s.slow = <-s.answer: // nil blocks, and the default is taken
		s.answer = nil
	default:
	}
}

// Close frees what the sampler holds open. It does not wait for a dead disk.
func (s *Sampler) Close() error {
	if s.answer != nil {
		t := time.NewTimer(slowWait)
		defer t.Stop()
		select {
		case <-s.answer:
		case <-t.C:
		}
	}
	return s.source.close()
}

// sampleOf compares two readings. A counter that stepped back was reset, or is
// another device under the same name: nothing is known of it then.
func sampleOf(a, b reading) diagnostics.Sample {
	s := diagnostics.Sample{At: b.at}
	if all := b.cpuAll - a.cpuAll; a.cpuAll > 0 && all > 0 {
		s.Set(diagnostics.CPUBusy, min(100, max(0, (b.cpuBusy-a.cpuBusy)/all*100)))
	}
	if b.hasLoad && b.cores > 0 {
		s.Set(diagnostics.LoadPerCore, b.load1/float64(b.cores))
	}
	if b.memory > 0 {
		s.Set(diagnostics.MemoryUsed, 100-percentOf(b.available, b.memory))
	}
	if b.swap > 0 {
		s.Set(diagnostics.SwapUsed, 100-percentOf(b.swapFree, b.swap))
	}
	if b.temperature > 0 {
		s.Set(diagnostics.Temperature, b.temperature)
	}
	if b.processes > 0 {
		s.Set(diagnostics.ProcessCount, float64(b.processes))
	}
	seconds := b.at.Sub(a.at).Seconds()
	if a.at.IsZero() || seconds <= 0 {
		return s
	}
	if a.disks != nil && b.disks != nil {
		busiest := 0.0
		for name, now := range b.disks {
			if was, ok := a.disks[name]; ok && now >= was {
				busiest = max(busiest, float64(now-was)/(seconds*10)) // ms in s×1000, as per cent
			}
		}
		s.Set(diagnostics.DiskBusy, min(100, busiest))
	}
	if a.nets != nil && b.nets != nil {
		var received, sent, errors uint64
		for name, now := range b.nets {
			was, ok := a.nets[name]
			if !ok || now.received < was.received || now.sent < was.sent || now.errors < was.errors {
				continue
			}
			received, sent, errors = received+now.received-was.received, sent+now.sent-was.sent, errors+now.errors-was.errors
		}
		s.Set(diagnostics.NetReceived, float64(received)/1024/seconds)
		s.Set(diagnostics.NetSent, float64(sent)/1024/seconds)
		s.Set(diagnostics.NetErrors, float64(errors)/seconds)
	}
	return s
}

func percentOf(part, whole uint64) float64 {
	return float64(min(part, whole)) / float64(whole) * 100
}
