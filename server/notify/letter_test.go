package notify_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/notify/notifytest"
	"github.com/deskbell/deskbell/server/watch"
)

var keeper = auth.Actor{Kind: auth.Staff, Person: "a", Role: auth.Admin}

// letters is a sender that notes what it is given, and fails when it is told to.
type letters struct {
	mu    sync.Mutex
	sent  []notify.Note
	fail  error
	items []watch.Item // that stand
}

// with holds still while something is read or changed.
func (l *letters) with(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

func (l *letters) standing() (s notify.Standing, known bool) {
	l.with(func() { s.Items = l.items })
	return s, true
}

func (l *letters) Send(_ context.Context, _ notify.Channel, _ string, n notify.Note) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, n)
	return "taken", l.fail
}

func (l *letters) Refresh(context.Context, notify.Channel, string, []notify.Line) error { return nil }

// TestLetter: a letter goes out once, after what is stored, is tried again after it was
// given up, and nobody else is told of its end.
func TestLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, out := notifytest.New(), &letters{fail: &notify.SendError{Sentence: "No such address.", Final: true}}
		item := watch.Item{ID: "A.1", Rule: "A", Severity: alert.Critical, Summary: "A is full.", Labels: map[string]string{}, Alert: alert.Alert{State: alert.Firing, FiredAt: time.Now()}}
		out.items = []watch.Item{item}
		k, err := notify.New(notify.Options{Store: db, Send: out, Key: []byte("key"), Standing: out.standing, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		c := notify.Usual(notify.Mail)
		c.Name, c.Match, c.Where.Host, c.Where.From, c.Where.To = "Mail", `site="Nowhere"`, "mail.example.com", "bell@example.com", []string{"all@example.com"}
		c, _, err = k.Save(t.Context(), keeper, c, "")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.Run(ctx) }()
		n := notify.LetterOf("On call: A", "You are called.", []*watch.Item{&item, &item, &item}, 2)
		n.To = []string{"mia@example.com"}
		r, ok := k.Letter(c.ID, n)
		if !ok || r.Note.More != 1 {
			t.Fatalf("%+v, %v", r, ok)
		}
		if err := db.Update(t.Context(), func(tx notify.Tx) error { return tx.SaveRow(r) }); err != nil {
			t.Fatal(err)
		}
		k.Queued([]notify.Row{r})
		time.Sleep(time.Minute)
		dead, err := k.Messages(t.Context(), keeper, notify.Dead)
		out.with(func() {
			if err != nil || len(dead) != 1 || len(out.sent) != 1 {
				t.Fatalf("%+v, %v, %+v", dead, err, out.sent)
			}
			out.fail = nil
		})
		if err := k.Again(t.Context(), keeper, r.ID); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		out.with(func() { out.items = nil }) // it is over
		time.Sleep(time.Hour)
		out.with(func() {
			if len(out.sent) != 2 || out.sent[1].ID != out.sent[0].ID || out.sent[1].Title() != "On call: A" || out.sent[1].To[0] != "mia@example.com" {
				t.Errorf("%+v", out.sent)
			}
		})
		for _, kind := range []notify.Kind{notify.PagerDuty, notify.Alertmanager} {
			if kind.Letters() {
				t.Errorf("%s takes letters", kind)
			}
		}
		if _, ok := k.Letter("none", n); ok {
			t.Error("a channel that is not there takes letters")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
