package watch

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/live"
)

// change is what a round has done.
type change struct {
	changed map[string]*Item
	gone    map[string]struct{}
	holds   map[string]HoldDoc
	log     []Entry
}

func newChange() *change {
	return &change{changed: map[string]*Item{}, gone: map[string]struct{}{}, holds: map[string]HoldDoc{}}
}

// Round asks every rule once. Only one goes on at a time. An error is that what came of it is not stored; it is
// with the next.
func (w *Watcher) Round(ctx context.Context) error {
	w.mu.Lock()
	if !w.loaded {
		if err := w.recall(ctx); err != nil {
			w.mu.Unlock()
			return err
		}
	}
	w.load()
	rules := append([]*RuleState(nil), w.rules...)
	w.mu.Unlock()

	c := w.unsaved // what an earlier round could not store goes with this one
	facts := w.o.Facts()
	w.mu.Lock()
	w.storeAway(facts, w.o.Now(), c)
	w.mu.Unlock()
	var silent error // what another store that is away has said to the first who asked
	for _, r := range rules {
		at := w.o.Now()
		if !w.due(r, at) {
			continue
		}
		seen, err := w.look(ctx, r.Rule, at, silent)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if w.mute(err) {
			silent = err
		}
		w.mu.Lock()
		r.AskedAt, r.Took, r.Problem = at, w.o.Now().Sub(at), ""
		if err != nil {
			r.failures++
			r.Problem = err.Error()
		} else {
			r.failures = 0
		}
		if err == nil || r.failures >= deaf {
			w.step(r, seen, facts, at, err == nil, c)
		}
		w.mu.Unlock()
	}
	w.mu.Lock()
	w.storeAway(facts, w.o.Now(), c)
	w.lost(facts, w.o.Now(), c)
	w.lapse(w.o.Now(), c)
	w.withdraw(facts, w.o.Now(), c)
	w.settle(w.o.Now(), c)
	w.asked = true
	w.mu.Unlock()
	return w.save(ctx, c, w.o.Now())
}

// due reports whether a rule is asked in this round. One that could not be asked is
// asked again with the next.
func (w *Watcher) due(r *RuleState, at time.Time) bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return r.failures > 0 || r.AskedAt.IsZero() || at.Sub(r.AskedAt) >= r.Rule.Every-w.o.Every/2 // rounds are not quite even
}

// look observes what a rule says now of its alerts, and of what may become one. What has
// to be asked is not where it is known already that nobody answers.
func (w *Watcher) look(ctx context.Context, r *alert.Rule, at time.Time, silent error) (map[model.Fingerprint]alert.Seen, error) {
	w.mu.RLock()
	known := make(map[string]struct{}, len(w.of[r.Name]))
	for _, o := range w.of[r.Name] {
		known[o.item.Endpoint()] = struct{}{}
	}
	w.mu.RUnlock()
	if seen, ok := w.compare(r, at, nil, known); ok {
		return seen, nil
	}
	if silent != nil {
		return nil, silent
	}
	return w.ask(ctx, r, at, known)
}

// step brings a rule's alerts forward. The caller holds mu.
func (w *Watcher) step(r *RuleState, seen map[model.Fingerprint]alert.Seen, facts map[string]Facts, now time.Time, heard bool, c *change) {
	rest := alert.Observation{}
	if heard {
		rest = r.Rule.Rest()
	}
	known := make(map[model.Fingerprint]struct{}, len(w.of[r.Rule.Name]))
	for _, o := range w.of[r.Rule.Name] {
		known[o.print] = struct{}{}
		s, ok := seen[o.print]
		if !ok {
			s.Observation = rest
		}
		w.advance(o.item, r.Rule, s, facts, now, c)
	}
	for print, s := range seen {
		if _, is := known[print]; is || s.Holds != alert.Yes {
			continue
		}
		if !w.begin(r, print, s, facts, now, c) {
			break
		}
	}
}

// begin makes an alert of what holds and is none yet. It says no when the rule has as
// many as it may.
func (w *Watcher) begin(r *RuleState, print model.Fingerprint, s alert.Seen, facts map[string]Facts, now time.Time, c *change) bool {
	if id := subject(func(l string) string { return string(s.Labels[model.LabelName(l)]) }); id != "" {
		if _, there := facts[id]; !there {
			return true // enrolled since the round began, or gone with series that are still there
		}
	}
	if len(w.of[r.Rule.Name]) >= maxAlerts {
		r.Problem = fmt.Sprintf("It has %d alerts, and more are not taken in. Group its series, or make it stricter.", maxAlerts)
		return false
	}
	i := &Item{ID: idOf(r.Rule.Name, print), Rule: r.Rule.Name, Labels: map[string]string{}}
	for k, v := range s.Labels {
		i.Labels[string(k)] = string(v)
	}
	w.keep(i)
	delete(c.gone, i.ID) // from a round that could not be stored
	w.advance(i, r.Rule, s, facts, now, c)
	return true
}

// advance takes one observation of an alert in.
func (w *Watcher) advance(i *Item, r *alert.Rule, s alert.Seen, facts map[string]Facts, now time.Time, c *change) {
	was := i.Alert
	s.Value = finite(s.Value)
	i.Alert = alert.Step(i.Alert, s.Observation, r.Timing, now)
	if i.Alert.Over(now) {
		c.gone[i.ID] = struct{}{}
		return
	}
	if i.Summary == "" || s.Holds == alert.Yes && (was.Value != i.Alert.Value || was.State != i.Alert.State || facts[i.Subject()].Says != "") {
		describe(i, r, facts)
	}
	if ended(was, i.Alert) {
		i.Care = Care{}
	}
	if was.State != i.Alert.State || was.Changes.Flapping() != i.Alert.Changes.Flapping() {
		c.changed[i.ID] = i
	}
	if did := did(was, i.Alert); did != "" {
		c.log = append(c.log, entry(i, did, now))
	}
}

// finite is a value that can be written down: a forecast can be without end.
func finite(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return max(-math.MaxFloat64, min(v, math.MaxFloat64))
}

// did is what an alert has done, if it is worth a line.
func did(was, is alert.Alert) Did {
	switch {
	case was.State == is.State:
		return ""
	case is.State == alert.Firing && was.State == alert.Unknown && was.Was == alert.Firing:
		return Found
	case is.State == alert.Firing:
		return Fired
	case is.State == alert.Resolved:
		return Ended
	case is.State == alert.Unknown && is.Was == alert.Firing:
		return Lost
	}
	return ""
}

func entry(i *Item, did Did, now time.Time) Entry {
	return Entry{At: now, Alert: i.ID, Rule: i.Rule, Severity: i.Severity, Endpoint: i.Endpoint(), Site: i.Site(), Did: did, Summary: i.Summary, Value: i.Alert.Value}
}

// withdraw takes out the alerts whose rule or subject is gone, and those that are
// over. The caller holds mu.
func (w *Watcher) withdraw(facts map[string]Facts, now time.Time, c *change) {
	rules := map[string]struct{}{LostTogether: {}}
	if w.o.SeriesStore != nil {
		rules[SeriesStoreAway] = struct{}{}
	}
	for _, r := range w.rules {
		rules[r.Rule.Name] = struct{}{}
	}
	for id, i := range w.alerts {
		_, ruled := rules[i.Rule]
		f, there := facts[i.Subject()]
		if from := i.Labels["from"]; f.Places != nil && from != "" && !slices.Contains(f.Places, from) {
			there = false
		}
		if i.From != "" || ruled && (there || i.Subject() == "") {
			continue
		}
		c.gone[id] = struct{}{}
		if i.Alert.Counts() == alert.Firing {
			c.log = append(c.log, entry(i, Withdrawn, now))
		}
	}
	for id := range c.gone {
		delete(c.changed, id)
	}
	w.drop(c.gone)
}

// save stores what has been done, and tells whoever watches. round is when every alert
// was looked at; zero: only some were.
func (w *Watcher) save(ctx context.Context, c *change, round time.Time) error {
	w.saving.Lock()
	defer w.saving.Unlock()
	b := Batch{Log: c.log, At: round}
	w.mu.RLock()
	for _, i := range c.changed {
		b.Changed = append(b.Changed, *i)
	}
	w.mu.RUnlock()
	for id := range c.gone {
		b.Gone = append(b.Gone, id)
	}
	for _, d := range c.holds {
		b.Holds = append(b.Holds, d)
	}
	news := len(b.Changed)+len(b.Gone)+len(b.Log)+len(b.Holds) > 0
	if news || w.reread {
		w.reread = false
		// After it is stored, so that who reads the log then finds it; and also when it is not.
		defer w.tell(len(b.Changed), len(b.Gone))
	}
	if !news && (round.IsZero() || round.Sub(w.told) < tellEvery) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := w.o.Store.SaveAlerts(ctx, b); err != nil {
		c.log = c.log[max(0, len(c.log)-maxUnsaved):]
		return err
	}
	if w.unsaved = newChange(); !round.IsZero() {
		w.told = round
	}
	return nil
}

// tell wakes whoever watches.
func (w *Watcher) tell(changed, gone int) {
	doc, _ := json.Marshal(map[string]int{"changed": changed, "gone": gone}) // of numbers alone
	w.o.Live.Publish(live.Event{Topic: live.Alerts, Data: doc})
}

// maxUnsaved bounds what waits of the log while nothing can be stored.
const maxUnsaved = 10_000

// describe fills in what an alert says. Its labels are those of the series, the
// subject's name and site, and the rule's own.
func describe(i *Item, r *alert.Rule, facts map[string]Facts) {
	i.Labels = maps.Clone(i.Labels) // the old ones may be with a reader
	f, known := facts[i.Subject()]
	if known {
		i.Labels["name"] = f.Name
		if i.Labels["site"] = f.Site; f.Site == "" {
			delete(i.Labels, "site")
		}
	}
	i.Severity = cmp.Or(f.Severity, r.Severity())
	said := i.Labels
	if f.Says != "" {
		said = maps.Clone(said)
		said["says"] = f.Says
	}
	i.Summary, i.Advice = r.Say(said, i.Alert.Value)
	for k, v := range r.Labels {
		if !strings.Contains(v, "{{") {
			i.Labels[k] = v
		}
	}
	i.Labels["severity"] = string(i.Severity)
}

func idOf(rule string, print model.Fingerprint) string {
	return rule + "." + strconv.FormatUint(uint64(print), 16)
}

func printOf(id string) model.Fingerprint {
	n, _ := strconv.ParseUint(id[strings.LastIndexByte(id, '.')+1:], 16, 64) // it is ours
	return model.Fingerprint(n)
}
