package ical

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/deskbell/deskbell/internal/fault"
)

// Event is one time that a file names.
type Event struct {
	Name     string
	From, To time.Time
}

// Limits on what a file can make of us.
const (
	maxEvents  = 1000
	maxSeries  = 200
	longestOne = 31 * 24 * time.Hour
)

// Events reads the times of events that end after one moment and begin before another,
// sorted. What repeats is laid out; a time without a time zone is one of zone. Anything
// that is not understood is refused: a time that is guessed at would be wrong unseen.
func Events(r io.Reader, from, to time.Time, zone *time.Location) ([]Event, error) {
	list, err := read(r, "Export only the events that are meant.")
	if err != nil {
		return nil, err
	}
	moved := map[string][]time.Time{} // by the event's id: times of a series that have an event of their own
	for _, e := range list {
		if p := e.GetProperty("RECURRENCE-ID"); p != nil {
			t, _, err := moment(e, p, zone)
			if err != nil {
				return nil, err
			}
			moved[e.Id()] = append(moved[e.Id()], t)
		}
	}
	var out []Event
	series := 0
	for _, e := range list {
		if value(e, "STATUS") == "CANCELLED" {
			continue
		}
		if value(e, "RRULE") != "" {
			if series++; series > maxSeries {
				return nil, fault.Field("file", fmt.Sprintf("The file has more than %d events that repeat. Export only the events that are meant.", maxSeries))
			}
		}
		times, err := timesOf(e, to, zone)
		if err != nil {
			return nil, err
		}
		left, err := leftOut(e, zone)
		if err != nil {
			return nil, err
		}
		if e.GetProperty("RECURRENCE-ID") == nil {
			left = append(left, moved[e.Id()]...)
		}
		for _, x := range times {
			if x.To.After(from) && x.From.Before(to) && !slices.ContainsFunc(left, x.From.Equal) {
				out = append(out, x)
			}
		}
		if len(out) > maxEvents {
			return nil, fault.Field("file", fmt.Sprintf("The file names more than %d times in the year to come. Export only the events that are meant.", maxEvents))
		}
	}
	slices.SortStableFunc(out, func(a, b Event) int {
		return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}

// timesOf are the times of one event, and of its repetitions until a moment. An event
// that takes no time is none.
func timesOf(e *ics.VEvent, to time.Time, zone *time.Location) ([]Event, error) {
	p := e.GetProperty(ics.ComponentPropertyDtStart)
	if p == nil {
		return nil, refused(e, "has no beginning")
	}
	start, whole, err := moment(e, p, zone)
	if err != nil {
		return nil, err
	}
	end, err := endOf(e, start, whole, zone)
	if err != nil {
		return nil, err
	}
	name := clean(cmp.Or(value(e, "SUMMARY"), "Event"))
	switch {
	case end.Sub(start) > longestOne:
		return nil, refused(e, "goes on for more than 31 days")
	case !end.After(start):
		return nil, nil
	}
	begins := []time.Time{start}
	if rule := value(e, "RRULE"); rule != "" {
		r, ok := readRule(rule, start)
		if !ok {
			return nil, refused(e, "repeats in a way that is not understood here")
		}
		begins = r.from(start, to)
	}
	days := int(end.Sub(start).Round(24*time.Hour) / (24 * time.Hour))
	var out []Event
	for _, b := range begins {
		x := Event{Name: name, From: b, To: b.Add(end.Sub(start))}
		if whole { // a day has 23 or 25 hours when the clocks are changed
			x.To = b.AddDate(0, 0, days)
		}
		out = append(out, x)
	}
	return out, nil
}

// endOf is when an event ends: where it says nothing, a whole day after its day.
func endOf(e *ics.VEvent, start time.Time, whole bool, zone *time.Location) (time.Time, error) {
	if p := e.GetProperty(ics.ComponentPropertyDtEnd); p != nil {
		end, _, err := moment(e, p, zone)
		return end, err
	}
	if d := value(e, "DURATION"); d != "" {
		days, rest, ok := duration(d)
		if !ok {
			return start, refused(e, "has a duration that cannot be read")
		}
		return start.AddDate(0, 0, days).Add(rest), nil
	}
	if whole {
		return start.AddDate(0, 0, 1), nil
	}
	return start, nil
}

// leftOut lists the times that a series leaves out.
func leftOut(e *ics.VEvent, zone *time.Location) ([]time.Time, error) {
	var out []time.Time
	for _, p := range e.GetProperties("EXDATE") {
		for v := range strings.SplitSeq(p.Value, ",") {
			one := *p
			one.Value = v
			t, _, err := moment(e, &one, zone)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
		}
	}
	return out, nil
}

// moment reads a property's time; whole is that it is a day.
func moment(e *ics.VEvent, p *ics.IANAProperty, zone *time.Location) (t time.Time, whole bool, err error) {
	v := strings.TrimSpace(p.Value)
	if id := p.ICalParameters["TZID"]; len(id) > 0 {
		if zone = zoneOf(id[0]); zone == nil {
			return t, false, refused(e, fmt.Sprintf("has times of “%s”, which is not known as a time zone", clean(id[0])))
		}
	}
	for _, form := range []string{"20060102T150405Z", "20060102T150405", "20060102"} {
		in := zone
		if strings.HasSuffix(form, "Z") {
			in = time.UTC
		}
		if t, err = time.ParseInLocation(form, v, in); err == nil && t.Year() >= 1970 && t.Year() <= 2200 {
			return t, form == "20060102", nil
		}
	}
	return t, false, refused(e, "has a time that cannot be read")
}

// zoneOf is a time zone by the name that it has in a file.
func zoneOf(id string) *time.Location {
	id = strings.Trim(strings.TrimPrefix(id, "/"), `"`)
	if z := windowsZones[id]; z != "" {
		id = z
	}
	if id == "" || id == "Local" {
		return nil
	}
	if z, err := time.LoadLocation(id); err == nil {
		return z
	}
	return nil
}

// windowsZones are names that Outlook gives to time zones: the commonest. An event in
// another is refused by its name.
var windowsZones = map[string]string{
	"W. Europe Standard Time": "Europe/Berlin", "Romance Standard Time": "Europe/Paris", "Central Europe Standard Time": "Europe/Budapest", "Central European Standard Time": "Europe/Warsaw",
	"GMT Standard Time": "Europe/London", "FLE Standard Time": "Europe/Kyiv", "GTB Standard Time": "Europe/Bucharest", "E. Europe Standard Time": "Europe/Chisinau", "Turkey Standard Time": "Europe/Istanbul",
	"Eastern Standard Time": "America/New_York", "Central Standard Time": "America/Chicago", "Mountain Standard Time": "America/Denver", "Pacific Standard Time": "America/Los_Angeles",
	"E. South America Standard Time": "America/Sao_Paulo", "India Standard Time": "Asia/Kolkata", "China Standard Time": "Asia/Shanghai", "Tokyo Standard Time": "Asia/Tokyo", "Singapore Standard Time": "Asia/Singapore",
	"AUS Eastern Standard Time": "Australia/Sydney", "New Zealand Standard Time": "Pacific/Auckland", "South Africa Standard Time": "Africa/Johannesburg", "Israel Standard Time": "Asia/Jerusalem",
}

// duration reads P1W, P2D, PT1H30M: days by the calendar, the rest by the stopwatch.
func duration(v string) (days int, rest time.Duration, ok bool) {
	v, ok = strings.CutPrefix(strings.TrimPrefix(v, "+"), "P")
	if !ok || v == "" {
		return 0, 0, false
	}
	clock := false
	for v != "" {
		if v[0] == 'T' && !clock {
			clock, v = true, v[1:]
			continue
		}
		at := strings.IndexFunc(v, func(r rune) bool { return r < '0' || r > '9' })
		if at < 1 {
			return 0, 0, false
		}
		n, err := strconv.Atoi(v[:at])
		if err != nil || n > 100_000 {
			return 0, 0, false
		}
		switch unit := v[at]; {
		case unit == 'W' && !clock:
			days += 7 * n
		case unit == 'D' && !clock:
			days += n
		case unit == 'H' && clock:
			rest += time.Duration(n) * time.Hour
		case unit == 'M' && clock:
			rest += time.Duration(n) * time.Minute
		case unit == 'S' && clock:
			rest += time.Duration(n) * time.Second
		default:
			return 0, 0, false
		}
		v = v[at+1:]
	}
	return days, rest, true
}

func refused(e *ics.VEvent, why string) error {
	return fault.Field("file", fmt.Sprintf("The event “%s” %s. Nothing was changed.", clean(cmp.Or(value(e, "SUMMARY"), e.Id())), why))
}
