package mailing

import (
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
)

// Every is how often something is sent.
type Every string

// The rhythms.
const (
	Weekly  Every = "week"
	Monthly Every = "month"
)

// When says when something is sent, by the clocks of a place.
type When struct {
	Every  Every  `json:"every"`
	Day    int    `json:"day"`    // of the week, 1 Monday to 7 Sunday; of the month, 1 to 28
	Minute int    `json:"minute"` // of the day
	Zone   string `json:"zone"`   // as in Europe/Berlin
}

// Period is the whole week or month that a report covers. Days are of the zone.
type Period struct {
	First string `json:"first"` // 2026-10-01
	Last  string `json:"last"`  // the last day of it
}

func (w *When) check() error {
	switch {
	case w.Every != Weekly && w.Every != Monthly:
		return fault.Field("every", "It is sent each week or each month.")
	case w.Every == Weekly && (w.Day < 1 || w.Day > 7):
		return fault.Field("day", "Choose a day of the week.")
	case w.Every == Monthly && (w.Day < 1 || w.Day > 28):
		return fault.Field("day", "Choose a day from 1 to 28, which every month has.")
	case w.Minute < 0 || w.Minute >= 24*60:
		return fault.Field("at", "Write the time of day as in 08:00.")
	}
	if _, err := time.LoadLocation(w.Zone); w.Zone == "" || w.Zone == "Local" || err != nil {
		return fault.Field("zone", "Give a time zone, as in Europe/Berlin.")
	}
	return nil
}

func (w *When) zone() *time.Location {
	if z := alert.ZoneOf(w.Zone); z != nil {
		return z
	}
	return time.UTC // it was checked when it was written
}

// day is a day of a zone without a zone, so that days can be counted whatever clocks do.
func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// begin is the first day of the week or month that a day is in.
func (w *When) begin(d time.Time) time.Time {
	if w.Every == Monthly {
		return day(d.Year(), d.Month(), 1)
	}
	return d.AddDate(0, 0, -(int(d.Weekday())+6)%7)
}

// step goes so many weeks or months on from the beginning of one.
func (w *When) step(begin time.Time, n int) time.Time {
	if w.Every == Monthly {
		return begin.AddDate(0, n, 0)
	}
	return begin.AddDate(0, 0, 7*n)
}

// due is when something is sent in the week or month that begins on a day. A time that is
// left out when the clocks are put forward is the moment of that; of one that comes twice
// the first counts.
func (w *When) due(begin time.Time) time.Time {
	y, m, d := begin.Date()
	return alert.Wall(y, m, d+w.Day-1, w.Minute, w.zone())
}

// Last is when something was due last, and the period that it is about: the last that was
// whole by then.
func (w *When) Last(now time.Time) (time.Time, Period) {
	begin := w.begin(day(now.In(w.zone()).Date()))
	if w.due(begin).After(now) {
		begin = w.step(begin, -1)
	}
	first := w.step(begin, -1)
	return w.due(begin), Period{first.Format(time.DateOnly), begin.AddDate(0, 0, -1).Format(time.DateOnly)}
}

// Next is when something is due next.
func (w *When) Next(now time.Time) time.Time {
	begin := w.begin(day(now.In(w.zone()).Date()))
	if due := w.due(begin); due.After(now) {
		return due
	}
	return w.due(w.step(begin, 1))
}

// Span is the time that a period covers, as the page of the report has it.
func (p Period) Span(zone *time.Location) (from, to time.Time) {
	first, _ := time.Parse(time.DateOnly, p.First) // we have written them
	last, _ := time.Parse(time.DateOnly, p.Last)
	y, m, d := first.Date()
	from = time.Date(y, m, d, 0, 0, 0, 0, zone)
	y, m, d = last.Date()
	return from, time.Date(y, m, d, 0, 0, 0, 0, zone).AddDate(0, 0, 1)
}

// Words is the period as people say it: October 2026, or 28 September to 4 October 2026.
func (p Period) Words(every Every) string {
	first, err := time.Parse(time.DateOnly, p.First)
	last, also := time.Parse(time.DateOnly, p.Last)
	switch {
	case err != nil || also != nil:
		return ""
	case every == Monthly:
		return first.Format("January 2006")
	case first.Year() != last.Year():
		return first.Format("2 January 2006") + " to " + last.Format("2 January 2006")
	case first.Month() != last.Month():
		return first.Format("2 January") + " to " + last.Format("2 January 2006")
	}
	return first.Format("2") + " to " + last.Format("2 January 2006")
}

// Words say when something is sent: each Monday at 08:00 (Europe/Berlin).
func (w *When) Words() string {
	return w.DayWords() + " at " + day(2026, 1, 1).Add(time.Duration(w.Minute)*time.Minute).Format("15:04") + " (" + w.Zone + ")"
}

// DayWords say on which days that is.
func (w *When) DayWords() string {
	if w.Every == Weekly {
		return "each " + time.Weekday(w.Day%7).String()
	}
	return "each month on the " + ordinal(w.Day)
}

func ordinal(n int) string {
	end := "th"
	if n/10 != 1 {
		switch n % 10 {
		case 1:
			end = "st"
		case 2:
			end = "nd"
		case 3:
			end = "rd"
		}
	}
	return day(2026, 1, n).Format("2") + end
}
