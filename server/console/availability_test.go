package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/availability"
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
