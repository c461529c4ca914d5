package device

import (
	"math"
	"time"

	"github.com/deskbell/deskbell/server/synthetic"
)

// tellPort writes how an interface does into the time series. The caller holds mu.
func (k *Keeper) tellPort(l *look, p *portNow, is Port, now time.Time) {
	put := func(name string, v float64) {
		k.o.Put("device_interface_"+name, now, v, "network_device", l.d.ID, "interface", p.Name)
	}
	put("state", is.State.number())
	if is.State != PortUp && is.State != PortDown {
		return // what nobody uses carries nothing, and needs no room
	}
	rate := func(name string, r Rate) {
		if r.OK {
			put(name+"_per_second", math.Round(r.PerSecond*100)/100)
		}
	}
	rate("in_bits", p.Rates.In)
	rate("out_bits", p.Rates.Out)
	rate("errors", p.Rates.Errors)
	rate("discards", p.Rates.Discards)
	if p.Speed > 0 {
		put("speed_bits_per_second", float64(p.Speed))
	}
}

// restartShown is how long after a restart the series says so.
const restartShown = 10 * time.Minute

// tell writes how a device does into the time series. The caller holds mu.
func (k *Keeper) tell(l *look, now time.Time) {
	if l.d.Paused {
		return
	}
	if s := l.m.Life.State(); s == synthetic.Up || s == synthetic.Down {
		k.o.Put("device_up", now, truth(s == synthetic.Up), "network_device", l.d.ID)
	}
	if l.m.Life.Heard {
		ago := now.Sub(l.m.Restarted)
		k.o.Put("device_restarted", now, truth(ago >= 0 && ago < restartShown), "network_device", l.d.ID)
	}
}
