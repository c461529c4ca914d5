package recorder_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/recorder"
)

var (
	day  = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	boot = time.Hour // what the machine was up at the first sample
)

// made is the second number i of a made machine: always the same for the same i, so
// that what is read back can be compared with what there was.
func made(i int) recorder.Sample {
	once.Lock()
	defer once.Unlock()
	s, ok := known[i]
	if !ok {
		s = invent(i)
		known[i] = s
	}
	return s
}

var (
	once  sync.Mutex
	known = map[int]recorder.Sample{}
)

func invent(i int) recorder.Sample {
	r := rand.New(rand.NewPCG(7, uint64(i)))
	s := recorder.Sample{At: day.Add(time.Duration(i) * time.Second), Up: boot + time.Duration(i)*time.Second}
	for _, c := range recorder.Columns() {
		if r.IntN(50) > 0 {
			s.Values.Set(c, float64(r.IntN(1000))/10*float64(1+r.IntN(30)))
		}
	}
	if r.IntN(10) > 0 {
		s.Top = []recorder.Process{}
		for range r.IntN(11) {
			n := r.IntN(40)
			s.Top = append(s.Top, recorder.Process{PID: int32(1000 + n), Name: fmt.Sprintf("process-%d", n), CPU: uint32(r.IntN(2000)), RSS: uint32(r.IntN(8000))})
		}
	}
	return s
}

func same(a, b recorder.Sample) bool {
	return a.At.Equal(b.At) && a.Up == b.Up && a.Values == b.Values && a.Worst == b.Worst && (a.Top == nil) == (b.Top == nil) && slices.Equal(a.Top, b.Top)
}

// still is a clock that stands at a second of the made machine.
func still(i int) recorder.Clock {
	s := made(i)
	return func() (time.Time, time.Duration) { return s.At, s.Up }
}

func open(t testing.TB, dir string) *recorder.Recorder {
	t.Helper()
	return recorder.Open(dir, recorder.Options{Clock: still(0), Boot: "one"})
}

// record adds the seconds from one to before another, flushed as the agent does it.
func record(t testing.TB, r *recorder.Recorder, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		r.Add(made(i))
		if i%10 == 9 || i == to-1 {
			if err := r.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// flat returns the samples of all stretches.
func flat(all []recorder.Stretch) []recorder.Sample {
	var out []recorder.Sample
	for _, s := range all {
		out = append(out, s.Samples...)
	}
	return out
}

// everything is a recording of all there is.
func everything(r *recorder.Recorder) recorder.Recording {
	return r.Read(time.Unix(0, 0), day.AddDate(50, 0, 0))
}

// wantSeconds fails unless these are exactly the seconds from one to before another.
func wantSeconds(t *testing.T, got []recorder.Sample, from, to int) {
	t.Helper()
	if len(got) != to-from {
		t.Errorf("%d seconds, there were %d", len(got), to-from)
		return
	}
	for i, s := range got {
		if !same(s, made(from+i)) {
			t.Errorf("second %d is %+v, was %+v", from+i, s, made(from+i))
			return
		}
	}
}

// logged keeps what is logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// size is the number of bytes and files in a folder.
func size(t testing.TB, dir string) (bytes int64, files int) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		i, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		bytes, files = bytes+i.Size(), files+1
	}
	return bytes, files
}
