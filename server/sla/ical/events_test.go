package ical

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
)

func berlin(t *testing.T) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestEvents: the times of events, in the zones of the file, over the change of clocks,
// and as often as they repeat.
func TestEvents(t *testing.T) {
	zone := berlin(t)
	from, to := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, event string
		want        []string
	}{
		{"UTC", "UID:1\nDTSTART:20260310T200000Z\nDTEND:20260310T220000Z\nSUMMARY:New disk", []string{"03-10 20:00 2h0m0s"}},
		{"a zone", "UID:1\nDTSTART;TZID=America/New_York:20260310T200000\nDTEND;TZID=America/New_York:20260310T220000", []string{"03-11 00:00 2h0m0s"}},
		{"Outlook's name of a zone", "UID:1\nDTSTART;TZID=W. Europe Standard Time:20260310T200000\nDURATION:PT1H30M", []string{"03-10 19:00 1h30m0s"}},
		{"no zone", "UID:1\nDTSTART:20260310T200000\nDURATION:P1DT1H", []string{"03-10 19:00 25h0m0s"}},
		{"a day", "UID:1\nDTSTART;VALUE=DATE:20260310", []string{"03-09 23:00 24h0m0s"}},
		{"the day on which clocks are put forward", "UID:1\nDTSTART;VALUE=DATE:20260329\nDTEND;VALUE=DATE:20260330", []string{"03-28 23:00 23h0m0s"}},
		{"each week over that", "UID:1\nDTSTART;TZID=Europe/Berlin:20260322T220000\nDTEND;TZID=Europe/Berlin:20260322T230000\nRRULE:FREQ=WEEKLY;COUNT=3", []string{"03-22 21:00 1h0m0s", "03-29 20:00 1h0m0s", "04-05 20:00 1h0m0s"}},
		{"days each week over that", "UID:1\nDTSTART;VALUE=DATE:20260322\nRRULE:FREQ=WEEKLY;COUNT=2", []string{"03-21 23:00 24h0m0s", "03-28 23:00 23h0m0s"}},
		{"every second week, twice in it", "UID:1\nDTSTART:20260303T010000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;UNTIL=20260320T000000Z", []string{"03-03 01:00 1h0m0s", "03-05 01:00 1h0m0s", "03-17 01:00 1h0m0s", "03-19 01:00 1h0m0s"}},
		{"the second Tuesday", "UID:1\nDTSTART:20250114T200000Z\nDURATION:PT2H\nRRULE:FREQ=MONTHLY;BYDAY=2TU", []string{"03-10 20:00 2h0m0s", "04-14 20:00 2h0m0s"}},
		{"the second Tuesday by its place", "UID:1\nDTSTART:20250114T200000Z\nDURATION:PT2H\nRRULE:FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", []string{"03-10 20:00 2h0m0s", "04-14 20:00 2h0m0s"}},
		{"the last day", "UID:1\nDTSTART:20260131T000000Z\nDURATION:PT2H\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1", []string{"03-31 00:00 2h0m0s", "04-30 00:00 2h0m0s"}},
		{"the 31st", "UID:1\nDTSTART:20260131T000000Z\nDURATION:PT2H\nRRULE:FREQ=MONTHLY", []string{"03-31 00:00 2h0m0s"}},
		{"each year", "UID:1\nDTSTART:20200402T000000Z\nDURATION:PT2H\nRRULE:FREQ=YEARLY", []string{"04-02 00:00 2h0m0s"}},
		{"the last Friday of March, each year", "UID:1\nDTSTART:20200327T000000Z\nDURATION:PT2H\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1FR", []string{"03-27 00:00 2h0m0s"}},
		{"each day but one", "UID:1\nDTSTART:20260302T000000Z\nDURATION:PT2H\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20260303T000000Z", []string{"03-02 00:00 2h0m0s", "03-04 00:00 2h0m0s"}},
		{"workdays", "UID:1\nDTSTART:20260306T000000Z\nDURATION:PT2H\nRRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20260309", []string{"03-06 00:00 2h0m0s", "03-09 00:00 2h0m0s"}},
		{"called off", "UID:1\nDTSTART:20260310T200000Z\nDURATION:PT1H\nSTATUS:CANCELLED", nil},
		{"long ago", "UID:1\nDTSTART:20200310T200000Z\nDURATION:PT1H", nil},
		{"it goes on at the beginning", "UID:1\nDTSTART:20260228T233000Z\nDURATION:PT1H", []string{"02-28 23:30 1h0m0s"}},
		{"no time at all", "UID:1\nDTSTART:20260310T200000Z", nil},
	} {
		list, err := Events(strings.NewReader(file(c.event)), from, to, zone)
		var got []string
		for _, e := range list {
			got = append(got, fmt.Sprintf("%s %s", e.From.UTC().Format("01-02 15:04"), e.To.Sub(e.From)))
		}
		if d := cmp.Diff(c.want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", c.name, err, d)
		}
	}
	// One of a series that was moved is where it was moved to.
	list, err := Events(strings.NewReader(file(
		"UID:1\nDTSTART:20260302T000000Z\nDURATION:PT2H\nRRULE:FREQ=DAILY;COUNT=2\nSUMMARY:A",
		"UID:1\nRECURRENCE-ID:20260303T000000Z\nDTSTART:20260303T100000Z\nDURATION:PT2H\nSUMMARY:B")), from, to, zone)
	if err != nil || len(list) != 2 || list[0].Name != "A" || list[1].Name != "B" || list[1].From.Hour() != 10 {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestEventsThatAreRefused: what is not understood is named, and nothing is guessed.
func TestEventsThatAreRefused(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var many []string
	for range maxSeries + 1 {
		many = append(many, "UID:1\nDTSTART:20260302T000000Z\nDURATION:PT2H\nRRULE:FREQ=YEARLY")
	}
	for want, text := range map[string]string{
		"not an iCalendar file":                       "hello",
		"without any event":                           file(),
		"“New disk” has times of “Mars/Phobos”":       file("UID:1\nSUMMARY:New disk\nDTSTART;TZID=Mars/Phobos:20260310T200000\nDURATION:PT1H"),
		"“A” has a time that cannot be read":          file("UID:1\nSUMMARY:A\nDTSTART:yesterday"),
		"“A” has no beginning":                        file("UID:1\nSUMMARY:A"),
		"“A” goes on for more than 31 days":           file("UID:1\nSUMMARY:A\nDTSTART:20260310T200000Z\nDURATION:P5W"),
		"“A” has a duration that cannot be read":      file("UID:1\nSUMMARY:A\nDTSTART:20260310T200000Z\nDURATION:PT1D"),
		"“A” repeats in a way":                        file("UID:1\nSUMMARY:A\nDTSTART:20260310T200000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY"),
		"“B” repeats in a way":                        file("UID:1\nSUMMARY:B\nDTSTART:20260310T200000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR=3"),
		"names more than 1000 times":                  file("UID:1\nDTSTART:20260302T000000Z\nDURATION:PT2H\nRRULE:FREQ=DAILY", "UID:2\nDTSTART:20260302T030000Z\nDURATION:PT2H\nRRULE:FREQ=DAILY", "UID:3\nDTSTART:20260302T060000Z\nDURATION:PT2H\nRRULE:FREQ=DAILY"),
		"has more than 200 events that repeat":        file(many...),
		"larger than 1 MiB. Export only the events t": strings.Repeat("x", MaxFile+1),
	} {
		_, err := Events(strings.NewReader(text), now, now.AddDate(1, 0, 0), time.UTC)
		if err == nil || !strings.Contains(fault.Sentence(err), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
