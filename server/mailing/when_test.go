package mailing_test

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/mailing"
)

// TestWhen: when something is due by the clocks of a place, and what it is about then.
func TestWhen(t *testing.T) {
	month := func(day, hour int) mailing.When {
		return mailing.When{Every: mailing.Monthly, Day: day, Minute: hour * 60, Zone: "Europe/Berlin"}
	}
	week := func(day, minute int, zone string) mailing.When {
		return mailing.When{Every: mailing.Weekly, Day: day, Minute: minute, Zone: zone}
	}
	for _, c := range []struct {
		name, now     string
		w             mailing.When
		last, next    string
		period, words string
	}{
		{"a month", "2026-11-01T06:59:59Z", month(1, 8), "2026-10-01T06:00:00Z", "2026-11-01T07:00:00Z", "2026-09-01 2026-09-30", "September 2026"},
		{"at the moment itself", "2026-11-01T07:00:00Z", month(1, 8), "2026-11-01T07:00:00Z", "2026-12-01T07:00:00Z", "2026-10-01 2026-10-31", "October 2026"},
		{"over the turn of the year", "2027-01-28T12:00:00Z", month(28, 8), "2027-01-28T07:00:00Z", "2027-02-28T07:00:00Z", "2026-12-01 2026-12-31", "December 2026"},
		{"the first of a month elsewhere", "2026-10-31T23:30:00Z", month(1, 0), "2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z", "2026-10-01 2026-10-31", "October 2026"},
		{"a week", "2026-11-02T12:00:00Z", week(1, 8*60, "Europe/Berlin"), "2026-11-02T07:00:00Z", "2026-11-09T07:00:00Z", "2026-10-26 2026-11-01", "26 October to 1 November 2026"},
		{"a Sunday is the week's last day", "2026-11-07T12:00:00Z", week(7, 8*60, "Europe/Berlin"), "2026-11-01T07:00:00Z", "2026-11-08T07:00:00Z", "2026-10-19 2026-10-25", "19 to 25 October 2026"},
		{"clocks are put forward: 02:30 is not there", "2026-03-29T12:00:00Z", week(7, 150, "Europe/Berlin"), "2026-03-29T01:00:00Z", "2026-04-05T00:30:00Z", "2026-03-16 2026-03-22", "16 to 22 March 2026"},
		{"clocks are put back: of two 02:30 the first", "2026-10-25T00:30:00Z", week(7, 150, "Europe/Berlin"), "2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z", "2026-10-12 2026-10-18", "12 to 18 October 2026"},
		{"between the two", "2026-10-25T01:29:00Z", week(7, 150, "Europe/Berlin"), "2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z", "2026-10-12 2026-10-18", "12 to 18 October 2026"},
		{"over the turn of the year, in weeks", "2027-01-05T12:00:00Z", week(1, 0, "UTC"), "2027-01-04T00:00:00Z", "2027-01-11T00:00:00Z", "2026-12-28 2027-01-03", "28 December 2026 to 3 January 2027"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		at, p := c.w.Last(now)
		next := c.w.Next(now)
		if got := at.UTC().Format(time.RFC3339); got != c.last {
			t.Errorf("%s: last %s, want %s", c.name, got, c.last)
		}
		if got := next.UTC().Format(time.RFC3339); got != c.next {
			t.Errorf("%s: next %s, want %s", c.name, got, c.next)
		}
		if got := p.First + " " + p.Last; got != c.period || p.Words(c.w.Every) != c.words {
			t.Errorf("%s: %s (%s), want %s (%s)", c.name, got, p.Words(c.w.Every), c.period, c.words)
		}
		// What is next is last then, and about the time that follows.
		if again, following := c.w.Last(next); !again.Equal(next) || following.First <= p.First {
			t.Errorf("%s: at %s it is due at %s about %v", c.name, next, again, following)
		}
	}
}

// TestSpan: days are those of the zone, and the one on which clocks are changed is longer
// or shorter.
func TestSpan(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		first, last string
		hours       int
	}{{"2026-03-01", "2026-03-31", 31*24 - 1}, {"2026-10-01", "2026-10-31", 31*24 + 1}, {"2026-10-19", "2026-10-25", 7*24 + 1}} {
		from, to := mailing.Period{First: c.first, Last: c.last}.Span(zone)
		if got := to.Sub(from); got != time.Duration(c.hours)*time.Hour || from.Format(time.DateTime) != c.first+" 00:00:00" {
			t.Errorf("%s to %s is from %s for %s", c.first, c.last, from, got)
		}
	}
}
