package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// HoldDoc is something that holds alerts back, as it is stored.
type HoldDoc struct {
	ID     string
	Kind   alert.Holding
	OverAt time.Time // when it was seen to be over; zero: it is not
	Doc    []byte    // JSON
}

// silence is one that is kept.
type silence struct {
	alert.Silence
	overAt time.Time // when it was seen to be over
}

func (s *silence) doc() HoldDoc {
	doc, _ := json.Marshal(s.Silence) // of texts, times and numbers alone
	return HoldDoc{ID: s.ID, Kind: alert.ForSilence, OverAt: s.overAt, Doc: doc}
}

// SilenceState is a silence and how it does.
type SilenceState struct {
	alert.Silence
	On      bool
	Until   time.Time // while it is on; zero: nobody knows
	Soon    bool      // it is on, and ends within a quarter of an hour
	Over    bool
	Matches int // alerts that are not over
}

const (
	maxSilences  = 500
	maxWhy       = 500
	longestHold  = 366 * 24 * time.Hour
	longestCalm  = 7 * 24 * time.Hour
	keepSilences = 90 * 24 * time.Hour
)

// Silences lists the silences: those that are on first, then those that come, then
// those that are over, of 90 days.
func (w *Watcher) Silences(actor auth.Actor) ([]SilenceState, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	now := w.o.Now()
	w.mu.RLock()
	defer w.mu.RUnlock()
	out := make([]SilenceState, 0, len(w.silences))
	for _, s := range w.silences {
		x := SilenceState{Silence: s.Silence, Over: s.Over(now) || !s.overAt.IsZero()}
		x.Until, x.On = s.On(now)
		_, x.Soon = s.Ends(now)
		if !x.Over {
			x.Matches = len(w.matching(s.Match))
		}
		out = append(out, x)
	}
	rank := func(s SilenceState) int {
		switch {
		case s.Over:
			return 2
		case s.On:
			return 0
		}
		return 1
	}
	slices.SortFunc(out, func(a, b SilenceState) int {
		if c := rank(a) - rank(b); c != 0 {
			return c
		}
		if c := b.MadeAt.Compare(a.MadeAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, nil
}

// matching are the alerts that are not over and that matchers choose, in order. The
// caller holds mu.
func (w *Watcher) matching(m alert.Matchers) []Item {
	var out []Item
	for _, i := range w.alerts {
		if x := i.instance(); i.Alert.State.Live() && m.Fit(&x) {
			out = append(out, *i)
		}
	}
	slices.SortFunc(out, func(a, b Item) int { return order(&a, &b) })
	return out
}

// Matching are the alerts that a silence of these labels would hold now.
func (w *Watcher) Matching(actor auth.Actor, match string) ([]Item, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	m, err := readMatch(match)
	if err != nil {
		return nil, err
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.matching(m), nil
}

// Silence makes one.
func (w *Watcher) Silence(ctx context.Context, actor auth.Actor, d SilenceDraft) (alert.Silence, error) {
	if err := auth.Authorise(actor, auth.AlertsHold, auth.Object{}); err != nil {
		return alert.Silence{}, err
	}
	now := w.o.Now()
	s, err := draft(d, actor, now)
	if err != nil {
		return s, err
	}
	w.saving.Lock()
	defer w.saving.Unlock()
	if err := w.known(ctx); err != nil {
		return s, err
	}
	w.mu.RLock()
	live := 0
	for _, x := range w.silences {
		if x.overAt.IsZero() {
			live++
		}
	}
	n := len(w.matching(s.Match))
	w.mu.RUnlock()
	if live >= maxSilences {
		return s, fault.New(fault.TooMany, fmt.Sprintf("There are %d silences, and no more are taken. End some of them.", maxSilences))
	}
	kept := &silence{Silence: s}
	e := Entry{At: now, Did: Silenced, By: actor.Name, Note: s.Why, Summary: fmt.Sprintf("%s: %d now", s.Match, n), Severity: alert.Info}
	a := audit.Entry{At: now, Actor: auth.AuditActor(actor), Action: audit.AlertSilenced, Object: "silence:" + s.ID, Detail: map[string]any{"match": s.Match.String(), "why": s.Why, "until": s.Times.To, "stable": s.Stable.String()}}
	if err := w.o.Store.SaveAlerts(ctx, Batch{Holds: []HoldDoc{kept.doc()}, Log: []Entry{e}, Audit: []audit.Entry{a}}); err != nil {
		return s, err
	}
	w.mu.Lock()
	w.silences = append(w.silences, kept)
	w.hold(now)
	w.mu.Unlock()
	w.tell(n, 0)
	return s, nil
}

var errNoSilence = fault.New(fault.NotFound, "There is no such silence, or it is over.")

// EndSilence ends one before its time.
func (w *Watcher) EndSilence(ctx context.Context, actor auth.Actor, id string) error {
	if err := auth.Authorise(actor, auth.AlertsHold, auth.Object{}); err != nil {
		return err
	}
	w.saving.Lock()
	defer w.saving.Unlock()
	if err := w.known(ctx); err != nil {
		return err
	}
	now := w.o.Now()
	w.mu.RLock()
	at := slices.IndexFunc(w.silences, func(s *silence) bool { return s.ID == id && s.overAt.IsZero() && !s.Over(now) })
	var kept *silence
	var next silence
	var e Entry
	if at >= 0 {
		kept = w.silences[at]
		next = *kept
		next.EndedAt, next.overAt = now, now
		e = w.over(&next, now)
		e.By = actor.Name
	}
	w.mu.RUnlock()
	if at < 0 {
		return errNoSilence
	}
	a := audit.Entry{At: now, Actor: auth.AuditActor(actor), Action: audit.SilenceEnded, Object: "silence:" + id, Detail: map[string]any{"match": next.Match.String()}}
	if err := w.o.Store.SaveAlerts(ctx, Batch{Holds: []HoldDoc{next.doc()}, Log: []Entry{e}, Audit: []audit.Entry{a}}); err != nil {
		return err
	}
	w.mu.Lock()
	*kept = next
	w.hold(now)
	w.mu.Unlock()
	w.tell(1, 0)
	return nil
}

// over is the line of the log that a silence is: one for all that it held, however
// many fire still. The caller holds mu.
func (w *Watcher) over(s *silence, now time.Time) Entry {
	fire := 0
	for _, i := range w.matching(s.Match) {
		if i.Alert.Counts() == alert.Firing {
			fire++
		}
	}
	words := "nothing of it fires"
	if fire > 0 {
		words = fmt.Sprintf("%d of it fire, and count again", fire)
	}
	return Entry{At: now, Did: SilenceOver, Severity: alert.Info, Summary: fmt.Sprintf("%s: %s", s.Match, words), Note: s.Why}
}

// settle looks at the silences once a round: which of them are over, and what is held
// now. The caller holds mu.
func (w *Watcher) settle(now time.Time, c *change) {
	for _, s := range w.silences {
		if !s.overAt.IsZero() {
			continue
		}
		if s.Stable > 0 {
			fires := slices.ContainsFunc(w.matching(s.Match), func(i Item) bool { return i.Alert.Counts() == alert.Firing })
			s.Silence = s.Settle(fires, now)
		}
		if s.Over(now) {
			s.overAt = now
			c.holds[s.ID] = s.doc()
			c.log = append(c.log, w.over(s, now))
		}
	}
	w.silences = slices.DeleteFunc(w.silences, func(s *silence) bool { return !s.overAt.IsZero() && now.Sub(s.overAt) > keepSilences })
	w.settleWindows(now, c)
	w.hold(now)
}

// hold says anew of every alert what holds it back. The caller holds mu.
func (w *Watcher) hold(now time.Time) {
	holder := w.holder(now)
	for _, i := range w.alerts {
		holder(i)
	}
}

// holder says of an alert what holds it back now. The caller holds mu as long as it uses
// it.
func (w *Watcher) holder(now time.Time) func(i *Item) {
	var on []alert.Silence
	for _, s := range w.silences {
		if _, is := s.On(now); is {
			on = append(on, s.Silence)
		}
	}
	var windows []alert.Window
	for _, x := range w.windows {
		if _, is := x.On(now); is {
			windows = append(windows, x.Window)
		}
	}
	ancestors := w.ancestors()
	inhibitor := alert.NewInhibitor(w.inhibitions, w.instances, now)
	rules := make(map[string]*alert.Rule, len(w.rules))
	for _, r := range w.rules {
		rules[r.Rule.Name] = r.Rule
	}
	return func(i *Item) {
		i.Holds, i.Groups = nil, nil
		if i.Alert.State.Live() {
			i.Groups = w.groupsOf(i)
			x := i.instance()
			if i.From != "" {
				x.Steady = true // it is over when its sender says so
			} else if r := rules[i.Rule]; r != nil {
				x.Steady, x.Every = r.Timing.Steady, r.Every
			}
			i.Holds = append(alert.Held(x, on, windows, ancestors, now), inhibitor.Held(x)...)
		}
	}
}

// groupsOf are the groups that an alert belongs to: those of its endpoint, or the one that
// it is about.
func (w *Watcher) groupsOf(i *Item) []string {
	if name := i.Labels[GroupLabel]; name != "" {
		return []string{name}
	}
	if e := i.Endpoint(); e != "" && w.o.Groups != nil {
		return w.o.Groups(e)
	}
	return nil
}

// instance is the alert as far as it matters to what holds it.
func (i *Item) instance() alert.Instance {
	return alert.Instance{ID: i.ID, Rule: i.Rule, Labels: i.Labels, Alert: i.Alert, Summary: i.Summary, Groups: i.Groups}
}

// known reads what is stored, if that was not yet.
func (w *Watcher) known(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.loaded {
		return nil
	}
	return w.recall(ctx)
}
