package storetest

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// lookers are machines that look at the start page when they are asked.
type lookers struct {
	asked         atomic.Int32
	failed, known bool
	there         []string
}

func (*lookers) About(category string) (string, bool) { return "Start page", category == "intranet" }
func (l *lookers) There() []string                    { return l.there }
func (l *lookers) Probe(_ context.Context, _, about string) (failed, ok bool) {
	l.asked.Add(1)
	return l.failed, l.known && about == "intranet"
}

// again has an outage of a service be over: before a ticket is closed its machine looks at
// the service once more. One that fails there is closed by nobody's silence nor word; one of
// which nobody can say is asked three times.
func (o *office) again() {
	t, ctx := o.t, o.t.Context()
	t.Helper()
	_, err := o.Rules.PutBySystem(ctx, &rulebook.Category{Entry: rulebook.Entry{ID: "intranet", Name: "Intranet"}})
	must(t, err)
	o.after, o.shows[o.Endpoint] = nil, nil
	for n, c := range []struct {
		says          bool
		away          bool
		failed, known bool
		state         ticket.State
		note          string
		asked         int32
	}{
		{false, false, true, true, ticket.New, "Nobody has answered whether it is fixed, and “Start page”, which it was asked to look at, does not answer there. The ticket stays open.", 1},
		{true, false, true, true, ticket.New, "says that it is fixed, and “Start page”, which it was asked to look at, does not answer there. So the ticket stays open.", 1},
		{false, false, false, true, ticket.Resolved, "", 1},
		{true, false, false, true, ticket.Closed, "", 1},
		{true, true, true, true, ticket.Closed, "", 0},
		{false, false, true, false, ticket.Resolved, "", 3},
	} {
		l := &lookers{failed: c.failed, known: c.known}
		if !c.away {
			l.there = []string{o.Endpoint}
		}
		o.prober = l
		o.start()
		x := o.as(o.Endpoint, 20+n)
		i, err := o.keeper.Begin(ctx, o.Anna, incident.Draft{Title: "Start page", Tickets: []string{x.Ticket}, Cell: incident.Cell{About: "intranet"}})
		must(t, err)
		_, err = o.keeper.Resolve(ctx, o.Anna, i.ID, 0, "Up.", 10*time.Minute)
		must(t, err)
		if c.says {
			must(t, o.fixed(o.Endpoint, 20+n, i.ID, true, nil))
		} else {
			must(t, o.keeper.Look(ctx))
			if l.asked.Load() != 0 {
				t.Errorf("%d: it was asked before the time to answer was over", n)
			}
			o.Skip(11 * time.Minute)
		}
		for end, done := time.Now().Add(time.Minute), false; !done; runtime.Gosched() {
			before := l.asked.Load()
			must(t, o.keeper.Look(ctx))
			got, err := o.keeper.Get(ctx, o.Anna, i.ID)
			must(t, err)
			if done = !got.Ask.DoneAt.IsZero(); !done && time.Now().After(end) {
				t.Fatalf("%d: nothing was made of it", n)
			}
			if !c.known && l.asked.Load() == before {
				o.Skip(time.Minute) // it is left alone meanwhile
			}
		}
		if d, notes := o.detail(x.Ticket), strings.Join(o.notes(x.Ticket), "\n"); d.State != c.state || !strings.Contains(notes, c.note) || l.asked.Load() != c.asked {
			t.Errorf("%d: it is %s after %d looks, and says %q", n, d.State, l.asked.Load(), notes)
		}
	}
}
