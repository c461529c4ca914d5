// Package ical reads holidays and the times of events out of an iCalendar file. Holidays
// that it finds are proposals: feeds of holidays are full of days on which people work, and a desk that is closed
// on one of them by surprise has broken its word. A person chooses.
package ical

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/sla"
)

// MaxFile is how large a file may be.
const MaxFile = 1 << 20

// Limits on what a file can make of us.
const (
	maxFound  = 1000
	maxDays   = 366 // of one event
	longEvent = 4   // days from which on an event is rather a vacation
)

// Proposal is a day that a file names.
type Proposal struct {
	sla.Holiday
	// Likely is whether it looks like a day on which nobody works.
	Likely bool `json:"likely"`
	// Doubt says why it may not be one; empty when it looks like one.
	Doubt string `json:"doubt,omitempty"`
}

// Holidays reads the days from one day up to and without another, sorted. An event
// that repeats each year is laid out over them.
func Holidays(r io.Reader, from, to sla.Date) ([]Proposal, error) {
	events, err := read(r, "Export only the holidays of your country.")
	if err != nil {
		return nil, err
	}
	moved := map[string][]sla.Date{} // by the event's id: days of a series that have an event of their own
	for _, e := range events {
		if d, ok := dayOf(e.GetProperty("RECURRENCE-ID")); ok {
			moved[e.Id()] = append(moved[e.Id()], sla.DateOf(d))
		}
	}
	var out []Proposal
	for _, e := range events {
		skip := excluded(e)
		if e.GetProperty("RECURRENCE-ID") == nil {
			skip = append(skip, moved[e.Id()]...)
		}
		for _, p := range days(e, to) {
			if p.Date >= from && p.Date < to && !slices.Contains(skip, p.Date) {
				out = append(out, p)
			}
		}
		if len(out) > maxFound {
			return nil, fault.Field("file", "The file names more than 1000 days in this time. Export only the holidays of your country.")
		}
	}
	slices.SortStableFunc(out, func(a, b Proposal) int { return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Name, b.Name)) })
	return slices.CompactFunc(out, func(a, b Proposal) bool { return a.Holiday == b.Holiday }), nil
}

// read reads a file's events. less says how to make it smaller.
func read(r io.Reader, less string) ([]*ics.VEvent, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The file did not arrive whole. Choose it again.")
	}
	if len(data) > MaxFile {
		return nil, fault.New(fault.TooLarge, "The file is larger than 1 MiB. "+less)
	}
	calendar, err := ics.ParseCalendar(strings.NewReader(string(data)))
	if err != nil || calendar == nil {
		return nil, &fault.Error{Code: fault.Invalid, Field: "file", Sentence: "This is not an iCalendar file (.ics), or it is damaged. Nothing was changed.", Err: err}
	}
	events := calendar.Events()
	if len(events) == 0 {
		return nil, fault.Field("file", "The file is an iCalendar file without any event. Nothing was changed.")
	}
	return events, nil
}

// days returns the days of an event, and of its repetitions until a day.
func days(e *ics.VEvent, to sla.Date) []Proposal {
	if value(e, "STATUS") == "CANCELLED" {
		return nil
	}
	start, ok := dayOf(e.GetProperty(ics.ComponentPropertyDtStart))
	if !ok {
		return nil
	}
	name := clean(value(e, "SUMMARY"))
	long := length(e, start)
	doubt := doubtOf(e, long)
	firsts := []time.Time{start}
	if rule := value(e, "RRULE"); rule != "" {
		end, err := time.Parse(time.DateOnly, string(to))
		if err != nil {
			return nil
		}
		if firsts, ok = repeat(rule, start, end); !ok {
			doubt = cmp.Or(doubt, "It repeats in a way that is not understood here; only its first day is shown.")
		}
	}
	var out []Proposal
	for _, f := range firsts {
		for i := range long {
			out = append(out, Proposal{Holiday: sla.Holiday{Date: sla.DateOf(f.AddDate(0, 0, i)), Name: name}, Likely: doubt == "", Doubt: doubt})
		}
	}
	return out
}

// doubtOf says why an event may be no holiday. That it does not block time says
// nothing: most feeds of public holidays are made so.
func doubtOf(e *ics.VEvent, long int) string {
	kind := strings.ToLower(value(e, "DESCRIPTION") + " " + value(e, "CATEGORIES"))
	switch {
	case timed(e):
		return "It has a time of day: the desk is hardly closed for all of it."
	case long >= longEvent:
		return fmt.Sprintf("It lasts %d days, as a vacation does.", long)
	case strings.Contains(kind, "observance"):
		return "The file calls it an observance, on which people usually work."
	case value(e, "STATUS") == "TENTATIVE":
		return "The file calls it tentative."
	}
	return ""
}

func timed(e *ics.VEvent) bool {
	p := e.GetProperty(ics.ComponentPropertyDtStart)
	return p != nil && strings.Contains(p.Value, "T")
}

// length is how many days an event lasts. Its end is the day after its last one.
func length(e *ics.VEvent, start time.Time) int {
	if end, ok := dayOf(e.GetProperty(ics.ComponentPropertyDtEnd)); ok && !timed(e) {
		return min(max(1, int(end.Sub(start)/(24*time.Hour))), maxDays)
	}
	if d := value(e, "DURATION"); !timed(e) && strings.HasPrefix(d, "P") {
		n, unit := d[1:], 1
		if w, ok := strings.CutSuffix(n, "W"); ok {
			n, unit = w, 7
		}
		if count, err := strconv.Atoi(strings.TrimSuffix(n, "D")); err == nil && count > 0 {
			return min(count*unit, maxDays)
		}
	}
	return 1
}

// excluded lists the days that a series leaves out.
func excluded(e *ics.VEvent) []sla.Date {
	var out []sla.Date
	for _, p := range e.GetProperties(ics.ComponentProperty("EXDATE")) {
		for v := range strings.SplitSeq(p.Value, ",") {
			if d, ok := parseDay(v); ok {
				out = append(out, sla.DateOf(d))
			}
		}
	}
	return out
}

func dayOf(p *ics.IANAProperty) (time.Time, bool) {
	if p == nil {
		return time.Time{}, false
	}
	return parseDay(p.Value)
}

func parseDay(v string) (time.Time, bool) {
	v, _, _ = strings.Cut(strings.TrimSpace(v), "T")
	t, err := time.Parse("20060102", v)
	return t, err == nil && t.Year() >= 1900 && t.Year() <= 2200
}

func value(e *ics.VEvent, name ics.ComponentProperty) string {
	if p := e.GetProperty(name); p != nil {
		return p.Value
	}
	return ""
}

// clean makes one line of a name, of at most 120 characters.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(ics.FromText(s), "\uFFFD"))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 120 {
		s = string(r[:119]) + "…"
	}
	return cmp.Or(s, "Holiday")
}
