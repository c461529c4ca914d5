package noc

import (
	"math"
	"time"
)

// Mark is what the time series say of a presence at a moment: see Presence.Number. Where
// it was thinned it is a mean, and may be no presence.
type Mark struct {
	At     time.Time
	Number float64
}

// Stretch is a time in which an endpoint was in one presence.
type Stretch struct {
	From, To time.Time
	Presence Presence
}

// Long is how long it was.
func (s Stretch) Long() time.Duration { return s.To.Sub(s.From) }

// bridged is how far apart two marks may be, so that what the first says holds until the
// second: one may be lost.
const bridged = 3 * markEvery

// Stretches are where an endpoint was from one moment to another, without a gap: of times
// without marks nothing is known. The marks are in order.
func Stretches(marks []Mark, from, to time.Time) []Stretch {
	var out []Stretch
	at := from // until then all is said
	add := func(p Presence, until time.Time) {
		if until.After(to) {
			until = to
		}
		if !until.After(at) {
			return
		}
		if n := len(out); n > 0 && out[n-1].Presence == p {
			out[n-1].To = until
		} else {
			out = append(out, Stretch{at, until, p})
		}
		at = until
	}
	here, last := Unknown, from
	for _, m := range marks {
		p, ok := presenceOf(m.Number)
		if !ok || m.At.Before(from) || m.At.After(to) {
			continue
		}
		switch {
		case here == Unknown && m.At.Sub(from) <= bridged: // the first, and all before it is the same
		case m.At.Sub(last) > bridged:
			if here != Unknown {
				add(here, last.Add(markEvery))
			}
			add(Unknown, m.At)
		default:
			add(here, m.At)
		}
		here, last = p, m.At
	}
	if to.Sub(last) <= bridged {
		add(here, to)
	} else if here != Unknown {
		add(here, last.Add(markEvery))
	}
	add(Unknown, to)
	return out
}

// presenceOf is the presence that a mark is of.
func presenceOf(number float64) (Presence, bool) {
	list := Presences()
	if number != math.Trunc(number) || number < 1 || int(number) > len(list) {
		return Unknown, false
	}
	return list[int(number)-1], true
}
