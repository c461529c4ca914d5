package noc_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/noc"
)

// TestWorstMovers lets the health of two machines fall, of one twice as far, and takes a
// third one away: those that fell are named for an hour, the worst first; who is away
// has not fallen; and after a restart it is said since when anything is known.
func TestWorstMovers(t *testing.T) {
	run(t, 4, func(t *testing.T, w *wall) {
		var began time.Time
		each := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Minute) {
				for i := range w.ids {
					if w.view(i).Presence == noc.Online {
						w.Ingest(w.ids[i], frame(time.Now(), 5, 0))
					}
				}
			}
			synctest.Wait()
		}
		sick := func(i int, list ...diagnostics.Severity) {
			var found []diagnostics.Finding
			for n, s := range list {
				found = append(found, diagnostics.Finding{Code: diagnostics.Code("test-" + letters(n)), Severity: s, Sentence: "It is ill."})
			}
			if err := w.SetFindings(t.Context(), w.ids[i], wire.Findings{At: time.Now(), Findings: found}); err != nil {
				t.Fatal(err)
			}
		}
		falls := func(limit int) noc.Falls {
			t.Helper()
			f, err := w.Falls(operator, limit)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		start := func() {
			began = time.Now()
			for i := range w.ids {
				w.join(i, "s")
			}
		}
		if f := falls(5); !f.Since.IsZero() || len(f.Endpoints)+len(f.Sites) > 0 {
			t.Errorf("before anything is known: %+v", f)
		}
		start()
		each(30 * time.Minute)
		if f := falls(5); f.Since.Sub(began) > 6*time.Minute || len(f.Endpoints)+len(f.Sites) > 0 {
			t.Errorf("while all is well since %v: %+v", began, f)
		}
		sick(0, diagnostics.Warning)
		sick(1, diagnostics.Critical)
		sick(2, diagnostics.Critical)
		w.Left(w.ids[2], "s", wire.ByeShutdown)
		each(20 * time.Minute)
		f := falls(5)
		if len(f.Endpoints) != 2 || f.Endpoints[0].ID != w.ids[1] || f.Endpoints[0].Was != 100 || f.Endpoints[0].By() != 40 || f.Endpoints[1].ID != w.ids[0] || f.Endpoints[1].By() != 15 {
			t.Errorf("they fell: %+v", f.Endpoints)
		}
		if len(f.Sites) != 1 || f.Sites[0].Of != 3 || f.Sites[0].IllWas != 0 || f.Sites[0].Ill != 1 {
			t.Errorf("the site fell: %+v", f.Sites)
		}
		if f := falls(1); len(f.Endpoints) != 1 || f.Endpoints[0].ID != w.ids[1] {
			t.Errorf("the one that fell most: %+v", f.Endpoints)
		}
		sick(0) // well again
		if f := falls(5); len(f.Endpoints) != 1 {
			t.Errorf("after one is well again: %+v", f.Endpoints)
		}
		each(50 * time.Minute)
		if f := falls(5); len(f.Endpoints)+len(f.Sites) > 0 || time.Since(f.Since) > 66*time.Minute || time.Since(f.Since) < 55*time.Minute {
			t.Errorf("an hour after, it is no news, and an hour is known: %+v", f)
		}
		w.stop()
		w.start()
		start()
		each(6 * time.Minute)
		if f := falls(5); f.Since.Before(began) || len(f.Endpoints) > 0 {
			t.Errorf("after a restart at %v: %+v", began, f)
		}
		if _, err := w.Falls(auth.Actor{Kind: auth.Screen}, 5); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a screen asks for it itself: %v", err)
		}
	})
}
