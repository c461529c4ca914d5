package wire

import "time"

// AskPath traces the way to a host: PathParams → PathPart, a part a round.
const AskPath AskKind = "probe.path"

// PathParams traces the way to a host. Host is a name or an address.
type PathParams struct {
	Host   string `json:"host"`
	Rounds int    `json:"rounds,omitempty"` // 1 to 60, one a second; 0 means 10
	Family int    `json:"family,omitempty"` // 4 or 6; 0 means what the name has, IPv4 first
}

// PathPart is what is known after a round; the receiver keeps the newest.
type PathPart struct {
	Address string    `json:"address"`
	Method  string    `json:"method"` // icmp or udp
	Round   int       `json:"round"`
	Rounds  int       `json:"rounds"`
	Hops    []PathHop `json:"hops,omitempty"` // up to the last that answered
}

// PathHop is one router on the way, or the host itself.
type PathHop struct {
	TTL       int           `json:"ttl"`
	Addresses []string      `json:"addresses,omitempty"` // more than one: the way changes
	Name      string        `json:"name,omitempty"`      // of the first address
	Sent      int           `json:"sent"`                // what was answered, or waited for long enough
	Received  int           `json:"received"`
	Last      time.Duration `json:"last_ns,omitempty"`
	Best      time.Duration `json:"best_ns,omitempty"`
	Mean      time.Duration `json:"mean_ns,omitempty"`
	Worst     time.Duration `json:"worst_ns,omitempty"`
	Says      string        `json:"says,omitempty"` // why it carries no further
	End       bool          `json:"end,omitempty"`  // it is the host
}

// Loss is the share of what was sent to a hop and not answered, 0 to 1.
func (h PathHop) Loss() float64 {
	if h.Sent <= 0 || h.Received >= h.Sent {
		return 0
	}
	return float64(h.Sent-max(h.Received, 0)) / float64(h.Sent)
}

// PathState is what became of the way.
type PathState string

// The states of a way.
const (
	PathWhole   PathState = "whole"   // the host answers
	PathLossy   PathState = "lossy"   // it does not always; Hop is where that begins
	PathRefused PathState = "refused" // Hop says that it carries no further
	PathCircle  PathState = "circle"  // packets come by Hop again and again
	PathEnds    PathState = "ends"    // nothing answers after Hop
	PathSilent  PathState = "silent"  // nothing answers at all
)

// PathVerdict is what a path comes to, and the hop that it is about, if there is one.
type PathVerdict struct {
	State PathState
	Hop   *PathHop
}

// Verdict judges a path. A router that answers little itself loses nothing as long as
// those behind it answer: many routers have better things to do.
func (p PathPart) Verdict() PathVerdict {
	last := -1
	for i, h := range p.Hops {
		if h.Received > 0 {
			last = i
		}
	}
	if last < 0 {
		return PathVerdict{State: PathSilent}
	}
	h := &p.Hops[last]
	switch {
	case h.End && h.Loss() == 0:
		return PathVerdict{PathWhole, h}
	case h.End:
		return PathVerdict{PathLossy, p.lossFrom(last)}
	}
	if again := p.circle(); again != nil {
		return PathVerdict{PathCircle, again}
	}
	if h.Says != "" {
		return PathVerdict{PathRefused, h}
	}
	return PathVerdict{PathEnds, h}
}

// lossFrom is the hop from which on all that answer lose at least half of what the
// last one does.
func (p PathPart) lossFrom(last int) *PathHop {
	from := last
	for i := last; i >= 0; i-- {
		h := p.Hops[i]
		if h.Received <= 0 {
			continue
		}
		if h.Loss() < p.Hops[last].Loss()/2 {
			break
		}
		from = i
	}
	return &p.Hops[from]
}

// circle is the first hop that packets come by three times or more, with others
// between.
func (p PathPart) circle() *PathHop {
	at, times := map[string]int{}, map[string]int{}
	for i, h := range p.Hops {
		if len(h.Addresses) == 0 {
			continue
		}
		a := h.Addresses[0]
		if before, seen := at[a]; !seen || i > before+1 {
			times[a]++
		}
		at[a] = i
	}
	for i, h := range p.Hops {
		if len(h.Addresses) > 0 && times[h.Addresses[0]] >= 3 {
			return &p.Hops[i]
		}
	}
	return nil
}
