package sla

import (
	"slices"
	"sort"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// Hours is a calendar made ready for arithmetic: its open spans as moments, with
// running sums, for some years around a moment. Outside of them it computes more
// slowly and as rightly. An Hours is never changed.
type Hours struct {
	zone  *time.Location
	week  [7][]Span
	days  map[Date]special
	table table
}

// special is a day that does not follow its weekday.
type special struct {
	name    string
	spans   []Span
	holiday bool
}

// open is one span of open hours, in Unix milliseconds, with what came before it.
type open struct {
	from, to int64
	before   int64 // open milliseconds before it
	days     int64 // open days before its day
	into     int64 // open milliseconds of its day before it
	total    int64 // open milliseconds of its day
}

// table holds the spans from one moment to another.
type table struct {
	lo, hi int64
	spans  []open
}

// years is how far the table reaches on each side: further back than tickets stay
// open, further ahead than targets reach.
const years = 3

// day is one working day as the sum of working days counts it, so that both sums
// are whole numbers of the same size.
const day = int64(24 * time.Hour / time.Millisecond)

// Hours compiles the calendar. The calendar has to be valid but for having no hours.
func (c Calendar) Hours(around time.Time) (*Hours, error) {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return nil, fault.Field("zone", "“"+c.Zone+"” is not a time zone. Choose one of the list, like Europe/Berlin.")
	}
	h := &Hours{zone: zone, days: make(map[Date]special, len(c.Holidays)+len(c.Exceptions))}
	for _, d := range c.Week {
		if d.Day >= 0 && d.Day < 7 {
			h.week[d.Day] = d.Spans
		}
	}
	for _, d := range c.Holidays {
		h.days[d.Date] = special{name: d.Name, holiday: true}
	}
	for _, d := range c.Exceptions {
		h.days[d.Date] = special{name: d.Name, spans: d.Spans}
	}
	h.table = h.build(around.AddDate(-years, 0, 0).UnixMilli(), around.AddDate(years, 0, 0).UnixMilli())
	return h, nil
}

// Zone is the calendar's time zone.
func (h *Hours) Zone() *time.Location { return h.zone }

// on returns the hours of a day, and why they are not its weekday's.
func (h *Hours) on(y int, m time.Month, d int) ([]Span, special, bool) {
	noon := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	if s, ok := h.days[DateOf(noon)]; ok {
		return s.spans, s, true
	}
	return h.week[noon.Weekday()], special{}, false
}

// wall returns the first moment at which clocks in the zone show at least this time
// of this day. It never goes back as the time of day goes on, so spans that touch on
// the wall touch in time, also where the clocks are put forward or back.
func wall(y int, m time.Month, d int, at Minute, zone *time.Location) int64 {
	t := time.Date(y, m, d, 0, int(at), 0, 0, zone)
	want := time.Date(y, m, d, 0, int(at), 0, 0, time.UTC).UnixMilli()
	ms := t.UnixMilli()
	_, off := t.Zone()
	start, end := t.ZoneBounds()
	if ms+int64(off)*1000 != want { // this time is left out on this day: the change itself
		if ms+int64(off)*1000 > want && !start.IsZero() {
			return start.UnixMilli()
		}
		if !end.IsZero() {
			return end.UnixMilli()
		}
		return ms
	}
	if !start.IsZero() { // does it come twice? The first counts.
		_, before := start.Add(-time.Millisecond).Zone()
		if first := want - int64(before)*1000; first < start.UnixMilli() && first < ms {
			return first
		}
	}
	return ms
}

// build computes the table from the day of lo to the day of hi.
func (h *Hours) build(lo, hi int64) table {
	t := table{}
	first := time.UnixMilli(lo).In(h.zone)
	last := time.UnixMilli(hi).In(h.zone)
	y, m, d := first.Date()
	t.lo = wall(y, m, d, 0, h.zone)
	cursor := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	ly, lm, ld := last.Date()
	stop := time.Date(ly, lm, ld+1, 0, 0, 0, 0, time.UTC)
	t.hi = wall(ly, lm, ld+1, 0, h.zone)
	var sum, days int64
	for ; cursor.Before(stop); cursor = cursor.AddDate(0, 0, 1) {
		y, m, d := cursor.Date()
		spans, _, _ := h.on(y, m, d)
		begin, total := len(t.spans), int64(0)
		for _, s := range spans {
			from, to := wall(y, m, d, s.From, h.zone), wall(y, m, d, s.To, h.zone)
			if from < to {
				t.spans = append(t.spans, open{from: from, to: to, before: sum + total, days: days, into: total})
				total += to - from
			}
		}
		for i := begin; i < len(t.spans); i++ {
			t.spans[i].total = total
		}
		if sum += total; total > 0 {
			days++
		}
	}
	return t
}

// over returns a table that reaches over both moments.
func (h *Hours) over(from, to int64) table {
	if from >= h.table.lo && to <= h.table.hi {
		return h.table
	}
	return h.build(from-2*day, to+2*day)
}

// at returns the index of the first span that ends after the moment.
func (t table) at(ms int64) int {
	return sort.Search(len(t.spans), func(i int) bool { return t.spans[i].to > ms })
}

// sum returns how much of a measure there was before the moment.
func (t table) sum(u measure, ms int64) int64 {
	i := t.at(ms)
	if i == len(t.spans) {
		if i == 0 {
			return 0
		}
		last := t.spans[i-1]
		if u == workingTime {
			return (last.days + 1) * day
		}
		return last.before + last.to - last.from
	}
	s := t.spans[i]
	in := max(0, ms-s.from)
	if u == workingTime {
		return s.days*day + (s.into+in)*day/s.total
	}
	return s.before + in
}

// find returns the first moment at which the sum of a measure is at least want.
func (t table) find(u measure, want int64) (int64, bool) {
	i := sort.Search(len(t.spans), func(i int) bool {
		s := t.spans[i]
		if u == workingTime {
			return s.days*day+(s.into+s.to-s.from)*day/s.total >= want
		}
		return s.before+s.to-s.from >= want
	})
	if i == len(t.spans) {
		return 0, false
	}
	s := t.spans[i]
	if u == workingTime {
		need := ((want-s.days*day)*s.total+day-1)/day - s.into
		return s.from + max(0, need), true
	}
	return s.from + max(0, want-s.before), true
}

// measured returns how much of a measure lies between two moments. A nil Hours is
// open around the clock.
func (h *Hours) measured(u measure, from, to int64) int64 {
	if to <= from {
		return 0
	}
	if h == nil || u == allTime {
		return to - from
	}
	t := h.over(from, to)
	return t.sum(u, to) - t.sum(u, from)
}

// never bounds the search for a moment: a calendar whose next open hour is further
// away than this has none.
const never = 40 * 366 * day

// after returns the first moment at which so much of a measure has passed since
// from; false when that never comes.
func (h *Hours) after(u measure, from, amount int64) (int64, bool) {
	if amount <= 0 {
		return from, true
	}
	if h == nil || u == allTime {
		return from + amount, true
	}
	for reach := 400 * day; ; reach *= 4 {
		t := h.over(from, from+reach)
		if at, ok := t.find(u, t.sum(u, from)+amount); ok {
			return at, true
		}
		if reach > never {
			return 0, false
		}
	}
}

// Open returns how long the calendar is open between two moments.
func (h *Hours) Open(from, to time.Time) time.Duration {
	return time.Duration(h.measured(openTime, from.UnixMilli(), to.UnixMilli())) * time.Millisecond
}

// Add returns the moment at which the calendar has been open for d since from. What
// ends exactly at closing time ends then, not when the next day begins. False: never.
func (h *Hours) Add(from time.Time, d time.Duration) (time.Time, bool) {
	at, ok := h.after(openTime, from.UnixMilli(), d.Milliseconds())
	return time.UnixMilli(at), ok
}

// AddWorkingDays returns the moment that is so many working days after from. A
// working day is a day with open hours, however many: from the middle of one it
// goes to the middle of the next. False: never.
func (h *Hours) AddWorkingDays(from time.Time, days int) (time.Time, bool) {
	at, ok := h.after(workingTime, from.UnixMilli(), int64(days)*day)
	return time.UnixMilli(at), ok
}

// Next returns the moment itself when the calendar is open then, and when it opens
// next otherwise. False: never.
func (h *Hours) Next(from time.Time) (time.Time, bool) {
	ms := from.UnixMilli()
	at, ok := h.after(openTime, ms, 1)
	if !ok {
		return time.Time{}, false
	}
	return time.UnixMilli(max(ms, at-1)), true
}

// IsOpen reports whether the calendar is open at the moment.
func (h *Hours) IsOpen(at time.Time) bool {
	ms := at.UnixMilli()
	return h.measured(openTime, ms, ms+1) > 0
}

// Day is one day of a calendar, as a preview shows it.
type Day struct {
	Date    Date          `json:"date"`
	Spans   []Span        `json:"spans"`
	Name    string        `json:"name,omitempty"` // of the holiday or exception
	Special bool          `json:"special,omitempty"`
	Open    time.Duration `json:"open"` // in true time: an hour more or less where the clocks change
	Shifts  time.Duration `json:"shifts,omitempty"`
}

// Days returns so many days from the one that from is on.
func (h *Hours) Days(from time.Time, n int) []Day {
	out := make([]Day, 0, n)
	y, m, d := from.In(h.zone).Date()
	for i := range n {
		cy, cm, cd := time.Date(y, m, d+i, 0, 0, 0, 0, time.UTC).Date()
		spans, s, special := h.on(cy, cm, cd)
		begin, end := wall(cy, cm, cd, 0, h.zone), wall(cy, cm, cd+1, 0, h.zone)
		out = append(out, Day{
			Date: DateOf(time.Date(cy, cm, cd, 0, 0, 0, 0, time.UTC)), Spans: slices.Clone(spans), Name: s.name, Special: special,
			Open:   time.Duration(h.measured(openTime, begin, end)) * time.Millisecond,
			Shifts: time.Duration(end-begin-day) * time.Millisecond,
		})
	}
	return out
}
