package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/talk"
	"github.com/deskbell/deskbell/server/ticket"
)

// talkAt returns a Talk whose clock a test sets.
func (w *World) talkAt(hold time.Duration) (*talk.Talk, *atomic.Int64) {
	clock := &atomic.Int64{}
	clock.Store(w.Now().UnixMilli())
	return talk.New(w.Talk(), w.Desk, hold, func() time.Time { return time.UnixMilli(clock.Load()) }, slog.New(slog.DiscardHandler)), clock
}

func (w *World) open(t *testing.T) ticket.Ticket {
	t.Helper()
	x, err := w.Desk.Open(t.Context(), w.Anna, desk.Draft{Title: "Printer", Requester: w.Ben.Person})
	must(t, err)
	return x
}

// said is what the requester may read, in order.
func (w *World) said(t *testing.T, id string) string {
	t.Helper()
	d, err := w.Desk.Get(t.Context(), w.Anna, id)
	must(t, err)
	var out []string
	for _, m := range desk.Conversation(d.History) {
		out = append(out, m.Body)
	}
	return strings.Join(out, "|")
}

func testDrafts(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	x := w.open(t)
	k, _ := w.talkAt(0)
	if d, err := k.Draft(ctx, w.Anna, x.ID); err != nil || !d.Empty() || !d.At.IsZero() {
		t.Errorf("got %+v, %v", d, err)
	}
	must(t, k.Save(ctx, w.Anna, x.ID, talk.Draft{Mode: talk.Noting, Text: "half a\x00 sent\xff"}))
	must(t, k.Save(ctx, w.Anna, x.ID, talk.Draft{Mode: talk.Noting, Text: "half a sentence"}))
	must(t, k.Save(ctx, w.Ben, x.ID, talk.Draft{Mode: talk.Replying, Text: "Ben's"}))
	w.Reopen(t)
	k, _ = w.talkAt(0)
	d, err := k.Draft(ctx, w.Anna, x.ID)
	if err != nil || d.Text != "half a sentence" || d.Mode != talk.Noting || d.At.IsZero() {
		t.Errorf("got %+v, %v", d, err)
	}
	_, err = k.Send(ctx, w.Anna, x.ID, x.Version, ulid.Make().String(), d)
	must(t, err)
	if d, err := k.Draft(ctx, w.Anna, x.ID); err != nil || !d.Empty() || d.At.IsZero() {
		t.Errorf("after sending: %+v, %v", d, err)
	}
	if d, err := k.Draft(ctx, w.Ben, x.ID); err != nil || d.Text != "Ben's" {
		t.Errorf("another's: %+v, %v", d, err)
	}
	wantCode(t, k.Save(ctx, w.employee("1000"), x.ID, d), fault.Forbidden)
	wantCode(t, k.Save(ctx, w.Anna, x.ID, talk.Draft{Text: strings.Repeat("x", 65<<10)}), fault.Invalid)
}

func testHeldAnswers(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	x := w.open(t)
	k, clock := w.talkAt(talk.Undo)
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	defer func() {
		stop()
		must(t, <-done)
	}()
	send := func(text string) string {
		t.Helper()
		id := ulid.Make().String()
		s, err := k.Send(ctx, w.Anna, x.ID, x.Version, id, talk.Draft{Mode: talk.Replying, Text: text})
		must(t, err)
		if s.Until.IsZero() {
			t.Fatal("it was not held back")
		}
		return id
	}
	first, second := send("one"), send("two")
	if got := w.said(t, x.ID); got != "" {
		t.Errorf("sent at once: %q", got)
	}
	held, err := k.Held(ctx, w.Anna, x.ID)
	if err != nil || len(held) != 2 || held[0].Draft.Text != "one" {
		t.Fatalf("got %+v, %v", held, err)
	}
	if others, err := k.Held(ctx, w.Ben, x.ID); err != nil || len(others) != 0 {
		t.Errorf("Ben sees %+v, %v", others, err)
	}
	_, err = k.Undo(ctx, w.Ben, first)
	wantCode(t, err, fault.Conflict)
	must(t, k.Save(ctx, w.Anna, x.ID, talk.Draft{Mode: talk.Replying, Text: "three"}))
	h, err := k.Undo(ctx, w.Anna, first)
	must(t, err)
	if h.Draft.Text != "one\n\nthree" {
		t.Errorf("came back as %q", h.Draft.Text)
	}
	if d, err := k.Draft(ctx, w.Anna, x.ID); err != nil || d.Text != "one\n\nthree" {
		t.Errorf("the draft is %+v, %v", d, err)
	}
	// What would be refused is refused while its writer is there.
	_, err = k.Send(ctx, w.Anna, x.ID, x.Version, ulid.Make().String(), talk.Draft{Mode: talk.Replying})
	wantCode(t, err, fault.Invalid)
	_, err = k.Send(ctx, w.Anna, x.ID, 99, ulid.Make().String(), talk.Draft{Mode: talk.Replying, Text: "late"})
	wantCode(t, err, fault.Stale)

	clock.Add(talk.Undo.Milliseconds())
	send("four") // wakes the loop
	wait(t, "the second answer is sent", func() bool { return w.said(t, x.ID) == "two" })
	_, err = k.Undo(ctx, w.Anna, second)
	wantCode(t, err, fault.Conflict)
	// The ticket is cancelled before the fourth is due: it goes back to Anna.
	_, err = w.Desk.Do(ctx, w.Ben, x.ID, 0, ticket.Cancel{Message: ulid.Make().String()})
	must(t, err)
	clock.Add(talk.Undo.Milliseconds())
	must(t, k.Save(ctx, w.Anna, x.ID, talk.Draft{Mode: talk.Replying}))
	other := w.open(t)
	_, err = k.Send(ctx, w.Anna, other.ID, 0, ulid.Make().String(), talk.Draft{Mode: talk.Replying, Text: "wake"})
	must(t, err)
	wait(t, "the answer is back", func() bool {
		d, err := k.Draft(ctx, w.Anna, x.ID)
		return err == nil && d.Text == "four" && strings.HasPrefix(d.Problem, "Not sent: ")
	})
}

// unwell is a desk that fails while it should.
type unwell struct {
	talk.Desk
	ill   atomic.Bool
	tries atomic.Int64
}

func (d *unwell) DoAll(ctx context.Context, actor auth.Actor, once desk.Once, id string, seen int64, list []ticket.Command) (desk.Outcome, error) {
	d.tries.Add(1)
	if d.ill.Load() {
		return desk.Outcome{}, errors.New("the disk is on fire")
	}
	return d.Desk.DoAll(ctx, actor, once, id, seen, list)
}

// testHeldFails has answers that cannot be sent for a fault of ours: they are tried
// again, ever more seldom, and given back in the end, with the reason.
func testHeldFails(t *testing.T, e Engine) {
	w := Open(t, e)
	x, y := w.open(t), w.open(t)
	clock := &atomic.Int64{}
	clock.Store(w.Now().UnixMilli())
	now := func() time.Time { return time.UnixMilli(clock.Load()) }
	d := &unwell{Desk: w.Desk}
	d.ill.Store(true)
	k := talk.New(w.Talk(), d, time.Millisecond, now, slog.New(slog.DiscardHandler))
	told := make(chan string, 64)
	k.Unsent(func(_ context.Context, h talk.Held, why string) error { told <- h.By.ID + ": " + why; return nil })
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); must(t, k.Run(ctx)) }()
	defer func() { stop(); <-done }()
	send := func(id, text string) {
		t.Helper()
		_, err := k.Send(t.Context(), w.Anna, id, 0, ulid.Make().String(), talk.Draft{Mode: talk.Replying, Text: text})
		must(t, err)
	}
	held := func() []talk.Held {
		list, err := k.Held(t.Context(), w.Anna, x.ID)
		must(t, err)
		return list
	}
	send(x.ID, "one")
	// Whoever tries themselves costs the answer none of its tries, and puts off none.
	x1 := held()[0]
	_, err := k.Again(t.Context(), w.Ben, x1.ID)
	wantCode(t, err, fault.Conflict)
	start, last := now(), now()
	var waits []time.Duration
	for try := int64(1); try < 10; try++ {
		clock.Add(2)
		send(y.ID, "wakes the loop") // as another person's answer would
		var h talk.Held
		wait(t, fmt.Sprintf("try %d to fail", try), func() bool {
			for _, h = range held() {
				if h.Tries == int(try) {
					return true
				}
			}
			return false
		})
		if h.Why != fault.Sentence(errors.New("x")) || strings.Contains(h.Why, "fire") {
			t.Errorf("its writer reads %q", h.Why)
		}
		waits, last = append(waits, h.Due.Sub(last).Round(time.Second)), h.Due
		if fate, err := k.Again(t.Context(), w.Anna, h.ID); err != nil || fate != talk.Waits {
			t.Errorf("tried by hand it is %q, %v", fate, err)
		}
		if now := held(); len(now) != 1 || now[0].Tries != h.Tries || !now[0].Due.Equal(h.Due) || now[0].Going {
			t.Errorf("tried by hand, %+v became %+v", h, now)
		}
		clock.Store(h.Due.UnixMilli())
		// What waits for the other ticket fails as well: only the first one is looked at.
	}
	if got, want := fmt.Sprint(waits), "[5s 10s 20s 40s 1m20s 2m40s 5m0s 5m0s 5m0s]"; got != want {
		t.Errorf("it is tried again after %s, not %s", got, want)
	}
	clock.Add(2)
	send(y.ID, "wakes the loop")
	wait(t, "the answer is back", func() bool {
		d, err := k.Draft(t.Context(), w.Anna, x.ID)
		return err == nil && d.Text == "one" && strings.HasPrefix(d.Problem, "This could not be sent, because of this: ") && strings.HasSuffix(d.Problem, "try again.")
	})
	if who := <-told; !strings.HasPrefix(who, w.Anna.Person+": This could not be sent") {
		t.Errorf("it told %q", who)
	}
	if len(held()) != 0 || now().Sub(start) < 19*time.Minute {
		t.Errorf("after %v %d wait still", now().Sub(start), len(held()))
	}

	// Well again: what waits is sent by its writer or by itself.
	d.ill.Store(false)
	send(x.ID, "one")
	one := held()[0].ID
	if fate, err := k.Again(t.Context(), w.Anna, one); err != nil || fate != talk.Sent || w.said(t, x.ID) != "one" || len(held()) != 0 {
		t.Errorf("sent by hand it is %q, %v; the ticket says %q", fate, err, w.said(t, x.ID))
	}
	_, err = k.Again(t.Context(), w.Anna, one)
	wantCode(t, err, fault.Conflict)
	clock.Add((6 * time.Minute).Milliseconds())
	send(y.ID, "the last")
	wait(t, "all to be sent", func() bool { return w.said(t, x.ID) == "one" && strings.Contains(w.said(t, y.ID), "wakes the loop") })
}

// testHeldSurvive stops the server before an answer is due, and when it was sent
// and not yet forgotten: it is sent, and once.
func testHeldSurvive(t *testing.T, e Engine) {
	w := Open(t, e)
	x := w.open(t)
	k, _ := w.talkAt(time.Millisecond)
	id := ulid.Make().String()
	_, err := k.Send(t.Context(), w.Anna, x.ID, 0, id, talk.Draft{Mode: talk.Replying, Text: "once"})
	must(t, err)
	_, err = k.Send(t.Context(), w.Anna, x.ID, 0, id, talk.Draft{Mode: talk.Replying, Text: "once"}) // the same click again
	must(t, err)
	w.Reopen(t)
	var clock *atomic.Int64
	k, clock = w.talkAt(time.Millisecond)
	run := func(ctx context.Context) { must(t, k.Run(ctx)) }
	clock.Add(1000)
	ctx, stop := context.WithCancel(t.Context())
	forgetful := talk.New(forgetful{w.Talk(), stop}, w.Desk, time.Millisecond, func() time.Time { return time.UnixMilli(clock.Load()) }, slog.New(slog.DiscardHandler))
	must(t, forgetful.Run(ctx)) // it is sent, and the server stops before it forgets it
	if got := w.said(t, x.ID); got != "once" {
		t.Fatalf("said %q", got)
	}
	clock.Add(time.Minute.Milliseconds())
	ctx, stop = context.WithCancel(t.Context())
	defer stop()
	go run(ctx)
	wait(t, "nothing waits", func() bool {
		next, err := w.Talk().Next(t.Context())
		return err == nil && next.IsZero()
	})
	if got := w.said(t, x.ID); got != "once" {
		t.Errorf("said %q", got)
	}
}

// forgetful loses the word that an answer was sent.
type forgetful struct {
	talk.Store
	stop func()
}

func (f forgetful) Sent(context.Context, string) error {
	f.stop()
	return fmt.Errorf("the power is gone")
}

func testTogether(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	x := w.open(t)
	k, _ := w.talkAt(0)
	macro := &talk.Then{Name: "Toner", Take: true, State: "resolve", Code: ticket.Fixed, Tag: []string{"printer"}}
	_, err := k.Send(ctx, w.Anna, x.ID, x.Version, ulid.Make().String(), talk.Draft{Mode: talk.Replying, Then: macro}) // no words: no solution
	wantCode(t, err, fault.Invalid)
	d, err := w.Desk.Get(ctx, w.Anna, x.ID)
	must(t, err)
	if d.Version != x.Version || d.State != ticket.New || len(d.Tags) != 0 {
		t.Fatalf("half of it was done: %+v", d.Ticket)
	}
	file, err := w.Desk.Store(ctx, w.Anna, "a.txt", []byte("a"))
	must(t, err)
	draft := talk.Draft{Mode: talk.Replying, Text: "New toner.", Then: macro, Files: []ticket.Attachment{file}}
	id := ulid.Make().String()
	for range 2 {
		_, err = k.Send(ctx, w.Anna, x.ID, x.Version, id, draft)
		must(t, err)
	}
	d, err = w.Desk.Get(ctx, w.Anna, x.ID)
	must(t, err)
	if d.State != ticket.Resolved || d.Solution != "New toner." || d.Assignee.ID != w.Anna.Person || fmt.Sprint(d.Tags) != "[printer]" {
		t.Errorf("got %+v", d.Ticket)
	}
	if n := len(desk.Conversation(d.History)); n != 2 {
		t.Errorf("%d messages, want the file and the solution", n)
	}
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}
