package kit

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
)

func isPending(pending []string, n diagnostics.SectionName) bool {
	return slices.Contains(pending, string(n))
}

func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// Pid writes a process's number as everybody else does.
func Pid(n int32) string { return strconv.FormatInt(int64(n), 10) }

func byFullness(list []diagnostics.FileSystem) []diagnostics.FileSystem {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b diagnostics.FileSystem) int { return cmp.Compare(b.UsedPct, a.UsedPct) })
	return list
}

func linkWords(i diagnostics.Interface) string {
	var parts []string
	switch {
	case !i.Up:
		parts = append(parts, "off")
	case !i.Carrier:
		parts = append(parts, "no cable or radio link")
	default:
		parts = append(parts, "up")
	}
	if i.SpeedMbps > 0 {
		parts = append(parts, fmt.Sprintf("%d Mbit/s", i.SpeedMbps))
	}
	if i.Wireless {
		parts = append(parts, "wireless")
		if i.SignalDBm != 0 {
			parts = append(parts, fmt.Sprintf("%d dBm", i.SignalDBm))
		}
	}
	if i.Virtual {
		parts = append(parts, "virtual")
	}
	return strings.Join(parts, ", ")
}

func gatewayWords(g diagnostics.Gateway) string {
	switch {
	case !g.Asked:
		return "not asked"
	case g.Answers && g.RTTms > 0:
		return "answers in " + MillisOf(g.RTTms)
	case g.Answers:
		return "answers"
	}
	return "does not answer"
}

func resolverWords(r diagnostics.Resolver) string {
	switch {
	case r.Answers:
		return strings.TrimSpace(r.RCode + " in " + MillisOf(r.RTTms))
	case r.Problem != "":
		return r.Problem
	}
	return cmp.Or(r.RCode, "does not answer")
}

func serverWords(s *diagnostics.ServerPath) string {
	words := s.Address + ", not connected"
	if s.Connected {
		words = s.Address + ", connected"
	}
	if s.TCPms > 0 {
		words += ", " + MillisOf(s.TCPms)
	}
	if s.SkewMS > 1000 || s.SkewMS < -1000 {
		words += fmt.Sprintf(", clocks %d s apart", s.SkewMS/1000)
	}
	return join(words, s.Problem)
}

func processWords(d *diagnostics.Processes) string {
	s := Plural(d.Total, "1 process", "%d processes") + fmt.Sprintf(", %d running", d.Running)
	if d.Blocked > 0 {
		s += fmt.Sprintf(", %d waiting for a device", d.Blocked)
	}
	if d.Zombies > 0 {
		s += fmt.Sprintf(", %d ended and not collected", d.Zombies)
	}
	return s + ". The heaviest:"
}

func serviceWords(d *diagnostics.Services) string {
	return fmt.Sprintf("%d services (%s), %d running, %d failed.", d.Total, Clip(d.Manager, 20), d.Running, len(d.Failed))
}

// servicesOf lists what failed first; the list of all may repeat them.
func servicesOf(d *diagnostics.Services) []diagnostics.Service {
	list := slices.Clone(d.Failed)
	for _, s := range d.All {
		if s.State != "failed" {
			list = append(list, s)
		}
	}
	return list
}

func logLevel(l string) string {
	switch l {
	case "error", "critical", "alert", "emergency", "fatal":
		return "error"
	case "warning":
		return "warning"
	}
	return "info"
}

func logSeverity(l string) string {
	if logLevel(l) == "error" {
		return "critical"
	}
	return "warning"
}
