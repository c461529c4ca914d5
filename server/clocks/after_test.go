package clocks_test

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/sla"
)

// openAfter counts the hours of what is promised for a ticket, else those of a calendar,
// and the stopwatch where there is none.
func openAfter(t *testing.T, h *house) {
	late := &rulebook.Calendar{Entry: rulebook.Entry{Name: "Late"}, Calendar: sla.Calendar{Zone: "Europe/Berlin", Week: []sla.Weekday{{Day: 6, Spans: []sla.Span{{From: 20 * 60, To: 22 * 60}}}}}}
	saturday := h.save(t, late)
	before := h.open(t, h.desk)                                         // nothing is promised of it
	friday := monday.Add(4*24*time.Hour + 7*time.Hour + 30*time.Minute) // 16:30 in Berlin
	after := func(calendar string, tickets ...string) time.Duration {
		t.Helper()
		at, err := h.keeper.After(t.Context(), tickets, calendar, friday, time.Hour)
		must(t, err)
		return at.Sub(friday)
	}
	if got := after("none", before.ID, "none"); got != time.Hour {
		t.Errorf("by the stopwatch it is %v", got)
	}
	if got, want := after(saturday, before.ID), 28*time.Hour+30*time.Minute; got != want {
		t.Errorf("by the desk's calendar it is %v, and should be %v", got, want)
	}
	h.office(t, 17*60)
	x := h.open(t, h.desk)
	if got, want := after(saturday, x.ID), 2*24*time.Hour+17*time.Hour; got != want {
		t.Errorf("by the ticket's it is %v, and should be %v", got, want)
	}
}
