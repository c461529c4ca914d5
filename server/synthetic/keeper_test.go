package synthetic_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/synthetic"
)

var operator = auth.Actor{Kind: auth.Staff, Person: "p", Role: auth.Operator}

// shelf is a store in memory, whose writes can fail. That of the databases is tested
// with them.
type shelf struct {
	mu    sync.Mutex
	rows  map[string]synthetic.Row
	log   map[string][]synthetic.Line
	audit []audit.Entry
	away  bool
}

func (s *shelf) Checks(context.Context) (out []synthetic.Row, err error) {
	for _, r := range s.rows {
		r.Lines = int64(len(s.log[r.Check.ID]))
		out = append(out, r)
	}
	return out, nil
}

func (s *shelf) Log(_ context.Context, id string, _ int) ([]synthetic.Line, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log[id], nil
}

func (s *shelf) Update(_ context.Context, f func(synthetic.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return errors.New("away")
	}
	return f(s)
}

func (s *shelf) SaveCheck(c synthetic.Check) error {
	r := s.rows[c.ID]
	r.Check = c
	s.rows[c.ID] = r
	return nil
}

func (s *shelf) SaveLives(id string, lives map[string]synthetic.Life) error {
	r := s.rows[id]
	r.Lives = map[string]synthetic.Life{}
	for from, l := range lives {
		l.Heard, l.Blind, l.Fails, l.Goods, l.First = false, false, 0, 0, time.Time{} // as in JSON
		r.Lives[from] = l
	}
	s.rows[id] = r
	return nil
}

func (s *shelf) AddLine(id string, l synthetic.Line) error {
	s.log[id] = append(s.log[id], l)
	return nil
}
func (s *shelf) DropLines(string, int64) error { return nil }
func (s *shelf) DeleteCheck(id string) error   { delete(s.rows, id); delete(s.log, id); return nil }
func (s *shelf) Audit(e audit.Entry) error     { s.audit = append(s.audit, e); return nil }

// world is a keeper that runs, over hosts of which some are down.
type world struct {
	*synthetic.Keeper
	t       *testing.T
	store   *shelf
	stop    func()
	mu      sync.Mutex
	down    map[string]bool
	unable  map[string]bool // nobody can look
	looks   map[string]int
	told    map[string]float64
	under   atomic.Int32
	most    atomic.Int32
	lasting time.Duration
	far     *far
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, store: &shelf{rows: map[string]synthetic.Row{}, log: map[string][]synthetic.Line{}}, down: map[string]bool{}, unable: map[string]bool{}, looks: map[string]int{}, told: map[string]float64{}, lasting: 100 * time.Millisecond, far: newFar()}
	w.start()
	return w
}

// start is the server's; stop ends it as a crash would: what is not stored is gone.
func (w *world) start() {
	w.t.Helper()
	k, err := synthetic.New(synthetic.Options{
		Category: func(id string) bool { return id == "mail" },
		Store:    w.store, Key: []byte("key"), Now: time.Now, Log: slog.New(slog.DiscardHandler), Look: w.look, Fleet: w.far,
		Put: func(name string, _ time.Time, v float64, labels ...string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.told[fmt.Sprint(append([]string{name}, labels...))] = v
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.far.keeper = k
	k.SetLine(w.far)
	if err := k.Load(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := k.Run(ctx); err != nil {
			w.t.Error(err)
		}
	}()
	w.Keeper, w.stop = k, func() { cancel(); <-done; w.far.wg.Wait() }
}

func (w *world) look(ctx context.Context, s check.Spec) check.Result {
	w.most.Store(max(w.most.Load(), w.under.Add(1)))
	defer w.under.Add(-1)
	select {
	case <-time.After(w.lasting):
	case <-ctx.Done():
		return check.Result{Outcome: check.Unable}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks[s.Host]++
	if w.unable[s.Host] {
		return check.Result{Outcome: check.Unable, Says: "No right."}
	}
	if w.down[s.Host] {
		return check.Result{Outcome: check.Failed, Says: "Refused."}
	}
	return check.Result{Outcome: check.OK, Says: "Open.", Took: time.Millisecond, Expires: time.Now().Add(10 * 24 * time.Hour)}
}

func (w *world) set(down bool, hosts ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range hosts {
		w.down[h] = down
	}
}

func (w *world) make(host string, change ...func(*synthetic.Check)) string {
	w.t.Helper()
	c := synthetic.Usual()
	c.Name, c.Spec = host, check.Spec{Kind: check.TCP, Host: host, Port: 80}
	for _, f := range change {
		f(&c)
	}
	s, err := w.Save(w.t.Context(), operator, c)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.ID
}

// pass lets time go by, and what is under way come to rest.
func (w *world) pass(d time.Duration) {
	time.Sleep(d) // of the bubble
	synctest.Wait()
}

func (w *world) state(id string) synthetic.State {
	w.t.Helper()
	s, _, err := w.Get(w.t.Context(), operator, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.State
}

func (w *world) want(id string, want synthetic.State) {
	w.t.Helper()
	if got := w.state(id); got != want {
		w.t.Errorf("it is %s, want %s", got, want)
	}
}

func (w *world) value(name string, labels ...string) float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.told[fmt.Sprint(append([]string{name}, labels...))]
}

// TestSchedule: a check is done at once, then about each minute; when it fails it is down
// with the third, and up with the second that is well; what it comes to is in the time
// series and in its log; a pause ends it; no more than sixteen are done at once.
func TestSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		id := w.make("a.example")
		w.pass(time.Second)
		w.want(id, synthetic.Up)
		w.pass(10 * time.Minute)
		if n := w.looks["a.example"]; n < 10 || n > 12 {
			t.Errorf("it was looked at %d times in ten minutes", n)
		}
		if w.value("check_up", "check", id, "from", "server") != 1 || w.value("check_state", "check", id) != 1 || w.value("check_seconds", "check", id, "from", "server") != 0.001 || w.value("check_certificate_days", "check", id, "from", "server") < 9.9 {
			t.Errorf("told were %v", w.told)
		}
		w.set(true, "a.example")
		w.pass(110 * time.Second)
		w.want(id, synthetic.Up)
		w.pass(90 * time.Second)
		w.want(id, synthetic.Down)
		if w.value("check_state", "check", id) != 3 || w.value("check_up", "check", id, "from", "server") != 0 {
			t.Errorf("told were %v", w.told)
		}
		w.set(false, "a.example")
		w.pass(65 * time.Second)
		w.want(id, synthetic.Down)
		w.pass(65 * time.Second)
		w.want(id, synthetic.Up)
		var did []synthetic.Did
		for _, l := range w.store.log[id] {
			did = append(did, l.Did)
		}
		if fmt.Sprint(did) != "[up failed down ok up]" && fmt.Sprint(did) != "[up failed down up]" {
			t.Errorf("the log is %v", did)
		}
		s, _, err := w.Get(t.Context(), operator, id)
		if err != nil {
			t.Fatal(err)
		}
		s.Paused = true
		if _, err := w.Save(t.Context(), operator, s.Check); err != nil {
			t.Fatal(err)
		}
		n := w.looks["a.example"]
		w.pass(time.Hour)
		if w.state(id) != synthetic.Paused || w.looks["a.example"] != n {
			t.Errorf("while it is paused it is %s, and was looked at %d times", w.state(id), w.looks["a.example"]-n)
		}
		w.lasting = 5 * time.Second
		for i := range 100 {
			w.make(fmt.Sprint("b", i, ".example"))
		}
		w.pass(5 * time.Minute)
		if w.most.Load() != 16 || len(w.looks) != 101 {
			t.Errorf("%d at once, of %d hosts", w.most.Load(), len(w.looks))
		}
	})
}

// TestFailing: of what fails it is told to whoever looks for outages, with since when and
// how often, where it is known what tickets about it are filed under; not what is paused,
// nor what fails because this server is cut off.
func TestFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		about := func(c *synthetic.Check) { c.About = "mail" }
		id := w.make("mail.example", about)
		w.make("other.example")
		w.make("well.example", about)
		c := synthetic.Usual()
		c.Name, c.About, c.Spec = "wrong", "nothing", check.Spec{Kind: check.TCP, Host: "a", Port: 1}
		if _, err := w.Save(t.Context(), operator, c); !fault.Is(err, fault.Invalid) {
			t.Errorf("a category that there is not: %v", err)
		}
		w.pass(2 * time.Minute)
		if got := w.Failing(); len(got) != 0 {
			t.Errorf("while all is well: %+v", got)
		}
		w.set(true, "mail.example", "other.example")
		began := time.Now()
		w.pass(70 * time.Second)
		first := w.Failing()
		w.pass(2 * time.Minute)
		got := w.Failing()
		if len(first) != 1 || len(got) != 1 || got[0].Name != "mail.example" || got[0].About != "mail" || got[0].Fails <= first[0].Fails || got[0].Since != first[0].Since || got[0].Since.Before(began) {
			t.Errorf("it fails as %+v, then %+v", first, got)
		}
		w.set(true, "well.example")
		w.pass(10 * time.Minute) // nothing answers any more
		for _, f := range w.Failing() {
			if f.Name == "well.example" {
				t.Errorf("while the server is cut off: %+v", f)
			}
		}
		w.set(false, "well.example")
		w.pass(5 * time.Minute)
		s, _, err := w.Get(t.Context(), operator, id)
		if err != nil {
			t.Fatal(err)
		}
		s.Paused = true
		if _, err := w.Save(t.Context(), operator, s.Check); err != nil {
			t.Fatal(err)
		}
		if got := w.Failing(); len(got) != 0 {
			t.Errorf("paused: %+v", got)
		}
	})
}

// TestRestart: a server that was started anew, again and again while a service fails, has
// not seen it fail often enough; what was down before is so when it is seen again; and
// the looks after a start are spread.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		good, bad := w.make("a.example"), w.make("b.example")
		w.set(true, "b.example")
		w.pass(5 * time.Minute)
		w.want(bad, synthetic.Down)
		w.set(true, "a.example")
		for range 20 {
			w.pass(70 * time.Second) // two looks at most
			w.stop()
			w.start()
			if s := w.state(good); s == synthetic.Down {
				t.Fatal("a restart has made it fail")
			}
		}
		w.want(bad, synthetic.Unknown)
		w.pass(35 * time.Second)
		w.want(bad, synthetic.Down)
		w.pass(5 * time.Minute)
		w.want(good, synthetic.Down)
		_, lines, err := w.Get(t.Context(), operator, bad)
		if err != nil || len(lines) == 0 || lines[len(lines)-1].N != int64(len(lines)) {
			t.Errorf("%v, %v", lines, err)
		}
	})
}

// TestCutOff: when everything that the server looks at fails at once, and its guard too,
// nothing is down: it is unknown, and one series says so. When it is over all is as
// before. A guard that answers, or anything else, makes them down as usual.
func TestCutOff(t *testing.T) {
	hosts := []string{"a.example", "b.example", "c.example", "d.example", "guard.example"}
	guard := func(c *synthetic.Check) { c.Guard = true }
	for name, c := range map[string]struct {
		guarded bool
		dead    []string
		cut     bool
	}{
		"all, and the guard":       {true, hosts, true},
		"all but the guard":        {true, hosts[:4], false},
		"all, without any guard":   {false, hosts, true},
		"all but one, no guard":    {false, hosts[1:], false},
		"the guard alone":          {true, hosts[4:], false},
		"the guard and one, alone": {true, hosts[3:], false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				defer func() { w.stop() }()
				ids := map[string]string{}
				for _, h := range hosts {
					ids[h] = w.make(h, func(x *synthetic.Check) {
						if c.guarded && h == "guard.example" {
							guard(x)
						}
					})
				}
				local := w.make("127.0.0.1") // says nothing of the line
				w.pass(3 * time.Minute)
				w.set(true, c.dead...)
				w.pass(5 * time.Minute)
				want := synthetic.Down
				if c.cut {
					want = synthetic.Unknown
				}
				for _, h := range c.dead {
					if got := w.state(ids[h]); got != want {
						t.Errorf("%s is %s, want %s", h, got, want)
					}
				}
				w.want(local, synthetic.Up)
				if got := w.value("checks_blind") == 1; got != c.cut {
					t.Errorf("cut off: %v", got)
				}
				w.set(false, c.dead...)
				w.pass(5 * time.Minute)
				for _, h := range hosts {
					w.want(ids[h], synthetic.Up)
				}
				if w.value("checks_blind") != 0 {
					t.Error("it is cut off still")
				}
			})
		})
	}
}

// TestGuardThatCannotLook: a guard of which nothing is known does not say that the
// server is cut off.
func TestGuardThatCannotLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		guard := func(c *synthetic.Check) { c.Guard = true }
		id := w.make("a.example")
		w.make("silent.example", guard)
		w.make("unable.example", guard)
		w.pass(3 * time.Minute)
		w.mu.Lock()
		w.unable["unable.example"] = true
		w.mu.Unlock()
		w.set(true, "a.example", "silent.example")
		w.pass(10 * time.Minute)
		w.want(id, synthetic.Down)
		if w.value("checks_blind") != 0 {
			t.Error("it is cut off")
		}
	})
}

// TestChangedWhileItIsLookedAt: what comes of the old settings says nothing of the new.
func TestChangedWhileItIsLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		w.set(true, "a.example")
		w.lasting = 10 * time.Second
		id := w.make("a.example", func(c *synthetic.Check) { c.Failures = 1 })
		w.pass(time.Second)
		s, _, err := w.Get(t.Context(), operator, id)
		if err != nil {
			t.Fatal(err)
		}
		if s.Spec.Host = "b.example"; w.under.Load() == 0 {
			t.Fatal("it is not looked at")
		}
		if _, err := w.Save(t.Context(), operator, s.Check); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		w.want(id, synthetic.Up)
		for _, l := range w.store.log[id] {
			if l.Did == synthetic.WentDown {
				t.Errorf("it was down: %+v", l)
			}
		}
	})
}

// TestBadDays: a store that is away keeps nothing from being found, and has it later; a
// check that is changed while it is looked at forgets what came of the old one.
func TestBadDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		id := w.make("a.example")
		w.pass(time.Minute)
		w.store.mu.Lock()
		w.store.away = true
		w.store.mu.Unlock()
		w.set(true, "a.example")
		w.pass(5 * time.Minute)
		w.want(id, synthetic.Down)
		w.store.mu.Lock()
		w.store.away = false
		w.store.mu.Unlock()
		w.pass(2 * time.Minute)
		if r := w.store.rows[id]; !r.Lives[synthetic.Server].Down || len(w.store.log[id]) != 3 {
			t.Errorf("stored is %+v with %v", r.Lives, w.store.log[id])
		}
		w.lasting = 10 * time.Second
		s, _, err := w.Get(t.Context(), operator, id)
		if err != nil {
			t.Fatal(err)
		}
		s.Spec.Host = "b.example"
		if s, err = w.Save(t.Context(), operator, s.Check); err != nil || s.State != synthetic.Awaited {
			t.Errorf("%+v, %v", s.State, err)
		}
		w.pass(15 * time.Second)
		w.want(id, synthetic.Up)
		s.Version--
		if _, err := w.Save(t.Context(), operator, s.Check); !fault.Is(err, fault.Stale) {
			t.Errorf("an older version: %v", err)
		}
		if err := w.Delete(t.Context(), operator, id); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		if len(w.store.rows)+len(w.store.log) != 0 {
			t.Errorf("left are %v, %v", w.store.rows, w.store.log)
		}
	})
}

// TestWho: everyone of the staff sees how services do, and not what is sent along; only
// those who keep checks try, change and delete them, and the audit log has each.
func TestWho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		id := w.make("a.example", func(c *synthetic.Check) {
			c.Spec = check.Spec{Kind: check.HTTP, URL: "https://a.example/?key=S3CRET", Headers: []check.Header{{Name: "authorization", Value: "S3CRET"}}}
		})
		technician := auth.Actor{Kind: auth.Staff, Person: "q", Role: auth.Technician}
		s, _, err := w.Get(t.Context(), technician, id)
		if err != nil || s.Spec.URL != "https://a.example/" || s.Spec.Headers[0].Value == "S3CRET" {
			t.Errorf("a technician sees %+v, %v", s.Spec, err)
		}
		_, saved := w.Save(t.Context(), technician, s.Check)
		_, tried := w.Try(t.Context(), technician, s.Check, "")
		_, ran := w.RunNow(t.Context(), technician, id, "")
		_, missing := w.RunNow(t.Context(), technician, "none", "")
		for name, err := range map[string]error{"saves": saved, "tries": tried, "runs": ran, "runs what is not there": missing, "deletes": w.Delete(t.Context(), technician, id)} {
			if !fault.Is(err, fault.Forbidden) {
				t.Errorf("a technician %s: %v", name, err)
			}
		}
		if r, err := w.RunNow(t.Context(), operator, id, ""); err != nil || r[0].Life.Last.Outcome != check.OK {
			t.Errorf("%+v, %v", r, err)
		}
		actions := map[audit.Action]int{}
		for _, e := range w.store.audit {
			actions[e.Action]++
			if e.Detail["at"] != "https://a.example/" {
				t.Errorf("%+v", e)
			}
		}
		if !maps.Equal(actions, map[audit.Action]int{audit.CheckMade: 1, audit.CheckTried: 1}) {
			t.Errorf("%v", actions)
		}
	})
}
