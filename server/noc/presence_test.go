package noc_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/noc"
)

// TestPresenceIsWhatTheMachineSaid goes through all goodbyes, and a restart of the
// server after each.
func TestPresenceIsWhatTheMachineSaid(t *testing.T) {
	for why, want := range map[wire.GoodbyeReason]noc.Presence{
		wire.ByeSleep: noc.Asleep, wire.ByeShutdown: noc.Off, wire.ByeStop: noc.Stopped, wire.ByeUpdate: noc.Stopped, wire.ByeRoam: noc.Silent, "": noc.Silent,
	} {
		t.Run(string(want)+" "+string(why), func(t *testing.T) {
			run(t, 2, func(t *testing.T, w *wall) {
				w.join(0, "s")
				w.join(1, "t") // somebody stays
				w.Ingest(w.ids[0], frame(time.Now(), 5, 0))
				seen := time.Now()
				time.Sleep(2 * time.Minute)
				left := time.Now()
				w.Left(w.ids[0], "s", why)
				if want == noc.Silent {
					left = seen // nobody knows more
				}
				if d := w.want(0, want); !d.Since.Equal(left) || d.Score != -1 || !d.Presence.Away() || d.Presence.Connected() {
					t.Errorf("since %v, want %v; its score is %d", d.Since, left, d.Score)
				}
				w.stop()
				w.start()
				w.want(0, noc.Unknown)
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				w.want(0, want)
			})
		})
	}
}

// TestStuckAgentIsNamed has an agent that answers the protocol and has no readings.
func TestStuckAgentIsNamed(t *testing.T) {
	run(t, 1, func(t *testing.T, w *wall) {
		w.join(0, "s")
		w.Ingest(w.ids[0], frame(time.Now(), 5, 0))
		last := time.Now()
		beat := func() {
			h := frame(time.Now(), 5, 0)
			h.Samples = []diagnostics.Sample{{At: time.Now()}} // nothing was read
			w.Ingest(w.ids[0], h)
		}
		for range 3 {
			time.Sleep(time.Minute)
			beat()
		}
		w.want(0, noc.Online)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if d := w.want(0, noc.Stuck); !d.Since.Equal(last) || d.Score != -1 || !d.Presence.Connected() {
			t.Errorf("since %v, want %v; its score is %d", d.Since, last, d.Score)
		}
		if tiles, err := w.Sites(operator); err != nil || tiles[0].Stuck != 1 || tiles[0].Online != 0 || tiles[0].Offline != 0 {
			t.Errorf("the wall shows %+v, %v", tiles, err)
		}
		w.Ingest(w.ids[0], frame(time.Now().Add(-time.Hour), 5, wire.HealthLate)) // what it recorded before
		w.want(0, noc.Stuck)
		w.Ingest(w.ids[0], frame(time.Now(), 5, 0))
		w.want(0, noc.Online)
	})
}

// TestManyAtOnceAreUnknown cuts the server off from its machines: nobody is called
// silent before they had their time to come back.
func TestManyAtOnceAreUnknown(t *testing.T) {
	run(t, 40, func(t *testing.T, w *wall) {
		for i := range 40 {
			w.join(i, "s")
		}
		time.Sleep(10 * time.Minute)
		if _, ok := w.Loss(); ok {
			t.Error("there is a loss before there was one")
		}
		w.Left(w.ids[39], "s", wire.ByeShutdown)
		for i := range 30 { // each a moment after the other
			time.Sleep(2 * time.Second)
			w.Left(w.ids[i], "s", "")
		}
		for i := range 30 {
			w.want(i, noc.Unknown)
		}
		w.want(39, noc.Off)
		w.Ingest(w.ids[30], frame(time.Now(), 5, 0))
		w.want(30, noc.Online)
		l, ok := w.Loss()
		if !ok || l.Lost != 30 || l.Back != 0 {
			t.Errorf("the loss is %+v, %v", l, ok)
		}
		time.Sleep(time.Minute)
		for i := range 28 {
			w.join(i, "again")
			w.want(i, noc.Online)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		w.want(28, noc.Unknown)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		w.want(28, noc.Silent)
		w.want(29, noc.Silent)
		if l, ok := w.Loss(); !ok || l.Lost != 30 || l.Back != 28 {
			t.Errorf("the loss is %+v, %v", l, ok)
		}
		// Later it is each machine's own matter again.
		time.Sleep(time.Hour)
		w.Left(w.ids[0], "again", "")
		w.want(0, noc.Silent)
		time.Sleep(time.Hour)
		if _, ok := w.Loss(); ok {
			t.Error("the loss is told for ever")
		}
	})
}

// TestAFewAtOnceAreSilent: what a fleet loses in the usual run of things is no loss of
// the server's.
func TestAFewAtOnceAreSilent(t *testing.T) {
	run(t, 100, func(t *testing.T, w *wall) {
		for i := range 100 {
			w.join(i, "s")
		}
		time.Sleep(10 * time.Minute)
		for i := range 19 {
			w.Left(w.ids[i], "s", "")
		}
		for i := range 19 {
			w.want(i, noc.Silent)
		}
		// One an hour adds up to nothing.
		for i := range 60 {
			time.Sleep(time.Hour)
			w.Left(w.ids[20+i], "s", "")
			w.want(20+i, noc.Silent)
		}
	})
}

// TestServerThatStoodStill is a server whose machine slept for an hour: all sessions
// ended meanwhile, and nobody knows anything.
func TestServerThatStoodStill(t *testing.T) {
	for _, n := range []int{2, 40} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			run(t, n, func(t *testing.T, w *wall) {
				for i := range n {
					w.join(i, "s")
				}
				time.Sleep(time.Minute)
				w.slept(time.Hour)
				for i := range n {
					w.Left(w.ids[i], "s", "")
					w.want(i, noc.Unknown)
				}
				w.join(0, "t")
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				w.want(0, noc.Online)
				w.want(1, noc.Unknown)
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				w.want(1, noc.Silent)
			})
		})
	}
}

// TestPresencesInTheSeries: once a minute every presence is told, whether it is up only
// of who is there or silent, and nothing of whom nobody knows anything.
func TestPresencesInTheSeries(t *testing.T) {
	run(t, 5, func(t *testing.T, w *wall) {
		for i := range 4 { // the last has never been there
			w.join(i, "s")
		}
		beat := func(list ...int) {
			for _, i := range list {
				w.Ingest(w.ids[i], frame(time.Now(), 5, 0))
			}
		}
		beat(0, 1, 2)
		w.Left(w.ids[1], "s", wire.ByeSleep)
		w.Left(w.ids[2], "s", "")
		for range 4 { // the fourth has no readings: it is stuck by then
			time.Sleep(time.Minute)
			beat(0)
		}
		synctest.Wait()
		w.sink.mu.Lock()
		defer w.sink.mu.Unlock()
		times := map[string]int{}
		last := map[string]mark{}
		for _, m := range w.sink.marks {
			times[m.endpoint]++
			if was := last[m.endpoint]; !was.at.IsZero() && m.at.Sub(was.at) != time.Minute {
				t.Errorf("%v after the one before", m.at.Sub(was.at))
			}
			last[m.endpoint] = m
		}
		for i, want := range []struct{ presence, up int }{{1, 1}, {3, -1}, {6, 0}, {2, 1}, {7, -1}} {
			if m := last[w.ids[i]]; m.presence != want.presence || m.up != want.up || times[w.ids[i]] < 3 {
				t.Errorf("machine %d: %+v, told %d times", i, m, times[w.ids[i]])
			}
		}
		w.sink.marks = nil
		w.sink.mu.Unlock()
		w.stop()
		w.start()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		w.sink.mu.Lock()
		for _, m := range w.sink.marks {
			if m.endpoint != w.ids[4] {
				t.Errorf("after a restart nobody knows where they are, and the series say %+v", m)
			}
		}
	})
}
