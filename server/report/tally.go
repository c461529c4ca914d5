package report

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Open returns how long the help desk was open between two moments. Nil means
// around the clock.
type Open func(from, to time.Time) time.Duration

// By is what figures are told apart by.
type By string

// What figures can be told apart by.
const (
	Whole        By = ""
	ByTeam       By = "team"
	BySite       By = "site"
	ByCategory   By = "category"
	ByTechnician By = "technician"
	ByDay        By = "day"
	ByWeek       By = "week"
	ByMonth      By = "month"
)

// Bys lists them in the order of the page.
func Bys() []By {
	return []By{Whole, ByTeam, BySite, ByCategory, ByTechnician, ByDay, ByWeek, ByMonth}
}

// Query says which figures. From is the first moment and To the first one after.
type Query struct {
	From, To   time.Time
	By         By
	Team       string
	Site       string
	Category   string
	Below      []string // the categories below Category, which count as well; the Reporter fills them in
	Technician string
	Zone       *time.Location // in which days begin; nil is UTC
}

// Times sums up lengths of time. The median is the middle one, of two in the middle
// the shorter; nine of ten are no longer than P90.
type Times struct {
	N                 int
	Mean, Median, P90 time.Duration
}

// Share is how many of how many.
type Share struct{ Part, Of int }

// Percent is the share of a hundred; ok is false when it is of none.
func (s Share) Percent() (p float64, ok bool) {
	if s.Of == 0 {
		return 0, false
	}
	return 100 * float64(s.Part) / float64(s.Of), true
}

// Ratings sums up opinions from 1 to 5.
type Ratings struct {
	N    int
	Mean float64
	Good Share // of 4 and 5
}

// Set is all figures of one group.
type Set struct {
	Key  string // an id, or a day as 2026-03-02; "" is nobody, or none
	Name string

	Created  int
	Resolved int

	Answer, AnswerOpen Times // MTTA; Open: in open hours
	First, FirstOpen   Times // MTTR, first
	Final, FinalOpen   Times // MTTR, final

	FirstContact Share
	Reopened     Share
	Kept         Share // SLA attainment
	Satisfaction Ratings
	Deflection   Share // by articles
	Mended       Share // by fixes
}

// Figures is an answer: the whole, and the groups.
type Figures struct {
	Query  Query
	Total  Set
	Groups []Set
}

// Tally adds facts up. Each counts where its moment lies in the query's time.
type Tally struct {
	q      Query
	open   func(team string) Open
	hours  map[string]Open // of teams that were asked for
	total  sums
	groups map[string]*sums
}

type sums struct {
	created, asked, resolved           int
	answer, answerOpen                 []int64
	first, firstOpen, final, finalOpen []int64
	once, onceOf, reopened             int
	kept, keptOf                       int
	ratings, stars, good               int
	deflected                          int
	mended, mendedOf                   int
}

// NewTally begins an empty one. open gives a team's hours; nil: around the clock.
func NewTally(q Query, open func(team string) Open) *Tally {
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	if open == nil {
		open = func(string) Open { return nil }
	}
	return &Tally{q: q, open: open, hours: map[string]Open{}, groups: map[string]*sums{}}
}

// within reports whether a moment counts.
func (t *Tally) within(at time.Time) bool {
	return !at.IsZero() && !at.Before(t.q.From) && at.Before(t.q.To)
}

// into calls add for the whole, and for the group of a moment and a technician.
func (t *Tally) into(f Facts, at time.Time, technician string, add func(*sums)) {
	if !t.within(at) || t.q.Technician != "" && technician != t.q.Technician {
		return
	}
	add(&t.total)
	if t.q.By == Whole {
		return
	}
	key := t.key(f, at, technician)
	g := t.groups[key]
	if g == nil {
		g = &sums{}
		t.groups[key] = g
	}
	add(g)
}

func (t *Tally) key(f Facts, at time.Time, technician string) string {
	switch t.q.By {
	case ByTeam:
		return f.Team
	case BySite:
		return f.Site
	case ByCategory:
		return f.Category
	case ByTechnician:
		return technician
	}
	return Bucket(t.q.By, at, t.q.Zone).Format(time.DateOnly)
}

// Bucket returns the beginning of the day, week or month of a moment. Weeks begin
// on Monday.
func Bucket(by By, at time.Time, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	switch by {
	case ByWeek:
		d -= (int(at.In(zone).Weekday()) + 6) % 7
	case ByMonth:
		d = 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// fits reports whether the query is about the ticket.
func (q Query) fits(f Facts) bool {
	return (q.Team == "" || q.Team == f.Team) && (q.Site == "" || q.Site == f.Site) && (q.Category == "" || q.Category == f.Category || slices.Contains(q.Below, f.Category))
}

// Add adds a ticket.
func (t *Tally) Add(f Facts) {
	if !t.q.fits(f) {
		return
	}
	hours, asked := t.hours[f.Team]
	if !asked {
		hours = t.open(f.Team)
		t.hours[f.Team] = hours
	}
	span := func(to time.Time) (all, open int64) {
		all = to.Sub(f.Created).Milliseconds()
		if hours == nil {
			return all, all
		}
		return all, hours(f.Created, to).Milliseconds()
	}
	t.into(f, f.Created, f.Assignee, func(s *sums) {
		s.created++
		if !f.ByStaff {
			s.asked++
		}
	})
	if t.within(f.Answered) {
		all, open := span(f.Answered)
		t.into(f, f.Answered, f.AnsweredBy, func(s *sums) { s.answer, s.answerOpen = append(s.answer, all), append(s.answerOpen, open) })
	}
	if t.within(f.First) {
		all, open := span(f.First)
		t.into(f, f.First, f.FirstBy, func(s *sums) {
			s.first, s.firstOpen = append(s.first, all), append(s.firstOpen, open)
			s.onceOf++
			if f.AtFirstContact() {
				s.once++
			}
		})
	}
	if t.within(f.Last) {
		all, open := span(f.Last)
		t.into(f, f.Last, f.LastBy, func(s *sums) {
			s.resolved++
			if f.Reopened > 0 {
				s.reopened++
			}
			if f.Solved {
				s.final, s.finalOpen = append(s.final, all), append(s.finalOpen, open)
			}
		})
	}
	t.into(f, f.Rated, f.LastBy, func(s *sums) {
		s.ratings++
		s.stars += f.Rating
		if f.Rating >= 4 {
			s.good++
		}
	})
}

// Promise is something that was owed to a requester and has come to its end, or
// was due and has not come. At is when that was.
type Promise struct {
	Facts Facts // of the ticket; only what tells groups apart matters
	At    time.Time
	Kept  bool
}

// AddPromise adds a promise.
func (t *Tally) AddPromise(p Promise) {
	if !t.q.fits(p.Facts) {
		return
	}
	t.into(p.Facts, p.At, p.Facts.Assignee, func(s *sums) {
		s.keptOf++
		if p.Kept {
			s.kept++
		}
	})
}

// AddDeflection adds an employee's word that an article has helped them, so that
// they did not ring. It belongs to a site at most.
func (t *Tally) AddDeflection(at time.Time, site string) {
	f := Facts{Site: site}
	if t.q.fits(f) {
		t.into(f, at, "", func(s *sums) { s.deflected++ })
	}
}

// AddMended adds an employee's word on a fix. It belongs to a site at most.
func (t *Tally) AddMended(at time.Time, site string, spared bool) {
	f := Facts{Site: site}
	if t.q.fits(f) {
		t.into(f, at, "", func(s *sums) {
			s.mendedOf++
			if spared {
				s.mended++
			}
		})
	}
}

// Figures returns what has been added up. name gives a group's name.
func (t *Tally) Figures(name func(key string) string) Figures {
	out := Figures{Query: t.q, Total: t.total.set("")}
	keys := slices.Collect(maps.Keys(t.groups))
	if t.q.By == ByDay || t.q.By == ByWeek || t.q.By == ByMonth {
		keys = t.buckets() // also those in which nothing was
	}
	for _, k := range keys {
		g := t.groups[k]
		if g == nil {
			g = &sums{}
		}
		s := g.set(k)
		if name != nil {
			s.Name = name(k)
		}
		out.Groups = append(out.Groups, s)
	}
	slices.SortFunc(out.Groups, func(a, b Set) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key)) })
	return out
}

// maxBuckets bounds a long time cut into days.
const maxBuckets = 800

func (t *Tally) buckets() []string {
	var keys []string
	for at := Bucket(t.q.By, t.q.From, t.q.Zone); at.Before(t.q.To) && len(keys) < maxBuckets; at = next(t.q.By, at) {
		keys = append(keys, at.Format(time.DateOnly))
	}
	return keys
}

// next is the beginning of the following day, week or month.
func next(by By, at time.Time) time.Time {
	switch by {
	case ByWeek:
		return at.AddDate(0, 0, 7)
	case ByMonth:
		return at.AddDate(0, 1, 0)
	}
	return at.AddDate(0, 0, 1)
}

func (s *sums) set(key string) Set {
	out := Set{
		Key: key, Created: s.created, Resolved: s.resolved,
		Answer: timesOf(s.answer), AnswerOpen: timesOf(s.answerOpen), First: timesOf(s.first), FirstOpen: timesOf(s.firstOpen),
		Final: timesOf(s.final), FinalOpen: timesOf(s.finalOpen),
		FirstContact: Share{s.once, s.onceOf}, Reopened: Share{s.reopened, s.resolved}, Kept: Share{s.kept, s.keptOf},
		Satisfaction: Ratings{N: s.ratings, Good: Share{s.good, s.ratings}}, Deflection: Share{s.deflected, s.deflected + s.asked},
		Mended: Share{s.mended, s.mendedOf},
	}
	if s.ratings > 0 {
		out.Satisfaction.Mean = float64(s.stars) / float64(s.ratings)
	}
	if s.deflected == 0 {
		out.Deflection = Share{} // nobody was asked: none is not the same as no success
	}
	return out
}

// timesOf sums milliseconds up; it sorts them.
func timesOf(ms []int64) Times {
	n := len(ms)
	if n == 0 {
		return Times{}
	}
	slices.Sort(ms)
	var sum int64
	for _, x := range ms {
		sum += x
	}
	at := func(part, of int) time.Duration { // the nearest rank
		return time.Duration(ms[(n*part+of-1)/of-1]) * time.Millisecond
	}
	return Times{N: n, Mean: time.Duration(sum/int64(n)) * time.Millisecond, Median: at(1, 2), P90: at(9, 10)}
}
