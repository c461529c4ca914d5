package heartbeat_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/heartbeat"
	"github.com/deskbell/deskbell/server/store"
)

// world is a keeper over a real database, whose clock stands until it is moved.
type world struct {
	*heartbeat.Keeper
	t    *testing.T
	db   *store.DB
	key  []byte
	now  time.Time
	told map[string]float64
}

var operator = auth.Actor{Kind: auth.Staff, Person: "p", Role: auth.Operator}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{DSN: filepath.Join(t.TempDir(), "a.db"), Migrate: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := &world{t: t, db: db, key: []byte("the server's own"), now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	w.restart()
	return w
}

// restart is the server's: what is not stored is gone.
func (w *world) restart() {
	w.t.Helper()
	w.told = map[string]float64{}
	w.Keeper = heartbeat.New(heartbeat.Options{
		Store: w.db.Beats(), Key: w.key, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
		Put: func(id string, _ time.Time, state float64) { w.told[id] = state },
	})
	w.must(w.Load(w.t.Context()))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// pass lets time go by in steps in which the server looks.
func (w *world) pass(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(min(20*time.Second, end.Sub(w.now)))
		w.Look(w.t.Context())
	}
}

func (w *world) make(name string) heartbeat.Standing {
	w.t.Helper()
	h := heartbeat.Usual()
	h.Name, h.Schedule.Every, h.Grace = name, time.Hour, 10*time.Minute
	s, err := w.Save(w.t.Context(), operator, h, false)
	w.must(err)
	return s
}

func (w *world) state(id string) heartbeat.State {
	w.t.Helper()
	s, _, err := w.Get(w.t.Context(), operator, id)
	w.must(err)
	return s.State
}

// TestRestart: a server that was away for two hours calls nothing missed before a whole
// grace has passed, one that stood still does not either, and what was missed before is
// so at once.
func TestRestart(t *testing.T) {
	w := newWorld(t)
	quiet, missed := w.make("Backup"), w.make("Sync")
	ok := heartbeat.Call{Kind: heartbeat.Success}
	w.must(w.Called(t.Context(), missed.Key, ok))
	w.pass(50 * time.Minute)
	w.must(w.Called(t.Context(), quiet.Key, ok))
	w.pass(25 * time.Minute)
	if got := w.state(missed.ID); got != heartbeat.Missed || w.told[missed.ID] != 3 {
		t.Fatalf("the one that did not call is %s, %v", got, w.told)
	}
	w.now = w.now.Add(2 * time.Hour)
	w.restart()
	w.pass(9 * time.Minute)
	if got := w.state(quiet.ID); got != heartbeat.Unknown || w.told[quiet.ID] != 0 {
		t.Errorf("after a restart it is %s, %v", got, w.told)
	}
	if got := w.state(missed.ID); got != heartbeat.Missed || w.told[missed.ID] != 3 {
		t.Errorf("what was missed before is %s, %v", got, w.told)
	}
	w.pass(2 * time.Minute)
	if got := w.state(quiet.ID); got != heartbeat.Missed {
		t.Errorf("after a whole grace it is %s", got)
	}
	w.must(w.Called(t.Context(), quiet.Key, ok))
	w.must(w.Called(t.Context(), missed.Key, ok))
	w.pass(time.Minute)
	if w.told[quiet.ID] != 1 || w.told[missed.ID] != 1 {
		t.Errorf("after their calls: %v", w.told)
	}
	// It stands still, as a machine that sleeps.
	w.now = w.now.Add(90 * time.Minute)
	w.pass(5 * time.Minute)
	if got := w.state(quiet.ID); got != heartbeat.Unknown {
		t.Errorf("after it stood still it is %s", got)
	}
	w.pass(6 * time.Minute)
	if got := w.state(quiet.ID); got != heartbeat.Missed {
		t.Errorf("a grace later it is %s", got)
	}
}

// TestAddress: calls are kept with what they said, the last hundred over a restart; one
// too many is refused, an address that is changed is nobody's, and the database alone
// does not tell one.
func TestAddress(t *testing.T) {
	w := newWorld(t)
	h := w.make("Backup")
	body := strings.Repeat("ä", 3000) + "\x00\x1b[31m"
	for i := range 130 {
		w.must(w.Called(t.Context(), h.Key, heartbeat.Call{Kind: heartbeat.Failure, Exit: 7, From: "192.0.2.1", Body: "line " + fmt.Sprint(i) + "\n" + body}))
		w.now = w.now.Add(10 * time.Second)
	}
	w.restart()
	s, calls, err := w.Get(t.Context(), operator, h.ID)
	w.must(err)
	if len(calls) != 100 || calls[0].N != 130 || calls[0].Exit != 7 || !strings.HasPrefix(calls[0].Body, "line 129\nä") || len(calls[0].Body) > 4096 || strings.ContainsAny(calls[0].Body, "\x00\x1b\uFFFD") {
		t.Errorf("%d calls, the last %+v", len(calls), calls[0])
	}
	if s.State != heartbeat.Failed || s.Key != h.Key {
		t.Errorf("after a restart it is %+v", s)
	}
	if all, err := w.db.Beats().Calls(t.Context(), h.ID, 1000); err != nil || len(all) != 100 {
		t.Errorf("%d calls are stored, %v", len(all), err)
	}
	refused := 0
	for range 20 {
		if err := w.Called(t.Context(), h.Key, heartbeat.Call{Kind: heartbeat.Success}); fault.Is(err, fault.TooMany) {
			refused++
		}
	}
	if refused != 8 {
		t.Errorf("%d of 20 calls at once were refused", refused)
	}
	fresh, err := w.Save(t.Context(), operator, s.Heartbeat, true)
	w.must(err)
	if fresh.Key == h.Key || len(fresh.Key) != 32 {
		t.Errorf("the new address is %q", fresh.Key)
	}
	for _, key := range []string{h.Key, "", "x", strings.ToUpper(fresh.Key), fresh.Key + "x", h.ID} {
		if err := w.Called(t.Context(), key, heartbeat.Call{}); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", key, err)
		}
	}
	w.key = []byte("another server's")
	w.restart()
	if err := w.Called(t.Context(), fresh.Key, heartbeat.Call{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("with the database alone: %v", err)
	}
	w.key = []byte("the server's own")
	w.restart()
	w.must(w.Delete(t.Context(), operator, h.ID))
	w.restart()
	if err := w.Called(t.Context(), fresh.Key, heartbeat.Call{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a deleted one: %v", err)
	}
}

// TestWho: everyone of the staff sees how jobs do, and only those who keep heartbeats
// see addresses and change them.
func TestWho(t *testing.T) {
	w := newWorld(t)
	h := w.make("Backup")
	technician := auth.Actor{Kind: auth.Staff, Person: "q", Role: auth.Technician}
	list, err := w.List(technician)
	w.must(err)
	if len(list) != 1 || list[0].Key != "" {
		t.Errorf("a technician sees %+v", list)
	}
	_, err = w.Save(t.Context(), technician, h.Heartbeat, true)
	for name, err := range map[string]error{"saves": err, "deletes": w.Delete(t.Context(), technician, h.ID)} {
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("a technician %s: %v", name, err)
		}
	}
	if _, err := w.List(auth.Actor{Kind: auth.Requester, Person: "r"}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an employee: %v", err)
	}
	h.Name = "Mine"
	_, err = w.Save(t.Context(), operator, h.Heartbeat, false)
	w.must(err)
	if _, err := w.Save(t.Context(), operator, h.Heartbeat, false); !fault.Is(err, fault.Stale) {
		t.Errorf("an older version: %v", err)
	}
}
