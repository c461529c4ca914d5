package availability

import "time"

// State is how something does.
type State uint8

// The states.
const (
	Unknown State = iota // nobody looked, or nobody could know
	Up
	Down
	Out  // in maintenance, or paused
	Idle // of a site: nobody has to be there
)

// Span is a time in one state. Its end does not belong to it.
type Span struct {
	From, To time.Time
	State    State
}

// Outage is a time in which something was down. It ends when it is up again, and nothing
// else ends it: what nobody knew, and what was maintained between two times that it was
// down, is within, and not counted.
type Outage struct {
	From, To time.Time // until when it was seen to be down
	Down     time.Duration
	Open     bool // it was not seen up again before the time's end
}

// Times are how long something was in each state.
type Times struct {
	Up, Down, Unknown, Out, Idle time.Duration
	Outages                      []Outage
}

// Add is both together: of many things at once.
func (t Times) Add(o Times) Times {
	return Times{
		Up: t.Up + o.Up, Down: t.Down + o.Down, Unknown: t.Unknown + o.Unknown, Out: t.Out + o.Out, Idle: t.Idle + o.Idle,
		Outages: append(t.Outages[:len(t.Outages):len(t.Outages)], o.Outages...),
	}
}

// Percent is how much of the time in which it is known to be up or down it was up. ok is
// false where there is no such time.
func (t Times) Percent() (p float64, ok bool) { return percent(int64(t.Up), int64(t.Up+t.Down)) }

func percent(part, of int64) (p float64, ok bool) {
	if of <= 0 {
		return 0, false
	}
	return 100 * float64(part) / float64(of), true
}

// Longest is how long it was down in its longest outage.
func (t Times) Longest() time.Duration {
	var out time.Duration
	for _, o := range t.Outages {
		out = max(out, o.Down)
	}
	return out
}

// Repair is the mean time to repair: how long it was down on average in the outages that
// are over. ok is false where there is none.
func (t Times) Repair() (mean time.Duration, ok bool) {
	n := 0
	for _, o := range t.Outages {
		if !o.Open {
			mean, n = mean+o.Down, n+1
		}
	}
	if n == 0 {
		return 0, false
	}
	return mean / time.Duration(n), true
}

// Of sums up the spans of something as far as they lie in a time. They are in order and
// do not overlap; what lies between them is unknown.
func Of(spans []Span, from, to time.Time) Times {
	var t Times
	if !to.After(from) {
		return t
	}
	known := time.Duration(0)
	down := false // an outage goes on
	for _, s := range spans {
		s = s.within(from, to)
		long := s.To.Sub(s.From)
		if long <= 0 {
			continue
		}
		known += long
		switch s.State {
		case Up:
			t.Up += long
			if down {
				t.Outages[len(t.Outages)-1].Open = false
			}
			down = false
		case Down:
			t.Down += long
			if !down {
				t.Outages = append(t.Outages, Outage{From: s.From, Open: true})
			}
			o := &t.Outages[len(t.Outages)-1]
			o.To, o.Down, down = s.To, o.Down+long, true
		case Out:
			t.Out += long
		case Idle:
			t.Idle += long
		default:
			t.Unknown += long
		}
	}
	t.Unknown += to.Sub(from) - known
	return t
}

func (s Span) within(from, to time.Time) Span {
	if s.From.Before(from) {
		s.From = from
	}
	if s.To.After(to) {
		s.To = to
	}
	return s
}
