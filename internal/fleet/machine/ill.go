package machine

import "github.com/deskbell/deskbell/diagnostics"

// Ill is what a machine suffers from.
type Ill uint8

// The illnesses.
const (
	Healthy       Ill = iota
	DiskFull          // hardly a byte is free
	DiskFilling       // nearly full
	Hot               // dust in the fan
	Swapping          // too many tabs
	ServiceDown       // a background service has failed
	RestartNeeded     // updates wait for a restart
	WeakSignal        // far from the access point
	NamesFail         // one of two resolvers fails
	LongUptime        // never restarted
	Runaway           // one program takes a core for itself
	CrashLoop         // a service crashes again and again
	ClockWrong        // minutes off
	illCount
)

// Ills lists every illness.
func Ills() []Ill {
	all := make([]Ill, 0, illCount-1)
	for i := DiskFull; i < illCount; i++ {
		all = append(all, i)
	}
	return all
}

// Code is the finding that the illness shows as; none for Healthy.
func (i Ill) Code() diagnostics.Code {
	return map[Ill]diagnostics.Code{
		DiskFull: diagnostics.DiskFull, DiskFilling: diagnostics.DiskNearlyFull, Hot: diagnostics.CPUHot, Swapping: diagnostics.MemorySwapping,
		ServiceDown: diagnostics.ServiceFailed, RestartNeeded: diagnostics.RebootPending, WeakSignal: diagnostics.WifiWeak,
		NamesFail: diagnostics.NamesServFail, LongUptime: diagnostics.UptimeLong, Runaway: diagnostics.ProcessRunaway,
		CrashLoop: diagnostics.CrashLoop, ClockWrong: diagnostics.ClockSkew,
	}[i]
}

// shares says how common each illness is, in percent of all machines.
var shares = []struct {
	ill   Ill
	share float64
}{
	{RestartNeeded, 6}, {DiskFilling, 4}, {LongUptime, 3}, {ServiceDown, 3}, {DiskFull, 2.5}, {Swapping, 2.5}, {WeakSignal, 2},
	{Hot, 1.5}, {NamesFail, 1}, {CrashLoop, 1}, {Runaway, 1}, {ClockWrong, 0.5},
}

// pickIll chooses an illness that the model can have; most machines have none.
func pickIll(roll float64, m *model) Ill {
	at := roll * 100
	for _, s := range shares {
		if at -= s.share; at < 0 {
			if !m.canHave(s.ill) {
				return Healthy
			}
			return s.ill
		}
	}
	return Healthy
}

// canHave says which illnesses make sense, and which of them this system reports.
func (m *model) canHave(i Ill) bool {
	switch i {
	case Hot:
		return m.form != Virtual && m.os == "linux"
	case WeakSignal:
		return m.form == Laptop && m.os == "linux"
	case CrashLoop:
		return m.os == "linux"
	}
	return true
}

// WithIll makes the machine ill, for demonstrations and tests. A model that cannot
// have it stays as it is, which is reported.
func (m *Machine) WithIll(i Ill) bool {
	if i != Healthy && !m.model.canHave(i) {
		return false
	}
	if m.ill = i; i == LongUptime {
		m.booted = m.at - 75*86400
	}
	return true
}

// The readings as the illness bends them.

func (m *Machine) busy() float32 {
	v := min(m.cpu+m.burst, 89)
	switch m.Ill() {
	case Runaway:
		v = min(90.5+m.cpu/4, 97)
	case Swapping:
		v += 15
	}
	return min(max(v, 1), 100)
}

func (m *Machine) load() float32 {
	v := m.busy() / 100 * 1.1
	if m.Ill() == Swapping {
		v += 0.9
	}
	return v
}

func (m *Machine) memoryUsed() float32 {
	if m.Ill() == Swapping {
		return min(99, 94+m.memory/25)
	}
	return min(max(m.memory, 8), 90)
}

func (m *Machine) swapUsed() float32 {
	if m.Ill() == Swapping {
		return 60 + m.memory/4
	}
	return max(0, m.memory-60) / 2
}

func (m *Machine) diskUsed() float32 {
	total := float32(m.model.disk)
	switch m.Ill() {
	case DiskFull: // some hundred megabytes are left, and it makes no difference how large the disk is
		return 100 * (1 - (200+m.memory*6)*1e6/total)
	case DiskFilling:
		return 100 * (1 - min((6+m.memory/8)*1e9/total, 0.07))
	}
	return min(m.disk, 88)
}

func (m *Machine) diskBusy() float32 {
	if m.Ill() == Swapping {
		return min(100, 55+m.io*2)
	}
	return min(m.io, 90)
}

func (m *Machine) temperature() float32 {
	if m.Ill() == Hot {
		return 97.5 + m.memory/25
	}
	return min(m.heat, 88)
}
