package ical

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// rule is how an event repeats, as far as it is understood.
type rule struct {
	freq     string
	interval int
	count    int
	until    time.Time // the last moment at which it may begin; zero: there is none
	months   []int
	days     []int // of the month; negative from its end
	week     []nth
	first    time.Weekday // of the week
}

// nth is a weekday; n is which of the month, negative from its end, and 0 each.
type nth struct {
	n   int
	day time.Weekday
}

// readRule reads an RRULE of an event that begins first at start. ok is false for
// whatever is not understood in it.
func readRule(text string, start time.Time) (r rule, ok bool) {
	r = rule{interval: 1, first: time.Monday}
	at := 0 // BYSETPOS: which of the month's days that fit
	for part := range strings.SplitSeq(text, ";") {
		name, v, _ := strings.Cut(part, "=")
		n, err := strconv.Atoi(v)
		ok = err == nil && n >= 1
		switch strings.ToUpper(name) {
		case "FREQ":
			r.freq = v
			ok = slices.Contains([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}, v)
		case "INTERVAL":
			r.interval, ok = n, ok && n <= 1000
		case "COUNT":
			r.count = n
		case "UNTIL":
			r.until, ok = lastOf(v, start)
		case "BYMONTH":
			r.months, ok = numbers(v, 1, 12)
		case "BYMONTHDAY":
			r.days, ok = numbers(v, -31, 31)
		case "BYDAY":
			r.week, ok = weekdays(v)
		case "BYSETPOS":
			at, ok = n, err == nil && n != 0 && n >= -5 && n <= 5
		case "WKST":
			var d []nth
			if d, ok = weekdays(v); ok {
				r.first = d[0].day
			}
		default:
			ok = name == ""
		}
		if !ok {
			return r, false
		}
	}
	if at != 0 {
		if r.freq != "MONTHLY" || len(r.week) != 1 || r.week[0].n != 0 || r.days != nil {
			return r, false
		}
		r.week[0].n = at
	}
	numbered := slices.ContainsFunc(r.week, func(w nth) bool { return w.n != 0 })
	if numbered && (r.freq == "DAILY" || r.freq == "WEEKLY" || r.freq == "YEARLY" && r.months == nil) || r.days != nil && r.freq == "WEEKLY" {
		return r, false
	}
	return r, r.freq != ""
}

// from lays the rule out: the moments at which the event begins, before an end. The
// first always counts.
func (r rule) from(start, end time.Time) []time.Time {
	y, m, d := start.Date()
	hour, minute, second := start.Clock()
	var out []time.Time
	n := 0
	for i := 0; ; i++ {
		t := time.Date(y, m, d+i, hour, minute, second, 0, start.Location())
		if !t.Before(end) || !r.until.IsZero() && t.After(r.until) || r.count > 0 && n >= r.count {
			return out
		}
		if i == 0 || r.has(start, time.Date(y, m, d+i, 0, 0, 0, 0, time.UTC)) {
			n++
			out = append(out, t)
		}
	}
}

// has reports whether the rule has a day in it.
func (r rule) has(start, day time.Time) bool {
	y, m, d := start.Date()
	begin := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if r.months != nil && !slices.Contains(r.months, int(day.Month())) {
		return false
	}
	days := int(day.Sub(begin) / (24 * time.Hour))
	switch r.freq {
	case "DAILY":
		return days%r.interval == 0 && (r.week == nil || r.weekday(day)) && (r.days == nil || r.monthDay(day))
	case "WEEKLY":
		back := (int(begin.Weekday()) - int(r.first) + 7) % 7
		if (days+back)/7%r.interval != 0 {
			return false
		}
		return r.week == nil && day.Weekday() == begin.Weekday() || r.weekday(day)
	case "MONTHLY":
		if ((day.Year()-y)*12+int(day.Month())-int(m))%r.interval != 0 {
			return false
		}
	case "YEARLY":
		if (day.Year()-y)%r.interval != 0 || r.months == nil && r.week == nil && day.Month() != m {
			return false
		}
	}
	if r.week == nil && r.days == nil {
		return day.Day() == d
	}
	return (r.week == nil || r.weekday(day)) && (r.days == nil || r.monthDay(day))
}

func (r rule) weekday(day time.Time) bool {
	last := time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return slices.ContainsFunc(r.week, func(w nth) bool {
		return w.day == day.Weekday() && (w.n == 0 || w.n == (day.Day()-1)/7+1 || w.n == -((last-day.Day())/7+1))
	})
}

func (r rule) monthDay(day time.Time) bool {
	last := time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return slices.Contains(r.days, day.Day()) || slices.Contains(r.days, day.Day()-last-1)
}

// lastOf reads UNTIL: a moment, or a day of which all belongs to it.
func lastOf(v string, start time.Time) (time.Time, bool) {
	if t, err := time.Parse("20060102T150405Z", v); err == nil {
		return t, true
	}
	if t, err := time.ParseInLocation("20060102T150405", v, start.Location()); err == nil {
		return t, true
	}
	t, err := time.ParseInLocation("20060102", v, start.Location())
	return t.AddDate(0, 0, 1).Add(-1), err == nil
}

func numbers(v string, least, most int) ([]int, bool) {
	var out []int
	for x := range strings.SplitSeq(v, ",") {
		n, err := strconv.Atoi(x)
		if err != nil || n == 0 || n < least || n > most {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

func weekdays(v string) ([]nth, bool) {
	var out []nth
	for x := range strings.SplitSeq(v, ",") {
		if len(x) < 2 {
			return nil, false
		}
		at := strings.Index("SUMOTUWETHFRSA", x[len(x)-2:])
		w := nth{day: time.Weekday(at / 2)}
		if at < 0 || at%2 != 0 {
			return nil, false
		}
		if number := x[:len(x)-2]; number != "" {
			var err error
			if w.n, err = strconv.Atoi(number); err != nil || w.n == 0 || w.n < -5 || w.n > 5 {
				return nil, false
			}
		}
		out = append(out, w)
	}
	return out, true
}
