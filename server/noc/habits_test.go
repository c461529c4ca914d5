package noc_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/habit"
	"github.com/deskbell/deskbell/server/noc"
)

// learned has an endpoint live by its habit for four weeks, until now, and puts what is
// known then into the database, as a server that ran before does.
func (w *wall) learned(i int, is func(time.Time) habit.Presence) {
	w.t.Helper()
	var h habit.Habit
	now := time.Now().UTC()
	for at := now.AddDate(0, 0, -28); !at.After(now); at = at.Add(time.Minute) {
		h.See(at, is(at))
	}
	if err := w.db.NOC().SaveHabits(w.t.Context(), map[string][]byte{w.ids[i]: h.Encode()}); err != nil {
		w.t.Fatal(err)
	}
}

// usual is what the time series say last of an endpoint; false: nothing for two minutes.
func (w *wall) usual(i int) (usual, bool) {
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	for n := len(w.sink.usual) - 1; n >= 0; n-- {
		if u := w.sink.usual[n]; u.endpoint == w.ids[i] {
			return u, time.Since(u.at) <= 2*time.Minute
		}
	}
	return usual{}, false
}

// TestWhoIsMissed: what is nearly always there is missed as soon as it is silent, over a
// restart of the server, and not before it had its time to come back; what never is there
// at this hour is not; and of what is new nothing is said.
func TestWhoIsMissed(t *testing.T) {
	const server, laptop, fresh, restarted = 0, 1, 2, 3
	run(t, 6, func(t *testing.T, w *wall) { // it is Saturday, midnight
		w.stop()
		always := func(time.Time) habit.Presence { return habit.There }
		w.learned(server, always)
		w.learned(restarted, always)
		w.learned(laptop, func(t time.Time) habit.Presence {
			if t.Weekday() == time.Saturday || t.Hour() < 8 {
				return habit.Away
			}
			return habit.There
		})
		w.start()
		// The site lives by other clocks than the desk, where it is Friday afternoon.
		berlin := w.view(server).Site.ID
		w.SetZone(func() *time.Location { return time.FixedZone("far", -10*60*60) }, func(id string) *time.Location {
			if id != berlin {
				t.Errorf("it is asked for the clocks of %q", id)
			}
			return time.UTC
		})
		for i := range w.ids {
			w.join(i, "s")
		}
		beat := func(d time.Duration) {
			for range d / time.Minute {
				time.Sleep(time.Minute)
				for i := range w.ids {
					w.Ingest(w.ids[i], frame(time.Now(), 5, 0)) // of those that are gone it counts for nothing
				}
			}
			synctest.Wait()
		}
		beat(10 * time.Minute)
		for _, i := range []int{server, restarted} {
			if u, ok := w.usual(i); !ok || u.expected < habit.Steady || u.missed != 0 {
				t.Errorf("while %d is there: %+v, %v", i, u, ok)
			}
		}
		if u, ok := w.usual(laptop); !ok || u.expected > 0.2 || u.missed != 0 {
			t.Errorf("the laptop while it is there: %+v, %v", u, ok)
		}
		if _, ok := w.usual(fresh); ok {
			t.Error("something is said of an endpoint that is new")
		}
		if p := w.view(server).Expected; p < habit.Steady {
			t.Errorf("its page says that it is expected with %v", p)
		}
		if p := w.view(fresh).Expected; p != -1 {
			t.Errorf("the page of a new one says %v", p)
		}
		if tiles, err := w.Sites(operator); err != nil || tiles[0].Expected != 2 || tiles[0].Present != 3 {
			t.Errorf("the wall says %+v, %v", tiles, err)
		}

		w.Left(w.ids[server], "s", "")
		w.Left(w.ids[laptop], "s", "")
		w.Left(w.ids[fresh], "s", "")
		w.Left(w.ids[restarted], "s", wire.ByeShutdown)
		owed := map[string]bool{}
		w.Standings(func(s *noc.Standing) { owed[s.ID] = s.Owed() })
		want := map[string]bool{w.ids[4]: false, w.ids[5]: false, w.ids[server]: true, w.ids[laptop]: false, w.ids[fresh]: true, w.ids[restarted]: true}
		if d := cmp.Diff(want, owed); d != "" {
			t.Errorf("who has to be there, before anybody was counted: %s", d)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		missed := func(when string) {
			t.Helper()
			for _, i := range []int{server, restarted} {
				if u, ok := w.usual(i); !ok || u.missed < habit.Steady {
					t.Errorf("%s: %d is missed by %+v, %v", when, i, u, ok)
				}
			}
			if u, ok := w.usual(laptop); !ok || u.missed > 0.2 {
				t.Errorf("%s: the laptop is missed by %+v, %v", when, u, ok)
			}
			if _, ok := w.usual(fresh); ok {
				t.Errorf("%s: something is said of an endpoint that is new", when)
			}
		}
		missed("at once")
		if tiles, err := w.Sites(operator); err != nil || tiles[0].Expected != 2 || tiles[0].Present != 0 {
			t.Errorf("the wall says %+v, %v", tiles, err)
		}
		time.Sleep(2 * time.Hour)
		missed("two hours later")
		w.stop()
		time.Sleep(time.Hour)
		w.start()
		w.join(4, "again")
		time.Sleep(2 * time.Minute)
		if _, ok := w.usual(server); ok {
			t.Error("the server was away, and already somebody is missed")
		}
		time.Sleep(4 * time.Minute)
		w.want(server, noc.Silent)
		missed("after a restart")
		w.join(server, "again")
		time.Sleep(2 * time.Minute)
		if u, ok := w.usual(server); !ok || u.missed != 0 || u.expected < habit.Steady {
			t.Errorf("it is back: %+v, %v", u, ok)
		}
	})
}

// TestHabitsAreWrittenDown: all within an hour, each once, and the rest at the end; what
// cannot be read is learned anew.
func TestHabitsAreWrittenDown(t *testing.T) {
	run(t, 3, func(t *testing.T, w *wall) {
		w.stop()
		if err := w.db.NOC().SaveHabits(t.Context(), map[string][]byte{w.ids[0]: []byte("no habit")}); err != nil {
			t.Fatal(err)
		}
		w.start()
		w.join(0, "s")
		w.join(1, "s") // the third is awaited, and teaches nothing
		kept := func() map[string][]byte {
			t.Helper()
			list, err := w.db.NOC().Habits(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		time.Sleep(61 * time.Minute)
		synctest.Wait()
		first := kept()
		for i, want := range []bool{true, true, false} {
			_, err := habit.Decode(first[w.ids[i]])
			if want != (err == nil) {
				t.Errorf("after an hour endpoint %d is kept as %d bytes, %v", i, len(first[w.ids[i]]), err)
			}
		}
		w.stop()
		if last := kept(); string(last[w.ids[0]]) == string(first[w.ids[0]]) {
			t.Error("what was learned since is not kept at the end")
		}
		w.start()
	})
}
