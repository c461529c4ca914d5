package notice

import (
	"testing"

	"github.com/deskbell/deskbell/server/ticket"
)

// TestNobodyIsToldOfAnUndoing wants watchers to hear of what ends a ticket, and nobody
// of its being undone.
func TestNobodyIsToldOfAnUndoing(t *testing.T) {
	anna := ticket.Actor{Person: ticket.Person{ID: "anna", Name: "Anna"}, Side: ticket.Staff}
	kofi := ticket.Person{ID: "kofi", Name: "Kofi"}
	x := ticket.Ticket{ID: "t", Number: 7, Assignee: kofi, Watchers: []ticket.Person{{ID: "ben", Name: "Ben"}}}
	for _, c := range []struct {
		e    ticket.Event
		told int
	}{
		{ticket.Event{Type: ticket.ClosedBy}, 1},
		{ticket.Event{Type: ticket.ReopenedBy}, 1},
		{ticket.Event{Type: ticket.TakenBack, State: ticket.Resolved}, 0},
		{ticket.Event{Type: ticket.TakenBack, State: ticket.InProgress, Person: &kofi}, 0},
		{ticket.Event{Type: ticket.Followed, State: ticket.InProgress, Person: &kofi}, 2},
		{ticket.Event{Type: ticket.Followed, State: ticket.InProgress, Person: &kofi, Undoes: true}, 0},
	} {
		c.e.Actor = anna
		if got := about(x, 3, c.e, nil, nil); len(got) != c.told {
			t.Errorf("of %+v are told %+v", c.e, got)
		}
	}
}
