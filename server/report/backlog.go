package report

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Ages are the borders of the backlog's groups.
func Ages() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{day, 3 * day, 7 * day, 30 * day}
}

// Pile is how many tickets are open, by age: under each of Ages, and older.
type Pile struct {
	Key, Name string
	Open      int
	ByAge     [5]int
	Oldest    time.Duration
}

// Backlog is what was open at a moment.
type Backlog struct {
	At     time.Time
	Total  Pile
	Groups []Pile
}

// BacklogTally counts what was open at a moment.
type BacklogTally struct {
	at     time.Time
	q      Query
	total  Pile
	groups map[string]*Pile
}

// NewBacklogTally begins an empty one. Of the query it takes By and the filters; what
// tells moments apart tells nothing here.
func NewBacklogTally(at time.Time, q Query) *BacklogTally {
	return &BacklogTally{at: at, q: q, groups: map[string]*Pile{}}
}

// Add adds a ticket that was open at the moment. Its age counts from its opening,
// also when it was reopened since.
func (t *BacklogTally) Add(f Facts) {
	if !t.q.fits(f) || t.q.Technician != "" && t.q.Technician != f.Assignee {
		return
	}
	age := t.at.Sub(f.Created)
	t.total.add(age)
	var key string
	switch t.q.By {
	case ByTeam:
		key = f.Team
	case BySite:
		key = f.Site
	case ByCategory:
		key = f.Category
	case ByTechnician:
		key = f.Assignee
	default:
		return
	}
	if t.groups[key] == nil {
		t.groups[key] = &Pile{Key: key}
	}
	t.groups[key].add(age)
}

func (p *Pile) add(age time.Duration) {
	p.Open++
	p.Oldest = max(p.Oldest, age)
	i := slices.IndexFunc(Ages(), func(a time.Duration) bool { return age < a })
	if i < 0 {
		i = len(p.ByAge) - 1
	}
	p.ByAge[i]++
}

// Backlog returns what was counted.
func (t *BacklogTally) Backlog(name func(key string) string) Backlog {
	out := Backlog{At: t.at, Total: t.total}
	for _, k := range slices.Sorted(maps.Keys(t.groups)) {
		p := *t.groups[k]
		if name != nil {
			p.Name = name(k)
		}
		out.Groups = append(out.Groups, p)
	}
	slices.SortFunc(out.Groups, func(a, b Pile) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key)) })
	return out
}

// OpenAt reports whether the ticket was open at a moment.
func (f Facts) OpenAt(at time.Time) bool {
	for _, s := range f.Spans {
		if !s.From.After(at) && (s.To.IsZero() || s.To.After(at)) {
			return true
		}
	}
	return false
}

// Trend is how many tickets were open at the end of each day, week or month.
type Trend struct {
	q      Query
	ends   []time.Time
	starts []string
	steps  []int // changes at each end; summed up they are the counts
}

// NewTrend begins an empty one.
func NewTrend(q Query) *Trend {
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	t := &Trend{q: q}
	for at := Bucket(q.By, q.From, q.Zone); at.Before(q.To) && len(t.ends) < maxBuckets; {
		after := next(q.By, at)
		t.ends, t.starts = append(t.ends, after), append(t.starts, at.Format(time.DateOnly))
		at = after
	}
	t.steps = make([]int, len(t.ends)+1)
	return t
}

// End is the end of the last day, week or month.
func (t *Trend) End() time.Time {
	if len(t.ends) == 0 {
		return t.q.To
	}
	return t.ends[len(t.ends)-1].Add(time.Millisecond)
}

// Add adds a time during which a ticket was open.
func (t *Trend) Add(f Facts, s Span) {
	if !t.q.fits(f) || t.q.Technician != "" && t.q.Technician != f.Assignee {
		return
	}
	search := func(at time.Time) int { // the first end that is not before it
		i, _ := slices.BinarySearchFunc(t.ends, at, time.Time.Compare)
		return i
	}
	first, last := search(s.From), len(t.ends)
	if !s.To.IsZero() {
		last = search(s.To)
	}
	if first < last {
		t.steps[first]++
		t.steps[last]--
	}
}

// Counts returns the beginnings of the days, weeks or months, and how many tickets
// were open at their ends.
func (t *Trend) Counts() (starts []string, open []int) {
	n := 0
	for i := range t.ends {
		n += t.steps[i]
		open = append(open, n)
	}
	return t.starts, open
}
