package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/mailing"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/servertest"
)

// available looks at the report of availability: what it says while nothing is known, of
// checks with names that are hostile at every sink, of one of them, and of times that
// make no sense; and at the table for spreadsheets.
func available(t *testing.T, s *servertest.Server, session *http.Cookie) {
	t.Helper()
	get := func(query string, want int, has ...string) {
		t.Helper()
		status, body := send(t, s, session, http.MethodGet, "/reports/availability"+query, nil, nil)
		if status != want {
			t.Errorf("%s: %d", query, status)
		}
		for _, h := range has {
			if !strings.Contains(body, h) {
				t.Errorf("%s lacks %q", query, h)
			}
		}
		if strings.Contains(body, "<b>") && !strings.HasPrefix(query, ".csv") {
			t.Errorf("%s has markup of a name", query)
		}
	}
	get("", 200, "Nothing is known yet", "As soon as one is enrolled")
	get("?kind=check", 200, "Nothing is known yet", `href="/noc/checks"`)
	get("?kind=group", 200, "Nothing is known yet", "something in common")
	begin := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	var rows []availability.Row
	for n := range 10 { // of an hour each; in the third ten minutes down, the fourth is unknown
		var h availability.Hour
		for i := range h.Minutes {
			switch {
			case n == 2 && i < 10:
				h.Minutes[i] = availability.Down
			case n != 3:
				h.Minutes[i] = availability.Up
			}
		}
		rows = append(rows, availability.Row{Kind: availability.Check, ID: "c1", Name: `=cmd|"<b>x</b>`, Begin: begin.Add(time.Duration(n) * time.Hour), Doc: h.Encode()})
	}
	if err := s.DB.Availability().SaveHours(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	const day = "from=2026-03-02&to=2026-03-02&zone=Europe/Berlin"
	get("?kind=check&"+day, 200, "98.14 %", "=cmd|&#34;&lt;b&gt;x&lt;/b&gt;", "down for 10 min", "Days begin in Europe/Berlin", "id=c1", "/reports/availability.csv?")
	get("?kind=check&id=c1&"+day, 200, "98.14 %", "Mon 2 Mar 13:00", "83.33 % available, 1 outage of 10 min", "nothing is known", "All checks")
	get("?kind=check&id=nobody&"+day, 404, "Nothing is known of it in this time.")
	get("?kind=planet", 200, "A report is about sites, groups or checks.")
	get("?from=2026-03-02&to=2026-03-01", 200, "The time ends before it begins.")
	get("?from=monday&to=2026-03-01", 200, "Choose the first and the last day.")
	get(".csv?kind=check&"+day, 200, "name,id,from,to,available %", `"'=cmd|""<b>`[:8], "98.1481,530,10,", ",1,10,10\n")
}

// mailed makes a schedule of the report of checks, has it sent as a trial, and wants what
// is attached to be what the page gives for the same days.
func mailed(t *testing.T, s *servertest.Server, session *http.Cookie) {
	t.Helper()
	when := mailing.When{Every: mailing.Monthly, Day: 1, Minute: 8 * 60, Zone: "America/New_York"}
	_, period := when.Last(time.Now())
	first, err := time.Parse(time.DateOnly, period.First)
	if err != nil {
		t.Fatal(err)
	}
	var h availability.Hour
	for i := range h.Minutes {
		h.Minutes[i] = map[bool]availability.State{true: availability.Up, false: availability.Down}[i%7 > 0]
	}
	if err := s.DB.Availability().SaveHours(t.Context(), []availability.Row{{Kind: availability.Check, ID: "c1", Name: "=Zürich", Begin: first.AddDate(0, 0, 9), Doc: h.Encode()}}); err != nil {
		t.Fatal(err)
	}
	admin := servertest.Cookie(auth.Staff, s.Session(auth.Admin))
	form := url.Values{"name": {"Mail"}, "host": {"127.0.0.1"}, "port": {"1"}, "security": {"none"}, "from": {"bell@example.com"}, "to": {"all@example.com"}, "least": {"info"}, "wait": {"0"}, "interval": {"0"}, "repeat": {"0"}}
	post(t, s, admin, "/noc/new-channel/smtp", form)
	_, body := send(t, s, session, http.MethodGet, "/reports/new-schedule?kind=check&zone=America/New_York", nil, nil)
	channel := regexp.MustCompile(`<option value="([0-9A-Z]+)" selected>Mail<`).FindStringSubmatch(body)
	if channel == nil {
		t.Fatalf("no channel is offered: %s", body)
	}
	post(t, s, session, "/reports/new-schedule", url.Values{"name": {"Checks"}, "about": {"check:"}, "when": {"month1"}, "at": {"08:00"}, "zone": {"America/New_York"}, "to": {s.Person(auth.Manager).Email}, "channel": {channel[1]}})
	_, body = send(t, s, session, http.MethodGet, "/reports/schedules", nil, nil)
	id := regexp.MustCompile(`/reports/schedules/([0-9A-Z]+)`).FindStringSubmatch(body)
	if id == nil {
		t.Fatalf("no schedule is listed: %s", body)
	}
	post(t, s, session, "/reports/schedules/"+id[1], url.Values{"do": {"try"}})
	rows, err := s.DB.Channels().Rows(t.Context(), notify.RowQuery{Channel: channel[1], State: notify.Waiting})
	if err != nil || len(rows) != 1 || len(rows[0].Note.Files) != 1 {
		t.Fatalf("%v: %+v", err, rows)
	}
	status, page := send(t, s, session, http.MethodGet, "/reports/availability.csv?kind=check&zone=America/New_York&from="+period.First+"&to="+period.Last, nil, nil)
	if got := string(rows[0].Note.Files[0].Data); status != 200 || got != page || !strings.Contains(got, "'=Zürich,c1,") {
		t.Errorf("attached is\n%s\nand the page gives\n%s", got, page)
	}
}
