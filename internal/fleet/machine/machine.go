// Package machine simulates the computers of an office: each is a small state that
// drifts with the hours of the day, is ill at times, and can be measured, asked
// and complained about. It has no clock: every method is told the time. The same
// seed is the same machine for ever.
package machine

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// Machine is one simulated computer. There are tens of thousands in a process, so
// what follows from the seed is made when somebody asks for it. It is not safe for
// concurrent use.
type Machine struct {
	seed   uint64
	name   string
	model  *model
	ill    Ill // that stays; a spell comes and goes
	booted int64
	random rand.PCG
	spell  spell

	// What drifts, as shares or rates; the last Sample is made of it.
	at        int64 // Unix seconds of the last step
	cpu       float32
	burst     float32 // of the processor, fading
	memory    float32
	disk      float32
	io        float32
	received  float32
	sent      float32
	heat      float32
	charge    float32
	processes float32
	rtt       float32 // to the server, in milliseconds; below 0: not known
}

// spell is an illness that passes.
type spell struct {
	ill   Ill
	until int64
}

// New returns the machine with this number at a site. code is the site's short
// name, as in BER; salt keeps two fleets apart.
func New(salt uint64, number int, code string, now time.Time) *Machine {
	m := &Machine{seed: mix(salt ^ uint64(number)*0x9e3779b97f4a7c15), rtt: -1}
	m.random = *rand.NewPCG(m.seed, salt)
	m.model = pickModel(m.roll(1))
	m.name = Name(code, m.model.form, number)
	m.ill = pickIll(m.roll(2), m.model)
	m.booted = now.Unix() - int64(3600+m.roll(3)*float64(m.model.uptime/time.Second))
	if m.ill == LongUptime {
		m.booted = now.Unix() - int64((60+m.roll(4)*90)*86400)
	}
	m.at = now.Unix()
	m.memory = float32(30 + 35*m.roll(5))
	m.disk = float32(25 + 50*m.roll(6))
	m.charge = float32(40 + 60*m.roll(7))
	m.processes = float32(m.model.processes) * float32(0.8+0.4*m.roll(8))
	m.cpu, m.heat = 8, 45
	return m
}

// Name is a machine's name: site, form and number, as in BER-LT-0042.
func Name(code, form string, number int) string {
	n := strconv.Itoa(number)
	return code + "-" + form + "-" + strings.Repeat("0", max(0, 4-len(n))) + n
}

// Code is a site's short name: the first three Latin letters of its name.
func Code(site string) string {
	var b strings.Builder
	for _, c := range strings.ToUpper(site) {
		if c >= 'A' && c <= 'Z' && b.Len() < 3 {
			b.WriteRune(c)
		}
	}
	if b.Len() == 0 {
		return "PC"
	}
	return b.String()
}

// Hostname is the machine's name.
func (m *Machine) Hostname() string { return m.name }

// Booted is when the machine was started.
func (m *Machine) Booted() time.Time { return time.Unix(m.booted, 0).UTC() }

// Ill returns what the machine suffers from now.
func (m *Machine) Ill() Ill {
	if m.spell.ill != Healthy {
		return m.spell.ill
	}
	return m.ill
}

// Answered notes how long the server took to acknowledge, for the next sample.
func (m *Machine) Answered(d time.Duration) { m.rtt = float32(d.Seconds() * 1000) }

// roll returns a number in [0, 1) that is the machine's own for ever.
func (m *Machine) roll(n uint64) float64 { return float64(mix(m.seed+n)>>11) / (1 << 53) }

// float returns the next random number in [0, 1).
func (m *Machine) float() float32 { return float32(m.random.Uint64()>>40) / (1 << 24) }

// mix is splitmix64's finaliser: neighbouring numbers become unlike ones.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// activity is how busy people are at this time of the machine's day: little at
// night, a dip at noon. It never falls to nothing, so that a fleet that is shown
// at night still shows something.
func (m *Machine) activity(now int64) float32 {
	local := now + m.model.zone
	hour := float64(local%86400) / 3600
	work := 1 / (1 + math.Exp(-(hour-8)*2)) / (1 + math.Exp((hour-17.5)*1.5))
	if hour > 12 && hour < 13 {
		work *= 0.6
	}
	if day := (local/86400 + 4) % 7; day == 0 || day == 6 { // 1 January 1970 was a Thursday
		work *= 0.25
	}
	if m.model.form == Server {
		work = 0.4 + 0.6*work
	}
	return float32(0.3 + 0.7*work)
}

// Sample moves the machine on to now and measures it.
func (m *Machine) Sample(now time.Time) diagnostics.Sample {
	m.step(now.Unix())
	s := diagnostics.Sample{At: time.Unix(now.Unix(), 0)}
	s.Set(diagnostics.CPUBusy, float64(m.busy()))
	if m.model.os != "windows" {
		s.Set(diagnostics.LoadPerCore, float64(m.load()))
	}
	s.Set(diagnostics.MemoryUsed, float64(m.memoryUsed()))
	s.Set(diagnostics.SwapUsed, float64(m.swapUsed()))
	s.Set(diagnostics.DiskUsed, float64(m.diskUsed()))
	s.Set(diagnostics.DiskBusy, float64(m.diskBusy()))
	s.Set(diagnostics.NetReceived, float64(m.received))
	s.Set(diagnostics.NetSent, float64(m.sent))
	s.Set(diagnostics.NetErrors, 0)
	if m.rtt >= 0 {
		s.Set(diagnostics.ServerRTT, float64(m.rtt))
	}
	if m.model.form != Virtual && m.model.os == "linux" {
		s.Set(diagnostics.Temperature, float64(m.temperature()))
	}
	if m.model.form == Laptop {
		s.Set(diagnostics.Battery, float64(m.charge))
	}
	s.Set(diagnostics.ProcessCount, float64(m.processes))
	return s
}

// step moves the state on. Its walks forget half of the past in a few minutes.
func (m *Machine) step(now int64) {
	passed := float32(min(max(now-m.at, 0), 3600))
	m.at = max(m.at, now)
	busy := m.activity(now)
	keep := float32(math.Exp(-float64(passed) / 120))
	walk := func(v *float32, to, spread float32) {
		*v = to + (*v-to)*keep + (m.float()-0.5)*spread*(1-keep)*4
	}
	m.burst *= keep
	if m.float() < 0.004*passed/15*busy*4 {
		m.burst = 30 + 60*m.float()
	}
	walk(&m.cpu, 2+float32(m.model.load)*busy, 6*busy)
	walk(&m.memory, float32(28+30*m.roll(5))+20*busy, 3)
	walk(&m.io, 1+6*busy+m.burst/8, 4*busy)
	walk(&m.received, 400*busy*busy*float32(0.2+m.roll(9)), 300*busy)
	walk(&m.sent, 90*busy*busy*float32(0.2+m.roll(10)), 60*busy)
	walk(&m.heat, 38+0.45*m.busy(), 2)
	walk(&m.processes, float32(m.model.processes)*float32(0.8+0.4*m.roll(8)), 10)
	m.received, m.sent, m.io = max(m.received, 0), max(m.sent, 0), max(m.io, 0)
	m.disk += passed * float32(m.roll(11)) * 2e-6 // up to a sixth of a percent a day
	m.power(passed, now)
	m.fall(passed, now)
}

// power charges or empties the battery: machines stand on the desk half of the time.
func (m *Machine) power(passed float32, now int64) {
	if plugged := (now/5400+int64(m.seed%7))%2 == 0; plugged {
		m.charge = min(100, m.charge+passed/60*0.8)
		return
	}
	m.charge = max(8, m.charge-passed/60*0.4)
}

// fall has a healthy machine fall ill for a while now and then, about twice a week.
func (m *Machine) fall(passed float32, now int64) {
	if m.spell.ill != Healthy && now >= m.spell.until {
		m.spell = spell{}
	}
	if m.ill == Healthy && m.spell.ill == Healthy && m.float() < passed/300_000 {
		ill := Runaway
		if m.random.Uint64()%2 == 0 {
			ill = Swapping
		}
		m.spell = spell{ill, now + 600 + int64(m.random.Uint64()%1800)}
	}
}
