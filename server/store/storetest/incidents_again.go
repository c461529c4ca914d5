package storetest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// lookers are machines that look at the start page when they are asked.
type lookers struct {
	asked atomic.Int32
	sees  []incident.Seen // one after the other, and the last from then on
	there []string
}

func (*lookers) About(category string) (string, bool) { return "Start page", category == "intranet" }
func (l *lookers) There() []string                    { return l.there }
func (l *lookers) Probe(_ context.Context, _, about string) (failed, ok bool) {
	n := int(l.asked.Add(1)) - 1
	saw := l.sees[min(n, len(l.sees)-1)]
	return saw == incident.SeenFailing, saw != incident.SeenNothing && about == "intranet"
}

// again has an outage of a service be over: before a ticket is closed its machine looks at
// the service once more. A look that shows nothing good is repeated three times within an
// hour, over restarts too. One that fails at the end is closed by nobody's silence nor word,
// and is a ticket of its own; of one that never could look somebody's word is enough.
func (o *office) again() {
	t, ctx := o.t, o.t.Context()
	t.Helper()
	_, err := o.Rules.PutBySystem(ctx, &rulebook.Category{Entry: rulebook.Entry{ID: "intranet", Name: "Intranet"}})
	must(t, err)
	o.after, o.shows[o.Endpoint] = nil, nil
	const fails, well, blind = incident.SeenFailing, incident.SeenWell, incident.SeenNothing
	for n, c := range []struct {
		says  bool
		away  bool
		sees  []incident.Seen
		state ticket.State
		out   bool
		first string // the note after a look that has shown nothing good
		note  string // the last note
		asked int32
	}{
		{false, false, []incident.Seen{fails}, ticket.New, true,
			"Nobody has answered whether it is fixed, and “Start page”, which it was asked to look at, does not answer there. It looks again, up to 3 times within an hour; so long the ticket stays open.",
			"Nobody has answered whether it is fixed, and “Start page”, which it was asked to look at 4 times, does not answer there. The ticket stays open, and is no part of major incident %d any more.", 4},
		{true, false, []incident.Seen{fails}, ticket.New, true,
			"says that it is fixed, and “Start page”, which it was asked to look at, does not answer there. It looks again,",
			"says that it is fixed, and “Start page”, which it was asked to look at 4 times, does not answer there. The ticket stays open, and is no part of major incident %d any more.", 4},
		{false, false, []incident.Seen{well}, ticket.Resolved, false, "", "", 1},
		{true, false, []incident.Seen{well}, ticket.Closed, false, "", "", 1},
		{true, true, []incident.Seen{fails}, ticket.Closed, false, "", "", 0},
		{false, false, []incident.Seen{blind}, ticket.New, true,
			"Nobody has answered whether it is fixed, and the computer, which was asked to look at “Start page”, could not. It looks again,",
			"Nobody has answered whether it is fixed, and the computer, which was asked 4 times to look at “Start page”, could not. The ticket stays open, and is no part of major incident %d any more.", 4},
		{true, false, []incident.Seen{blind}, ticket.Closed, false,
			"says that it is fixed, and the computer, which was asked to look at “Start page”, could not. It looks again,",
			"says that it is fixed. The computer, which was asked 4 times to look at “Start page”, could not, so their word alone counts.", 4},
		{false, false, []incident.Seen{fails, blind, well}, ticket.Resolved, false, "does not answer there. It looks again,", "", 3},
		{true, false, []incident.Seen{blind, fails, blind}, ticket.New, true, "could not. It looks again,", "does not answer there. The ticket stays open, and is no part of", 4},
	} {
		l := &lookers{sees: c.sees}
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
		done := func() bool {
			must(t, o.keeper.Look(ctx))
			got, err := o.keeper.Get(ctx, o.Anna, i.ID)
			must(t, err)
			return !got.Ask.DoneAt.IsZero()
		}
		until := func(what string, ok func() bool) {
			t.Helper()
			for end := time.Now().Add(time.Minute); !ok(); runtime.Gosched() {
				if time.Now().After(end) {
					t.Fatalf("%d: %s; the notes are %q", n, what, o.notes(x.Ticket))
				}
			}
		}
		for looks := int32(1); looks < c.asked; looks++ {
			wait := time.Duration(looks) * 10 * time.Minute // the first of them after ten minutes, the last after half an hour
			until("it does not look", func() bool { return !done() && len(o.looked(i.ID)) == 1 && o.looked(i.ID)[0].Tries == int(looks) })
			if looks == 1 && !strings.Contains(strings.Join(o.notes(x.Ticket), "\n"), c.first) {
				t.Errorf("%d: after a look the staff reads %q", n, o.notes(x.Ticket))
			}
			if looks == 2 { // a restart forgets neither how often nor when
				o.Reopen(t)
				o.start()
			}
			o.Skip(wait - time.Minute)
			if done() || l.asked.Load() != looks {
				t.Errorf("%d: %d minutes after look %d it has looked %d times", n, int(wait.Minutes())-1, looks, l.asked.Load())
			}
			o.Skip(time.Minute)
		}
		until("nothing was made of it", done)
		note := c.note
		if strings.Contains(note, "%d") {
			note = fmt.Sprintf(note, i.Number)
		}
		d, notes := o.detail(x.Ticket), o.notes(x.Ticket)
		if d.State != c.state || len(notes) > 0 && !strings.Contains(notes[len(notes)-1], note) || c.note != "" && len(notes) != 2 || l.asked.Load() != c.asked {
			t.Errorf("%d: it is %s after %d looks, and says %q", n, d.State, l.asked.Load(), notes)
		}
		got, _ := o.said(i.ID)
		taken := slices.ContainsFunc(got.Lines, func(x incident.Line) bool {
			return x.Did == incident.DidTakeOut && strings.HasSuffix(x.Text, notes[len(notes)-1])
		})
		if _, part, err := o.keeper.OfTicket(ctx, o.Anna, x.Ticket); err != nil || part == c.out || taken != c.out {
			t.Errorf("%d: part of it: %v, %v; the timeline has %+v", n, part, err, got.Lines)
		}
		if c.out && !c.says { // they think of it late: their ticket is open already, and they get no other
			must(t, o.fixed(o.Endpoint, 20+n, i.ID, false, nil))
			must(t, o.keeper.Look(ctx))
			me, err := o.Desk.PersonOf(ctx, o.Endpoint, fmt.Sprint(20+n))
			must(t, err)
			if mine, _, err := o.Desk.List(ctx, me, desk.Query{Order: desk.Newest, Limit: 10}); err != nil || len(mine) != 1 {
				t.Errorf("%d: they have %d tickets, %v", n, len(mine), err)
			}
		}
	}
}

// looked is what machines came to that were asked to look again.
func (o *office) looked(id string) (out []incident.Relook) {
	o.t.Helper()
	looks, err := o.DB.Incidents().Looks(o.t.Context(), id)
	must(o.t, err)
	for _, l := range looks {
		out = append(out, l)
	}
	return out
}
