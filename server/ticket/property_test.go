package ticket_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/hub"
	"github.com/deskbell/deskbell/server/ticket"
)

const secret = "not for the requester"

// anyCommand draws a command with inputs that are good more often than not. What
// only staff may read has the secret in it.
func anyCommand(t *rapid.T, n int) ticket.Command {
	id := fmt.Sprintf("%026d", n)
	level := rapid.IntRange(0, 4)
	return rapid.OneOf(
		rapid.Just[ticket.Command](ticket.Take{}), rapid.Just[ticket.Command](ticket.Resume{}), rapid.Just[ticket.Command](ticket.Confirm{}), rapid.Just[ticket.Command](ticket.Close{}),
		rapid.Custom(func(t *rapid.T) ticket.Command {
			return ticket.Assign{To: rapid.SampledFrom([]ticket.Person{{}, anna.Person, ben.Person}).Draw(t, "to")}
		}),
		rapid.Custom(func(t *rapid.T) ticket.Command {
			return ticket.Note{Message: id, Body: rapid.SampledFrom([]string{secret, ""}).Draw(t, "note"), Attachments: []ticket.Attachment{{SHA256: secret, Name: secret}}}
		}),
		rapid.Custom(func(t *rapid.T) ticket.Command {
			return ticket.Reply{Message: id, Body: rapid.String().Draw(t, "reply")}
		}),
		rapid.Custom(func(t *rapid.T) ticket.Command {
			return ticket.Wait{For: rapid.SampledFrom([]ticket.Waiting{ticket.WaitRequester, ticket.WaitVendor, ticket.WaitChange, "rain"}).Draw(t, "for"), Message: id, Body: "We wait."}
		}),
		rapid.Custom(func(t *rapid.T) ticket.Command {
			return ticket.Resolve{Message: id, Solution: "Solved.", Code: rapid.SampledFrom(append(ticket.Codes(), "magic")).Draw(t, "code")}
		}),
		rapid.Just[ticket.Command](ticket.Reopen{Message: id, Body: "It is back."}), rapid.Just[ticket.Command](ticket.Cancel{Message: id, Reason: "Never mind."}),
		rapid.Custom(func(t *rapid.T) ticket.Command {
			return ticket.Rate{Rating: rapid.IntRange(0, 6).Draw(t, "rating"), Comment: "Thank you."}
		}),
		rapid.Custom(func(t *rapid.T) ticket.Command {
			return ticket.Prioritise{Impact: ticket.Level(level.Draw(t, "impact")), Urgency: ticket.Level(level.Draw(t, "urgency")), Reason: secret}
		}),
		rapid.Just[ticket.Command](ticket.RecordAsk{Ask: id, What: "Somebody looked at the processes."}), rapid.Just[ticket.Command](ticket.Read{Message: id}),
	).Draw(t, "command")
}

// TestAnyHistory gives random commands by random people, and holds after each what
// is to hold always.
func TestAnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, history, err := ticket.Apply(ticket.Ticket{ID: "t", Number: 1}, ticket.Open{Title: "My screen is black", Requester: maria.Person}, maria, noon)
		if err != nil {
			t.Fatal(err)
		}
		now := noon
		for n := range rapid.IntRange(1, 40).Draw(t, "length") {
			by := rapid.SampledFrom([]ticket.Actor{anna, ben, maria, us}).Draw(t, "by")
			now = now.Add(time.Second)
			after, events, err := ticket.Apply(x, anyCommand(t, n), by, now)
			if err != nil {
				if len(events) != 0 || cmp.Diff(x, after) != "" {
					t.Fatalf("refused, and changed all the same: %s", cmp.Diff(x, after))
				}
				continue
			}
			if after.Version != x.Version+int64(len(events)) {
				t.Fatalf("version %d became %d by %d events", x.Version, after.Version, len(events))
			}
			for _, e := range events {
				if !e.At.Equal(now) || e.Actor != by {
					t.Fatalf("an event without who and when: %+v", e)
				}
			}
			history = append(history, events...)
			x = after
			holds(t, x)
		}
		// The history is the whole truth: it comes to the same ticket, also by way of
		// where it is stored.
		doc, err := json.Marshal(history)
		if err != nil {
			t.Fatal(err)
		}
		var stored []ticket.Event
		if err := json.Unmarshal(doc, &stored); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(x, ticket.Replay("t", 1, "", stored)); diff != "" {
			t.Fatalf("the history comes to another ticket: %s", diff)
		}
		private(t, x, history)
	})
}

// holds checks what is so in every state.
func holds(t *rapid.T, x ticket.Ticket) {
	if !slices.Contains(ticket.States(), x.State) {
		t.Fatalf("no state: %q", x.State)
	}
	if (x.State == ticket.Pending) != (x.Waiting != "") {
		t.Fatalf("%s, waiting for %q", x.State, x.Waiting)
	}
	if x.State == ticket.Resolved && (x.Solution == "" || x.Code == "" || x.ResolvedAt.IsZero() || x.Assignee.ID == "") {
		t.Fatalf("resolved without what belongs to it: %+v", x)
	}
	if x.State.Open() && (!x.ResolvedAt.IsZero() || !x.ClosedAt.IsZero()) {
		t.Fatalf("open, and ended: %+v", x)
	}
	if (x.State == ticket.Closed || x.State == ticket.Cancelled) == x.ClosedAt.IsZero() {
		t.Fatalf("%s, closed at %v", x.State, x.ClosedAt)
	}
	if (x.State == ticket.InProgress || x.State == ticket.Assigned) && x.Assignee.ID == "" {
		t.Fatalf("%s, and nobody's", x.State)
	}
	if x.Priority != ticket.PriorityOf(x.Impact, x.Urgency) || x.Priority < 1 || x.Priority > 5 {
		t.Fatalf("priority %d of %d and %d", x.Priority, x.Impact, x.Urgency)
	}
}

// private checks that nothing among staff is in what the requester gets.
func private(t *rapid.T, x ticket.Ticket, history []ticket.Event) {
	public := slices.DeleteFunc(slices.Clone(history), func(e ticket.Event) bool { return !e.Public() })
	view := hub.View(desk.Detail{Row: desk.Row{Ticket: x}, History: history}, "")
	for what, v := range map[string]any{"the events that they may see": public, "the view that their machine gets": view} {
		doc, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(doc), secret) {
			t.Fatalf("%s hold what is among staff: %s", what, doc)
		}
	}
}
