package ical

import (
	"strconv"
	"strings"
	"time"
)

// repeat lays a rule that repeats each year out until a day: on the day of its first
// time, on a day of a month, or on a weekday of a month as in “the last Monday of
// May”. It returns the first day alone, and false, for any other rule.
func repeat(rule string, start, end time.Time) ([]time.Time, bool) {
	once := []time.Time{start}
	interval, count, month, monthDay := 1, 0, start.Month(), start.Day()
	weekday, nth := time.Weekday(0), 0
	until := end
	yearly := false
	for part := range strings.SplitSeq(rule, ";") {
		name, v, _ := strings.Cut(part, "=")
		n, err := strconv.Atoi(v)
		switch strings.ToUpper(name) {
		case "FREQ":
			yearly = v == "YEARLY"
		case "INTERVAL":
			if interval = n; err != nil || n < 1 {
				return once, false
			}
		case "COUNT":
			if count = n; err != nil || n < 1 {
				return once, false
			}
		case "UNTIL":
			d, ok := parseDay(v)
			if !ok {
				return once, false
			}
			if last := d.AddDate(0, 0, 1); last.Before(until) {
				until = last
			}
		case "BYMONTH":
			if month = time.Month(n); err != nil || n < 1 || n > 12 {
				return once, false
			}
		case "BYMONTHDAY":
			if monthDay = n; err != nil || n < 1 || n > 31 {
				return once, false
			}
		case "BYDAY":
			var ok bool
			if weekday, nth, ok = readWeekday(v); !ok {
				return once, false
			}
		case "WKST", "":
		default:
			return once, false
		}
	}
	if !yearly {
		return once, false
	}
	var out []time.Time
	for y, n := start.Year(), 0; y <= until.Year() && (count == 0 || n < count); y += interval {
		d := time.Date(y, month, monthDay, 0, 0, 0, 0, time.UTC)
		if nth != 0 {
			d = nthWeekday(y, month, weekday, nth)
		}
		if d.Month() != month || d.Before(start) { // not in this year, like 29 February
			continue
		}
		if n++; d.Before(until) {
			out = append(out, d)
		}
	}
	return out, true
}

// readWeekday reads 2MO or -1FR.
func readWeekday(v string) (time.Weekday, int, bool) {
	if len(v) < 3 {
		return 0, 0, false
	}
	at := strings.Index("SUMOTUWETHFRSA", v[len(v)-2:])
	nth, err := strconv.Atoi(v[:len(v)-2])
	return time.Weekday(at / 2), nth, at >= 0 && at%2 == 0 && err == nil && nth != 0 && nth >= -5 && nth <= 5
}

func nthWeekday(y int, m time.Month, w time.Weekday, nth int) time.Time {
	if nth < 0 {
		last := time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC)
		back := (int(last.Weekday()) - int(w) + 7) % 7
		return last.AddDate(0, 0, -back+7*(nth+1))
	}
	first := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, (int(w)-int(first.Weekday())+7)%7+7*(nth-1))
}
