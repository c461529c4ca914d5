package clocks_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/assign"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/board"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// takingDue takes one ticket after the other and wants the order that the queue calls
// “due”: what is late, what is due soonest though less urgent, of the same moment the
// more urgent and then the older, and last what no clock runs for.
func takingDue(t *testing.T, h *house) {
	b := board.New()
	must(t, h.KeepBoard(t.Context(), b))
	opened := func(d *desk.Desk, at time.Duration, team string, impact, urgency ticket.Level) ticket.Ticket {
		t.Helper()
		h.at(monday.Add(at))
		x, err := d.Open(t.Context(), h.anna, desk.Draft{Title: "It is dark", Requester: h.mia})
		must(t, err)
		x, err = d.Do(t.Context(), h.anna, x.ID, 0, ticket.Prioritise{Impact: impact, Urgency: urgency, Reason: "so"})
		must(t, err)
		if team != "" {
			x, err = d.Do(t.Context(), h.anna, x.ID, 0, ticket.Delegate{Team: team})
			must(t, err)
		}
		return x
	}
	second := h.save(t, &rulebook.Team{Entry: rulebook.Entry{Name: "Second line"}, Members: []string{h.anna.Person}})
	others := h.save(t, &rulebook.Team{Entry: rulebook.Entry{Name: "Others"}, Members: []string{h.ben.Person}})
	noClock := opened(h.past, 0, h.first, ticket.High, ticket.High)
	noClockEither := opened(h.past, 0, h.first, ticket.Low, ticket.Low)
	h.office(t, 17*60)
	// Priority n is to be answered within n hours.
	late := opened(h.desk, 0, h.first, ticket.Low, ticket.Low)                              // 14:00, and late below
	urgent := opened(h.desk, 5*time.Hour+30*time.Minute, h.first, ticket.High, ticket.High) // 15:30
	same := opened(h.desk, 2*time.Hour+30*time.Minute, second, ticket.Medium, ticket.Low)   // 15:30 by four hours
	sameOlder := opened(h.desk, 90*time.Minute, second, ticket.Low, ticket.Low)             // 15:30 by five hours
	soon := opened(h.desk, 5*time.Hour+time.Minute, second, ticket.High, ticket.High)       // 15:01
	notMine := opened(h.desk, 0, others, ticket.High, ticket.High)
	paused := opened(h.desk, 0, h.first, ticket.High, ticket.High)
	h.do(t, paused.ID, ticket.Wait{For: ticket.WaitVendor})
	back := opened(h.desk, 3*time.Hour, h.first, ticket.Low, ticket.Low) // 17:00; somebody has it, and gives it back
	h.do(t, back.ID, ticket.Assign{To: ticket.Person{ID: h.ben.Person}})
	h.at(monday.Add(6*time.Hour + 10*time.Minute))
	h.do(t, back.ID, ticket.Assign{})

	want := []int64{late.Number, soon.Number, urgent.Number, same.Number, sameOlder.Number, back.Number, noClock.Number, noClockEither.Number}
	queue := b.Page(board.Filter{Conditions: []board.Condition{
		{Field: board.Team, Values: []string{h.first, second}}, {Field: board.State, Values: []string{string(ticket.New)}}, {Field: board.Assignee, Values: []string{""}},
	}}, query.ByDue, nil, 50)
	if d := cmp.Diff(want, queue); d != "" {
		t.Errorf("the queue's order by due (-want +got)\n%s", d)
	}
	var got []int64
	for {
		out, err := h.desk.TakeNext(t.Context(), h.anna, desk.Once{})
		if fault.Is(err, fault.NotFound) {
			break
		}
		must(t, err)
		got = append(got, out.Number)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("taken in another order (-want +got)\n%s", d)
	}
	if slices.Contains(got, notMine.Number) {
		t.Error("what is another team's was taken")
	}

	// What somebody was given and has not begun goes by the same order.
	given := opened(h.desk, 5*time.Hour, h.first, ticket.High, ticket.High)
	first := opened(h.desk, 50*time.Minute, h.first, ticket.Low, ticket.Low)
	for _, x := range []ticket.Ticket{given, first} {
		h.do(t, x.ID, ticket.Assign{To: ticket.Person{ID: h.ben.Person}})
	}
	out, err := h.desk.TakeNext(t.Context(), h.ben, desk.Once{})
	must(t, err)
	if out.Number != first.Number {
		t.Errorf("of those given, %d came first, not %d which is due first", out.Number, first.Number)
	}

	// A team that gives out by itself begins with what is due first, too.
	auto := h.save(t, &rulebook.Team{Entry: rulebook.Entry{Name: "By turns"}, Members: []string{h.ben.Person}, Mode: assign.LeastLoaded, Cap: 3}) // he has two
	h.at(monday.Add(6 * time.Hour))
	_, err = h.desk.SetProfile(t.Context(), auth.Actor{Kind: auth.Staff, Person: h.ben.Person, Role: auth.Technician},
		desk.Profile{Person: h.ben.Person, AwayUntil: monday.Add(24 * time.Hour)})
	must(t, err)
	later := opened(h.desk, 5*time.Hour, auto, ticket.High, ticket.High)   // 15:00
	sooner := opened(h.desk, 50*time.Minute, auto, ticket.Low, ticket.Low) // 14:50
	h.at(monday.Add(24*time.Hour + time.Minute))
	must(t, h.desk.GiveOut(t.Context()))
	for _, x := range []ticket.Ticket{later, sooner} {
		d, err := h.desk.Get(t.Context(), h.anna, x.ID)
		must(t, err)
		if (d.Assignee.ID == h.ben.Person) != (x.Number == sooner.Number) {
			t.Errorf("%d, priority %d, is given to %q", x.Number, x.Priority, d.Assignee.ID)
		}
	}
}
