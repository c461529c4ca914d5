package kit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Bytes writes a size with one decimal where it helps: "812 B", "1.4 MB", "256 GB".
func Bytes[T ~uint64 | ~int64 | ~int | ~float64](n T) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	v, i := float64(n), 0
	for v >= 999.5 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	if i == 0 || v >= 99.95 {
		return strconv.FormatFloat(v, 'f', 0, 64) + " " + units[i]
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + units[i]
}

// Percent writes a share: one decimal where it says something, below ten and just
// below a hundred.
func Percent(v float64) string {
	digits := 0
	if (v > 0 && v < 9.95) || (v > 99 && v < 100) {
		digits = 1
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', digits, 64), ".0") + " %"
}

// Rate writes KiB/s, as the samples have them, in a unit that is short.
func Rate(kib float64) string {
	if kib >= 1024 {
		return strconv.FormatFloat(kib/1024, 'f', 1, 64) + " MiB/s"
	}
	return strconv.FormatFloat(kib, 'f', 0, 64) + " KiB/s"
}

// Millis writes a short duration: "0.4 ms", "18 ms", "2.3 s".
func Millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms >= 1000:
		return strconv.FormatFloat(ms/1000, 'f', 1, 64) + " s"
	case ms >= 9.95:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	}
	return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
}

// MillisOf is Millis for readings that are kept as a number of milliseconds.
func MillisOf(ms float64) string {
	if math.IsNaN(ms) || math.Abs(ms) > 1e9 {
		return "–"
	}
	return Millis(time.Duration(ms * float64(time.Millisecond)))
}

// Count writes a number with a thin space at the thousands: "12 400".
func Count[T ~int | ~int64 | ~uint64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "\u2009" + s[i:]
	}
	return s
}

// Plural chooses a whole sentence by number; many has a verb for it. English has
// two forms; a language with more replaces this and the sentences together.
func Plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

// Duration writes a length of time with its two biggest units: "40 s", "12 min",
// "3 h 12 min", "2 d 4 h".
func Duration(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(max(d, 0)/time.Second)) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	case d < 24*time.Hour:
		return two(int(d/time.Hour), "h", int(d/time.Minute)%60, "min")
	}
	return two(int(d/(24*time.Hour)), "d", int(d/time.Hour)%24, "h")
}

func two(a int, unitA string, b int, unitB string) string {
	s := strconv.Itoa(a) + " " + unitA
	if b == 0 {
		return s
	}
	return s + " " + strconv.Itoa(b) + " " + unitB
}

// Short writes a length of time with its biggest unit, for narrow columns.
func Short(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	case d < 24*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " h"
	case d < 365*24*time.Hour:
		return strconv.Itoa(int(d/(24*time.Hour))) + " d"
	}
	return strconv.Itoa(int(d/(365*24*time.Hour))) + " y"
}

// Ago is the one style of relative times. After a week the date says more.
func Ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Minute: // a clock that is a little ahead is no reason to talk about the future
		return "just now"
	case d < 7*24*time.Hour:
		return Duration(d) + " ago"
	case t.Year() == now.Year():
		return t.Format("2 January")
	}
	return t.Format("2 January 2006")
}

// Until writes how long it still is.
func Until(t, now time.Time) string {
	if d := t.Sub(now); d >= time.Minute {
		return "in " + Duration(d)
	}
	if t.Before(now) {
		return "over"
	}
	return "in less than a minute"
}

// Exact writes a moment for whoever points at it. The browser replaces it with
// the reader's own zone.
func Exact(t time.Time) string { return t.UTC().Format("Monday, 2 January 2006, 15:04:05 MST") }

// Number writes a figure without a unit: two decimals below ten, none above.
func Number(v float64) string {
	if math.Abs(v) < 9.995 && v != math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// List writes names as a person would: one, two and three; of many the first most.
func List(names []string, most int) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + Plural(len(names)-most, " and 1 more", " and %d more")
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}
