package console

import (
	"testing"
	"time"

	stock "github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/watch"
)

// TestChartEvents puts tickets, alerts and changes of the charts' time in order, leaves
// out what is older and what is no beginning, keeps the newest, and says when there is more.
func TestChartEvents(t *testing.T) {
	from := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	at := func(m int) time.Time { return from.Add(time.Duration(m) * time.Minute) }
	rung := func(number int64, title string, m int) (r desk.Row) {
		r.Number, r.Title, r.CreatedAt = number, title, at(m)
		return r
	}
	tickets := []desk.Row{rung(7, "No sound", 30), rung(6, "Before", -1)}
	log := []watch.Entry{
		{At: at(41), Did: watch.Ended, Summary: "It was full."}, {At: at(40), Did: watch.Fired, Severity: "critical", Summary: "It is full."}, {At: at(-2), Did: watch.Fired},
	}
	changes := []stock.Change{{At: at(50), Kind: "software", Did: "changed", What: "Firefox", From: "1", To: "2"}, {At: at(-3)}}
	v := eventsOf("E", tickets, log, changes, from)
	if len(v.List) != 3 || v.More {
		t.Fatalf("it lists %+v", v)
	}
	if got := v.List[0]; got.Path != "/endpoints/E/peers" || got.Icon != "refresh-cw" || !got.At.Equal(at(50)) {
		t.Errorf("the change is %+v", got)
	}
	if got := v.List[1]; got.Words != "Alert: It is full." || got.Icon != "sev-critical" || got.Tone != "critical" {
		t.Errorf("the alert is %+v", got)
	}
	if got := v.List[2]; got.Words != "Ticket 7: No sound" || got.Path != "/tickets/7" {
		t.Errorf("the ticket is %+v", got)
	}
	var many []desk.Row
	for n := range maxEventTickets {
		many = append(many, rung(int64(100-n), "Many", 59-n))
	}
	if v := eventsOf("E", many, nil, nil, from); len(v.List) != maxChartEvents || !v.More || v.List[0].Path != "/tickets/100" {
		t.Errorf("of many it lists %d, more: %v", len(v.List), v.More)
	}
	if v := eventsOf("E", many, nil, nil, at(11)); len(v.List) != maxChartEvents || !v.More {
		t.Errorf("of 49 it lists %d, more: %v", len(v.List), v.More)
	}
	if v := eventsOf("E", many, nil, nil, at(30)); len(v.List) != 30 || v.More {
		t.Errorf("of a list that reaches back far enough it lists %d, more: %v", len(v.List), v.More)
	}
}
