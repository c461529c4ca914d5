package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// TestQueriesAtOnce sends a query away when others take all places, and takes it when
// one becomes free.
func TestQueriesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{}, slog.New(slog.DiscardHandler))
		e := NewEngine(s, func() []Facts { return nil }, slog.New(slog.DiscardHandler))
		if _, _, err := e.enter(t.Context()); !fault.Is(err, fault.Unavailable) {
			t.Errorf("before the series are open: %v", err)
		}
		close(s.opened)
		var leave func()
		for range maxQueries {
			var err error
			if _, leave, err = e.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		if _, _, err := e.enter(t.Context()); !fault.Is(err, fault.TooMany) || time.Since(start) != queueFor {
			t.Errorf("one too many: %v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := e.enter(ctx); err != context.DeadlineExceeded {
			t.Errorf("one who goes away: %v", err)
		}
		go func() {
			time.Sleep(2 * time.Second)
			leave()
		}()
		if _, _, err := e.enter(t.Context()); err != nil {
			t.Errorf("once a place is free: %v", err)
		}
	})
}

// TestSteady holds the series that is not stored to its bounds.
func TestSteady(t *testing.T) {
	for _, s := range []steady{{0, 0, 1}, {1000, 1500, 1}, {0, eachMinute, 0}, {0, 10*eachMinute + 1, 1}, {-7 * eachMinute, 3, 1}} {
		n := s.Len()
		if first, last := s.Get(0).T(), s.Get(n-1).T(); first != s.from || last != s.to {
			t.Errorf("%+v has %d samples from %d to %d", s, n, first, last)
		}
		for i := 1; i < n; i++ {
			if gap := s.Get(i).T() - s.Get(i-1).T(); gap <= 0 || gap > eachMinute {
				t.Errorf("%+v: %d ms lie between sample %d and the one before", s, gap, i)
			}
		}
	}
}

// TestEngineVersion holds the version against the one that is compiled in.
func TestEngineVersion(t *testing.T) {
	b, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var minor, patch int
	for line := range strings.Lines(string(b)) {
		fmt.Sscanf(strings.TrimSpace(line), "github.com/prometheus/prometheus v0.%d.%d", &minor, &patch)
	}
	if want := fmt.Sprintf("%d.%d.%d", minor/100, minor%100, patch); EngineVersion != want {
		t.Errorf("it says %s, and is %s", EngineVersion, want)
	}
}
