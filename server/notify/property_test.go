package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/notify/notifytest"
	"github.com/deskbell/deskbell/server/watch"
)

var boss = auth.Actor{Kind: auth.Staff, Person: "boss", Name: "Boss", Role: auth.Admin}

// receiver is who is told. It knows a message by its name, as the manual asks of it, and
// complains of whatever it is told twice or without a beginning.
type receiver struct {
	mode   string
	die    func()
	seen   map[string]bool
	told   map[string]bool // an alert and when it fired
	ended  map[string]bool
	firing map[string]time.Time // what it believes
	order  []string
	wrong  []string
}

func newReceiver() *receiver {
	return &receiver{seen: map[string]bool{}, told: map[string]bool{}, ended: map[string]bool{}, firing: map[string]time.Time{}}
}

func (r *receiver) Refresh(context.Context, notify.Channel, string, []notify.Line) error { return nil }

func (r *receiver) Send(ctx context.Context, _ notify.Channel, _ string, n notify.Note) (string, error) {
	switch r.mode {
	case "500":
		return "", &notify.SendError{Sentence: "It answered 500."}
	case "400":
		if !r.seen[n.ID] {
			return "", &notify.SendError{Sentence: "It answered 400.", Final: true}
		}
	}
	if !r.seen[n.ID] {
		r.seen[n.ID] = true
		r.take(n)
	}
	switch r.mode {
	case "lost": // it was taken, and the answer is lost
		return "", &notify.SendError{Sentence: "It did not answer.", Unsure: true}
	case "crash": // we die before we can write down that it was taken
		r.die()
		return "", ctx.Err()
	}
	return "It was taken.", nil
}

func (r *receiver) take(n notify.Note) {
	r.order = append(r.order, string(n.Event))
	for _, l := range n.Alerts {
		key := fmt.Sprint(l.ID, " ", l.Fired.UnixNano())
		switch {
		case l.Fires():
			if l.New && r.told[key] {
				r.wrong = append(r.wrong, "told twice that it fires: "+key)
			}
			r.told[key] = true
			r.firing[l.ID] = l.Fired
		case !r.told[key]:
			r.wrong = append(r.wrong, "told of an end without a beginning: "+key)
		case r.ended[key]:
			r.wrong = append(r.wrong, "told of an end twice: "+key)
		default:
			r.ended[key] = true
			if r.firing[l.ID].Equal(l.Fired) {
				delete(r.firing, l.ID)
			}
		}
	}
}

// world is a channel over a store in memory, with a clock that stands until it is moved.
type world struct {
	now     time.Time
	fired   int
	store   *notifytest.Memory
	to      *receiver
	alerts  map[string]watch.Item
	held    map[string]bool
	channel notify.Channel
	*notify.Keeper
}

type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func newWorld(t fataler, c notify.Channel) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), store: notifytest.New(), to: newReceiver(), alerts: map[string]watch.Item{}, held: map[string]bool{}}
	w.start(t)
	c.Name, c.Where.URL = "hook", "https://hooks.example.com/x"
	var err error
	if w.channel, _, err = w.Save(context.Background(), boss, c, ""); err != nil {
		t.Fatal(err)
	}
	return w
}

// start begins anew with what is stored, as after a restart.
func (w *world) start(t fataler) {
	t.Helper()
	var err error
	w.Keeper, err = notify.New(notify.Options{
		Store: w.store, Send: w.to, Key: []byte("the server's own key, 32 bytes.."), Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
		Standing: func() (notify.Standing, bool) {
			return notify.Standing{Items: slices.Collect(maps.Values(w.alerts)), Held: func(id string) string {
				if w.held[id] {
					return "silenced"
				}
				return ""
			}}, true
		},
	})
	if err == nil {
		err = w.Load(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// fire has an alert begin. No two begin at the same moment.
func (w *world) fire(id, site string, s alert.Severity) {
	w.fired++
	at := w.now.Add(time.Duration(w.fired))
	w.alerts[id] = watch.Item{ID: id, Rule: "DiskFull", Severity: s, Labels: map[string]string{"site": site, "endpoint": "e-" + id, "name": "PC-" + id}, Summary: "The disk of PC-" + id + " is full.",
		Alert: alert.Alert{State: alert.Firing, Since: w.now, ActiveAt: at, FiredAt: at}}
}

func (w *world) end(id string) {
	i, ok := w.alerts[id]
	if !ok || i.Alert.Counts() != alert.Firing {
		return
	}
	i.Alert.State, i.Alert.ResolvedAt = alert.Resolved, w.now
	w.alerts[id] = i
}

// step lets time pass, and then has the channel told.
func (w *world) step(t fataler, d time.Duration) {
	t.Helper()
	w.now = w.now.Add(d)
	if err := w.Round(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.to.die = cancel
	w.Deliver(ctx, w.channel.ID)
	if ctx.Err() != nil {
		w.start(t)
	}
}

// again has what was given up tried once more, as far as nothing newer is on its way.
func (w *world) again(t fataler) {
	t.Helper()
	dead, err := w.Messages(context.Background(), boss, notify.Dead)
	for _, r := range dead {
		if e := w.Again(context.Background(), boss, r.ID); e != nil && !fault.Is(e, fault.Conflict) {
			err = e
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestNothingIsToldTwice lets alerts come and go, be held and set free, with a receiver
// that refuses, loses answers and is away for days, and a server that is restarted or
// dies in between. Whatever happens, nobody is told twice of one state, nor of an end
// without a beginning; and once all is well, the receiver believes what is true.
func TestNothingIsToldTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, notify.Usual(notify.Webhook))
		ids := []string{"1", "2", "3", "4"}
		id := rapid.SampledFrom(ids)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"fire", "fire", "end", "gone", "hold", "unknown", "mode", "mode", "restart", "again", "pass"}).Draw(t, "what") {
			case "fire":
				i := id.Draw(t, "id")
				if a, ok := w.alerts[i]; !ok || a.Alert.Counts() != alert.Firing {
					w.fire(i, rapid.SampledFrom([]string{"Berlin", "Bonn"}).Draw(t, "site"), alert.Critical)
				}
			case "end":
				w.end(id.Draw(t, "id"))
			case "gone":
				delete(w.alerts, id.Draw(t, "id"))
			case "unknown":
				i := id.Draw(t, "id")
				if a, ok := w.alerts[i]; ok && a.Alert.State == alert.Firing {
					a.Alert.State, a.Alert.Was = alert.Unknown, alert.Firing
					w.alerts[i] = a
				}
			case "hold":
				i := id.Draw(t, "id")
				w.held[i] = !w.held[i]
			case "mode":
				w.to.mode = rapid.SampledFrom([]string{"", "", "500", "400", "lost", "crash"}).Draw(t, "mode")
			case "restart":
				w.start(t)
			case "again":
				w.again(t)
			}
			d := rapid.SampledFrom([]time.Duration{0, time.Second, 20 * time.Second, 2 * time.Minute, 6 * time.Minute, 5 * time.Hour, 30 * time.Hour}).Draw(t, "passes")
			w.step(t, d)
		}
		w.to.mode = ""
		clear(w.held)
		for range 10 { // all is well again, for days, and somebody looks at what was given up
			w.step(t, 5*time.Hour)
			w.again(t)
		}
		if len(w.to.wrong) > 0 {
			t.Fatal(w.to.wrong)
		}
		is := map[string]time.Time{}
		for id, a := range w.alerts {
			if a.Alert.Counts() == alert.Firing {
				is[id] = a.Alert.FiredAt
			}
		}
		if !maps.EqualFunc(is, w.to.firing, time.Time.Equal) {
			t.Fatalf("the receiver believes that %v fires; it is %v", w.to.firing, is)
		}
	})
}

// TestWriteFails: what cannot be stored is not sent, and is told once it can.
func TestWriteFails(t *testing.T) {
	w := newWorld(t, notify.Usual(notify.Webhook))
	w.fire("1", "Berlin", alert.Critical)
	w.now = w.now.Add(time.Minute)
	w.store.Fail = errors.New("the disk is full")
	if err := w.Round(t.Context()); !errors.Is(err, w.store.Fail) {
		t.Fatal(err)
	}
	w.Deliver(t.Context(), w.channel.ID)
	if len(w.to.order) > 0 {
		t.Fatalf("told %v of what is not stored", w.to.order)
	}
	w.store.Fail = nil
	w.step(t, time.Second)
	if !slices.Equal(w.to.order, []string{"firing"}) {
		t.Errorf("told %v", w.to.order)
	}
}
