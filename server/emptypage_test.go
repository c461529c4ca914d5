package server

import (
	"fmt"
	"testing"
	"time"
)

// The empty page is answered so and so often in a second: to each, and to a bounded
// number of them.
func TestEmptyPageIsLimited(t *testing.T) {
	m := meter{by: map[string]int{}}
	at := time.Unix(1_700_000_000, 0)
	for n := range emptyEach {
		if !m.take("203.0.113.9", at.Add(time.Duration(n)*time.Millisecond)) {
			t.Fatalf("no answer to number %d", n)
		}
	}
	if m.take("203.0.113.9", at.Add(time.Second-1)) {
		t.Error("it is answered more often than it says")
	}
	if !m.take("203.0.113.10", at) || !m.take("203.0.113.9", at.Add(time.Second)) {
		t.Error("another, or the next second, is not answered")
	}
	for n := range 2 * emptyAll {
		m.take(fmt.Sprint("192.0.2.", n), at.Add(time.Second))
	}
	if len(m.by) != emptyAll {
		t.Errorf("%d addresses are kept", len(m.by))
	}
}
