package recorder_test

import (
	"context"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/agent/recorder"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
)

// Two hours of seconds are kept, and what is read is what was recorded, after a
// restart too.
func TestTwoHours(t *testing.T) {
	const all = 3*3600 + 17
	dir := t.TempDir()
	r := open(t, dir)
	record(t, r, 0, all)
	for range 2 {
		got := r.Read(made(all-1200).At, made(all-1).At)
		wantSeconds(t, flat(got.Seconds), all-1200, all)
		if len(got.Seconds) != 1 || got.Damaged != 0 {
			t.Errorf("%d stretches, %d damaged", len(got.Seconds), got.Damaged)
		}
		kept := flat(everything(r).Seconds)
		if len(kept) < 7200 || len(kept) > 7200+2*900 {
			t.Errorf("%d seconds are kept", len(kept))
		}
		wantSeconds(t, kept, all-len(kept), all)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		r = open(t, dir)
	}
}

// A day of ten-second spans is kept, and the whole fits into what is promised.
func TestADay(t *testing.T) {
	const all = 30 * 3600
	dir := t.TempDir()
	r := open(t, dir)
	for i := range all {
		r.Add(made(i))
		if i%60 == 59 { // each write waits for the disk, and a day has many
			r.Flush()
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	bytes, files := size(t, dir)
	t.Logf("%d bytes in %d files", bytes, files)
	if bytes > 32<<20 {
		t.Errorf("%d bytes on the disk", bytes)
	}
	r = open(t, dir)
	got := flat(everything(r).Tens)
	if len(got) < 8640 || len(got) > 8640+2*720 {
		t.Fatalf("%d spans of ten seconds are kept", len(got))
	}
	for i, s := range got {
		first := all - 10*(len(got)-i)
		if !same(s, averageOf(first)) {
			t.Fatalf("span %d is %+v, was %+v", i, s, averageOf(first))
		}
	}
}

// averageOf works out the span that begins with a second, in another way than the
// recorder does.
func averageOf(first int) recorder.Sample {
	out := recorder.Sample{At: made(first).At, Up: made(first).Up}
	for _, c := range recorder.Columns() {
		sum, n, worst := 0.0, 0.0, math.NaN()
		for i := first; i < first+10; i++ {
			v, ok := made(i).Values.Get(c)
			if !ok {
				continue
			}
			sum, n = sum+math.Round(v*c.Info().Scale), n+1
			if math.IsNaN(worst) || (v < worst) == c.Info().Low && v != worst {
				worst = v
			}
		}
		if n > 0 {
			out.Values.Set(c, math.Round(sum/n)/c.Info().Scale)
			out.Worst.Set(c, worst)
		}
	}
	out.Top = topOf(first)
	return out
}

// topOf picks the five with the most processor time and the five with the most
// memory, one after the other.
func topOf(first int) []recorder.Process {
	type load struct {
		p                   recorder.Process
		cpu, rss, seen, got float64
	}
	loads := map[int32]*load{}
	told := 0.0
	for i := first; i < first+10; i++ {
		s := made(i)
		if s.Top != nil {
			told++
		}
		for _, p := range s.Top {
			if loads[p.PID] == nil {
				loads[p.PID] = &load{p: p}
			}
			l := loads[p.PID]
			l.cpu, l.rss, l.seen = l.cpu+float64(p.CPU), l.rss+float64(p.RSS), l.seen+1
		}
	}
	if told == 0 {
		return nil
	}
	for _, l := range loads {
		l.p.CPU, l.p.RSS = uint32(math.Round(l.cpu/told)), uint32(math.Round(l.rss/l.seen))
	}
	out := []recorder.Process{}
	for _, of := range []func(recorder.Process) uint32{
		func(p recorder.Process) uint32 { return p.CPU }, func(p recorder.Process) uint32 { return p.RSS },
	} {
		taken := map[int32]bool{}
		for range 5 {
			var best *load
			for pid, l := range loads {
				if !taken[pid] && of(l.p) > 0 && (best == nil || of(l.p) > of(best.p) || of(l.p) == of(best.p) && pid < best.p.PID) {
					best = l
				}
			}
			if best == nil {
				break
			}
			taken[best.p.PID] = true
			if best.got == 0 {
				out = append(out, best.p)
			}
			best.got++
		}
	}
	return out
}

// On disk and in memory together the bound holds at any time, and it is the oldest
// that goes.
func TestBound(t *testing.T) {
	const bound, all = 400 << 10, 5000
	dir := t.TempDir()
	r := recorder.Open(dir, recorder.Options{Clock: still(0), Boot: "one", MaxBytes: bound})
	for from := 0; from < all; from += 100 {
		record(t, r, from, from+100)
		if bytes, _ := size(t, dir); bytes > bound {
			t.Fatalf("%d bytes after %d seconds", bytes, from+100)
		}
	}
	got := flat(everything(r).Seconds)
	if len(got) < 600 || len(got) == all {
		t.Errorf("%d seconds are kept", len(got))
	}
	wantSeconds(t, got, all-len(got), all)
}

// running runs a recorder inside a bubble of made time. Its clock can be set.
func running(t *testing.T, dir string, set *atomic.Int64) (*recorder.Recorder, func()) {
	t.Helper()
	start := time.Now()
	r := recorder.Open(dir, recorder.Options{
		Boot: "one",
		Clock: func() (time.Time, time.Duration) {
			return time.Now().Add(time.Duration(set.Load())), boot + time.Since(start)
		},
		Read: func(now time.Time) probe.Vitals {
			return probe.Vitals{CPU: now.Sub(start).Seconds(), DiskLatency: math.NaN(), Top: []probe.Task{
				{PID: 7, Name: "curl --password=hunter2 " + strings.Repeat("x", 5000), CPUPct: 12.34, RSS: 77 << 20},
				{PID: 8, Name: "\x1b[31mred", RSS: 1},
			}}
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	return r, func() { cancel(); <-done }
}

// A sample a second, without secrets in the names of processes, and a mark that is
// on the disk once it is said to be.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, start := t.TempDir(), time.Now()
		r, stop := running(t, dir, new(atomic.Int64))
		time.Sleep(time.Hour + 500*time.Millisecond)
		m, err := r.Mark("froze", time.Now().Add(-3*time.Second))
		if err != nil || m.Kind != "froze" || !m.At.Equal(start.Add(time.Hour-2500*time.Millisecond)) {
			t.Errorf("the mark is %+v, %v", m, err)
		}
		if later := open(t, dir); len(later.Marks()) != 1 || !later.Marks()[0].At.Equal(m.At) {
			t.Errorf("on the disk are the marks %v", later.Marks())
		}
		got := flat(r.Around(m, 10*time.Minute).Seconds)
		if len(got) != 603 { // from the second 2998 to the last one, 3600
			t.Errorf("%d seconds around the mark", len(got))
		}
		for i, s := range got {
			v, ok := s.Values.Get(recorder.CPUBusy)
			if _, none := s.Values.Get(recorder.DiskLatency); !ok || none || math.Abs(v-min(s.At.Sub(start).Seconds(), 214748364)) > 0.05 {
				t.Fatalf("second %d at %v reads %v", i, s.At.Sub(start), v)
			}
			if len(s.Top) != 2 || s.Top[0].PID != 7 || s.Top[0].CPU != 123 || s.Top[0].RSS != 77 || len(s.Top[0].Name) > 256 ||
				strings.Contains(s.Top[0].Name, "hunter2") || !strings.HasPrefix(s.Top[0].Name, "curl") {
				t.Fatalf("the processes are %+v", s.Top)
			}
		}
		stop()
		r = open(t, dir)
		if all := everything(r); len(flat(all.Seconds)) != 3601 || len(flat(all.Tens)) != 361 || len(all.Marks) != 1 {
			t.Errorf("%d seconds, %d spans, %d marks after a restart", len(flat(all.Seconds)), len(flat(all.Tens)), len(all.Marks))
		}
	})
}

// A clock that is set a year ahead, and back, begins a new stretch each time:
// nothing gets lost, and around a mark is what was recorded around it.
func TestClockJumps(t *testing.T) {
	const year = 365 * 24 * time.Hour
	synctest.Test(t, func(t *testing.T) {
		var set atomic.Int64
		dir := t.TempDir()
		r, stop := running(t, dir, &set)
		time.Sleep(15*time.Minute + time.Second/2)
		set.Store(int64(year))
		time.Sleep(5 * time.Minute)
		m, err := r.Mark("froze", time.Now().Add(year))
		if err != nil {
			t.Fatal(err)
		}
		set.Store(int64(-time.Hour))
		time.Sleep(100 * time.Minute)
		check := func() {
			t.Helper()
			got := r.Around(m, 10*time.Minute)
			if len(got.Seconds) != 3 || got.Seconds[0].Why != recorder.Begins || got.Seconds[1].Why != recorder.ClockSet || got.Seconds[2].Why != recorder.ClockSet {
				t.Fatalf("%d stretches", len(got.Seconds))
			}
			for i, want := range []int{300, 300, 600} {
				if n := len(got.Seconds[i].Samples); n != want {
					t.Errorf("stretch %d has %d seconds, not %d", i, n, want)
				}
			}
			for _, s := range got.Seconds[1].Samples {
				if d := m.At.Sub(s.At); d < 0 || d > 5*time.Minute {
					t.Fatalf("a sample is %v from the mark", d)
				}
			}
			if len(got.Marks) != 1 {
				t.Errorf("%d marks", len(got.Marks))
			}
		}
		check()
		stop()
		r = open(t, dir)
		check()
		if n := len(flat(everything(r).Seconds)); n != 7201 {
			t.Errorf("of 7201 seconds %d are left", n)
		}
	})
}

// Another start of the machine is a stretch of its own, though the time since the
// start goes back.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	record(t, r, 0, 300)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again := made(330)
	again.Up = 9 * time.Second
	synctest.Test(t, func(t *testing.T) { // nobody writes here, so that a mark waits its time
		r := recorder.Open(dir, recorder.Options{Boot: "two", Clock: func() (time.Time, time.Duration) { return again.At, again.Up }})
		r.Add(again)
		m, err := r.Mark("froze", again.At.Add(-time.Minute)) // before the start, so it is found by the clock
		if err != nil {
			t.Fatal(err)
		}
		got := r.Around(m, 10*time.Minute)
		if len(got.Seconds) != 2 || got.Seconds[1].Why != recorder.Restarted || !same(got.Seconds[1].Samples[0], again) {
			t.Fatalf("got %+v", got.Seconds)
		}
		wantSeconds(t, got.Seconds[0].Samples, 0, 300)
	})
}

func TestMarksThatAreNone(t *testing.T) {
	r := open(t, t.TempDir())
	for name, at := range map[string]time.Time{"froze": day.Add(2 * time.Minute), "frozen": day.Add(-25 * time.Hour), "": day, "Es fror!": day, strings.Repeat("x", 33): day} {
		if _, err := r.Mark(name, at); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q at %v: %v", name, at, err)
		}
	}
	if n := len(r.Marks()); n != 0 {
		t.Errorf("%d marks", n)
	}
}

// A number that does not fit, or is none, is not recorded as another one.
func TestValues(t *testing.T) {
	var v recorder.Values
	for _, no := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e12, -1e12} {
		v.Set(recorder.NetSent, no)
		if got, ok := v.Get(recorder.NetSent); ok {
			t.Errorf("%v is recorded as %v", no, got)
		}
	}
	v.Set(recorder.CPUBusy, 33.333)
	if got, ok := v.Get(recorder.CPUBusy); !ok || got != 33.3 {
		t.Errorf("got %v, %v", got, ok)
	}
}
