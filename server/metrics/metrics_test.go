package metrics_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/metrics"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const cpu = metrics.Prefix + "cpu_busy_percent"

// start runs a real time series database on a folder until stop is called.
func start(t *testing.T, dir string) (s *metrics.Store, stop func()) {
	t.Helper()
	return startWith(t, metrics.Options{Dir: dir}, slog.New(slog.DiscardHandler))
}

func startWith(t *testing.T, o metrics.Options, log *slog.Logger) (s *metrics.Store, stop func()) {
	t.Helper()
	s = metrics.New(o, log)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return s, stop
}

// points polls a series until it has n points.
func points(t *testing.T, s *metrics.Store, endpoint, name string, from, to time.Time, max, n int) []metrics.Point {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		got, err := s.Range(t.Context(), endpoint, name, from, to, max)
		if err != nil && !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
		if len(got) == n {
			return got
		}
		if time.Now().After(end) {
			t.Fatalf("%s of %s has %d points, want %d", name, endpoint, len(got), n)
		}
	}
}

func samples(from time.Time, values ...float64) []diagnostics.Sample {
	out := make([]diagnostics.Sample, len(values))
	for i, v := range values {
		out[i].At = from.Add(time.Duration(i) * 15 * time.Second)
		out[i].Set(diagnostics.CPUBusy, v)
	}
	return out
}

func TestReadingsComeBackPerEndpointAndSeries(t *testing.T) {
	s, stop := start(t, t.TempDir())
	at := time.Now().Add(-time.Hour).Truncate(time.Minute)
	to := at.Add(time.Minute - time.Millisecond)
	s.Append("e1", samples(at, 10, 20, 30, 40), 87)
	s.Append("e2", samples(at, 1), -1)
	for i, p := range points(t, s, "e1", cpu, at, to, 1000, 4) {
		if want := float64(10 * (i + 1)); p.Value != want || p.At.Sub(at).Round(time.Second) != time.Duration(i)*15*time.Second {
			t.Errorf("point %d is %+v, want %v", i, p, want)
		}
	}
	if p := points(t, s, "e1", metrics.ScoreSeries, at, to, 1000, 1); p[0].Value != 87 {
		t.Errorf("the score is %+v", p)
	}
	points(t, s, "e2", cpu, at, to, 1000, 1)
	// What was not read is not there: no score, no battery, nothing of strangers.
	for _, c := range [][2]string{{"e2", metrics.ScoreSeries}, {"e1", metrics.Prefix + "battery_percent"}, {"e3", cpu}} {
		if got, err := s.Range(t.Context(), c[0], c[1], at, to, 10); err != nil || len(got) != 0 {
			t.Errorf("%v: %v, %v", c, got, err)
		}
	}
	// Thinned to two points, each is the mean of its half.
	if p := points(t, s, "e1", cpu, at, to, 2, 2); p[0].Value != 15 || p[1].Value != 35 {
		t.Errorf("thinned: %+v", p)
	}
	stop()
}

func TestStoppingWritesWhatHasGathered(t *testing.T) {
	dir := t.TempDir()
	s, stop := start(t, dir)
	at := time.Now().Add(-time.Hour).Truncate(time.Minute)
	points(t, s, "e1", cpu, at, time.Now(), 10, 0) // it is open
	s.Append("e1", samples(at, 10, 20), 50)
	stop() // well within the time that samples wait for others
	again, _ := start(t, dir)
	points(t, again, "e1", cpu, at, time.Now(), 1000, 2)
}

// TestFramesThatComeTwiceOrLateDoNoHarm sends what an agent sends after a broken line.
func TestFramesThatComeTwiceOrLateDoNoHarm(t *testing.T) {
	s, _ := start(t, t.TempDir())
	at := time.Now().Add(-30 * time.Minute).Truncate(time.Minute)
	to := at.Add(2 * time.Minute)
	s.Append("e1", samples(at.Add(time.Minute), 5, 6), -1)
	points(t, s, "e1", cpu, at, to, 1000, 2)
	s.Append("e1", samples(at.Add(time.Minute), 5, 6), -1)         // twice
	s.Append("e1", samples(at, 1, 2), -1)                          // recorded while offline
	s.Append("e1", samples(at.Add(-48*time.Hour), 1, 2, 3, 4), -1) // too old
	s.Append("e2", samples(at, 9), -1)                             // and another after it
	points(t, s, "e2", cpu, at, to, 1000, 1)
	got := points(t, s, "e1", cpu, at, to, 1000, 4)
	for i, want := range []float64{1, 2, 5, 6} {
		if got[i].Value != want {
			t.Errorf("point %d is %v, want %v", i, got[i].Value, want)
		}
	}
}

func TestRangesThatMakeNoSense(t *testing.T) {
	s := metrics.New(metrics.Options{Dir: t.TempDir()}, slog.New(slog.DiscardHandler))
	now := time.Now()
	for name, c := range map[string]struct {
		from, to time.Time
		max      int
		want     fault.Code
	}{
		"backwards": {now, now.Add(-time.Second), 10, fault.Invalid}, "empty": {now, now, 10, fault.Invalid}, "no points": {now.Add(-time.Hour), now, 0, fault.Invalid},
		"before it is open": {now.Add(-time.Hour), now, 10, fault.Unavailable},
	} {
		if _, err := s.Range(t.Context(), "e1", cpu, c.from, c.to, c.max); !fault.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFleetDoesNotWaitForTheDisk appends far more than is kept while nothing is
// written: it returns at once, and the newest is what stays.
func TestFleetDoesNotWaitForTheDisk(t *testing.T) {
	s := metrics.New(metrics.Options{Dir: t.TempDir()}, slog.New(slog.DiscardHandler))
	at := time.Now().Add(-time.Hour).Truncate(time.Minute)
	for i := range 150_000 {
		s.Append(fmt.Sprint("e", i%3), nil, -1)
	}
	s.Append("e1", samples(at, 10), 50)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	points(t, s, "e1", cpu, at, time.Now(), 10, 1)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
