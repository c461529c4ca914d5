package uplink_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/agent/uplink/uplinktest"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// memoryRatchet is a ratchet that forgets with the process.
type memoryRatchet struct {
	mu     sync.Mutex
	secret []byte
	err    error
}

func (r *memoryRatchet) Secret() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.secret
}

func (r *memoryRatchet) Store(s []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.secret = s
	}
	return r.err
}

// machine is an endpoint whose readings, network and clock a test sets.
type machine struct {
	*uplink.Uplink
	server *uplinktest.Server

	mu      sync.Mutex
	cpu     float64
	network uplink.Network
	slept   time.Duration // by how much the wall clock is ahead of the time that passed
	changed []wire.TicketChanged
	stop    func()
}

// begin runs an endpoint against the server until stop is called or the test ends.
func begin(t *testing.T, s *uplinktest.Server, change func(*uplink.Config)) *machine {
	t.Helper()
	return beginWith(t.Context(), t, s, change)
}

// beginWith is begin until ctx ends.
func beginWith(ctx context.Context, t *testing.T, s *uplinktest.Server, change func(*uplink.Config)) *machine {
	t.Helper()
	m := &machine{server: s, cpu: 10, network: uplink.Network{Out: netip.MustParseAddr(uplinktest.Local)}}
	start := time.Now()
	c := uplink.Config{
		Endpoint: "e1", Key: s.AddEndpoint("e1"), Ratchet: &memoryRatchet{},
		Dialer: dialer(t, s.Options()),
		Prove:  func() wire.Prove { return wire.Prove{Hostname: "pc-17"} },
		Sample: func(now time.Time) diagnostics.Sample {
			m.mu.Lock()
			defer m.mu.Unlock()
			x := diagnostics.Sample{At: now}
			x.Set(diagnostics.CPUBusy, m.cpu)
			return x
		},
		Attend:  func(ctx context.Context, _ *uplink.Link) { <-ctx.Done() },
		Changed: func(c wire.TicketChanged) { m.mu.Lock(); defer m.mu.Unlock(); m.changed = append(m.changed, c) },
		Ask: func(_ context.Context, _ string, _ wire.Ask, answer func(wire.Answer)) {
			answer(wire.Answer{Done: true})
		},
		Wall:    func() time.Time { m.mu.Lock(); defer m.mu.Unlock(); return time.Now().Add(m.slept) },
		Elapsed: func() time.Duration { return time.Since(start) },
		Network: func(string) uplink.Network { m.mu.Lock(); defer m.mu.Unlock(); return m.network },
		Random:  func() float64 { return 0.5 },
	}
	if change != nil {
		change(&c)
	}
	m.Uplink = uplink.New(c)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	m.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the uplink ended with %v", err)
		}
	})
	t.Cleanup(m.stop)
	return m
}

func (m *machine) set(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

// eventually sleeps on the fake clock until ok, and fails after limit.
func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	start := time.Now()
	for {
		synctest.Wait()
		if ok() {
			return time.Since(start)
		}
		if time.Since(start) > limit {
			t.Fatalf("not within %v: %s", limit, what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (m *machine) connected() bool { return m.State().Phase == uplink.Connected }

func gaps(at []time.Time) []time.Duration {
	var out []time.Duration
	for i := 1; i < len(at); i++ {
		out = append(out, at[i].Sub(at[i-1]).Round(time.Millisecond))
	}
	return out
}

func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		s.Behave(uplinktest.Behaviour{Status: http.StatusServiceUnavailable})
		m := begin(t, s, nil) // half of each bound
		time.Sleep(5 * time.Minute)
		got := gaps(s.Attempts())
		for i, want := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second} {
			if got[i] != want {
				t.Errorf("wait %d is %v, want %v: %v", i, got[i], want, got)
			}
		}
		if st := m.State(); st.Phase != uplink.Offline || st.Problem == "" {
			t.Errorf("state %+v", st)
		}
		s.Behave(uplinktest.Behaviour{})
		eventually(t, time.Minute, "connected", m.connected)
		time.Sleep(29 * time.Second) // not long enough to count as healthy
		s.Behave(uplinktest.Behaviour{Status: http.StatusServiceUnavailable})
		before := len(s.Attempts())
		s.Drop()
		time.Sleep(3 * time.Minute)
		if got := gaps(s.Attempts()[before:])[0]; got != 30*time.Second {
			t.Errorf("after a session of 29 s the wait is %v, want 30 s", got)
		}
		s.Behave(uplinktest.Behaviour{})
		eventually(t, time.Minute, "connected", m.connected)
		time.Sleep(31 * time.Second)
		s.Behave(uplinktest.Behaviour{Status: http.StatusServiceUnavailable})
		before = len(s.Attempts())
		s.Drop()
		time.Sleep(time.Minute)
		if got := gaps(s.Attempts()[before:])[0]; got != time.Second {
			t.Errorf("after a session of 31 s the second wait is %v, want 1 s", got)
		}
	})
}

// Full jitter spreads the whole of each bound.
func TestJitterIsFull(t *testing.T) {
	for _, r := range []float64{0, 0.25, 0.999} {
		synctest.Test(t, func(t *testing.T) {
			s := uplinktest.NewMemory(t)
			s.Behave(uplinktest.Behaviour{Status: http.StatusServiceUnavailable})
			n := 0
			begin(t, s, func(c *uplink.Config) {
				c.Random = func() float64 {
					if n++; n > 200 {
						return 1 // or a jitter of 0 would never let the clock run
					}
					return r
				}
			})
			time.Sleep(20 * time.Second)
			got := gaps(s.Attempts())
			if want := time.Duration(r * float64(8*time.Second)); math.Abs(float64(got[3]-want)) > float64(2*time.Millisecond) {
				t.Errorf("the fourth wait at %v of the bound is %v, want %v", r, got[3], want)
			}
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for name, b := range map[string]uplinktest.Behaviour{
		"503":     {Status: http.StatusServiceUnavailable, RetryAfter: 40 * time.Second},
		"refused": {Refuse: &wire.Refused{Code: fault.Unavailable, Sentence: "Not now.", RetryAfter: 40_000}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := uplinktest.NewMemory(t)
				s.Behave(b)
				m := begin(t, s, nil)
				time.Sleep(30 * time.Second)
				m.set(func() { m.network.Out = netip.MustParseAddr("10.0.0.2") }) // no reason to ask before the time
				time.Sleep(90 * time.Second)
				for _, g := range gaps(s.Attempts()) {
					if g < 50*time.Second || g > 52*time.Second { // and half of half again; a pipe may take a second to close
						t.Errorf("came back after %v, was told 40 s", g)
					}
				}
			})
		})
	}
}

// A lost session comes back within the span that its welcome named, the more
// endpoints the more evenly.
func TestReturnIsSpread(t *testing.T) {
	for _, r := range []float64{0, 0.3, 0.9} {
		synctest.Test(t, func(t *testing.T) {
			s := uplinktest.NewMemory(t)
			s.Behave(uplinktest.Behaviour{ReturnWithin: 2 * time.Minute})
			m := begin(t, s, func(c *uplink.Config) { c.Random = func() float64 { return r } })
			eventually(t, time.Minute, "connected", m.connected)
			time.Sleep(time.Minute)
			s.Drop()
			lost := time.Now()
			synctest.Wait()
			time.Sleep(3 * time.Minute)
			a := s.Attempts()
			if got, want := a[1].Sub(lost).Round(time.Millisecond), time.Duration(r*float64(2*time.Minute)); got != want {
				t.Errorf("came back after %v, want %v", got, want)
			}
		})
	}
}

// One frame a minute with four samples, at a point of the minute that differs
// from endpoint to endpoint.
func TestFrameSchedule(t *testing.T) {
	seconds := map[int]bool{}
	for _, name := range []string{"e1", "e2", "e3", "e4", "e5", "e6"} {
		synctest.Test(t, func(t *testing.T) {
			s := uplinktest.NewMemory(t)
			key := s.AddEndpoint(name)
			m := begin(t, s, func(c *uplink.Config) { c.Endpoint, c.Key = name, key })
			eventually(t, time.Minute, "connected", m.connected)
			time.Sleep(10 * time.Minute)
			f := s.Frames()
			if len(f) < 10 || len(f) > 13 {
				t.Fatalf("%d frames in ten minutes", len(f))
			}
			for i, x := range f[len(f)-8:] {
				if len(x.Samples) != 4 || x.Interval != wire.SampleInterval || x.Flags != 0 {
					t.Errorf("frame %d has %d samples, %v apart, flags %d", i, len(x.Samples), x.Interval, x.Flags)
				}
				if late := x.At.Sub(x.Samples[3].At); late < 0 || late > time.Second {
					t.Errorf("frame %d went %v after its last sample", i, late)
				}
				if i > 0 {
					if gap := x.At.Sub(f[len(f)-8+i-1].At); gap.Round(time.Second) != time.Minute {
						t.Errorf("%v between frames", gap)
					}
				}
				if i == 7 {
					seconds[x.At.Second()] = true
				}
			}
			once(t, s.Samples(name))
			if _, ok := f[len(f)-1].Samples[3].Get(diagnostics.ServerRTT); ok {
				t.Error("a round trip of 0 was reported") // pipes take no time on the fake clock
			}
		})
	}
	if len(seconds) < 4 {
		t.Errorf("six endpoints send at %d points of the minute", len(seconds))
	}
}

// once checks that no moment was sent twice, and that time never goes back.
func once(t *testing.T, samples []diagnostics.Sample) {
	t.Helper()
	for i := 1; i < len(samples); i++ {
		if !samples[i].At.After(samples[i-1].At) {
			t.Errorf("sample %d of %v follows one of %v", i, samples[i].At, samples[i-1].At)
		}
	}
}

func TestFirstFrameIsNotAMinuteAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		m := begin(t, s, nil)
		eventually(t, time.Second, "a first frame", func() bool { return m.connected() && len(s.Frames()) == 1 })
		if f := s.Frames()[0]; f.Flags != 0 {
			t.Errorf("flags %d", f.Flags)
		}
	})
}

func TestCrossingGoesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		m := begin(t, s, nil)
		eventually(t, time.Minute, "connected", m.connected)
		time.Sleep(5 * time.Minute)
		before := len(s.Frames())
		eventually(t, 2*time.Minute, "the minute's frame", func() bool { return len(s.Frames()) > before })
		before++ // the next one is a minute away
		m.set(func() { m.cpu = 99 })
		if d := eventually(t, time.Minute, "a frame", func() bool { return len(s.Frames()) > before }); d > 15*time.Second {
			t.Errorf("it took %v", d)
		}
		if f := s.Frames()[before]; f.Flags&wire.HealthCrossed == 0 {
			t.Errorf("flags %d", f.Flags)
		}
		time.Sleep(5 * time.Minute)
		if n := len(s.Frames()) - before; n > 7 {
			t.Errorf("%d frames in five minutes: a line is crossed once", n)
		}
		once(t, s.Samples("e1"))
	})
}

func TestLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		m := begin(t, s, nil)
		eventually(t, time.Minute, "connected", m.connected)
		time.Sleep(3*time.Minute + 20*time.Second)
		before := len(s.Frames())
		s.Open().Live(time.Second, 30*time.Second)
		time.Sleep(29 * time.Second)
		live := s.Frames()[before:]
		if len(live) < 28 || len(live) > 31 {
			t.Errorf("%d frames in 29 s", len(live))
		}
		for i, f := range live {
			if want := wire.HealthLive; i > 1 && (f.Flags != want || len(f.Samples) != 1) {
				t.Errorf("frame %d has flags %d and %d samples", i, f.Flags, len(f.Samples))
			}
		}
		time.Sleep(2 * time.Minute)
		before = len(s.Frames())
		time.Sleep(5 * time.Minute)
		if n := len(s.Frames()) - before; n != 5 {
			t.Errorf("%d frames in five minutes after live mode", n)
		}
		once(t, s.Samples("e1"))
	})
}

// What was measured without a session comes later, once, up to half an hour of it.
func TestOfflineSamplesComeLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		m := begin(t, s, nil)
		eventually(t, time.Minute, "connected", m.connected)
		time.Sleep(2 * time.Minute)
		s.Stop()
		time.Sleep(10 * time.Minute)
		before := len(s.Frames())
		s.Start()
		eventually(t, time.Minute, "connected again", m.connected)
		synctest.Wait()
		late := 0
		for _, f := range s.Frames()[before:] {
			if f.Flags&wire.HealthLate != 0 {
				late += len(f.Samples)
			}
		}
		if late < 39 || late > 46 {
			t.Errorf("%d late samples of ten minutes, want about 40", late)
		}
		time.Sleep(3 * time.Minute)
		once(t, s.Samples("e1"))
		s.Stop()
		time.Sleep(5 * time.Hour)
		before = len(s.Frames())
		s.Start()
		eventually(t, 2*time.Minute, "connected again", m.connected)
		synctest.Wait()
		n := 0
		for _, f := range s.Frames()[before:] {
			n += len(f.Samples)
		}
		if n < 119 || n > 122 {
			t.Errorf("%d samples after five hours, want half an hour's 120", n)
		}
		// What is older follows as means of minutes, and meanwhile each minute's own
		// frame comes when it is due.
		time.Sleep(3 * time.Minute)
		old, live, last := 0, 0, time.Time{}
		for _, f := range s.Frames()[before:] {
			switch {
			case f.Flags&wire.HealthLate != 0 && f.Interval == time.Minute:
				if !last.IsZero() && f.At.Sub(last) < 2*time.Second {
					t.Errorf("two frames of the past came within %v", f.At.Sub(last))
				}
				last = f.At
				old += len(f.Samples)
			case f.Flags&wire.HealthLate == 0:
				live++
			}
		}
		if old < 268 || old > 271 || live < 3 {
			t.Errorf("%d minutes of the past and %d frames of now, want four and a half hours' and three", old, live)
		}
	})
}

// What was measured on a way of a day and a half without a connection is bounded to a day,
// outlives a restart, carries the means, and comes once.
func TestOfflineOverARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "backlog.json")
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		ratchet := &memoryRatchet{}
		keep := func(c *uplink.Config) { c.Backlog, c.Ratchet = file, ratchet }
		m := begin(t, s, keep)
		eventually(t, time.Minute, "connected", m.connected)
		time.Sleep(2 * time.Minute)
		s.Stop()
		away := time.Now()
		m.mu.Lock()
		m.cpu = 40
		m.mu.Unlock()
		time.Sleep(36 * time.Hour)
		m.stop()
		time.Sleep(time.Hour) // the machine is off
		before := len(s.Frames())
		s.Start()
		m = begin(t, s, keep)
		eventually(t, time.Minute, "connected again", m.connected)
		time.Sleep(5 * time.Minute)
		seen, oldest := map[int64]int{}, time.Now()
		for _, f := range s.Frames()[before:] {
			for _, x := range f.Samples {
				if v, ok := x.Get(diagnostics.CPUBusy); f.Interval == time.Minute && ok {
					seen[x.At.Unix()]++
					if v != 40 {
						t.Errorf("the mean of %v is %v", x.At, v)
					}
					if x.At.Before(oldest) {
						oldest = x.At
					}
				}
			}
		}
		if n := len(seen); n < 23*60-2 || n > 24*60 || oldest.Before(away.Add(11*time.Hour)) {
			t.Errorf("%d minutes came, the oldest of %v after the connection was lost; want the last day's", n, oldest.Sub(away))
		}
		for at, n := range seen {
			if n > 1 {
				t.Errorf("%v came %d times", time.Unix(at, 0), n)
			}
		}
		time.Sleep(15 * time.Minute)
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("the file is still there once the server has all: %v", err)
		}
	})
}

// TestBacklogThatCannotBeRead: a damaged file costs the past and nothing else.
func TestBacklogThatCannotBeRead(t *testing.T) {
	for _, doc := range []string{"", "{", `{"endpoint":"e1","metrics":["cpu_busy_percent"],"minutes":[[null],[1,2,3],[],[9e99,5]]}`, `{"endpoint":"e1","metrics":[],"minutes":[[1]]}`} {
		file := filepath.Join(t.TempDir(), "backlog.json")
		if err := os.WriteFile(file, []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			s := uplinktest.NewMemory(t)
			m := begin(t, s, func(c *uplink.Config) { c.Backlog = file })
			eventually(t, time.Minute, "connected", m.connected)
			time.Sleep(3 * time.Minute)
			once(t, s.Samples("e1"))
		})
	}
}

// Frames that were never acknowledged go again in the next session.
func TestLostAcknowledgement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		m := begin(t, s, nil)
		eventually(t, time.Minute, "connected", m.connected)
		time.Sleep(3 * time.Minute)
		n := len(s.Frames())
		s.Behave(uplinktest.Behaviour{NoHealthAck: true})
		took := eventually(t, 2*time.Minute, "the session is given up", func() bool { return !m.connected() })
		frame := s.Frames()[n]
		if silent := time.Since(frame.At); silent < wire.AckTimeout || silent > wire.AckTimeout+time.Second {
			t.Errorf("given up after %v without an acknowledgement (%v in all)", silent, took)
		}
		s.Behave(uplinktest.Behaviour{})
		eventually(t, time.Minute, "connected again", m.connected)
		synctest.Wait()
		again := 0
		for _, f := range s.Frames()[n+1:] {
			for _, x := range f.Samples {
				for _, y := range frame.Samples {
					if x.At.Equal(y.At) && f.Flags&wire.HealthLate != 0 {
						again++
					}
				}
			}
		}
		if again != len(frame.Samples) {
			t.Errorf("%d of %d samples came again", again, len(frame.Samples))
		}
	})
}

// A half-open connection, on which nothing comes back any more, ends 20 s after
// the next frame; whatever waits for an answer on it hears so.
func TestHalfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		m := begin(t, s, nil)
		eventually(t, time.Minute, "connected", m.connected)
		time.Sleep(90 * time.Second)
		s.Open().Mute()
		start := time.Now()
		_, err := m.Link().Call(t.Context(), wire.TypeInventory, "", wire.Inventory{})
		if !fault.Is(err, fault.Unavailable) || time.Since(start) != wire.AckTimeout {
			t.Errorf("a call ended after %v with %v", time.Since(start), err)
		}
		eventually(t, 2*time.Second, "a new session", func() bool { return len(s.Sessions()) == 2 && m.connected() })
	})
}

func TestWakeAndRoam(t *testing.T) {
	for name, happen := range map[string]func(*machine){
		"sleep":       func(m *machine) { m.slept += time.Hour },
		"new network": func(m *machine) { m.network = uplink.Network{Hash: 7, Out: netip.MustParseAddr("192.168.1.5")} },
	} {
		t.Run(name+" while connected", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := uplinktest.NewMemory(t)
				s.Behave(uplinktest.Behaviour{ReturnWithin: time.Hour})
				m := begin(t, s, nil)
				eventually(t, time.Minute, "connected", m.connected)
				time.Sleep(2 * time.Minute)
				m.set(func() { happen(m) })
				if d := eventually(t, time.Minute, "a new session", func() bool { return len(s.Sessions()) == 2 && m.connected() }); d > 16*time.Second {
					t.Errorf("it took %v", d)
				}
				if g := s.Sessions()[0].Goodbye(); g != wire.ByeRoam {
					t.Errorf("the old session ended with %q", g)
				}
				time.Sleep(5 * time.Minute)
				if n := len(s.Sessions()); n != 2 {
					t.Errorf("%d sessions: once is enough", n)
				}
			})
		})
		t.Run(name+" while away", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := uplinktest.NewMemory(t)
				s.Behave(uplinktest.Behaviour{Status: http.StatusServiceUnavailable})
				m := begin(t, s, func(c *uplink.Config) { c.Random = func() float64 { return 1 } })
				time.Sleep(10 * time.Minute) // waits are a minute now
				n := len(s.Attempts())
				eventually(t, 2*time.Minute, "an attempt", func() bool { return len(s.Attempts()) > n })
				n = len(s.Attempts())
				m.set(func() { happen(m) })
				if d := eventually(t, time.Minute, "an attempt", func() bool { return len(s.Attempts()) > n }); d > 16*time.Second {
					t.Errorf("it took %v", d)
				}
			})
		})
	}
}

// Containers' networks come and go, and the session goes its way as before.
func TestUnrelatedNetworkChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		m := begin(t, s, nil)
		eventually(t, time.Minute, "connected", m.connected)
		for range 10 {
			m.set(func() { m.network.Hash++ })
			time.Sleep(30 * time.Second)
			m.set(func() { m.network.Out = netip.Addr{} }) // no way out for a moment
			time.Sleep(30 * time.Second)
			m.set(func() { m.network.Out = netip.MustParseAddr(uplinktest.Local) })
		}
		if n := len(s.Sessions()); n != 1 {
			t.Errorf("%d sessions", n)
		}
	})
}

func TestGoodbye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		m := begin(t, s, nil)
		eventually(t, time.Minute, "connected", m.connected)
		m.stop()
		synctest.Wait()
		if g := s.Sessions()[0].Goodbye(); g != wire.ByeStop {
			t.Errorf("goodbye %q", g)
		}
	})
}

// The secret of a welcome is confirmed once it is stored; one that cannot be
// stored is never confirmed, and the machine is still known by the one before.
func TestRatchet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		r := &memoryRatchet{}
		m := begin(t, s, func(c *uplink.Config) { c.Ratchet = r })
		confirmed := func(n int) func() bool {
			return func() bool { return len(s.Messages(wire.TypeRatchet)) == n }
		}
		eventually(t, time.Minute, "confirmed", confirmed(1))
		first := r.Secret()
		r.mu.Lock()
		r.err = errors.New("disk full")
		r.mu.Unlock()
		for range 3 {
			n := len(s.Sessions())
			s.Drop()
			eventually(t, time.Minute, "back", func() bool { return len(s.Sessions()) > n && m.connected() })
			time.Sleep(time.Minute)
		}
		if !confirmed(1)() || string(r.Secret()) != string(first) {
			t.Error("a secret was confirmed that is not stored")
		}
		r.mu.Lock()
		r.err = nil
		r.mu.Unlock()
		s.Drop()
		eventually(t, time.Minute, "confirmed again", confirmed(2))
	})
}

func TestHeldAndRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		m := begin(t, s, nil)
		eventually(t, time.Minute, "connected", m.connected)
		time.Sleep(time.Minute)
		s.Hold("e1", true)
		eventually(t, time.Second, "barred", func() bool { return m.State().Phase == uplink.Barred })
		if p := m.State().Problem; p == "" {
			t.Error("the person is told nothing")
		}
		n := len(s.Attempts())
		time.Sleep(30 * time.Minute)
		if got := len(s.Attempts()) - n; got < 3 || got > 7 {
			t.Errorf("%d attempts in half an hour", got)
		}
		if m.State().Phase != uplink.Barred {
			t.Errorf("state %+v", m.State())
		}
		s.Hold("e1", false)
		eventually(t, 8*time.Minute, "let go", m.connected)
		s.Revoke("e1")
		time.Sleep(10 * time.Hour)
		if st := m.State(); st.Phase != uplink.Barred {
			t.Errorf("state %+v", st)
		}
		if got := gaps(s.Attempts()); got[len(got)-1] < time.Hour {
			t.Errorf("it asks again after %v", got[len(got)-1])
		}
	})
}

// A copy of the disk is held, and so is the original: neither stands for the other.
func TestCopyIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		key := s.AddEndpoint("e1")
		r := &memoryRatchet{}
		same := func(c *uplink.Config) { c.Key, c.Ratchet = key, r }
		m := begin(t, s, same)
		eventually(t, time.Minute, "connected", m.connected)
		time.Sleep(time.Second)
		clone := &memoryRatchet{secret: r.Secret()}
		m.stop()
		m = begin(t, s, same)
		eventually(t, time.Minute, "the original is back", func() bool { return m.connected() && len(s.Messages(wire.TypeRatchet)) == 2 })
		other := begin(t, s, func(c *uplink.Config) { c.Key, c.Ratchet = key, clone })
		eventually(t, time.Minute, "the copy is held", func() bool { return other.State().Phase == uplink.Barred })
	})
}
