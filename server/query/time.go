package query

import (
	"strconv"
	"strings"
	"time"
)

// Moment is an end of a span of time as it was typed: a day (2026-01-31), a moment
// (2026-01-31T08:00), today, yesterday, tomorrow, or a distance from now (3d).
type Moment string

func timeKey(k Key) bool { return k == Created || k == Updated || k == Due }

// Span returns the times that a term about a time selects, from ≤ t < to; a zero
// one has no end. now is the moment of asking, in the zone of whoever asks.
func (t Term) Span(now time.Time) (from, to time.Time) {
	forward := t.Key == Due // a distance lies ahead
	if t.From != "" {
		from, _ = t.From.bounds(now, forward)
	}
	if t.To != "" {
		a, b := t.To.bounds(now, forward)
		if to = a; t.From == t.To {
			to = b
		}
	}
	return from, to
}

// bounds returns the begin and the end of what a moment names.
func (m Moment) bounds(now time.Time, forward bool) (from, to time.Time) {
	day := func(t time.Time) (time.Time, time.Time) {
		a := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, now.Location())
		return a, a.AddDate(0, 0, 1)
	}
	switch m {
	case "today":
		return day(now)
	case "yesterday":
		return day(now.AddDate(0, 0, -1))
	case "tomorrow":
		return day(now.AddDate(0, 0, 1))
	}
	if t, err := time.ParseInLocation(dayForm, string(m), now.Location()); err == nil {
		return day(t)
	}
	if t, err := time.ParseInLocation(minuteForm, string(m), now.Location()); err == nil {
		return t, t.Add(time.Minute)
	}
	n, unit, ok := m.distance()
	if !ok {
		return now, now
	}
	if !forward {
		n = -n
	}
	var t time.Time
	switch unit {
	case 'm':
		t = now.Add(time.Duration(n) * time.Minute)
	case 'h':
		t = now.Add(time.Duration(n) * time.Hour)
	case 'd':
		t = now.AddDate(0, 0, n)
	case 'w':
		t = now.AddDate(0, 0, 7*n)
	case 'y':
		t = now.AddDate(n, 0, 0)
	}
	return t, t
}

const (
	dayForm    = "2006-01-02"
	minuteForm = "2006-01-02T15:04"
	// maxDistance keeps distances within what calendars know.
	maxDistance = 100_000
)

func (m Moment) distance() (n int, unit byte, ok bool) {
	if len(m) < 2 {
		return 0, 0, false
	}
	unit = m[len(m)-1]
	n, err := strconv.Atoi(string(m[:len(m)-1]))
	if err != nil || n < 0 || n > maxDistance || m[0] == '+' || !strings.ContainsRune("mhdwy", rune(unit)) {
		return 0, 0, false
	}
	if unit == 'y' && n > 500 {
		return 0, 0, false
	}
	return n, unit, true
}

func readMoment(s string) (Moment, bool) {
	m := Moment(strings.ToLower(s))
	switch m {
	case "today", "yesterday", "tomorrow":
		return m, true
	}
	if n, unit, ok := m.distance(); ok {
		return Moment(strconv.Itoa(n) + string(unit)), true
	}
	for _, form := range []string{dayForm, minuteForm} {
		if t, err := time.Parse(form, strings.ToUpper(s)); err == nil {
			return Moment(t.Format(form)), true
		}
	}
	return "", false
}

func (m Moment) isDistance() bool {
	_, _, ok := m.distance()
	return ok
}

// span reads what a time is compared with. A span holds its first moment and not
// its end: created:>2026-01-01 begins on the 2nd. Of distances less is nearer:
// created:<3d was rung within the last three days, due:<4h is due within four hours.
func (w word) span() (from, to Moment, err error) {
	wrong := mistakef("%s is no time. Possible are a day as 2026-01-31, a span as 2026-01-01..2026-02-01, today, yesterday, and distances as <3d (m, h, d, w, y).", w.raw)
	if len(w.values) != 1 {
		return "", "", wrong
	}
	v := w.values[0]
	if a, b, ok := strings.Cut(v, ".."); ok {
		if w.op != "" {
			return "", "", wrong
		}
		var okA, okB = true, true
		if a != "" {
			from, okA = readMoment(a)
		}
		if b != "" {
			to, okB = readMoment(b)
		}
		if !okA || !okB || a == "" && b == "" || from == to && from.isDistance() {
			return "", "", wrong
		}
		return from, to, nil
	}
	m, ok := readMoment(v)
	if !ok {
		return "", "", wrong
	}
	back := m.isDistance() && w.key != string(Due) // less means later
	switch w.op {
	case "":
		if m.isDistance() {
			if w.key == string(Due) {
				return "", m, nil
			}
			return m, "", nil
		}
		return m, m, nil
	case "<", "<=":
		if back {
			return m, "", nil
		}
		if w.op == "<=" && !m.isDistance() {
			if m, ok = m.after(); !ok {
				return "", "", wrong
			}
		}
		return "", m, nil
	}
	if back {
		return "", m, nil
	}
	if w.op == ">" && !m.isDistance() {
		if m, ok = m.after(); !ok {
			return "", "", wrong
		}
	}
	return m, "", nil
}

// after is the day or the minute that follows.
func (m Moment) after() (Moment, bool) {
	switch m {
	case "yesterday":
		return "today", true
	case "today":
		return "tomorrow", true
	case "tomorrow":
		return "", false
	}
	if t, err := time.Parse(dayForm, string(m)); err == nil {
		return readMoment(t.AddDate(0, 0, 1).Format(dayForm))
	}
	t, err := time.Parse(minuteForm, string(m))
	if err != nil {
		return "", false
	}
	return readMoment(t.Add(time.Minute).Format(minuteForm))
}

func printSpan(from, to Moment) string {
	if from == to {
		return string(from)
	}
	return string(from) + ".." + string(to)
}
