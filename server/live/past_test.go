package live

import (
	"strconv"
	"testing"
)

func TestMissed(t *testing.T) {
	h := New()
	printers := func(e *Event) bool { return e.Topic == Tickets && e.Key == "printer" }
	missed := func(mark string, want bool, what string) {
		t.Helper()
		if h.Missed(mark, printers) != want {
			t.Errorf("%s: missed is %v", what, !want)
		}
	}
	before := h.Mark()
	missed(before, false, "nothing happened")
	h.Publish(Event{Topic: Tickets, Key: "mail"})
	h.Publish(Event{Topic: Samples, Key: "printer"})
	missed(before, false, "something else happened")
	h.Publish(Event{Topic: Tickets, Key: "printer"})
	missed(before, true, "it happened")
	after := h.Mark()
	missed(after, false, "it happened before")
	for n := range kept {
		missed(after, false, strconv.Itoa(n)+" other things happened")
		h.Publish(Event{Topic: Endpoints})
	}
	missed(after, false, "as much happened as is kept")
	h.Publish(Event{Topic: Endpoints})
	missed(after, true, "more happened than is kept")
	missed(New().Mark(), true, "the mark is of another run")
	for _, mark := range []string{"", "-", "x", h.past.boot, h.past.boot + "-", h.past.boot + "-zzzzzzzz", h.past.boot + "--1"} {
		missed(mark, true, "the mark "+strconv.Quote(mark)+" is none")
	}
}

// TestMissedByLongData looks at events whose data is not kept, and at some whose is.
func TestMissedByLongData(t *testing.T) {
	h := New()
	mark := h.Mark()
	h.Publish(Event{Topic: Announcements, Data: []byte(`{"did":"hit"}`)})
	told := func(e *Event) bool { return string(e.Data) == Announced }
	if h.Missed(mark, told) {
		t.Error("that it hits one more is not what employees hear of")
	}
	h.Publish(Event{Topic: Announcements, Data: []byte(Announced)})
	if !h.Missed(mark, told) {
		t.Error("an announcement was missed, and it is not said")
	}
	h.Publish(Event{Topic: Endpoints, Data: make([]byte, 1<<20)})
	for _, e := range h.past.ring {
		if len(e.Data) > keptBytes {
			t.Errorf("%d bytes are kept of an event", len(e.Data))
		}
	}
}
