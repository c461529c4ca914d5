package alert

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Stretch is a time with a beginning and an end, which does not belong to it. An end
// that is zero is open.
type Stretch struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"`
}

// Has reports whether a moment is in the stretch.
func (s Stretch) Has(now time.Time) bool {
	return !now.Before(s.From) && (s.To.IsZero() || now.Before(s.To))
}

// Times say when something holds: in one stretch, or again and again within it.
type Times struct {
	Stretch
	Weekly *Weekly   `json:"weekly,omitempty"` // within the stretch, in these hours alone
	Listed []Stretch `json:"listed,omitempty"` // within the stretch, in these alone
}

// Weekly are the same hours on days of the week, by the clocks of a place.
type Weekly struct {
	Days   []time.Weekday `json:"days"` // on which it begins
	Minute int            `json:"minute"`
	// For is how long it goes on, by the stopwatch: where the clocks are changed
	// meanwhile, it ends an hour earlier or later by them.
	For  time.Duration `json:"for"`
	Zone string        `json:"zone"` // as in “Europe/Berlin”
}

// longestWeekly is a day: what is longer would run into itself.
const longestWeekly = 24 * time.Hour

// Check says what is wrong with times, in a sentence without its end.
func (t Times) Check() error {
	if !t.To.IsZero() && !t.To.After(t.From) {
		return errors.New("the end has to come after the beginning")
	}
	w := t.Weekly
	if w == nil {
		return nil
	}
	if len(w.Days) == 0 {
		return errors.New("at least one day of the week has to be chosen")
	}
	for _, d := range w.Days {
		if d < time.Sunday || d > time.Saturday {
			return fmt.Errorf("%d is no day of the week", int(d))
		}
	}
	if w.Minute < 0 || w.Minute >= 24*60 {
		return errors.New("the time of day has to be between 00:00 and 23:59")
	}
	if w.For < time.Minute || w.For > longestWeekly {
		return errors.New("what recurs goes on for 1 minute to 24 hours")
	}
	if w.Zone == "" || w.Zone == "Local" {
		return errors.New("a time zone has to be given, as in Europe/Berlin")
	}
	if _, err := time.LoadLocation(w.Zone); err != nil {
		return fmt.Errorf("“%s” is no time zone; one is written as in Europe/Berlin", w.Zone)
	}
	return nil
}

// At returns the stretch of the times in which a moment is. Stretches that touch are
// one.
func (t *Times) At(now time.Time) (Stretch, bool) {
	if !t.Has(now) {
		return Stretch{}, false
	}
	if t.Weekly == nil && t.Listed == nil {
		return t.Stretch, true
	}
	found := t.latest(now)
	if found.From.IsZero() {
		return Stretch{}, false
	}
	for range maxJoined {
		next := t.latest(found.To)
		if next.From.IsZero() || !next.To.After(found.To) {
			break
		}
		found.To = next.To
	}
	if !t.To.IsZero() && found.To.After(t.To) {
		found.To = t.To
	}
	return found, true
}

// maxJoined is how many stretches that touch are looked ahead for.
const maxJoined = 8

// latest is the stretch with now in it that ends last.
func (t *Times) latest(now time.Time) Stretch {
	var found Stretch
	for _, s := range t.around(now) {
		if s.Has(now) && s.To.After(found.To) {
			found = s
		}
	}
	return found
}

// Next returns the first stretch that begins after now.
func (t *Times) Next(now time.Time) (Stretch, bool) {
	if t.Weekly == nil && t.Listed == nil {
		return t.Stretch, now.Before(t.From)
	}
	from := now
	if from.Before(t.From) {
		from = t.From.Add(-1)
	}
	var found Stretch
	for _, s := range t.around(from) {
		if s.From.After(now) && s.To.After(t.From) && (found.From.IsZero() || s.From.Before(found.From)) {
			found = s
		}
	}
	return found, !found.From.IsZero() && (t.To.IsZero() || found.From.Before(t.To))
}

// Over reports whether the times are past.
func (t *Times) Over(now time.Time) bool {
	if !t.To.IsZero() && !now.Before(t.To) {
		return true
	}
	if t.Listed == nil {
		return false
	}
	_, more := t.Next(now)
	_, on := t.At(now)
	return !more && !on
}

// around are the stretches that have a moment in them or begin in the week after it.
func (t *Times) around(now time.Time) []Stretch {
	w := t.Weekly
	if w == nil {
		return t.Listed
	}
	zone := ZoneOf(w.Zone)
	if zone == nil {
		return nil // it was checked when it was made
	}
	y, m, d := now.In(zone).Date()
	var out []Stretch
	for day := -2; day <= 8; day++ {
		if !slices.Contains(w.Days, time.Date(y, m, d+day, 12, 0, 0, 0, time.UTC).Weekday()) {
			continue
		}
		from := Wall(y, m, d+day, w.Minute, zone)
		out = append(out, Stretch{from, from.Add(w.For)})
	}
	return out
}

// zones are the time zones that were asked for: the system's are read from disk each time.
var zones sync.Map

// ZoneOf is a time zone; nil: there is none of that name.
func ZoneOf(name string) *time.Location {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	zones.Store(name, z)
	return z
}

// Wall is the first moment at which clocks in the zone show at least this minute of
// this day: a time that is left out when the clocks are put forward is the moment of
// that, and of a time that comes twice the first counts.
func Wall(y int, m time.Month, d, minute int, zone *time.Location) time.Time {
	t := time.Date(y, m, d, 0, minute, 0, 0, zone)
	want := time.Date(y, m, d, 0, minute, 0, 0, time.UTC).Unix()
	_, off := t.Zone()
	start, end := t.ZoneBounds()
	shown := t.Unix() + int64(off)
	switch {
	case shown > want && !start.IsZero():
		return start
	case shown < want && !end.IsZero():
		return end
	}
	if !start.IsZero() {
		_, before := start.Add(-time.Second).Zone()
		if first := time.Unix(want-int64(before), 0); first.Before(start) && first.Before(t) {
			return first.In(zone)
		}
	}
	return t
}
