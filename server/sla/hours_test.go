package sla_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/server/sla"
)

// TestHours holds the arithmetic against looking at each minute, in zones whose
// clocks change by an hour, by half an hour, at midnight, or by a whole day.
func TestHours(t *testing.T) {
	for _, x := range []struct{ zone, day string }{
		{"Europe/Berlin", "2026-03-29"}, {"Europe/Berlin", "2026-10-25"}, {"Australia/Lord_Howe", "2026-04-05"}, {"Australia/Lord_Howe", "2026-10-04"},
		{"America/Sao_Paulo", "2018-11-04"}, {"America/Sao_Paulo", "2018-02-18"}, {"Pacific/Apia", "2011-12-30"}, {"Africa/Cairo", "2024-04-26"},
	} {
		for _, spans := range []string{"00:00-24:00", "00:30-02:15 02:15-07:00 09:00-17:30", "23:00-24:00", "01:30-02:30"} {
			c := weekly(x.zone, spans, 0, 1, 2, 3, 4, 5, 6)
			day, _ := time.Parse(time.DateOnly, x.day)
			h, err := c.Hours(day)
			if err != nil {
				t.Fatal(err)
			}
			from := day.Add(-40 * time.Hour)
			var open time.Duration
			for m := from; m.Before(day.Add(60 * time.Hour)); m = m.Add(time.Minute) {
				if got := h.Open(from, m); got != open {
					t.Fatalf("%s %s %s: open for %s until %s, by minutes %s", x.zone, x.day, spans, got, m.In(h.Zone()), open)
				}
				if wallOpen(c, m) {
					open += time.Minute
				}
			}
		}
	}
}

// wallOpen is openAt, but for the time that the wall shows a second time because the
// clocks go back: then a desk is open that was open in the last minute before. What
// ended by then has ended.
func wallOpen(c sla.Calendar, at time.Time) bool {
	local := at.In(zoneOf(c.Zone))
	if start, _ := local.ZoneBounds(); !start.IsZero() {
		_, before := start.Add(-time.Second).Zone()
		_, now := local.Zone()
		if at.Sub(start) < time.Duration(before-now)*time.Second {
			return openAt(c, start.Add(-time.Minute))
		}
	}
	return openAt(c, at)
}

// TestAdd: the moment that is an amount away is the first at which the amount has passed.
func TestAdd(t *testing.T) {
	c := weekly("Europe/Berlin", "08:00-12:00 13:00-16:30", 1, 3, 5)
	c.Holidays = []sla.Holiday{{Date: "2026-12-25", Name: "Christmas"}}
	near, err := c.Hours(when("2026-06-01 12:00"))
	if err != nil {
		t.Fatal(err)
	}
	far, err := c.Hours(when("2001-06-01 12:00")) // everything is outside of its table
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		from := when("2026-01-01 00:00").Add(time.Duration(rapid.IntRange(0, 500*24*60).Draw(t, "from")) * time.Minute)
		d := time.Duration(rapid.IntRange(1, 60*200).Draw(t, "minutes")) * time.Minute
		at, ok := near.Add(from, d)
		if !ok || near.Open(from, at) != d || near.Open(from, at.Add(-time.Millisecond)) >= d {
			t.Fatalf("%s + %s = %s (%v), open %s", from, d, at, ok, near.Open(from, at))
		}
		if other, _ := far.Add(from, d); !other.Equal(at) {
			t.Fatalf("outside of the table: %s, inside %s", other, at)
		}
		days := rapid.IntRange(1, 20).Draw(t, "days")
		end, _ := near.AddWorkingDays(from, days)
		if back, _ := near.AddWorkingDays(from, days-1); !back.Before(end) || near.Open(back, end) != 7*time.Hour+30*time.Minute {
			t.Fatalf("a working day from %s to %s has %s", back, end, near.Open(back, end))
		}
		if next, _ := near.Next(from); !near.IsOpen(next) || near.Open(from, next) != 0 {
			t.Fatalf("next of %s is %s", from, next)
		}
	})
	if _, ok := (func() (time.Time, bool) {
		h, _ := sla.Calendar{Zone: "UTC"}.Hours(when("2026-06-01 12:00"))
		return h.Add(when("2026-06-01 12:00"), time.Hour)
	})(); ok {
		t.Error("a calendar without hours opens one day")
	}
}
