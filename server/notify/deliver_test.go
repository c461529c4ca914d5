package notify_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/notify/notifytest"
	"github.com/deskbell/deskbell/server/watch"
)

// attempt is one that a receiver saw.
type attempt struct {
	at      time.Duration
	channel string
	id      string
	event   notify.Event
}

// sender answers as each channel's function says.
type sender struct {
	mu       sync.Mutex
	start    time.Time
	attempts []attempt
	say      map[string]func(ctx context.Context, after time.Duration) error
}

func (s *sender) Refresh(context.Context, notify.Channel, string, []notify.Line) error { return nil }

func (s *sender) Send(ctx context.Context, c notify.Channel, _ string, n notify.Note) (string, error) {
	after := time.Since(s.start)
	s.mu.Lock()
	s.attempts = append(s.attempts, attempt{after, c.Name, n.ID, n.Event})
	s.mu.Unlock()
	if say := s.say[c.Name]; say != nil {
		return "", say(ctx, after)
	}
	return "It was taken.", nil
}

func (s *sender) of(channel string) []attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.attempts), func(a attempt) bool { return a.channel != channel })
}

// running is a Keeper that runs by itself, in a bubble of time.
func running(t *testing.T, names []string, s *sender, standing func(after time.Duration) []watch.Item, f func(t *testing.T, k *notify.Keeper)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s.start = time.Now()
		k, err := notify.New(notify.Options{
			Store: notifytest.New(), Send: s, Key: make([]byte, 32), Now: time.Now, Log: slog.New(slog.DiscardHandler),
			Standing: func() (notify.Standing, bool) { return notify.Standing{Items: standing(time.Since(s.start))}, true },
		})
		if err == nil {
			err = k.Load(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			c := notify.Usual(notify.Webhook)
			c.Name, c.Where.URL = n, "https://hooks.example.com/"
			if _, _, err := k.Save(t.Context(), boss, c, ""); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.Run(ctx) }()
		f(t, k)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// item is an alert that fires from one moment to another.
func item(id string, start time.Time, from, to, now time.Duration) watch.Item {
	i := watch.Item{ID: id, Rule: "Hot", Severity: alert.Critical, Labels: map[string]string{"site": id}, Summary: "It is hot.",
		Alert: alert.Alert{State: alert.Firing, FiredAt: start.Add(from), ActiveAt: start.Add(from)}}
	if now >= to {
		i.Alert.State, i.Alert.ResolvedAt = alert.Resolved, start.Add(to)
	}
	return i
}

// TestReceiverIsAwayForAnHour: a channel that answers 500 for an hour is asked less and
// less often, under one name, and hears then that it fired and that it is over, once
// each. Another is told on time meanwhile, though a third never answers.
func TestReceiverIsAwayForAnHour(t *testing.T) {
	var waited []time.Duration
	s := &sender{}
	s.say = map[string]func(context.Context, time.Duration) error{
		"broken": func(_ context.Context, after time.Duration) error {
			if after < time.Hour {
				return &notify.SendError{Sentence: "It answered 500."}
			}
			return nil
		},
		"mute": func(ctx context.Context, after time.Duration) error {
			<-ctx.Done()
			waited = append(waited, time.Since(s.start)-after)
			return ctx.Err()
		},
	}
	standing := func(after time.Duration) []watch.Item {
		return []watch.Item{item("a", s.start, 0, 20*time.Minute, after)}
	}
	running(t, []string{"broken", "mute", "well"}, s, standing, func(t *testing.T, k *notify.Keeper) {
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		well := s.of("well")
		if len(well) != 2 || well[0].at < notify.Wait || well[0].at > notify.Wait+3*time.Second || well[1].event != notify.Resolved || well[1].at > 20*time.Minute+3*time.Second {
			t.Errorf("the channel that is well was told %v", well)
		}
		broken := s.of("broken")
		ids := map[string]bool{}
		for _, a := range broken {
			ids[a.id] = true
		}
		if n := len(broken); len(ids) != 2 || n < 15 || n > 80 || broken[n-1].event != notify.Resolved || broken[n-2].event != notify.Firing || broken[n-2].at > time.Hour+6*time.Minute {
			t.Errorf("the broken channel was asked %d times about %d messages, at last %v", n, len(ids), broken[max(0, n-3):])
		}
		mute := s.of("mute")
		if slices.ContainsFunc(waited, func(d time.Duration) bool { return d != 10*time.Second }) || len(waited) < 10 {
			t.Errorf("the mute channel was waited for %v", waited)
		}
		for i, a := range mute[1:] {
			if a.at-mute[i].at < notify.Timeout || a.id != mute[0].id {
				t.Errorf("the mute channel was asked at %v and %v", mute[i], a)
			}
		}
		if waiting, err := k.Messages(t.Context(), boss, notify.Waiting); err != nil || len(waiting) != 1 || waiting[0].Problem != "It did not answer within 10 seconds." {
			t.Errorf("on its way: %+v, %v", waiting, err)
		}
		time.Sleep(24 * time.Hour)
		dead, err := k.Messages(t.Context(), boss, notify.Dead)
		if err != nil || len(dead) == 0 || dead[0].Note.ID != mute[0].id {
			t.Fatalf("given up: %+v, %v", dead, err)
		}
	})
}

// TestStoppedWhileSending: a message that was under way when the server stopped may have
// arrived, and that is on the disk before it is sent.
func TestStoppedWhileSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, start := notifytest.New(), time.Now()
		var seen []notify.Row
		s := &sender{start: start}
		s.say = map[string]func(context.Context, time.Duration) error{"mute": func(ctx context.Context, _ time.Duration) error {
			var err error
			seen, err = store.Rows(ctx, notify.RowQuery{State: notify.Waiting})
			if err != nil {
				t.Error(err)
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		k, err := notify.New(notify.Options{
			Store: store, Send: s, Key: make([]byte, 32), Now: time.Now, Log: slog.New(slog.DiscardHandler),
			Standing: func() (notify.Standing, bool) {
				return notify.Standing{Items: []watch.Item{item("a", start, 0, time.Hour, time.Since(start))}}, true
			},
		})
		if err == nil {
			err = k.Load(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		c := notify.Usual(notify.Webhook)
		c.Name, c.Where.URL = "mute", "https://hooks.example.com/"
		if _, _, err := k.Save(t.Context(), boss, c, ""); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.Run(ctx) }()
		time.Sleep(notify.Wait + 5*time.Second)
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if len(seen) != 1 || !seen[0].Unsure || seen[0].Attempts != 1 {
			t.Errorf("while it was sent: %+v", seen)
		}
		after, err := store.Rows(t.Context(), notify.RowQuery{State: notify.Waiting})
		if err != nil || len(after) != 1 || !after[0].Unsure || after[0].ID != seen[0].ID {
			t.Errorf("after the stop: %+v, %v", after, err)
		}
	})
}

// TestRefusedForGood: what a receiver refuses for good is given up at once and stands in
// the list, from where an administrator, and nobody else, has it tried again.
func TestRefusedForGood(t *testing.T) {
	well := false
	s := &sender{say: map[string]func(context.Context, time.Duration) error{"hook": func(context.Context, time.Duration) error {
		if well {
			return nil
		}
		return &notify.SendError{Sentence: "It answered 403.", Final: true}
	}}}
	standing := func(after time.Duration) []watch.Item {
		return []watch.Item{item("a", s.start, 0, 100*time.Hour, after)}
	}
	running(t, []string{"hook"}, s, standing, func(t *testing.T, k *notify.Keeper) {
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		dead, err := k.Messages(t.Context(), boss, notify.Dead)
		if err != nil || len(dead) != 1 || dead[0].Problem != "It answered 403." || len(s.of("hook")) != 1 {
			t.Fatalf("given up: %+v, %v; asked %v", dead, err, s.of("hook"))
		}
		operator := auth.Actor{Kind: auth.Staff, Person: "o", Role: auth.Operator}
		if err := k.Again(t.Context(), operator, dead[0].ID); !fault.Is(err, fault.Forbidden) {
			t.Error(err)
		}
		well = true
		if err := k.Again(t.Context(), boss, dead[0].ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := s.of("hook"); len(got) != 2 || got[1].event != notify.Firing {
			t.Errorf("asked %v", got)
		}
		if err := k.Again(t.Context(), boss, dead[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("what has arrived is tried again: %v", err)
		}
	})
}

// TestLeftAlone: a receiver that says when to come again is left alone until then, also
// with what is new.
func TestLeftAlone(t *testing.T) {
	s := &sender{say: map[string]func(context.Context, time.Duration) error{"hook": func(_ context.Context, after time.Duration) error {
		if after < 20*time.Minute {
			return &notify.SendError{Sentence: "It answered 429.", After: 30 * time.Minute}
		}
		return nil
	}}}
	standing := func(after time.Duration) []watch.Item {
		out := []watch.Item{item("a", s.start, 0, 100*time.Hour, after)}
		if after > 5*time.Minute {
			out = append(out, item("b", s.start, 5*time.Minute, 100*time.Hour, after))
		}
		return out
	}
	running(t, []string{"hook"}, s, standing, func(t *testing.T, _ *notify.Keeper) {
		time.Sleep(time.Hour)
		synctest.Wait()
		got := s.of("hook")
		if len(got) != 3 || got[1].at-got[0].at < 30*time.Minute || got[2].at-got[1].at > time.Second {
			t.Errorf("asked %v", got)
		}
	})
}

// TestSecrets: a secret goes where it was entered for, is kept where only this server
// can read it, and is in no log.
func TestSecrets(t *testing.T) {
	store := notifytest.New()
	to := &keeps{}
	k, err := notify.New(notify.Options{Store: store, Send: to, Key: []byte("a key"), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = k.Load(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	c := notify.Usual(notify.Alertmanager)
	c.Name, c.Where.URL, c.Where.User = "am", "https://am.example.com", "deskbell"
	if _, _, err := k.Save(t.Context(), boss, c, ""); fault.FieldOf(err) != "secret" {
		t.Errorf("no password is needed: %v", err)
	}
	c, _, err = k.Save(t.Context(), boss, c, "hunter2hunter2")
	if err != nil {
		t.Fatal(err)
	}
	moved := c
	moved.Where.URL = "https://thief.example.com"
	if _, _, err := k.Save(t.Context(), boss, moved, ""); fault.FieldOf(err) != "secret" {
		t.Errorf("the password goes elsewhere: %v", err)
	}
	c.Name = "am 2"
	if c, _, err = k.Save(t.Context(), boss, c, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Try(t.Context(), boss, c.ID); err != nil || to.secret != "hunter2hunter2" {
		t.Errorf("the secret arrived as %q, %v", to.secret, err)
	}
	if s := fmt.Sprintf("%+v %s", store.Log, c.Sealed); len(store.Log) != 3 || strings.Contains(s, "hunter2") {
		t.Errorf("the log says %s", s)
	}
	other, err := notify.New(notify.Options{Store: store, Send: to, Key: []byte("another key"), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = other.Load(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Try(t.Context(), boss, c.ID); !fault.Is(err, fault.Unavailable) {
		t.Errorf("another server reads the secret: %v", err)
	}
}

type keeps struct{ secret string }

func (s *keeps) Refresh(context.Context, notify.Channel, string, []notify.Line) error { return nil }

func (s *keeps) Send(_ context.Context, _ notify.Channel, secret string, _ notify.Note) (string, error) {
	s.secret = secret
	return "It was taken.", nil
}
