package availability

// Count is of the machines of a site, and of their time in minutes, how many were in
// each state.
type Count struct{ Up, Down, Unknown, Out int64 }

// Add is both together.
func (c Count) Add(o Count) Count {
	return Count{c.Up + o.Up, c.Down + o.Down, c.Unknown + o.Unknown, c.Out + o.Out}
}

// All is all of it.
func (c Count) All() int64 { return c.Up + c.Down + c.Unknown + c.Out }

// Percent is how much of what is known to be up or down was up.
func (c Count) Percent() (p float64, ok bool) { return percent(c.Up, c.Up+c.Down) }

// Take counts a machine.
func (c *Count) Take(s State) {
	switch s {
	case Up:
		c.Up++
	case Down:
		c.Down++
	case Unknown:
		c.Unknown++
	case Out:
		c.Out++
	case Idle: // it does not have to be there
	}
}

const (
	many = 3 // machines that are down are more than a fault of their own;
	// fewer are, where they are all that there is.
	half = 2
)

// State is how a site does, of whose machines so many are so: it is down when more than
// half of those that have to be there are down, and at least three or all.
func (c Count) State() State {
	known := c.Up + c.Down
	switch {
	case known == 0 && c.Unknown > 0, c.Unknown > known:
		return Unknown
	case known == 0 && c.Out > 0:
		return Out
	case known == 0:
		return Idle
	case c.Down*half > known && (c.Down >= many || c.Down == known):
		return Down
	}
	return Up
}

// IllBelow is the score under which a machine has a problem, as on the wall.
const IllBelow = 70

// best is the highest score.
const best = 100

// Scores are how many machines, or how many minutes of theirs, had each score.
type Scores [best + 1]int64

// Take counts a machine. One without a score is left out.
func (s *Scores) Take(score int) {
	if score >= 0 && score <= best {
		s[score]++
	}
}

// Add adds others to them.
func (s *Scores) Add(o *Scores) {
	for i, n := range o {
		s[i] += n
	}
}

// All is how many there are.
func (s *Scores) All() int64 {
	n := int64(0)
	for _, x := range s {
		n += x
	}
	return n
}

// Ill is the share of those that had a problem, in percent.
func (s *Scores) Ill() (p float64, ok bool) { return percent(s.ill(), s.All()) }

func (s *Scores) ill() int64 {
	n := int64(0)
	for _, x := range s[:IllBelow] {
		n += x
	}
	return n
}

// At is the score that a share of them, in percent, did not exceed: at 50 the median, at
// 10 the worst decile.
func (s *Scores) At(share int64) (score int, ok bool) {
	all := s.All()
	if all == 0 {
		return 0, false
	}
	seen := int64(0)
	for i, n := range s {
		if seen += n; n > 0 && seen*100 >= all*share {
			return i, true
		}
	}
	return best, true
}
