package noc_test

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/store"
)

var operator = auth.Actor{Kind: auth.Staff, Person: "p1", Name: "Otto", Role: auth.Operator}

// sink takes readings, and what goes to endpoints, and keeps them.
type sink struct {
	mu     sync.Mutex
	frames int
	last   []diagnostics.Sample
	score  int
	lives  []string
	marks  []mark
	usual  []usual
}

func (s *sink) Append(_ string, samples []diagnostics.Sample, score int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames++
	s.last, s.score = samples, score
}

func (s *sink) Presence(endpoint string, at time.Time, presence, up int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks = append(s.marks, mark{endpoint, at, presence, up})
}

func (s *sink) Expected(endpoint string, at time.Time, expected, missed float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.usual = append(s.usual, usual{endpoint, at, expected, missed})
}

// usual is what the time series say of an endpoint's usual hours.
type usual struct {
	endpoint         string
	at               time.Time
	expected, missed float64
}

// mark is what a presence in the time series says.
type mark struct {
	endpoint     string
	at           time.Time
	presence, up int
}

func (s *sink) Live(endpoint string, _ wire.Live) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lives = append(s.lives, endpoint)
}

// wall is a fleet over a real database, in a bubble of its own time.
type wall struct {
	*noc.Fleet
	t    *testing.T
	db   *store.DB
	sink *sink
	ids  []string
	stop func()

	mu    sync.Mutex
	ahead time.Duration // of the bubble's time
}

// now is the server's clock.
func (w *wall) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.ahead)
}

// slept has the server's machine sleep: its clock goes on, and nothing else.
func (w *wall) slept(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead += d
}

func run(t *testing.T, machines int, f func(*testing.T, *wall)) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), store.Options{DSN: file, Migrate: true}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		w := &wall{t: t, db: db, sink: &sink{}}
		registry := enrol.New(db.Enrol(), []byte("secret"), time.Now)
		for range machines {
			token, _, err := registry.Create(t.Context(), auth.SystemActor("test"), "Berlin", 1, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			key, _, err := ed25519.GenerateKey(nil)
			if err != nil {
				t.Fatal(err)
			}
			i, err := registry.Enrol(t.Context(), wire.Enrol{Token: token, Key: key, Machine: wire.Machine{Hostname: "PC-" + letters(len(w.ids)), OS: "linux"}})
			if err != nil {
				t.Fatal(err)
			}
			w.ids = append(w.ids, i.ID)
		}
		w.start()
		defer func() { w.stop() }()
		f(t, w)
	})
}

// letters names machines so that they are in order.
func letters(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return letters(i/26-1) + letters(i%26)
}

// start begins as a server does.
func (w *wall) start() {
	w.t.Helper()
	w.Fleet = noc.New(w.db.NOC(), w.sink, live.New(), w.now, slog.New(slog.DiscardHandler))
	w.SetLine(w.sink)
	if err := w.Load(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	}
}

func (w *wall) join(i int, session string) {
	w.Joined(noc.Join{Identity: enrol.Identity{ID: w.ids[i], State: enrol.Active, Site: enrol.Site{Name: "Berlin"}}, Session: session, Hostname: "PC-" + letters(i), Agent: "test", Address: "192.0.2.7"})
}

func (w *wall) view(i int) noc.Detail {
	w.t.Helper()
	d, err := w.Get(w.t.Context(), operator, w.ids[i])
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *wall) want(i int, p noc.Presence) noc.Detail {
	w.t.Helper()
	d := w.view(i)
	if d.Presence != p {
		w.t.Errorf("%s is %s, want %s", d.Name, d.Presence, p)
	}
	return d
}

func frame(at time.Time, cpu float64, flags wire.HealthFlags) *wire.Health {
	h := &wire.Health{Seq: 1, Flags: flags, Interval: 15 * time.Second, Samples: make([]diagnostics.Sample, 2)}
	for i := range h.Samples {
		h.Samples[i].At = at.Add(time.Duration(i-1) * 15 * time.Second)
		h.Samples[i].Set(diagnostics.CPUBusy, cpu)
		h.Samples[i].Set(diagnostics.MemoryUsed, 40)
		h.Samples[i].Set(diagnostics.DiskUsed, 40)
	}
	return h
}

// TestAbsenceIsUnknownUntilTheFleetHadItsTime restarts the server: what has not come
// back yet is not called offline.
func TestAbsenceIsUnknownUntilTheFleetHadItsTime(t *testing.T) {
	run(t, 2, func(t *testing.T, w *wall) {
		w.want(0, noc.Awaited)
		w.join(0, "s1")
		w.join(1, "s2")
		seen := time.Now()
		time.Sleep(time.Minute)
		w.stop()
		time.Sleep(time.Hour)
		w.start()
		w.join(0, "s3")
		w.want(0, noc.Online)
		time.Sleep(wire.SilenceTimeout)
		if d := w.want(1, noc.Unknown); !d.SeenAt.Equal(seen) {
			t.Errorf("it was last seen at %v, want %v", d.SeenAt, seen)
		}
		if tiles, err := w.Sites(operator); err != nil || len(tiles) != 1 || tiles[0].Unknown != 1 || tiles[0].Online != 1 {
			t.Errorf("the wall shows %+v, %v", tiles, err)
		}
		w.Ingest(w.ids[0], frame(time.Now(), 5, 0))
		time.Sleep(2*time.Minute + 10*time.Second)
		synctest.Wait()
		if d := w.want(1, noc.Silent); !d.Since.Equal(seen) {
			t.Errorf("it is silent since %v, want since it was last seen, %v", d.Since, seen)
		}
		w.want(0, noc.Online)
	})
}

func TestOnlyTheNewestSessionCounts(t *testing.T) {
	run(t, 1, func(t *testing.T, w *wall) {
		w.join(0, "old")
		w.join(0, "new")
		w.Left(w.ids[0], "old", "")
		w.want(0, noc.Online)
		time.Sleep(time.Minute)
		w.Left(w.ids[0], "new", wire.ByeSleep)
		if d := w.want(0, noc.Asleep); !d.Since.Equal(time.Now()) || d.Goodbye != wire.ByeSleep {
			t.Errorf("offline since %v, because of %q", d.Since, d.Goodbye)
		}
		w.join(0, "newer")
		if d := w.want(0, noc.Online); d.Goodbye != "" {
			t.Errorf("it is back, and yet it left: %q", d.Goodbye)
		}
		w.Left("nothing", "x", "")
	})
}

func TestScoreIsOfNowOrUnknown(t *testing.T) {
	run(t, 1, func(t *testing.T, w *wall) {
		w.join(0, "s")
		if d := w.view(0); d.Score != -1 {
			t.Errorf("before any reading the score is %d", d.Score)
		}
		w.Ingest(w.ids[0], frame(time.Now(), 5, 0))
		well := w.view(0).Score
		if well < 90 || w.sink.score != well {
			t.Errorf("a machine that is well has %d, and %d is kept", well, w.sink.score)
		}
		full := wire.Findings{At: time.Now(), Findings: []diagnostics.Finding{{Code: "disk.full", Severity: diagnostics.Critical, Sentence: "The disk is full."}}}
		if err := w.SetFindings(t.Context(), w.ids[0], full); err != nil {
			t.Fatal(err)
		}
		d := w.view(0)
		if d.Score >= noc.IllBelow || len(d.Reasons) == 0 || len(d.Findings) != 1 {
			t.Errorf("with a full disk it has %d because of %+v", d.Score, d.Reasons)
		}
		if list, _, err := w.List(operator, noc.Query{Worst: true}); err != nil || len(list) != 1 || list[0].Score != d.Score {
			t.Errorf("%+v, %v", list, err)
		}
		// What was recorded while it was away is kept, and says nothing of now.
		w.Ingest(w.ids[0], frame(time.Now().Add(-time.Hour), 99, wire.HealthLate))
		if v, _ := w.viewSample(); v != 5 || w.sink.frames != 2 || w.sink.score != -1 {
			t.Errorf("late readings: now %v, %d frames, score %d", v, w.sink.frames, w.sink.score)
		}
		w.Left(w.ids[0], "s", "")
		if d := w.view(0); d.Score != -1 || d.Reasons != nil {
			t.Errorf("offline it has %d", d.Score)
		}
	})
}

func (w *wall) viewSample() (float64, bool) {
	s := w.view(0).Sample
	return s.Get(diagnostics.CPUBusy)
}

func TestClockThatIsAheadIsSetRight(t *testing.T) {
	run(t, 1, func(t *testing.T, w *wall) {
		w.join(0, "s")
		w.Ingest(w.ids[0], frame(time.Now().Add(48*time.Hour), 5, 0))
		if at := w.sink.last[1].At; !at.Equal(time.Now()) {
			t.Errorf("a reading of the day after tomorrow is dated %v", at)
		}
		if d := w.sink.last[1].At.Sub(w.sink.last[0].At); d != 15*time.Second {
			t.Errorf("the readings lie %v apart", d)
		}
		at := time.Now().Add(4 * time.Minute)
		w.Ingest(w.ids[0], frame(at, 5, 0))
		if !w.sink.last[1].At.Equal(at) {
			t.Errorf("a clock that is a little ahead was set to %v", w.sink.last[1].At)
		}
		w.Ingest(w.ids[0], &wire.Health{})
		w.Ingest("nothing", frame(at, 5, 0))
		if w.sink.frames != 2 {
			t.Errorf("%d frames were kept, want 2", w.sink.frames)
		}
	})
}

func TestWatchingIsRenewedForAsLongAsSomebodyLooks(t *testing.T) {
	run(t, 1, func(t *testing.T, w *wall) {
		asked := func() int {
			synctest.Wait()
			w.sink.mu.Lock()
			defer w.sink.mu.Unlock()
			return len(w.sink.lives)
		}
		one, two := w.Watch(w.ids[0]), w.Watch(w.ids[0])
		if n := asked(); n != 2 {
			t.Errorf("it was asked %d times at once", n)
		}
		one()
		one() // twice is as good as once
		time.Sleep(41 * time.Second)
		if n := asked(); n != 4 {
			t.Errorf("in 41 seconds it was asked %d times, want 4", n)
		}
		two()
		time.Sleep(5 * time.Minute)
		if n := asked(); n != 4 {
			t.Errorf("when nobody looked it was asked %d times", n)
		}
	})
}

func TestListsAreInOrderAndBounded(t *testing.T) {
	run(t, 5, func(t *testing.T, w *wall) {
		for i := range 3 {
			w.join(i, "s")
		}
		w.SetState(w.ids[4], enrol.Held)
		var names []string
		for after := ""; ; {
			page, next, err := w.List(operator, noc.Query{Limit: 2, After: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page {
				names = append(names, v.Name)
			}
			if after = next; next == "" {
				break
			}
		}
		if got := len(names); got != 5 || names[0] != "PC-A" || names[4] != "PC-E" {
			t.Errorf("the pages have %v", names)
		}
		for name, c := range map[string]struct {
			q    noc.Query
			want int
		}{
			"online": {noc.Query{Presence: noc.Online}, 3}, "awaited": {noc.Query{Presence: noc.Awaited}, 2}, "offline": {noc.Query{Presence: noc.Offline}, 2}, "unknown": {noc.Query{Presence: noc.Unknown}, 0}, "held": {noc.Query{State: enrol.Held}, 1},
			"a name": {noc.Query{Text: "pc-b"}, 1}, "an address": {noc.Query{Text: "192.0.2"}, 3}, "no site": {noc.Query{Site: "x"}, 0},
		} {
			if list, _, err := w.List(operator, c.q); err != nil || len(list) != c.want {
				t.Errorf("%s: %d, %v, want %d", name, len(list), err, c.want)
			}
		}
		for name, q := range map[string]noc.Query{"too many": {Limit: 1001}, "less than none": {Limit: -1}, "a cursor of nothing": {After: "x"}} {
			if _, _, err := w.List(operator, q); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, a := range []auth.Actor{{}, {Kind: auth.Requester, Person: "p"}, {Kind: auth.Endpoint, Endpoint: w.ids[0]}} {
			_, _, err1 := w.List(a, noc.Query{})
			_, err2 := w.Get(t.Context(), a, w.ids[0])
			_, err3 := w.Sites(a)
			if err1 == nil || err2 == nil || err3 == nil {
				t.Errorf("%q sees the fleet", a.Kind)
			}
		}
	})
}

// TestEnrolledIsAwaited has a machine enrol while the server runs: the wall shows
// it before it has been there, and the second of two same answers changes nothing.
func TestEnrolledIsAwaited(t *testing.T) {
	run(t, 1, func(t *testing.T, w *wall) {
		site := enrol.Site{ID: "S", Name: "Berlin"}
		for range 2 {
			w.Enrolled(enrol.Identity{ID: "E9", State: enrol.Active, Site: site}, wire.Machine{Hostname: "PC-9", OS: "linux"})
		}
		w.join(0, "s")
		w.Enrolled(enrol.Identity{ID: w.ids[0], State: enrol.Active, Site: site}, wire.Machine{Hostname: "PC-X", OS: "linux"})
		if d := w.want(0, noc.Online); d.Name != "PC-A" {
			t.Errorf("a late answer has made %s of a machine that is there", d.Name)
		}
		views, _, err := w.List(operator, noc.Query{Limit: 10})
		if err != nil || len(views) != 2 {
			t.Fatalf("there are %d endpoints: %v", len(views), err)
		}
		v := views[slices.IndexFunc(views, func(v noc.View) bool { return v.ID == "E9" })]
		if v.Presence != noc.Awaited || v.Name != "PC-9" || v.Site.Name != "Berlin" || !v.SeenAt.IsZero() {
			t.Errorf("it is shown as %+v", v)
		}
	})
}
