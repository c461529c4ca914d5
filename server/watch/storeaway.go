package watch

import (
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/server/alert"
)

// SeriesStoreAway is the rule of the alert that another store, which has the time series,
// is away. It asks no series, of which there are none then.
const SeriesStoreAway = "SeriesStoreAway"

var storeAwayRule = &alert.Rule{
	Name: SeriesStoreAway, Group: "telemetry", Timing: alert.Timing{For: time.Minute, Steady: true}, Labels: map[string]string{"severity": string(alert.Critical)},
	Annotations: map[string]string{
		alert.Summary: "The store of the time series {{ $labels.what }}.",
		alert.Advice:  "Look at the store, and at the way to it, which --metrics-write-url and --metrics-url say. Until it is back no rule is asked, what fired is unknown, and readings wait on this server's disk; tickets go on.",
	},
}

// SeriesStore is how another store does that has the time series.
type SeriesStore struct {
	Known bool // it was heard of since the start
	Away  bool
	What  string // it does not do
}

// storeAway brings the alert about another store forward. The caller holds mu.
func (w *Watcher) storeAway(facts map[string]Facts, now time.Time, c *change) {
	if w.o.SeriesStore == nil {
		return
	}
	s := w.o.SeriesStore()
	seen := alert.Seen{Observation: alert.Observation{Holds: alert.Absent}}
	switch {
	case s.Away:
		seen.Holds, seen.Value, seen.Labels = alert.Yes, 1, model.Metric{"what": model.LabelValue(s.What)}
	case s.Known:
		seen.Holds = alert.No
	}
	id := idOf(SeriesStoreAway, model.Metric{}.Fingerprint())
	i := w.alerts[id]
	if i == nil {
		if seen.Holds != alert.Yes {
			return
		}
		i = &Item{ID: id, Rule: SeriesStoreAway}
		w.keep(i)
		delete(c.gone, id) // from a round that could not be stored
	}
	if seen.Holds == alert.Yes && i.Labels["what"] != s.What {
		i.Labels, i.Summary = map[string]string{"what": s.What}, "" // the old ones may be with a reader
		c.changed[id] = i
	}
	w.advance(i, storeAwayRule, seen, facts, now, c)
}

// mute reports whether to ask the other rules is in vain: another store is away, and has
// just not answered one of them.
func (w *Watcher) mute(err error) bool {
	return err != nil && w.o.SeriesStore != nil && w.o.SeriesStore().Away
}
