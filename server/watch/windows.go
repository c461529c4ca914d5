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

// window is a maintenance window that is kept.
type window struct {
	alert.Window
	overAt time.Time // when it was seen to be over
}

func (x *window) doc() HoldDoc {
	doc, _ := json.Marshal(x.Window) // of texts, times and numbers alone
	return HoldDoc{ID: x.ID, Kind: alert.ForMaintenance, OverAt: x.overAt, Doc: doc}
}

// WindowState is a maintenance window and how it does.
type WindowState struct {
	alert.Window
	On    bool
	Until time.Time     // while it is on; zero: nobody knows
	Next  alert.Stretch // while it is not on: the next time that it is; zero: there is none
	Over  bool
	Names map[string]string // of its endpoints, by id; one that is gone has none
	Gone  map[string]bool   // its groups that there are no more: nothing is held for them
	Holds int               // alerts that it holds now
}

const maxWindows = 500

// Windows lists the maintenance windows: those that are on first, then those that
// come, the next first, then those that are over, of 90 days.
func (w *Watcher) Windows(actor auth.Actor) ([]WindowState, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	now, facts := w.o.Now(), w.o.Facts()
	w.mu.RLock()
	defer w.mu.RUnlock()
	held := map[string]int{}
	for _, i := range w.alerts {
		for _, h := range i.Holds {
			if h.Kind == alert.ForMaintenance {
				held[h.By]++
			}
		}
	}
	out := make([]WindowState, 0, len(w.windows))
	for _, x := range w.windows {
		s := WindowState{Window: x.Window, Over: x.Over(now) || !x.overAt.IsZero(), Names: map[string]string{}, Gone: map[string]bool{}}
		s.Until, s.On = x.On(now)
		if !s.Over && !s.On {
			s.Next, _ = x.Times.Next(now)
		}
		if s.On {
			s.Holds = held[x.ID]
		}
		for _, id := range slices.Concat(x.Endpoints, x.Checks) {
			if f, is := facts[id]; is {
				s.Names[id] = f.Name
			}
		}
		for _, g := range x.Groups {
			if _, is := facts[GroupSubject(g)]; !is {
				s.Gone[g] = true
			}
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b WindowState) int {
		rank := func(s WindowState) int {
			switch {
			case s.Over:
				return 2
			case s.On:
				return 0
			}
			return 1
		}
		if c := rank(a) - rank(b); c != 0 {
			return c
		}
		if c := a.Next.From.Compare(b.Next.From); c != 0 {
			return c
		}
		if c := b.MadeAt.Compare(a.MadeAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, nil
}

// Maintained says by which windows an endpoint is worked on now, and until when.
func (w *Watcher) Maintained(endpoint, site string) []alert.Hold {
	now := w.o.Now()
	w.mu.RLock()
	defer w.mu.RUnlock()
	i := Item{Labels: map[string]string{"endpoint": endpoint, "site": site}}
	i.Groups = w.groupsOf(&i)
	var on []alert.Window
	for _, x := range w.windows {
		if x.overAt.IsZero() && x.Has(endpoint, site, i.Groups) {
			on = append(on, x.Window)
		}
	}
	return alert.Held(i.instance(), nil, on, nil, now)
}

// MaintainedCheck says by which windows a check is worked on now, and until when.
func (w *Watcher) MaintainedCheck(id string) []alert.Hold {
	now := w.o.Now()
	w.mu.RLock()
	defer w.mu.RUnlock()
	var on []alert.Window
	for _, x := range w.windows {
		if x.overAt.IsZero() && x.HasCheck(id) {
			on = append(on, x.Window)
		}
	}
	i := Item{Labels: map[string]string{"check": id}}
	return alert.Held(i.instance(), nil, on, nil, now)
}

// zoneAt is the time zone by which a site lives.
func (w *Watcher) zoneAt(site string) string {
	if w.o.Zone == nil {
		return "UTC"
	}
	return w.o.Zone(site)
}

// PlanWindow makes a maintenance window.
func (w *Watcher) PlanWindow(ctx context.Context, actor auth.Actor, d WindowDraft) (alert.Window, error) {
	if err := auth.Authorise(actor, auth.AlertsHold, auth.Object{}); err != nil {
		return alert.Window{}, err
	}
	now := w.o.Now()
	x, err := planned(d, actor, w.o.Facts(), w.zoneAt, now)
	if err != nil {
		return x, err
	}
	w.saving.Lock()
	defer w.saving.Unlock()
	if err := w.known(ctx); err != nil {
		return x, err
	}
	w.mu.RLock()
	live := 0
	for _, o := range w.windows {
		if o.overAt.IsZero() {
			live++
		}
	}
	w.mu.RUnlock()
	if live >= maxWindows {
		return x, fault.New(fault.TooMany, fmt.Sprintf("There are %d maintenance windows, and no more are taken. End some of them.", maxWindows))
	}
	kept := &window{Window: x}
	e := Entry{At: now, Did: WindowPlanned, By: actor.Name, Summary: x.Title, Severity: alert.Info}
	a := audit.Entry{At: now, Actor: auth.AuditActor(actor), Action: audit.WindowChanged, Object: "maintenance:" + x.ID, Detail: map[string]any{
		"did": "planned", "title": x.Title, "sites": x.Sites, "groups": x.Groups, "endpoints": x.Endpoints, "checks": x.Checks, "from": x.Times.From, "until": x.Times.To, "listed": len(x.Times.Listed),
	}}
	if err := w.o.Store.SaveAlerts(ctx, Batch{Holds: []HoldDoc{kept.doc()}, Log: []Entry{e}, Audit: []audit.Entry{a}}); err != nil {
		return x, err
	}
	w.mu.Lock()
	w.windows = append(w.windows, kept)
	w.hold(now)
	w.mu.Unlock()
	w.tell(1, 0)
	return x, nil
}

var errNoWindow = fault.New(fault.NotFound, "There is no such maintenance window, or it is over.")

// EndWindow ends one for good, before its time.
func (w *Watcher) EndWindow(ctx context.Context, actor auth.Actor, id string) error {
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
	at := slices.IndexFunc(w.windows, func(x *window) bool { return x.ID == id && x.overAt.IsZero() && !x.Over(now) })
	var next window
	if at >= 0 {
		next = *w.windows[at]
	}
	w.mu.RUnlock()
	if at < 0 {
		return errNoWindow
	}
	next.EndedAt, next.overAt = now, now
	e := Entry{At: now, Did: WindowOver, By: actor.Name, Severity: alert.Info, Summary: next.Title}
	a := audit.Entry{At: now, Actor: auth.AuditActor(actor), Action: audit.WindowChanged, Object: "maintenance:" + id, Detail: map[string]any{"did": "ended", "title": next.Title}}
	if err := w.o.Store.SaveAlerts(ctx, Batch{Holds: []HoldDoc{next.doc()}, Log: []Entry{e}, Audit: []audit.Entry{a}}); err != nil {
		return err
	}
	w.mu.Lock()
	for _, x := range w.windows {
		if x.ID == id {
			*x = next
		}
	}
	w.hold(now)
	w.mu.Unlock()
	w.tell(1, 0)
	return nil
}

// settleWindows notes which windows are over, once a round. The caller holds mu.
func (w *Watcher) settleWindows(now time.Time, c *change) {
	for _, x := range w.windows {
		if x.overAt.IsZero() && x.Over(now) {
			x.overAt = now
			c.holds[x.ID] = x.doc()
			c.log = append(c.log, Entry{At: now, Did: WindowOver, Severity: alert.Info, Summary: x.Title})
		}
	}
	w.windows = slices.DeleteFunc(w.windows, func(x *window) bool { return !x.overAt.IsZero() && now.Sub(x.overAt) > keepSilences })
}
