package watch

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/server/alert"
)

// Most rules compare the newest value of one series with a number. What they say of an
// endpoint is known as soon as its value has arrived, and an alert that begins does not
// wait for the next round.

// news are the endpoints of which there are values that nobody has looked at yet.
type news struct {
	mu   sync.Mutex
	of   map[string]struct{}
	wake chan struct{} // holds one when there are some
}

func newNews() news { return news{of: map[string]struct{}{}, wake: make(chan struct{}, 1)} }

// Heard notes that there are new values of endpoints. It never waits.
func (w *Watcher) Heard(endpoints []string) {
	w.news.mu.Lock()
	for _, e := range endpoints {
		w.news.of[e] = struct{}{}
	}
	w.news.mu.Unlock()
	select {
	case w.news.wake <- struct{}{}:
	default:
	}
}

func (n *news) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := slices.Collect(maps.Keys(n.of))
	clear(n.of)
	return out
}

// start is a condition that holds, of which there is no alert that fires.
type start struct {
	rule  *RuleState
	print model.Fingerprint
	seen  alert.Seen
}

// Glance looks at the endpoints that were heard of since the last, for what begins
// there. What ends, and what is no longer heard of, is left to the next round: each of
// a round's looks is one of those by which an alert is known to come and go. It must
// not go on together with a round.
func (w *Watcher) Glance(ctx context.Context) error {
	endpoints := w.news.take()
	w.mu.RLock()
	rules, ready := w.rules, w.loaded
	w.mu.RUnlock()
	if len(endpoints) == 0 || !ready {
		return nil
	}
	now := w.o.Now()
	starts := w.starts(rules, endpoints, now)
	if len(starts) == 0 {
		return nil
	}
	facts, c := w.factsAt(starts), w.unsaved
	w.mu.Lock()
	for _, s := range starts {
		if i := w.alerts[idOf(s.rule.Rule.Name, s.print)]; i != nil {
			w.advance(i, s.rule.Rule, s.seen, facts, now, c)
		} else {
			w.begin(s.rule, s.print, s.seen, facts, now, c)
		}
	}
	holder := w.holder(now)
	for _, s := range starts {
		if i := w.alerts[idOf(s.rule.Rule.Name, s.print)]; i != nil {
			holder(i) // before anybody is told of it
		}
	}
	w.mu.Unlock()
	return w.save(ctx, c, time.Time{})
}

// factsAt are what is known of the endpoints at which something begins.
func (w *Watcher) factsAt(starts []start) map[string]Facts {
	if w.o.FactsOf == nil {
		return w.o.Facts()
	}
	out := make(map[string]Facts, len(starts))
	for _, s := range starts {
		endpoint := string(s.seen.Labels["endpoint"])
		if f, ok := w.o.FactsOf(endpoint); ok {
			out[endpoint] = f
		}
	}
	return out
}

// The series that say whether endpoints are there.
const (
	metricUp       = "deskbell_endpoint_up"
	metricPresence = "deskbell_endpoint_presence"
	metricMissed   = "deskbell_endpoint_missed"
)

// starts lists what holds at endpoints and does not fire.
func (w *Watcher) starts(rules []*RuleState, endpoints []string, now time.Time) []start {
	var out []start
	for _, r := range rules {
		if r.Rule.Every > w.o.Every {
			continue // it was asked for to be asked seldom
		}
		if holds, _, ok := r.Rule.Thresholds(); ok && (holds.Series == metricUp || holds.Series == metricPresence || holds.Series == metricMissed) {
			continue // a round looks first at what went silent together
		}
		seen, ok := w.compare(r.Rule, now, endpoints, nil)
		if !ok {
			continue
		}
		w.mu.RLock()
		for print, s := range seen {
			i := w.alerts[idOf(r.Rule.Name, print)]
			if i == nil || i.Alert.State != alert.Firing && (i.Alert.State != alert.Pending || now.Sub(i.Alert.ActiveAt) >= r.Rule.Timing.For) {
				out = append(out, start{r, print, s})
			}
		}
		w.mu.RUnlock()
	}
	return out
}

// compare looks at a rule that compares newest values with a number: at every endpoint
// or at some, of which those come back where it holds and those that are known. It says
// no of any other rule.
func (w *Watcher) compare(r *alert.Rule, at time.Time, some []string, known map[string]struct{}) (map[model.Fingerprint]alert.Seen, bool) {
	holds, clear, ok := r.Thresholds()
	if !ok || w.o.Newest == nil {
		return nil, false
	}
	found := map[string]alert.Observation{}
	ok = w.o.Newest(holds.Series, at, some, func(endpoint string, v float64) {
		o := alert.Observation{Holds: alert.No, Value: v, HasClear: clear != nil}
		if holds.Holds(v) {
			o.Holds = alert.Yes
		} else if _, is := known[endpoint]; !is {
			return
		}
		found[endpoint] = o
	})
	if ok && clear != nil && len(found) > 0 {
		ok = w.o.Newest(clear.Series, at, slices.Collect(maps.Keys(found)), func(endpoint string, v float64) {
			o := found[endpoint]
			if o.Clear = alert.No; clear.Holds(v) {
				o.Clear = alert.Yes
			}
			found[endpoint] = o
		})
	}
	out := make(map[model.Fingerprint]alert.Seen, len(found))
	for endpoint, o := range found {
		l := model.Metric{"endpoint": model.LabelValue(endpoint)}
		out[l.Fingerprint()] = alert.Seen{Labels: l, Observation: o}
	}
	return out, ok
}
