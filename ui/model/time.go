package model

import (
	"time"

	"github.com/deskbell/deskbell/internal/tongue"
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
	return When{Ago: ago(t, now), Exact: tongue.Current().Moment(t)}
}

// ago is the one style of relative times. After a week the date says more.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Minute: // a clock that is a little ahead is no reason to talk about the future
		return wordsNow()
	case d < 7*24*time.Hour:
		return wordsAgo(Duration(d))
	case t.Year() == now.Year():
		return tongue.Current().Day(t)
	}
	return tongue.Current().Date(t)
}

// Duration writes a length of time with its two biggest units: "40 s", "12 min",
// "3 h 12 min", "2 d 4 h".
func Duration(d time.Duration) string { return tongue.Current().Length(d) }
