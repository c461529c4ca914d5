package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
)

// Report is what somebody else says of one of their alerts.
type Report struct {
	Rule     string            // what they call it
	Labels   map[string]string // with their own severity; the alert is the same as long as they are
	Severity alert.Severity
	Summary  string
	Advice   string
	Link     string // of theirs; empty: none that can be shown
	Over     bool
	Until    time.Time // when they will have said it again; zero: as usual
}

// Received is what an alert of somebody else's has beside others. Its zero value is that
// the alert is ours.
type Received struct {
	From    string    `json:"from,omitempty"` // the name of the sender's token
	Link    string    `json:"link,omitempty"`
	HeardAt time.Time `json:"heard_at,omitzero"`
	Until   time.Time `json:"until,omitzero"` // after it nothing is known; zero: as usual

	storedAt time.Time // HeardAt as it is stored
}

const (
	// UsualSilence is after which time without a word nothing is known of an alert of
	// somebody else's: an Alertmanager says again what fires every four hours.
	UsualSilence = 5 * time.Hour
	// longestUntil bounds what a sender says of when it will be heard again.
	longestUntil = 7 * 24 * time.Hour
	// comeBack is for how long after a start nobody is missed: who could not send
	// meanwhile tries again.
	comeBack = 15 * time.Minute
	// keepUnknown is after which time an alert of which nothing is known any more goes.
	keepUnknown = 30 * 24 * time.Hour
	// storeHeard is how often that an alert was heard of again is stored.
	storeHeard = 5 * time.Minute
)

// ours are the labels that a sender of alerts cannot set: those by which an alert is
// about something of ours, or is held back.
func ours(label string) bool {
	return slices.Contains(subjects, label) || slices.Contains([]string{"origin", "severity", alert.NameLabel, alert.AboutLabel}, label)
}

// Receive takes alerts of somebody else's in, and returns when they are stored: all or
// none of them.
func (w *Watcher) Receive(ctx context.Context, actor auth.Actor, list []Report) error {
	if err := auth.Authorise(actor, auth.IntakeSend, auth.Object{}); err != nil {
		return err
	}
	w.saving.Lock()
	defer w.saving.Unlock()
	if err := w.known(ctx); err != nil {
		return err
	}
	now := w.o.Now()
	b := Batch{}
	was, made, changed := map[string]Item{}, map[string]struct{}{}, map[string]int{}
	w.mu.Lock()
	holder, n := w.holder(now), w.countFrom(actor.Token)
	full := false
	for i := range list {
		r := &list[i]
		id := receivedID(actor.Token, r.Labels)
		x := w.alerts[id]
		if x == nil {
			if r.Over {
				continue // it ended before we heard of it
			}
			if full = n >= maxAlerts; full {
				break
			}
			n++
			x = &Item{ID: id, Received: Received{From: actor.Token}}
			w.keep(x)
			made[id] = struct{}{}
		} else if _, twice := was[id]; !twice {
			was[id] = *x
		}
		did := x.hear(r, now)
		holder(x)
		if did != "" {
			b.Log = append(b.Log, entry(x, did, now))
		}
		if _, is := made[id]; is || did != "" || x.differs(was[id]) {
			x.storedAt = x.HeardAt
			if n, twice := changed[id]; twice {
				b.Changed[n] = *x
			} else {
				changed[id] = len(b.Changed)
				b.Changed = append(b.Changed, *x)
			}
		}
	}
	w.mu.Unlock()
	err := error(nil)
	switch {
	case full:
		err = fault.New(fault.TooMany, "As many alerts of this sender are kept as may be. Group them there, or send only what somebody has to act on.")
	case len(b.Changed) > 0:
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		err = w.o.Store.SaveAlerts(ctx, b)
	}
	if err != nil {
		w.mu.Lock()
		for id, old := range was {
			if x := w.alerts[id]; x != nil {
				*x = old
			}
		}
		w.drop(made)
		w.mu.Unlock()
		return err
	}
	if len(b.Changed) > 0 {
		w.tell(len(b.Changed), 0)
	}
	return nil
}

// receivedID is the same for the same labels of the same sender, over restarts and
// whichever of its machines speaks.
func receivedID(from string, labels map[string]string) string {
	h := sha256.New()
	put := func(s string) { h.Write(append([]byte(s), 0xff)) } // which is in no UTF-8
	put(from)
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		put(k)
		put(labels[k])
	}
	return "received." + hex.EncodeToString(h.Sum(nil)[:16])
}

// countFrom is how many alerts of a sender there are. The caller holds mu.
func (w *Watcher) countFrom(from string) int {
	n := 0
	for _, i := range w.alerts {
		if i.From == from {
			n++
		}
	}
	return n
}

// hear takes in what its sender says of an alert.
func (i *Item) hear(r *Report, now time.Time) Did {
	was := i.Alert
	o := alert.Observation{Holds: alert.Yes, Value: 1}
	if r.Over {
		o.Holds = alert.No
	}
	i.Alert = alert.Step(i.Alert, o, alert.Timing{Steady: true}, now)
	i.HeardAt, i.Until = now, r.Until
	if limit := now.Add(longestUntil); i.Until.After(limit) {
		i.Until = limit
	}
	i.Rule, i.Severity, i.Summary, i.Advice, i.Link = r.Rule, r.Severity, r.Summary, r.Advice, r.Link
	labels := make(map[string]string, len(r.Labels)+2)
	for k, v := range r.Labels {
		switch {
		case !ours(k):
		case k == alert.NameLabel, k == "severity" && v == string(r.Severity):
			continue
		default:
			for k = "exported_" + k; r.Labels[k] != ""; {
				k = "exported_" + k
			}
		}
		labels[k] = v
	}
	labels["severity"], labels["origin"] = string(r.Severity), i.From
	i.Labels = labels // the old ones may be with a reader
	if ended(was, i.Alert) {
		i.Care = Care{}
	}
	return did(was, i.Alert)
}

// differs reports whether there is something new to store of an alert.
func (i *Item) differs(was Item) bool {
	return i.Severity != was.Severity || i.Summary != was.Summary || i.Advice != was.Advice || i.Link != was.Link || i.HeardAt.Sub(was.storedAt) >= storeHeard
}

// missedAt is from when on nothing is known of an alert of somebody else's.
func (w *Watcher) missedAt(i *Item) time.Time {
	at := i.Until
	if at.IsZero() {
		silence := w.o.Silence
		if silence == 0 {
			silence = UsualSilence
		}
		at = i.HeardAt.Add(silence)
	}
	if back := w.since.Add(comeBack); at.Before(back) {
		return back
	}
	return at
}

// lapse looks at the alerts of others: absence ends none of them, and after a time nothing
// is known. The caller holds mu.
func (w *Watcher) lapse(now time.Time, c *change) {
	for id, i := range w.alerts {
		switch {
		case i.From == "":
		case i.Alert.Over(now):
			c.gone[id] = struct{}{}
		case i.Alert.State == alert.Unknown && now.Sub(i.Alert.AbsentAt) > keepUnknown:
			c.gone[id] = struct{}{}
			c.log = append(c.log, entry(i, Withdrawn, now))
		case i.Alert.State == alert.Firing && !now.Before(w.missedAt(i)):
			was := i.Alert
			i.Alert = alert.Step(i.Alert, alert.Observation{}, alert.Timing{}, now)
			c.changed[id] = i
			c.log = append(c.log, entry(i, did(was, i.Alert), now))
		}
	}
}
