package metrics_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/metrics"
)

// small returns a folder on a disk of its own.
func small(t *testing.T, size string) string {
	t.Helper()
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, size); err != nil {
		t.Fatalf("mounting a small tmpfs needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(mount, 0); err != nil {
			t.Error(err)
		}
	})
	return mount
}

// takeAll writes until nothing fits any more, but for so many bytes.
func takeAll(t *testing.T, path string, but int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for n := 1 << 16; n > 0; {
		if room, err := durable.RoomOf(filepath.Dir(path)); but > 0 && (err != nil || room.Free <= uint64(but)) {
			return
		}
		if _, err := f.Write(make([]byte, n)); err != nil {
			n /= 2
		}
	}
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func stopped(t *testing.T, s *metrics.Store) model.SampleValue {
	t.Helper()
	v, err := metrics.NewEngine(s, func() []metrics.Facts { return nil }, slog.New(slog.DiscardHandler)).Vector(t.Context(), metrics.StoppedSeries, time.Now())
	if err != nil || len(v) != 1 {
		t.Fatalf("%s: %v, %v", metrics.StoppedSeries, v, err)
	}
	return v[0].Value
}

// TestDiskFull fills a real, small disk: to below the reserve, and to the last byte
// between two looks at it, so that a write fails. Nothing is stored then, the store says
// so and can be asked, and when there is room it goes on by itself. What was stored before
// and after it is there over a restart.
func TestDiskFull(t *testing.T) {
	for name, reserve := range map[string]int64{"a reserve": 8 << 20, "no reserve, so that a write fails": -1} {
		t.Run(name, func(t *testing.T) {
			mount := small(t, "size=32m")
			dir, filler := filepath.Join(mount, "metrics"), filepath.Join(mount, "filler")
			var said atomic.Int64
			log := slog.New(&heard{word: "the disk is full", times: &said})
			s, stop := startWith(t, metrics.Options{Dir: dir, Reserve: reserve}, log)
			at := time.Now().Add(-30 * time.Minute).Truncate(time.Minute)
			s.Append("e1", samples(at, 1, 2, 3, 4), -1)
			points(t, s, "e1", cpu, at, time.Now(), 1000, 4)
			if u := s.Usage(); s.Halted() != nil || stopped(t, s) != 0 || !u.Oldest.Equal(at) || u.Bytes == 0 || u.Free == 0 || u.Series == 0 {
				t.Fatalf("at first: %+v", u)
			}
			takeAll(t, filler, max(0, reserve/2))
			// The log of the database has some room in its own page: much is needed
			// until a write fails.
			until(t, "the store halts", func() bool {
				for i := range 200 {
					s.Append(fmt.Sprint("x", i), samples(time.Now().Add(-time.Minute), float64(i), float64(i)), 5)
				}
				return s.Halted() != nil
			})
			for i := range 100 {
				s.Append("e1", samples(at.Add(time.Minute), float64(i)), -1)
			}
			foreign := []metrics.Series{{Labels: []metrics.Label{{"__name__", "up"}, {"origin", "x"}}, Samples: []metrics.Sample{{At: at.UnixMilli(), Value: 1}}}}
			if _, err := s.Write(t.Context(), foreign); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "is full") {
				t.Errorf("others are told %v", err)
			}
			until(t, "what is not stored is counted", func() bool { return s.Usage().NoRoom >= 100 })
			if u := s.Usage(); u.Halt == nil || u.Halt.Full != (reserve < 0) {
				t.Errorf("while it is full: %+v", u)
			}
			if reserve > 0 {
				if stopped(t, s) != 1 {
					t.Error("the series do not say that nothing is stored")
				}
				points(t, s, "e1", cpu, at, at.Add(50*time.Second), 1000, 4)
			}
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			until(t, "it goes on", func() bool { return s.Halted() == nil })
			after := at.Add(5 * time.Minute)
			s.Append("e1", samples(after, 5, 6), -1)
			points(t, s, "e1", cpu, after, time.Now(), 1000, 2)
			if stopped(t, s) != 0 {
				t.Error("it still says that nothing is stored")
			}
			if taken, err := s.Write(t.Context(), foreign); err != nil || taken.Refused != 0 {
				t.Errorf("others send again: %+v, %v", taken, err)
			}
			stop()
			if said.Load() != 1 {
				t.Errorf("the log says %d times that it is full", said.Load())
			}
			again, end := startWith(t, metrics.Options{Dir: dir, Reserve: reserve}, slog.New(slog.DiscardHandler))
			points(t, again, "e1", cpu, at, at.Add(50*time.Second), 1000, 4)
			points(t, again, "e1", cpu, after, time.Now(), 1000, 2)
			end()
		})
	}
}

// TestStartOnAFullDisk: the server is there with its tickets, and the series come when
// there is room for them.
func TestStartOnAFullDisk(t *testing.T) {
	mount := small(t, "size=16m")
	filler := filepath.Join(mount, "filler")
	takeAll(t, filler, 0)
	s, stop := startWith(t, metrics.Options{Dir: filepath.Join(mount, "metrics"), Reserve: 4 << 20}, slog.New(slog.DiscardHandler))
	until(t, "it says why", func() bool { return s.Halted() != nil })
	_, err := s.Range(t.Context(), "e1", cpu, time.Now().Add(-time.Hour), time.Now(), 10)
	if err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("asked meanwhile: %v", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	until(t, "it opens", func() bool { return s.Halted() == nil && s.Usage().Open })
	at := time.Now().Add(-time.Minute)
	s.Append("e1", samples(at, 1), -1)
	points(t, s, "e1", cpu, at, time.Now(), 10, 1)
	stop()
}

// TestAMetricWithAMillionLabels: what is too many is left out and counted; others, and
// those that were there, go on.
func TestAMetricWithAMillionLabels(t *testing.T) {
	dir := t.TempDir()
	s, stop := startWith(t, metrics.Options{Dir: dir, MaxSeries: 50}, slog.New(slog.DiscardHandler))
	at := time.Now().Add(-10 * time.Minute).Truncate(time.Minute)
	for i := range 2000 {
		s.Append(fmt.Sprint("e", i), samples(at, float64(i)), -1)
	}
	s.Append("e0", samples(at, math.NaN()), 50) // another metric
	points(t, s, "e0", metrics.ScoreSeries, at, time.Now(), 10, 1)
	points(t, s, "e49", cpu, at, time.Now(), 10, 1)
	points(t, s, "e50", cpu, at, time.Now(), 10, 0)
	if u := s.Usage(); u.TooMany != 1950 || u.Series != 51 {
		t.Errorf("%d were left out, and there are %d series", u.TooMany, u.Series)
	}
	stop()
	// After a restart it is those that were there which go on.
	s, stop = startWith(t, metrics.Options{Dir: dir, MaxSeries: 50}, slog.New(slog.DiscardHandler))
	s.Append("new", samples(at.Add(time.Minute), 1), -1)
	s.Append("e49", samples(at.Add(time.Minute), 1), -1)
	points(t, s, "e49", cpu, at, time.Now(), 1000, 2)
	if u := s.Usage(); u.TooMany != 1 || u.Series != 51 {
		t.Errorf("after a restart %d were left out, and there are %d series", u.TooMany, u.Series)
	}
	stop()
}

// TestSamplesFrom2038 are refused and counted; the endpoint's next ones are not.
func TestSamplesFrom2038(t *testing.T) {
	s, stop := start(t, t.TempDir())
	at := time.Now().Add(-time.Minute)
	s.Append("e1", samples(time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC), 1, 2), 50)
	s.Append("e1", samples(at, 7), -1)
	if p := points(t, s, "e1", cpu, at.Add(-time.Hour), time.Date(2039, 1, 1, 0, 0, 0, 0, time.UTC), 100000, 1); p[0].Value != 7 {
		t.Errorf("stored: %+v", p)
	}
	if u := s.Usage(); u.Future != 3 {
		t.Errorf("%d values were refused, want two and their score", u.Future)
	}
	stop()
}

// heard counts the lines that have a word.
type heard struct {
	word  string
	times *atomic.Int64
}

func (h *heard) Enabled(context.Context, slog.Level) bool { return true }
func (h *heard) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, h.word) {
		h.times.Add(1)
	}
	return nil
}
func (h *heard) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h *heard) WithGroup(string) slog.Handler      { return h }
