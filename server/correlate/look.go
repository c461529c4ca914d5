package correlate

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Candidate is what may be one outage.
type Candidate struct {
	Cell       Cell
	Proposed   bool // else it is watched only
	Since      time.Time
	Window     time.Duration
	People     int      // different ones within the window
	Tickets    []string // within the window, the oldest first
	Expected   float64  // people who ring there in such a window on such a day
	P          float64  // chance of so many, were all as usual
	Evidence   Evidence
	Down       string // a check of the service that fails; empty: none does
	Looks      []Looks
	Confidence float64
	// Also are other cells that explain the same tickets, the best first.
	Also []Cell

	score float64
	key   key
}

// Evidence is what endpoints say themselves: the code that tells the cell's from the
// others best.
type Evidence struct {
	Code       string
	In, Of     int // endpoints of the cell that fail, of all of the cell
	Out, OutOf int // of the others
	P          float64
	Affected   []string // those of the cell that fail
	Sites      int      // at which they are
}

// mostAlso is how many other cells are named.
const mostAlso = 9

// Look says what may be an outage now. The tickets are those since the day began, and
// at least of the longest window; the failures and what is down those of now; the answers
// what endpoints said that were asked, the oldest first. All may hold later ones, which are
// not looked at.
func (d *Detector) Look(now time.Time, tickets []Ticket, failures []Failure, down []Down, answers ...Answer) []Candidate {
	var list []Candidate
	for _, g := range d.gather(now, tickets) {
		if c, ok := d.judge(now, g); ok {
			list = append(list, c)
		}
	}
	d.ask(now, list, failures)
	list = slices.DeleteFunc(list, func(c Candidate) bool {
		return c.P > unusual && (c.Evidence.Sites < several || c.Evidence.P > unusual) && downOf(now, &c, down) == nil
	})
	for i := range list {
		c := &list[i]
		c.score = bayes(c.P)
		if c.Evidence.Code != "" {
			loudest := loudest
			if c.Evidence.Sites >= several {
				loudest = loudestWide
			}
			c.score += min(bayes(c.Evidence.P), math.Log(loudest))
		}
		if x := downOf(now, c, down); x != nil {
			c.Down = x.Check
			c.score += math.Log(x.times())
		}
		d.hear(now, c, answers)
		c.score += c.asked(c.score-bayes(c.P)) + math.Log(d.before(c.key))
		c.Confidence = 1 / (1 + math.Exp(-c.score))
		c.Proposed = c.Confidence >= d.o.Propose
	}
	slices.SortFunc(list, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(len(b.Tickets), len(a.Tickets)), cmp.Compare(rank(a.Cell), rank(b.Cell)),
			cmp.Compare(a.Cell.About, b.Cell.About), cmp.Compare(a.Cell.Part.Kind, b.Cell.Part.Kind), cmp.Compare(a.Cell.Part.Name, b.Cell.Part.Name), cmp.Compare(a.Cell.Part.Value, b.Cell.Part.Value))
	})
	d.doubt(list)
	list = slices.DeleteFunc(list, func(c Candidate) bool { return c.Confidence < d.o.Watch })
	return merge(list)
}

// rank orders cells that explain alike: what people can go to comes first.
func rank(c Cell) int {
	at := slices.Index(Kinds(), c.Part.Kind) // −1 is a site, or none
	if c.About != "" && c.Part != (Part{}) {
		at += 100
	}
	return at
}

// merge makes one candidate of those that share most of their tickets.
func merge(list []Candidate) (out []Candidate) {
	for _, c := range list {
		i := slices.IndexFunc(out, func(o Candidate) bool {
			return 2*shared(c.Tickets, o.Tickets) >= min(len(c.Tickets), len(o.Tickets))
		})
		if i < 0 {
			out = append(out, c)
		} else if o := &out[i]; len(o.Also) < mostAlso {
			o.Also = append(o.Also, c.Cell)
		}
	}
	return out
}

// group are the tickets of one cell, the newest first, and how many came there today.
type group struct {
	cell  int32
	in    []placed
	today int
	day   *today
}

// today is what is known of the day so far.
type today struct {
	expected float64
	came     int
	windows  [len(windows)]float64 // expected in each
}

// gather puts the tickets of the longest window into cells, and keeps those with
// enough of them. It counts those of the day as well: an outage is no part of the
// day's own volume.
func (d *Detector) gather(now time.Time, tickets []Ticket) []*group {
	from := now.Add(-windows[len(windows)-1])
	local := now.In(d.o.Location)
	begin := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, d.o.Location)
	day := &today{expected: d.expected(begin, now)}
	for i, w := range windows {
		day.windows[i] = d.expected(now.Add(-w), now)
	}
	var lately, early []placed
	for _, t := range tickets {
		if t.Known || t.At.After(now) {
			continue
		}
		if !t.At.Before(begin) {
			day.came++
		}
		if t.At.After(from) {
			lately = append(lately, d.place(t))
		} else {
			early = append(early, d.place(t))
		}
	}
	count := make([]int32, len(d.keys))
	for _, t := range lately {
		for _, c := range t.cells {
			count[c]++
		}
	}
	found, slot := []*group{}, make([]int32, len(d.keys))
	for c, n := range count {
		if n >= minimum {
			found = append(found, &group{cell: int32(c), in: make([]placed, 0, n), day: day})
			slot[c] = int32(len(found))
		}
	}
	if len(found) == 0 {
		return nil
	}
	slices.SortFunc(lately, func(a, b placed) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.id, b.id)) })
	for i, t := range slices.Concat(lately, early) {
		for _, c := range t.cells {
			if slot[c] == 0 {
				continue
			}
			g := found[slot[c]-1]
			if i < len(lately) {
				g.in = append(g.in, t)
			}
			if !t.at.Before(begin) {
				g.today++
			}
		}
	}
	return found
}

// judge looks at one cell over each window, and keeps the one that speaks loudest.
func (d *Detector) judge(now time.Time, g *group) (Candidate, bool) {
	k := d.keys[g.cell]
	share, known := d.usual(k)
	// What came outside of the cell says how busy the day is: the gamma distribution
	// over days, after the day so far.
	shape := days + float64(g.day.came-g.today)
	busy := shape / (days + g.day.expected*(1-share))
	shape = 1 / (1/shape + 1/known)
	c := Candidate{Cell: Cell{Part: d.part[k.part], About: d.about[k.about]}, P: 1, key: k}
	var people []int32 // few enough to be gone through
	n := 0
	for i, w := range windows {
		from := now.Add(-w)
		for ; n < len(g.in) && g.in[n].at.After(from); n++ {
			if p := g.in[n].person; !slices.Contains(people, p) {
				people = append(people, p)
			}
		}
		mean := busy * share * g.day.windows[i]
		// Less than two deviations above is never rare enough.
		if x := float64(len(people)); len(people) < minimum || x < mean+2*math.Sqrt(mean+mean*mean/shape) {
			continue
		}
		if p := min(tail(len(people), mean, shape)*float64(len(windows)), 1); p < c.P {
			c.P, c.Expected, c.People, c.Window = p, mean, len(people), w
		}
	}
	if c.P > lessUnusual {
		return c, false
	}
	people = people[:0]
	best := math.Inf(-1)
	for _, t := range g.in {
		if !t.at.After(now.Add(-c.Window)) {
			break
		}
		c.Tickets = append(c.Tickets, t.id)
		if !slices.Contains(people, t.person) {
			people = append(people, t.person)
		}
		// It began where what came since is the furthest above the usual.
		x, mean := float64(len(people)), busy*share*d.expected(t.at, now)+1e-9
		if gain := x*math.Log(x/mean) - (x - mean); gain > best {
			best, c.Since = gain, t.at
		}
	}
	slices.Reverse(c.Tickets)
	return c, true
}
