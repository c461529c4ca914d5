package model

import (
	"strconv"
	"time"
)

// When is a moment as it is shown: how long ago, and exactly for who points at it.
type When struct {
	Ago   string
	Exact string
}

// WhenOf describes a moment as seen from now, in now's time zone. The zero time
// has no description.
func WhenOf(t, now time.Time) When {
	if t.IsZero() {
		return When{}
	}
	t = t.In(now.Location())
	return When{Ago: ago(t, now), Exact: t.Format("Monday, 2 January 2006, 15:04:05")}
}

// ago is the one style of relative times. After a week the date says more.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Minute: // a clock that is a little ahead is no reason to talk about the future
		return wordsNow
	case d < 7*24*time.Hour:
		return wordsAgo(Duration(d))
	case t.Year() == now.Year():
		return t.Format("2 January")
	}
	return t.Format("2 January 2006")
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
