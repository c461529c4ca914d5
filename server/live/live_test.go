package live

import (
	"testing"
)

func TestSlowListenerIsCutOffAndOthersAreNot(t *testing.T) {
	h := New()
	slow := h.Listen(func(*Event) bool { return true })
	quick := h.Listen(func(e *Event) bool { return e.Key == "last" })
	for range queue + 1 {
		h.Publish(Event{Topic: Tickets, Key: "some"})
	}
	h.Publish(Event{Topic: Tickets, Key: "last"})
	n := 0
	for range slow.C { // closed, so this ends
		n++
	}
	if n != queue {
		t.Errorf("the slow one got %d events before it was cut off, want %d", n, queue)
	}
	if e := <-quick.C; e.Key != "last" {
		t.Errorf("the quick one got %q", e.Key)
	}
	quick.Close()
	quick.Close() // twice is harmless
	if h.Wanted(Tickets, "last") {
		t.Error("somebody is still listening")
	}
}
