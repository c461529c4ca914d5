package probe

import (
	"context"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"

	"github.com/deskbell/deskbell/diagnostics"
)

func (p *Prober) cpu(ctx context.Context, at pace) (*diagnostics.CPU, string, error) {
	before, err := cpu.TimesWithContext(ctx, true)
	if err != nil || len(before) == 0 {
		return nil, "", notRead("The processor's load cannot be read on this system.", err)
	}
	throttles := throttleCount()
	start := time.Now()
	if err := wait(ctx, at.interval); err != nil {
		return nil, "", err
	}
	after, err := cpu.TimesWithContext(ctx, true)
	if err != nil {
		return nil, "", err
	}
	c := &diagnostics.CPU{Model: p.hardware().cpuModel, Cores: len(after), Pressure: pressure("cpu"), IntervalMS: time.Since(start).Milliseconds()}
	if now := throttleCount(); now > throttles {
		c.Throttles = now - throttles
	}
	c.MaxTempC, c.TempLimitC = temperature()
	var all, busy, steal, iowait float64
	for i := range after {
		if i >= len(before) || before[i].CPU != after[i].CPU {
			break // a core was switched on or off meanwhile
		}
		s := shareOf(before[i], after[i])
		c.PerCore = append(c.PerCore, round1(s.percent(s.busy)))
		all, busy, steal, iowait = all+s.all, busy+s.busy, steal+s.steal, iowait+s.iowait
	}
	total := share{all: all}
	c.BusyPercent, c.Steal, c.IOWait = round1(total.percent(busy)), round1(total.percent(steal)), round1(total.percent(iowait))
	if l := loadAverage(ctx); l != nil {
		c.Load1, c.Load5, c.Load15 = l.Load1, l.Load5, l.Load15
	}
	return c, "", nil
}

// share is how one core spent an interval, in seconds.
type share struct{ all, busy, steal, iowait float64 }

// shareOf leaves guests out, which are in user and nice already. Some counters
// step back now and then; that is as if nothing had happened.
func shareOf(a, b cpu.TimesStat) share {
	d := func(x, y float64) float64 { return max(0, y-x) }
	idle, iowait, steal := d(a.Idle, b.Idle), d(a.Iowait, b.Iowait), d(a.Steal, b.Steal)
	busy := d(a.User, b.User) + d(a.System, b.System) + d(a.Nice, b.Nice) + d(a.Irq, b.Irq) + d(a.Softirq, b.Softirq)
	return share{all: busy + idle + iowait + steal, busy: busy, steal: steal, iowait: iowait}
}

func (s share) percent(v float64) float64 {
	if s.all <= 0 {
		return 0
	}
	return min(100, v/s.all*100)
}

// notRead is err, or, when the library only says that it does not know this
// system, an honest section.
func notRead(sentence string, err error) error {
	if err == nil || err.Error() == "not implemented yet" {
		return unsupported(sentence)
	}
	return err
}
