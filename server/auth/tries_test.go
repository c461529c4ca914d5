package auth

import (
	"fmt"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// TestGuessesHaveToWait spends the tries of a name and of an address. Nothing is
// compared once they are spent: there is no store that could be asked.
func TestGuessesHaveToWait(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a := New(nil, func() time.Time { return now }, nil)
	spend := func(key string) (n int) {
		for a.tries.allow(key) {
			n++
		}
		return n
	}
	tooMany := func(email, from string) {
		t.Helper()
		if _, _, err := a.SignIn(t.Context(), email, "a guess", "", from); !fault.Is(err, fault.TooMany) {
			t.Errorf("%s from %s: %v", email, from, err)
		}
	}
	if n := spend("anna@example.com"); n != maxTries {
		t.Errorf("%d tries at once, want %d", n, maxTries)
	}
	tooMany("anna@example.com", "192.0.2.1")
	tooMany("ANNA@example.com ", "192.0.2.1")
	spend("192.0.2.2")
	tooMany("ben@example.com", "192.0.2.2")
	if !a.tries.allow("clara@example.com") {
		t.Error("another name has to wait too")
	}
	now = now.Add(2 * tryEvery)
	if n := spend("anna@example.com"); n != 2 {
		t.Errorf("two minutes later %d tries, want 2", n)
	}
	now = now.Add(1000 * tryEvery)
	if n := spend("anna@example.com"); n != maxTries {
		t.Errorf("the next day %d tries, want %d", n, maxTries)
	}
	a.tries.forget("anna@example.com")
	if !a.tries.allow("anna@example.com") {
		t.Error("whoever has signed in has to wait")
	}
}

// TestManyNamesFillNoMemory tries more names than are kept.
func TestManyNamesFillNoMemory(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	tries := newTries(func() time.Time { return now })
	for i := range 2 * maxTryNames {
		if got := tries.allow(fmt.Sprint(i)); got != (i < maxTryNames) {
			t.Fatalf("name %d may try: %t", i, got)
		}
	}
	if len(tries.by) != maxTryNames {
		t.Errorf("%d names are kept", len(tries.by))
	}
	now = now.Add((maxTries + 1) * tryEvery)
	if !tries.allow("one more") || len(tries.by) != 1 {
		t.Errorf("%d names are kept when all may try again", len(tries.by))
	}
}
