package probe

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

func TestSampleOf(t *testing.T) {
	start := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	a := reading{
		at: start, cpuBusy: 100, cpuAll: 1000, disks: map[string]uint64{"sda": 1000, "gone": 5},
		nets: map[string]netCounters{"eth0": {1 << 20, 1 << 20, 10}, "reset": {1 << 30, 5, 0}, "gone": {1, 1, 1}},
	}
	b := reading{
		at: start.Add(10 * time.Second), cpuBusy: 350, cpuAll: 2000, load1: 3, hasLoad: true, cores: 4, memory: 1000, available: 250, swap: 100, swapFree: 75,
		disks: map[string]uint64{"sda": 6000, "new": 999999}, temperature: 51.4, processes: 321,
		nets: map[string]netCounters{"eth0": {11 << 20, 2 << 20, 30}, "reset": {5, 5, 0}, "new": {1 << 40, 1 << 40, 9}},
	}
	want := map[diagnostics.Metric]float64{
		diagnostics.CPUBusy: 25, diagnostics.LoadPerCore: 0.75, diagnostics.MemoryUsed: 75, diagnostics.SwapUsed: 25, diagnostics.DiskBusy: 50,
		diagnostics.NetReceived: 1024, diagnostics.NetSent: 102, diagnostics.NetErrors: 2, diagnostics.Temperature: 51, diagnostics.ProcessCount: 321,
	}
	check := func(name string, s diagnostics.Sample, want map[diagnostics.Metric]float64) {
		t.Helper()
		for _, m := range diagnostics.Metrics() {
			v, ok := s.Get(m)
			if w, wanted := want[m]; ok != wanted || v != w {
				t.Errorf("%s: %s is %v %v, want %v %v", name, m.Info().Name, v, ok, w, wanted)
			}
		}
	}
	check("both", sampleOf(a, b), want)
	check("nothing before", sampleOf(reading{}, reading{at: start, memory: 4, available: 1}), map[diagnostics.Metric]float64{diagnostics.MemoryUsed: 75})
	check("a clock set back", sampleOf(b, reading{at: start, disks: b.disks, nets: b.nets}), nil)
	// Counters that step back, as after a sleep or with another kernel's bug.
	back := b
	back.cpuAll, back.cpuBusy = 500, 100
	check("a processor's counter reset", sampleOf(b, func() reading { r := back; r.at = b.at.Add(time.Second); r.disks, r.nets = nil, nil; return r }()), map[diagnostics.Metric]float64{
		diagnostics.LoadPerCore: 0.75, diagnostics.MemoryUsed: 75, diagnostics.SwapUsed: 25, diagnostics.Temperature: 51, diagnostics.ProcessCount: 321,
	})
}

// A dead disk must hold neither a sample nor the agent's end, and must not be
// asked again while it is silent.
func TestSamplerDoesNotWaitForDisks(t *testing.T) {
	s := NewSampler()
	s.answer = make(chan slowReading, 1) // asked, and silent
	s.slow = slowReading{diskUsed: 42, hasDiskUsed: true}
	start := time.Now()
	for i := range 3 {
		sample := s.Sample(start.Add(time.Duration(i) * time.Hour))
		if v, ok := sample.Get(diagnostics.DiskUsed); v != 42 || !ok {
			t.Errorf("the last answer is %v %v", v, ok)
		}
	}
	s.answer <- slowReading{diskUsed: 43, hasDiskUsed: true, battery: 80, hasBattery: true}
	sample := s.Sample(start.Add(4 * time.Hour))
	if v, _ := sample.Get(diagnostics.DiskUsed); v != 43 {
		t.Errorf("its answer came and the sample says %v", v)
	}
	if v, _ := sample.Get(diagnostics.Battery); v != 80 {
		t.Errorf("battery %v", v)
	}
	s.answer = make(chan slowReading, 1)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("all that took %v", took)
	}
}

func TestInventoryHash(t *testing.T) {
	p := New(Options{})
	a := p.Inventory(t.Context())
	b := New(Options{}).Inventory(t.Context())
	if a.Hash != b.Hash || len(a.Hash) != 32 {
		t.Errorf("%s and %s", a.Hash, b.Hash)
	}
	if a.CPUModel == "" || a.Cores < 1 || a.Memory == 0 || a.Disk == 0 || a.System.Hostname == "" || a.System.Platform == "" || a.System.BootedAt.IsZero() {
		t.Errorf("%+v", a)
	}
	for name, change := range map[string]func(*Inventory){
		"sign-in": func(i *Inventory) { i.System.Users = []diagnostics.Session{{User: "anna"}} }, "restart": func(i *Inventory) { i.System.BootedAt = time.Now() },
		"update waits": func(i *Inventory) { i.System.RebootPending = true }, "kernel's share": func(i *Inventory) { i.Memory -= 30 << 20 },
	} {
		b := a
		a.Memory = 8<<30 + 100<<20
		b.Memory = a.Memory
		change(&b)
		if a.hash() != b.hash() {
			t.Errorf("%s changed the hash", name)
		}
	}
	for name, change := range map[string]func(*Inventory){
		"name": func(i *Inventory) { i.System.Hostname += "x" }, "memory": func(i *Inventory) { i.Memory += 4 << 30 }, "disk": func(i *Inventory) { i.Disk += 1 << 40 }, "kernel": func(i *Inventory) { i.System.Kernel += "x" },
	} {
		b := a
		change(&b)
		if a.hash() == b.hash() {
			t.Errorf("%s did not change the hash", name)
		}
	}
}

// The target is half a millisecond of processor time.
func BenchmarkSample(b *testing.B) {
	s := NewSampler()
	defer s.Close()
	now := time.Now()
	for b.Loop() {
		now = now.Add(15 * time.Second)
		s.Sample(now)
	}
}
