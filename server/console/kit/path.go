package kit

import (
	"fmt"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// hopName is a hop by its number and its first address.
func hopName(h *wire.PathHop) string {
	if len(h.Addresses) == 0 {
		return fmt.Sprintf("hop %d", h.TTL)
	}
	return fmt.Sprintf("hop %d (%s)", h.TTL, h.Addresses[0])
}

// PathWords says what became of a way. going is true while it is still looked at.
func PathWords(p wire.PathPart, going bool) (good bool, words string) {
	v := p.Verdict()
	switch v.State {
	case wire.PathWhole:
		return true, fmt.Sprintf("The host answers after %s, nothing is lost, %s there and back", Plural(len(p.Hops), "1 hop", "%d hops"), Millis(v.Hop.Mean))
	case wire.PathLossy:
		last := p.Hops[len(p.Hops)-1]
		if v.Hop.End {
			return false, Percent(100*last.Loss()) + " is lost, and only at the host itself"
		}
		return false, Percent(100*last.Loss()) + " is lost, from " + hopName(v.Hop) + " on"
	case wire.PathRefused:
		return false, upperFirst(hopName(v.Hop)) + " carries it no further: " + v.Hop.Says
	case wire.PathCircle:
		return false, "Packets go round in a circle at " + hopName(v.Hop)
	case wire.PathEnds:
		if going {
			return false, "So far nothing answers after " + hopName(v.Hop)
		}
		return false, "Nothing answers after " + hopName(v.Hop) + ". The host is off, or something behind that hop drops what is sent to it"
	}
	return false, "Nothing answers, not even the first router"
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// hopNote says what to make of a hop's own loss.
func hopNote(p wire.PathPart, i int) string {
	h := p.Hops[i]
	behind := false // one behind it answers more
	for _, later := range p.Hops[i+1:] {
		behind = behind || later.Received > 0 && later.Loss() < h.Loss()
	}
	switch {
	case h.Says != "":
		return h.Says
	case h.End:
		return "the host"
	case len(h.Addresses) > 1:
		return "the way changes here: " + strings.Join(h.Addresses[1:], ", ")
	case h.Received == 0 && h.Sent > 0 && behind:
		return "does not answer itself; what is behind it does"
	case behind:
		return "answers rarely itself; what is behind it does not miss anything for that"
	}
	return ""
}

// hopShare is a hop's mean as a share of the slowest one's.
func hopShare(p wire.PathPart, h wire.PathHop) float64 {
	var most time.Duration
	for _, x := range p.Hops {
		most = max(most, x.Mean)
	}
	if most <= 0 || h.Mean <= 0 {
		return 0
	}
	return 100 * float64(h.Mean) / float64(most)
}
