package watch_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/watch"
)

// farEngine asks another store, which may be away.
type farEngine struct {
	watch.Engine
	store *watch.SeriesStore
	asked int
}

func (f *farEngine) Vector(ctx context.Context, expr string, at time.Time) (model.Vector, error) {
	if f.asked++; f.store.Away {
		return nil, errors.New("connection refused")
	}
	return f.Engine.Vector(ctx, expr, at)
}

// TestTheSeriesStoreIsAway: another store that has the series raises an alert of its own
// after a minute, though no rule can be asked; it is asked once a round and not for each
// rule, nothing is known of it after a restart until it is heard of, and only that ends it.
func TestTheSeriesStoreIsAway(t *testing.T) {
	w := newWorld(t)
	far := &watch.SeriesStore{}
	engine := &farEngine{Engine: w.engine, store: far}
	restart := func(of func() watch.SeriesStore) {
		w.Watcher = watch.New(watch.Options{
			Engine: engine, Store: w.db.Watch(), Folder: w.folder, Facts: func() map[string]watch.Facts { return w.facts }, Person: person, SeriesStore: of,
			Live: live.New(), Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
		})
	}
	is := func(state alert.State, summary string) {
		t.Helper()
		list, _, err := w.Alerts(anna, watch.Query{})
		if err != nil {
			t.Fatal(err)
		}
		var got alert.State
		for _, i := range list {
			if i.Rule != watch.SeriesStoreAway {
				continue
			}
			if got = i.Alert.State; i.Summary != summary || i.Severity != alert.Critical || i.Advice == "" {
				t.Errorf("it says %+v", i)
			}
		}
		if got != state {
			t.Errorf("the alert is %q, and should be %q", got, state)
		}
	}
	state := func() watch.SeriesStore { return *far }
	restart(state)
	w.round(0)
	is("", "") // nobody knows yet
	usual := engine.asked
	far.Known = true
	w.round(15 * time.Second)
	is("", "")
	*far = watch.SeriesStore{Known: true, Away: true, What: "takes no readings"}
	engine.asked = 0
	for range 4 {
		w.round(15 * time.Second)
		is(alert.Pending, "The store of the time series takes no readings.")
	}
	if engine.asked != 4 || usual < 10 {
		t.Errorf("while it was away it was asked %d times in four rounds, and %d times before", engine.asked, usual)
	}
	far.What = "takes no readings and answers no questions"
	w.round(15 * time.Second)
	is(alert.Firing, "The store of the time series takes no readings and answers no questions.")

	*far = watch.SeriesStore{}
	restart(state)
	for range 8 {
		w.round(time.Minute)
	}
	is(alert.Unknown, "The store of the time series takes no readings and answers no questions.")
	*far = watch.SeriesStore{Known: true, Away: true, What: "answers no questions"}
	w.round(15 * time.Second)
	is(alert.Firing, "The store of the time series answers no questions.")
	*far = watch.SeriesStore{Known: true}
	w.round(15 * time.Second)
	is("", "") // what is over is no alert any more
	log, err := w.Log(t.Context(), anna, watch.LogQuery{Limit: 10})
	if err != nil || len(log) != 3 || log[2].Did != watch.Fired || log[1].Did != watch.Found || log[0].Did != watch.Ended {
		t.Errorf("the log has %+v, %v", log, err)
	}
	// The series are here again, and nobody speaks of another store any more.
	restart(nil)
	w.round(15 * time.Second)
	is("", "")
}
