package mailing_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/mailing"
)

// TestLetter: names in a mail are of others. None is markup, none turns the text around
// it, none begins a line; and what is attached is the table of the very report.
func TestLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		up := availability.Times{Up: 20 * time.Hour, Down: time.Hour, Outages: []availability.Outage{{Down: time.Hour}}}
		r := availability.Report{Query: availability.Query{Kind: availability.Check, Zone: time.UTC}, Total: availability.Line{Times: up}}
		for _, name := range []string{"=1+1<script>alert(1)</script>", "Ber\u202elin\r\nBcc: all@example.com", strings.Repeat("x", 5000)} {
			r.Lines = append(r.Lines, availability.Line{ID: name, Name: name, Times: up, From: time.Now(), To: time.Now()})
		}
		for range 20 {
			r.Lines = append(r.Lines, r.Lines[0])
		}
		w.stop()
		w.shown = &r
		w.start()
		m := mailing.Mailing{Name: "A <b>&", Kind: availability.Check, Channel: w.channel.ID, When: mailing.When{Every: mailing.Weekly, Day: 3, Minute: 600, Zone: "UTC"}}
		s, err := w.k.Save(t.Context(), mia, m, []string{"mia"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.k.Try(t.Context(), auth.Actor{Kind: auth.Staff, Person: "jo", Role: auth.Operator}, s.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.stop()
		if len(w.taken) != 1 {
			t.Fatalf("%d mails", len(w.taken))
		}
		n := w.taken[0]
		var table bytes.Buffer
		if err := availability.CSV(&table, r); err != nil || len(n.Files) != 1 || !bytes.Equal(n.Files[0].Data, table.Bytes()) || n.Files[0].Name != "deskbell-availability-checks-1999-12-20-to-1999-12-26.csv" {
			t.Errorf("%v: attached is %+v", err, n.Files)
		}
		for _, bad := range []string{"<script>", "\u202e", "\nBcc", "A <b>", strings.Repeat("x", 200)} {
			if strings.Contains(n.Page, bad) || bad != "<script>" && bad != "A <b>" && strings.Contains(n.Text, bad) {
				t.Errorf("the mail has %.20q", bad)
			}
		}
		for _, has := range []string{"Available: 95.23 %", "Outages: 1 (down for 1 h, the longest 1 h)", "And 8 more, in the attached table.", "20 to 26 December 1999", "each Wednesday at 10:00 (UTC). It was set up by Mia.", "https://bell.example.com/reports/availability?from=1999-12-20&kind=check&to=1999-12-26&zone=UTC", "/reports/schedules/" + s.ID} {
			if !strings.Contains(n.Text, has) {
				t.Errorf("the text lacks %q:\n%s", has, n.Text)
			}
		}
		if !strings.Contains(n.Page, "A &lt;b&gt;&amp;") || !strings.Contains(n.Page, "95.23 %") {
			t.Errorf("the page is %s", n.Page)
		}
	})
}
