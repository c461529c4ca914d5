package console

import (
	"cmp"
	"strconv"

	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/device"
	"github.com/deskbell/deskbell/server/synthetic"
)

// deviceSign is a device's icon, and its class.
func deviceSign(s *device.Standing) string {
	if s.State == synthetic.Up && s.Down() > 0 {
		return "warning"
	}
	return checkSign(s.State)
}

// deviceWord is how a device does, in a few words.
func deviceWord(s *device.Standing) string {
	if n := s.Down(); s.State == synthetic.Up && n > 0 {
		return kit.Plural(n, "1 interface down", "%d interfaces down")
	}
	return map[synthetic.State]string{
		synthetic.Awaited: "Not known yet", synthetic.Up: "Answers", synthetic.Down: "Silent", synthetic.Unknown: "Unknown", synthetic.Paused: "Paused",
	}[s.State]
}

// deviceSentence says what a state means.
func deviceSentence(s *device.Standing) string {
	switch s.State {
	case synthetic.Awaited:
		return cmp.Or(s.Life.Last.Says, "It has not answered yet since it is looked at.")
	case synthetic.Down:
		return s.Life.Last.Says
	case synthetic.Unknown:
		return "Nobody could look: this server was started a moment ago, or is cut off itself. What stood here before still counts."
	case synthetic.Paused:
		return "Nobody looks at it, and no alert is about it."
	}
	return "It answers."
}

func portSign(s device.State) string {
	return map[device.State]string{device.PortUp: "healthy", device.PortDown: "critical", device.PortOff: "maintenance", device.PortUnused: "info"}[s]
}

func portWord(s device.State) string {
	return map[device.State]string{device.PortUp: "Up", device.PortDown: "Down", device.PortOff: "Switched off", device.PortUnused: "Not used"}[s]
}

// deviceDid is a line of the log in words.
func deviceDid(d synthetic.Did) (sign, word string) {
	switch d {
	case device.Restarted:
		return "warning", "Began anew"
	case device.WentOff:
		return "maintenance", "Switched off"
	case synthetic.WentDown:
		return "critical", "Down"
	case synthetic.WentUp:
		return "healthy", "Up"
	}
	return lineSign(d), lineWord(d)
}

// bits are so many a second, in words; nothing where nobody can tell.
func bits(r device.Rate) string {
	if !r.OK {
		return "–"
	}
	return bitsOf(r.PerSecond)
}

func bitsOf(n float64) string {
	units := []string{"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"}
	i := 0
	for n >= 999.5 && i < len(units)-1 {
		n, i = n/1000, i+1
	}
	digits := 0
	if i > 0 && n < 9.95 {
		digits = 1
	}
	return strconv.FormatFloat(n, 'f', digits, 64) + " " + units[i]
}

// lineUsed is how much of a line is used in its busier direction; empty where nobody can tell.
func lineUsed(p *device.PortView) string {
	busy := max(p.Rates.In.PerSecond, p.Rates.Out.PerSecond)
	if p.Speed == 0 || !p.Rates.In.OK || !p.Rates.Out.OK {
		return ""
	}
	return strconv.FormatFloat(100*busy/float64(p.Speed), 'f', 0, 64) + " %"
}

// perSecond is a rate of errors or discards.
func perSecond(r device.Rate) string {
	switch {
	case !r.OK:
		return "–"
	case r.PerSecond == 0:
		return "0"
	case r.PerSecond < 0.1:
		return "< 0.1"
	}
	return strconv.FormatFloat(r.PerSecond, 'f', 1, 64)
}

// secretsHelp says what becomes of secrets.
func secretsHelp(v deviceView) string {
	if v.Device.ID == "" {
		return "It is stored encrypted, and never shown again."
	}
	return "Left empty, it stays as it is, as long as the address, the version and the user do."
}
