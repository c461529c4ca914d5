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
			w := ticket.Wait{For: rapid.SampledFrom(append(ticket.Waitings(), "rain")).Draw(t, "for"), Message: id, Body: "We wait."}
			if rapid.Bool().Draw(t, "until") {
				w.Until = noon.Add(time.Hour)
			}
			return w
		}),
		rapid.Custom(func(t *rapid.T) ticket.Command { return filing(t, id) }), rapid.Custom(func(t *rapid.T) ticket.Command { return relating(t, id) }),
		rapid.Custom(func(t *rapid.T) ticket.Command {
			return ticket.AskApproval{Approver: rapid.SampledFrom([]ticket.Person{anna.Person, ben.Person, maria.Person, {}}).Draw(t, "approver"), Message: id, Body: "May it be done?"}
		}),
		rapid.Custom(func(t *rapid.T) ticket.Command {
			return ticket.Decide{Yes: rapid.Bool().Draw(t, "yes"), Message: id, Body: rapid.SampledFrom([]string{"", "Too dear."}).Draw(t, "why")}
		}),
		rapid.Custom(func(t *rapid.T) ticket.Command {
			return ticket.Resolve{Message: id, Solution: "Solved.", Code: rapid.SampledFrom(append(ticket.Codes(), "magic")).Draw(t, "code")}
		}),
		rapid.Just[ticket.Command](ticket.Reopen{Message: id, Body: "It is back."}),
		rapid.Custom(func(t *rapid.T) ticket.Command {
			return ticket.TakeBack{State: rapid.SampledFrom(ticket.States()).Draw(t, "before"), Assignee: rapid.SampledFrom([]ticket.Person{{}, anna.Person, ben.Person}).Draw(t, "had")}
		}), rapid.Just[ticket.Command](ticket.Cancel{Message: id, Reason: "Never mind."}),
		rapid.Custom(func(t *rapid.T) ticket.Command {
			return ticket.Rate{Rating: rapid.IntRange(0, 6).Draw(t, "rating"), Comment: "Thank you."}
		}),
		rapid.Custom(func(t *rapid.T) ticket.Command {
			return ticket.Prioritise{Impact: ticket.Level(level.Draw(t, "impact")), Urgency: ticket.Level(level.Draw(t, "urgency")), Reason: secret}
		}),
		rapid.Just[ticket.Command](ticket.RecordAsk{Ask: id, What: "Somebody looked at the processes."}), rapid.Just[ticket.Command](ticket.Read{Message: id}),
	).Draw(t, "command")
}

// filing draws a command about where a ticket belongs: all of it is among staff.
func filing(t *rapid.T, id string) ticket.Command {
	return rapid.SampledFrom([]ticket.Command{
		ticket.Delegate{Team: secret, Message: id, Body: secret}, ticket.Delegate{To: ben.Person, Message: id, Body: secret},
		ticket.Escalate{Team: secret, Tier: 2, Message: id, Tried: secret}, ticket.Escalate{NOC: true, Message: id, Tried: secret},
		ticket.Override{Priority: 1, Reason: secret}, ticket.MarkMajor{Major: true, Reason: secret}, ticket.MarkMajor{}, ticket.Categorise{Category: secret}, ticket.Categorise{},
		ticket.Tag{Add: []string{tag}}, ticket.Tag{Remove: []string{tag}}, ticket.SetFields{Values: map[string]string{secret: secret}}, ticket.SetFields{Values: map[string]string{secret: ""}},
		ticket.Watch{Who: []ticket.Person{{ID: secret, Name: secret}}}, ticket.Unwatch{Who: []ticket.Person{{ID: secret}}},
		ticket.Note{Message: id, Body: secret, Mentions: []ticket.Person{{ID: secret, Name: secret}}},
	}).Draw(t, "filing")
}

// relating draws a command about other tickets, which are other people's.
func relating(t *rapid.T, id string) ticket.Command {
	other := ticket.Reference{ID: secret, Number: 7}
	return rapid.SampledFrom([]ticket.Command{
		ticket.LinkTo{Link: ticket.Link{Relation: ticket.Duplicates, To: other}}, ticket.Unlink{Link: ticket.Link{Relation: ticket.Duplicates, To: other}},
		ticket.SetParent{Parent: other}, ticket.SetParent{}, ticket.MergeInto{Into: other}, ticket.SplitOff{Message: id, Into: other},
		ticket.Absorb{From: other, Requester: eve.Person, Also: []ticket.Joined{{Person: eve.Person, Ticket: ticket.Reference{ID: secret, Number: 8}}}},
		ticket.Follow{Parent: other, State: ticket.InProgress, Assignee: ben.Person}, ticket.Follow{Parent: other, State: ticket.InProgress, Reopens: true},
		ticket.Follow{Parent: other, State: ticket.Pending, Waiting: ticket.WaitVendor}, ticket.Follow{Parent: other, State: ticket.Resolved, Assignee: ben.Person, Solution: "Solved.", Code: ticket.Fixed, Message: id},
	}).Draw(t, "relating")
}

// eve is an employee whose ticket was merged into Maria's.
var eve = ticket.Actor{Person: ticket.Person{ID: "p9", Name: secret}, Side: ticket.Requester}

const tag = "not-for-the-requester"

// TestAnyHistory gives random commands by random people, and holds after each what
// is to hold always.
func TestAnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, history, err := ticket.Apply(ticket.Ticket{ID: "t", Number: 1}, ticket.Open{
			Title: "My screen is black", Requester: maria.Person, Kind: rapid.SampledFrom([]ticket.Kind{ticket.Incident, ticket.Request}).Draw(t, "kind"),
			Category: secret, Team: secret, Tags: []string{tag}, Fields: map[string]string{secret: secret}, Relation: ticket.Follows, Other: ticket.Reference{ID: secret, Number: 9},
		}, maria, noon)
		if err != nil {
			t.Fatal(err)
		}
		now := noon
		for n := range rapid.IntRange(1, 40).Draw(t, "length") {
			by := rapid.SampledFrom([]ticket.Actor{anna, ben, maria, us, eve}).Draw(t, "by")
			now = now.Add(time.Second)
			c := anyCommand(t, n)
			if r, ok := c.(ticket.Reply); ok && by == eve {
				r.Body = secret
				c = r
			}
			if _, may := c.(ticket.Reply); by == eve && !may { // the desk lets them do nothing else
				continue
			}
			after, events, err := ticket.Apply(x, c, by, now)
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
	if x.State == ticket.Resolved && (x.Solution == "" || x.Code == "" || x.ResolvedAt.IsZero()) { // nobody has it where the system solved it
		t.Fatalf("resolved without what belongs to it: %+v", x)
	}
	if x.State.Open() && (!x.ResolvedAt.IsZero() || !x.ClosedAt.IsZero()) {
		t.Fatalf("open, and ended: %+v", x)
	}
	if (x.State == ticket.Closed || x.State == ticket.Cancelled || x.State == ticket.Rejected) == x.ClosedAt.IsZero() {
		t.Fatalf("%s, closed at %v", x.State, x.ClosedAt)
	}
	if (x.State == ticket.InProgress || x.State == ticket.Assigned) && x.Assignee.ID == "" {
		t.Fatalf("%s, and nobody's", x.State)
	}
	if !x.Overridden && x.Priority != ticket.PriorityOf(x.Impact, x.Urgency) || x.Priority < 1 || x.Priority > 5 {
		t.Fatalf("priority %d of %d and %d", x.Priority, x.Impact, x.Urgency)
	}
	if (x.Waiting == ticket.WaitScheduled) == x.WaitUntil.IsZero() {
		t.Fatalf("waits for %q until %v", x.Waiting, x.WaitUntil)
	}
	if (x.State == ticket.WaitingApproval || x.State == ticket.Approved || x.State == ticket.Rejected) && (x.Kind != ticket.Request || x.Approver.ID == "") {
		t.Fatalf("an %s is %s, by %q", x.Kind, x.State, x.Approver.Name)
	}
	if x.State == ticket.WaitingApproval && !x.ApprovedAt.IsZero() || x.State == ticket.Approved && x.ApprovedAt.IsZero() {
		t.Fatalf("%s, approved at %v", x.State, x.ApprovedAt)
	}
	if x.MergedInto.ID != "" && x.State != ticket.Closed {
		t.Fatalf("merged, and %s", x.State)
	}
	if !x.ResolvedAt.IsZero() && x.FirstResolvedAt.After(x.ResolvedAt) || !slices.IsSorted(x.Tags) {
		t.Fatalf("first resolved after the last time, or tags out of order: %+v", x)
	}
}

// private checks that nothing among staff is in what the requester gets.
func private(t *rapid.T, x ticket.Ticket, history []ticket.Event) {
	public := ticket.Shown(history, x.Requester.ID)
	x = x.Bare()
	view := hub.View(desk.Detail{Row: desk.Row{Ticket: x}, History: public}, "")
	for what, v := range map[string]any{"the events that they may see": public, "the ticket that they may see": x, "the view that their machine gets": view} {
		doc, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(doc), secret) || strings.Contains(string(doc), tag) {
			t.Fatalf("%s hold what is among staff: %s", what, doc)
		}
	}
}
