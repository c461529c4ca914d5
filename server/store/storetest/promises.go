package storetest

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/clocks"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

// What the made-up desk promises, around the clock.
const (
	firstWithin = 9 * time.Hour
	nextWithin  = 26 * time.Hour
	doneWithin  = 80 * time.Hour
)

// promising returns the desk's store with clocks of a policy in it. They stand still
// while a ticket waits for its requester.
func (w *World) promising(t *testing.T) desk.Store {
	t.Helper()
	hours := func(d time.Duration) sla.Target { return sla.Target{Amount: int(d / time.Hour), Unit: sla.Hours24} }
	p := &rulebook.Policy{Entry: rulebook.Entry{Name: "Usual"}, Policy: sla.Policy{Pauses: []sla.Pause{{State: ticket.Pending, Waiting: ticket.WaitRequester}}}}
	for at := ticket.Priority(1); at <= 5; at++ {
		p.Goals = append(p.Goals, sla.Goal{Priority: at, FirstResponse: hours(firstWithin), NextUpdate: hours(nextWithin), Resolution: hours(doneWithin)})
	}
	_, err := w.Rules.Save(t.Context(), boss, p)
	must(t, err)
	k := clocks.New(clocks.Options{
		Store: w.DB.Clocks(), Write: w.DB.Desk(), Book: w.Rules.Book, Changed: w.Rules.Changed, Live: live.New(), Now: w.Now, Log: slog.New(slog.DiscardHandler),
	})
	return k.Wrap(w.DB.Desk())
}

// helped has employees say that an article helped them, and returns when.
func (w *World) helped(t *testing.T, r *rand.Rand, n int) []time.Time {
	t.Helper()
	now := past
	base := kb.New(w.Knowledge(), func() time.Time { return now })
	a, err := base.Create(t.Context(), w.Anna, kb.Text{Title: "Toner", Body: "Shake it.", Audience: kb.Everyone}, "")
	must(t, err)
	a, err = base.Publish(t.Context(), w.Anna, a.ID, a.Revision, "First.")
	must(t, err)
	var out []time.Time
	for i := range n {
		now = past.Add(time.Duration(r.Int64N(int64(60 * 24 * time.Hour))))
		who := auth.Actor{Kind: auth.Requester, Person: fmt.Sprintf("employee-%s-%d", a.ID, i), Name: "Mia"}
		for range 1 + r.IntN(2) { // twice a day is once
			must(t, base.Deflect(t.Context(), who, a.ID, "No toner"))
		}
		out = append(out, ms(now))
	}
	return out
}

// promise is something that was owed: kept or not, and when that was decided.
type promise struct {
	at   time.Time
	kept bool
}

// promises are those of one ticket: of its first answer, of each answer to what its
// requester wrote, and of its solution. now is the moment that is asked at.
func (b brute) promises(h []ticket.Event, now time.Time) []promise {
	var out []promise
	var asked, first time.Time // since when an update is owed; when the first answer came
	var state ticket.State
	settle := func(start, stop time.Time, within time.Duration, owed bool) {
		due := b.due(h, start, within, now)
		switch {
		case stop.IsZero() && !due.IsZero() && due.Before(now):
			out = append(out, promise{due, false})
		case !stop.IsZero() && !due.IsZero() && due.Before(stop):
			out = append(out, promise{stop, false})
		case !stop.IsZero() && owed:
			out = append(out, promise{stop, true})
		}
	}
	var solved func()
	for i, e := range h {
		after := b.upTo(h, i+1).State
		words := e.Type == ticket.Replied && !e.Automatic || e.Body != "" && (e.Type == ticket.Waits || e.Type == ticket.CancelledBy || e.Type == ticket.ResolvedAs)
		resolved := state.Open() && after == ticket.Resolved
		over := state.Open() && !after.Open() && !resolved // closed or cancelled: nothing is owed any more
		answered := e.Actor.Side == ticket.Staff && words || resolved
		asks := e.Actor.Side == ticket.Requester && (words || e.Type == ticket.ReopenedBy)
		at := ms(e.At)
		switch {
		case first.IsZero() && (answered || over):
			settle(ms(h[0].At), at, firstWithin, !over)
			first = at
		case answered || over:
			if !asked.IsZero() {
				settle(asked, at, nextWithin, !over)
			}
			asked = time.Time{}
		case asks && !first.IsZero() && asked.IsZero():
			asked = at
		}
		switch {
		case resolved, over:
			solved = func() { settle(ms(h[0].At), at, doneWithin, !over) }
		case after.Open():
			solved = nil
		}
		state = after
	}
	if first.IsZero() {
		settle(ms(h[0].At), time.Time{}, firstWithin, true)
	}
	if !asked.IsZero() && state.Open() {
		settle(asked, time.Time{}, nextWithin, true)
	}
	if solved == nil {
		solved = func() { settle(ms(h[0].At), time.Time{}, doneWithin, true) }
	}
	solved()
	return out
}

// due is when an amount has passed since a moment, counting only while the ticket was
// open and did not wait for its requester; zero when it has not by now.
func (b brute) due(h []ticket.Event, start time.Time, within time.Duration, now time.Time) time.Time {
	for i := range h {
		x := b.upTo(h, i+1)
		from, to := ms(h[i].At), now
		if i+1 < len(h) {
			to = ms(h[i+1].At)
		}
		if from.Before(start) {
			from = start
		}
		if !x.State.Open() || x.State == ticket.Pending && x.Waiting == ticket.WaitRequester || !from.Before(to) {
			continue
		}
		if to.Sub(from) >= within {
			return from.Add(within)
		}
		within -= to.Sub(from)
	}
	return time.Time{}
}
