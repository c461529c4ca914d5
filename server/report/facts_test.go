package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/server/report"
	"github.com/deskbell/deskbell/server/ticket"
)

// TestTakenBack wants an end that was undone to count for nothing.
func TestTakenBack(t *testing.T) {
	anna := ticket.Actor{Person: ticket.Person{ID: "anna", Name: "Anna"}, Side: ticket.Staff}
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	live := func(commands ...ticket.Command) report.Facts {
		x, history, at := ticket.Ticket{ID: "t"}, []ticket.Event(nil), now
		for _, c := range commands {
			after, events, err := ticket.Apply(x, c, anna, at)
			if err != nil {
				t.Fatal(err)
			}
			x, history, at = after, append(history, events...), at.Add(time.Hour)
		}
		return report.FactsOf("t", history)
	}
	open, take := ticket.Open{Title: "T", Requester: ticket.Person{ID: "mia"}}, ticket.Take{}
	solve, end := ticket.Resolve{Message: "m", Solution: "Done.", Code: ticket.Fixed}, ticket.Close{}
	clean := func(f report.Facts) report.Facts {
		f.Version = 0
		return f
	}
	closed := live(open, take, solve, end, ticket.TakeBack{State: ticket.Resolved})
	if diff := cmp.Diff(clean(live(open, take, solve)), clean(closed)); diff != "" {
		t.Errorf("a closing taken back:\n%s", diff)
	}
	solved := live(open, take, solve, ticket.TakeBack{State: ticket.InProgress, Assignee: anna.Person})
	if !solved.First.IsZero() || !solved.Last.IsZero() || solved.FirstBy != "" || solved.Solved || solved.Reopened != 0 || solved.OpenSince().IsZero() {
		t.Errorf("a solution taken back: %+v", solved)
	}
	twice := live(open, take, solve, ticket.TakeBack{State: ticket.InProgress, Assignee: anna.Person}, solve)
	if !twice.First.Equal(now.Add(4*time.Hour)) || !twice.First.Equal(twice.Last) || twice.Reopened != 0 {
		t.Errorf("solved for good after a solution that was taken back: %+v", twice)
	}
	again := live(open, take, solve, ticket.Reopen{}, solve, ticket.TakeBack{State: ticket.InProgress, Assignee: anna.Person})
	if !again.First.Equal(now.Add(2*time.Hour)) || !again.Last.Equal(again.First) || again.Reopened != 1 {
		t.Errorf("the second solution taken back: %+v", again)
	}
}
