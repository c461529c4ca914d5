package ical

import (
	"fmt"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/internal/fault"
)

// file makes an iCalendar file of events, each a list of lines.
func file(events ...string) string {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n")
	for _, e := range events {
		b.WriteString("BEGIN:VEVENT\r\nDTSTAMP:20260101T000000Z\r\n")
		for line := range strings.SplitSeq(e, "\n") {
			b.WriteString(strings.TrimSpace(line) + "\r\n")
		}
		b.WriteString("END:VEVENT\r\n")
	}
	return b.String() + "END:VCALENDAR\r\n"
}

func TestHolidays(t *testing.T) {
	for _, x := range []struct{ name, event, want string }{
		{"a day", "UID:1\nDTSTART;VALUE=DATE:20261003\nDTEND;VALUE=DATE:20261004\nSUMMARY:Tag der\\, Einheit", "2026-10-03 Tag der, Einheit true"},
		{"without an end", "UID:1\nDTSTART;VALUE=DATE:20261003\nSUMMARY:Unity", "2026-10-03 Unity true"},
		{"two days", "UID:1\nDTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227\nSUMMARY:Christmas", "2026-12-25 Christmas true, 2026-12-26 Christmas true"},
		{"two days by duration", "UID:1\nDTSTART;VALUE=DATE:20261225\nDURATION:P2D\nSUMMARY:Christmas", "2026-12-25 Christmas true, 2026-12-26 Christmas true"},
		{"a vacation", "UID:1\nDTSTART;VALUE=DATE:20260803\nDTEND;VALUE=DATE:20260807\nSUMMARY:Summer", "2026-08-03 Summer false, 2026-08-04 Summer false, 2026-08-05 Summer false, 2026-08-06 Summer false"},
		{"an observance", "UID:1\nDTSTART;VALUE=DATE:20260510\nSUMMARY:Mother's Day\nDESCRIPTION:Observance\\nTo hide observances\\, go to settings", "2026-05-10 Mother's Day false"},
		{"a meeting", "UID:1\nDTSTART:20260510T090000Z\nDTEND:20260510T100000Z\nSUMMARY:Meeting", "2026-05-10 Meeting false"},
		{"cancelled", "UID:1\nDTSTART;VALUE=DATE:20261003\nSTATUS:CANCELLED\nSUMMARY:Unity", ""},
		{"each year", "UID:1\nDTSTART;VALUE=DATE:20150101\nRRULE:FREQ=YEARLY\nSUMMARY:New Year", "2026-01-01 New Year true, 2027-01-01 New Year true"},
		{"each year but one", "UID:1\nDTSTART;VALUE=DATE:20150101\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20260101\nSUMMARY:New Year", "2027-01-01 New Year true"},
		{"each year until", "UID:1\nDTSTART;VALUE=DATE:20150101\nRRULE:FREQ=YEARLY;UNTIL=20260101\nSUMMARY:New Year", "2026-01-01 New Year true"},
		{"twelve times", "UID:1\nDTSTART;VALUE=DATE:20150101\nRRULE:FREQ=YEARLY;COUNT=12\nSUMMARY:New Year", "2026-01-01 New Year true"},
		{"the last Monday of May", "UID:1\nDTSTART;VALUE=DATE:20150525\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO\nSUMMARY:Memorial Day", "2026-05-25 Memorial Day true, 2027-05-31 Memorial Day true"},
		{"the fourth Thursday of November", "UID:1\nDTSTART;VALUE=DATE:20151126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\nSUMMARY:Thanks", "2026-11-26 Thanks true, 2027-11-25 Thanks true"},
		{"29 February", "UID:1\nDTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY\nSUMMARY:Leap", ""},
		{"each week", "UID:1\nDTSTART;VALUE=DATE:20260102\nRRULE:FREQ=WEEKLY\nSUMMARY:Friday", "2026-01-02 Friday false"},
		{"too early", "UID:1\nDTSTART;VALUE=DATE:20201003\nSUMMARY:Unity", ""},
		{"no day", "UID:1\nDTSTART;VALUE=DATE:2026\nSUMMARY:Unity", ""},
		{"markup", "UID:1\nDTSTART;VALUE=DATE:20261003\nSUMMARY:<b>x</b>\u2028y", "2026-10-03 <b>x</b> y true"},
		{"no name", "UID:1\nDTSTART;VALUE=DATE:20261003", "2026-10-03 Holiday true"},
	} {
		got, err := Holidays(strings.NewReader(file(x.event)), "2026-01-01", "2028-01-01")
		if err != nil {
			t.Errorf("%s: %v", x.name, err)
			continue
		}
		if s := show(got); s != x.want {
			t.Errorf("%s:\ngot  %s\nwant %s", x.name, s, x.want)
		}
	}
}

// A day of a series that was moved stands where it was moved to, and only there.
func TestMovedDay(t *testing.T) {
	got, err := Holidays(strings.NewReader(file(
		"UID:1\nDTSTART;VALUE=DATE:20150501\nRRULE:FREQ=YEARLY\nSUMMARY:May Day",
		"UID:1\nRECURRENCE-ID;VALUE=DATE:20260501\nDTSTART;VALUE=DATE:20260504\nSUMMARY:May Day (substitute)",
	)), "2026-01-01", "2028-01-01")
	if err != nil || show(got) != "2026-05-04 May Day (substitute) true, 2027-05-01 May Day true" {
		t.Errorf("%s %v", show(got), err)
	}
}

func TestRefused(t *testing.T) {
	for name, s := range map[string]string{
		"nothing": "", "text": "BEGIN:NONSENSE", "html": "<html></html>", "cut off": file("UID:1\nDTSTART;VALUE=DATE:20261003")[:90], "no events": file(),
		"too large": strings.Repeat("x", MaxFile+1), "too many": file("UID:1\nDTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20270101", "UID:2\nDTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20270101\nSUMMARY:a",
			"UID:2\nDTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20270101\nSUMMARY:b"),
	} {
		if got, err := Holidays(strings.NewReader(s), "2026-01-01", "2028-01-01"); err == nil || fault.CodeOf(err) == fault.Internal {
			t.Errorf("%s: %v, %v", name, show(got), err)
		}
	}
}

func FuzzHolidays(f *testing.F) {
	f.Add(file("UID:1\nDTSTART;VALUE=DATE:20150525\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;INTERVAL=2;COUNT=9\nSUMMARY:Memorial Day"))
	f.Add(file("UID:1\nDTSTART:20260510T090000Z\nDURATION:P9W"))
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Holidays(strings.NewReader(s), "2026-01-01", "2028-01-01")
		if err != nil && fault.CodeOf(err) == fault.Internal {
			t.Fatal(err)
		}
		for _, p := range got {
			if p.Date < "2026-01-01" || p.Date >= "2028-01-01" || p.Name == "" || strings.ContainsAny(p.Name, "\r\n") {
				t.Fatalf("%+v", p)
			}
		}
	})
}

func show(list []Proposal) string {
	var out []string
	for _, p := range list {
		out = append(out, fmt.Sprint(p.Date, " ", p.Name, " ", p.Likely))
	}
	return strings.Join(out, ", ")
}
