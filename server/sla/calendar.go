// Package sla says by when something is owed, and is pure: calendars of open hours,
// policies with targets, and the clocks that follow from a ticket's history. A clock
// is never counted up anywhere; it is derived from what happened, so that a wrong
// calendar can be corrected afterwards and every figure can be explained.
package sla

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// Calendar says when a desk is open. Holidays close a whole day, exceptions give a
// day other hours; an exception goes before a holiday on the same day.
type Calendar struct {
	Name       string      `json:"-"`
	Zone       string      `json:"zone" doc:"Of the IANA database, as in Europe/Berlin."`
	Week       []Weekday   `json:"week" doc:"Days that are not listed are closed."`
	Holidays   []Holiday   `json:"holidays,omitempty"`
	Exceptions []Exception `json:"exceptions,omitempty"`
}

// Weekday is the hours of one day of the week, 0 (Sunday) to 6.
type Weekday struct {
	Day   int    `json:"day" doc:"0 (Sunday) to 6."`
	Spans []Span `json:"spans"`
}

// Holiday is a day on which the desk is closed. Only days that are listed are: no
// feed adds one by itself.
type Holiday struct {
	Date Date   `json:"date"`
	Name string `json:"name"`
}

// Exception is a day with other hours than its weekday; none means closed.
type Exception struct {
	Date  Date   `json:"date"`
	Name  string `json:"name"`
	Spans []Span `json:"spans,omitempty"`
}

// Span is from one time of day to another, by the wall clock of the calendar's zone.
type Span struct {
	From Minute `json:"from" doc:"HH:MM"`
	To   Minute `json:"to" doc:"HH:MM; 24:00 is the end of the day."`
}

// Minute is a time of day in minutes after midnight, 0 to 1440; in text HH:MM.
type Minute int

// String returns HH:MM.
func (m Minute) String() string { return fmt.Sprintf("%02d:%02d", int(m)/60, int(m)%60) }

// MarshalText returns HH:MM.
func (m Minute) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads HH:MM.
func (m *Minute) UnmarshalText(b []byte) error {
	h, min, ok := strings.Cut(string(b), ":")
	hour, err := strconv.Atoi(h)
	minute, err2 := strconv.Atoi(min)
	if !ok || err != nil || err2 != nil || len(min) != 2 || hour < 0 || minute < 0 || minute > 59 || hour*60+minute > 24*60 {
		return fault.Field("week", "“"+string(b)+"” is not a time of day. Write it like 08:30; the end of the day is 24:00.")
	}
	*m = Minute(hour*60 + minute)
	return nil
}

// Date is a day of the calendar, written YYYY-MM-DD.
type Date string

// DateOf returns the day that t is on by its own location.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

func (d Date) parse() (time.Time, error) { return time.Parse(time.DateOnly, string(d)) }

// The bounds of a calendar that a person can have meant.
const (
	maxSpans = 12   // of a day
	maxDays  = 2000 // holidays and exceptions
	maxName  = 200
)

// Validate says in one sentence what is wrong with a calendar; nil: nothing. A
// calendar needs open hours within the year after around: a clock on one without
// would never run, and nobody would notice.
func (c Calendar) Validate(around time.Time) error {
	if c.Zone == "" || c.Zone == "Local" {
		return fault.Field("zone", "Say in which time zone the hours are, like Europe/Berlin.")
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		return fault.Field("zone", "“"+c.Zone+"” is not a time zone. Choose one of the list, like Europe/Berlin.")
	}
	seen := map[int]bool{}
	for _, d := range c.Week {
		if d.Day < 0 || d.Day > 6 {
			return fault.Field("week", "A day of the week is a number from 0 (Sunday) to 6 (Saturday).")
		}
		if seen[d.Day] {
			return fault.Field("week", time.Weekday(d.Day).String()+" is listed twice. Put all its hours into one line.")
		}
		seen[d.Day] = true
		if err := checkSpans("week", time.Weekday(d.Day).String(), d.Spans); err != nil {
			return err
		}
	}
	if len(c.Holidays)+len(c.Exceptions) > maxDays {
		return fault.Field("holidays", "A calendar holds at most 2000 holidays and exceptions. Remove those of years gone by.")
	}
	for _, h := range c.Holidays {
		if err := checkDay("holidays", h.Date, h.Name); err != nil {
			return err
		}
	}
	days := map[Date]bool{}
	for _, e := range c.Exceptions {
		if err := checkDay("exceptions", e.Date, e.Name); err != nil {
			return err
		}
		if days[e.Date] {
			return fault.Field("exceptions", "There are two exceptions on "+string(e.Date)+". Put all hours of the day into one.")
		}
		days[e.Date] = true
		if err := checkSpans("exceptions", string(e.Date), e.Spans); err != nil {
			return err
		}
	}
	h, err := c.Hours(around)
	if err != nil {
		return err
	}
	if h.Open(around, around.AddDate(1, 0, 0)) == 0 {
		return fault.Field("week", "The calendar has no open hour in the coming year, so no clock on it would ever run. Give at least one day some hours.")
	}
	return nil
}

func checkDay(field string, d Date, name string) error {
	t, err := d.parse()
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return fault.Field(field, "“"+string(d)+"” is not a day. Write it like 2026-12-24.")
	}
	if len(name) > maxName {
		return fault.Field(field, "The name of "+string(d)+" is longer than 200 characters.")
	}
	return nil
}

func checkSpans(field, day string, spans []Span) error {
	if len(spans) > maxSpans {
		return fault.Field(field, day+" has more than 12 spans of hours. Join those that touch.")
	}
	end := Minute(0)
	for i, s := range spans {
		switch {
		case s.From < 0 || s.To > 24*60 || s.From >= s.To:
			return fault.Field(field, fmt.Sprintf("%s: hours from %s to %s do not go forward. A night is two spans: up to 24:00, and from 00:00 of the next day.", day, s.From, s.To))
		case i > 0 && s.From < end:
			return fault.Field(field, fmt.Sprintf("%s: the hours from %s overlap those before, or stand in the wrong order.", day, s.From))
		}
		end = s.To
	}
	return nil
}
