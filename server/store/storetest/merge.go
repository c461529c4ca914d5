package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/ticket"
)

func testMerge(t *testing.T, e Engine) {
	w := Open(t, e)
	into, _ := w.as(t, "1", "R1", "The mail is slow")
	a, _ := w.as(t, "2", "R2", "Mail does not open")
	b, _ := w.as(t, "3", "R3", "Outlook hangs")
	child, _ := w.as(t, "4", "R4", "And mine")
	w.do(t, w.Anna, child.Ticket, ticket.SetParent{Parent: ref(a)})
	w.do(t, w.Anna, into.Ticket, ticket.SetParent{Parent: ref(b)}) // it hangs under one that goes into it
	after, err := w.Desk.Merge(t.Context(), w.Anna, into.Ticket, []string{a.Ticket, b.Ticket, a.Ticket}, map[string]int64{into.Ticket: 2})
	must(t, err)
	if len(after.Also) != 2 || after.Parent.ID != "" {
		t.Errorf("two tickets went into %+v", after)
	}
	w.Reopen(t)
	for _, x := range []desk.Outcome{a, b} {
		d := w.get(t, w.Anna, x.Ticket)
		if d.State != ticket.Closed || d.MergedInto != ref(into) {
			t.Errorf("ticket %d is %s, merged into %+v", x.Number, d.State, d.MergedInto)
		}
	}
	if d := w.get(t, w.Anna, child.Ticket); d.Parent != ref(into) {
		t.Errorf("the child of a merged ticket is under %+v", d.Parent)
	}
	rows, err := w.Desk.Children(t.Context(), w.Anna, into.Ticket)
	must(t, err)
	if len(rows) != 1 || rows[0].ID != child.Ticket {
		t.Errorf("the children are %+v", rows)
	}
	// On it goes: who was merged twice finds the end of the line.
	end, _ := w.as(t, "5", "R5", "Mail")
	_, err = w.Desk.Merge(t.Context(), w.Anna, end.Ticket, []string{into.Ticket}, nil)
	must(t, err)
	if d := w.get(t, w.Anna, end.Ticket); len(d.Also) != 3 {
		t.Errorf("three requesters are told at the end of the line: %+v", d.Also)
	}
	for _, x := range []desk.Outcome{into, end} {
		d := w.get(t, w.Anna, x.Ticket)
		if diff := ticket.Replay(d.ID, d.Number, d.Ref, d.History); diff.State != d.State || len(diff.Also) != len(d.Also) || diff.Version != d.Version {
			t.Errorf("ticket %d is not what its history comes to", x.Number)
		}
	}
}

func testMergeRefused(t *testing.T, e Engine) {
	w := Open(t, e)
	into, _ := w.as(t, "1", "R1", "One")
	a, mia := w.as(t, "2", "R2", "Two")
	b, _ := w.as(t, "3", "R3", "Three")
	end, _ := w.as(t, "4", "R4", "Four")
	w.do(t, w.Anna, b.Ticket, ticket.MergeInto{Into: ref(end)})
	closed, _ := w.as(t, "5", "R5", "Five")
	w.do(t, w.Anna, closed.Ticket, ticket.Cancel{})
	for _, c := range []struct {
		what string
		who  auth.Actor
		into string
		from []string
		seen map[string]int64
		code fault.Code
	}{
		{"by an employee", mia, into.Ticket, []string{a.Ticket}, nil, fault.Forbidden},
		{"nothing", w.Anna, into.Ticket, nil, nil, fault.Invalid},
		{"into itself", w.Anna, into.Ticket, []string{a.Ticket, into.Ticket}, nil, fault.Invalid},
		{"what was merged", w.Anna, into.Ticket, []string{a.Ticket, b.Ticket}, nil, fault.Conflict},
		{"into what was merged", w.Anna, b.Ticket, []string{a.Ticket}, nil, fault.Conflict},
		{"into what has ended", w.Anna, closed.Ticket, []string{a.Ticket}, nil, fault.Conflict},
		{"what is not there", w.Anna, into.Ticket, []string{a.Ticket, "none"}, nil, fault.Invalid},
		{"what has changed", w.Anna, into.Ticket, []string{a.Ticket}, map[string]int64{a.Ticket: 7}, fault.Stale},
	} {
		_, err := w.Desk.Merge(t.Context(), c.who, c.into, c.from, c.seen)
		if !fault.Is(err, c.code) {
			t.Errorf("%s: %v, want %s", c.what, err, c.code)
		}
		if d := w.get(t, w.Anna, a.Ticket); d.Version != 1 {
			t.Fatalf("%s: refused, and ticket %d was changed", c.what, a.Number)
		}
	}
	_, err := w.Desk.Merge(t.Context(), w.Anna, into.Ticket, []string{b.Ticket}, nil)
	if !strings.Contains(fault.Sentence(err), fmt.Sprint(b.Number)) || !strings.Contains(fault.Sentence(err), fmt.Sprint(end.Number)) {
		t.Errorf("the refusal does not say which ticket went where: %v", err)
	}
}

func testMergeHundred(t *testing.T, e Engine) {
	w := Open(t, e)
	into, _ := w.as(t, "0", "R0", "The network is down")
	var from []string
	for i := range 100 {
		out, _ := w.as(t, fmt.Sprint(1+i%10), fmt.Sprintf("R%d", 1+i), "Network")
		from = append(from, out.Ticket)
	}
	began := time.Now()
	after, err := w.Desk.Merge(t.Context(), w.Anna, into.Ticket, from, nil)
	must(t, err)
	t.Logf("100 merged in %v", time.Since(began))
	if len(after.Also) != 100 {
		t.Errorf("%d of 100 were merged", len(after.Also))
	}
	_, err = w.Desk.Merge(t.Context(), w.Anna, into.Ticket, append(from, "another"), nil)
	wantCode(t, err, fault.Invalid)
}

// testMergedRequester follows what the requesters of two tickets see after these
// became one: each their own, and what the staff says; never each other.
func testMergedRequester(t *testing.T, e Engine) {
	w := Open(t, e)
	into, ada := w.as(t, "1", "R1", "Ada's title")
	from, bob := w.as(t, "2", "R2", "Bob's title")
	w.do(t, w.Anna, into.Ticket, ticket.Reply{Message: "M01", Body: "to Ada alone"})
	end, err := w.FeedEnd(t.Context())
	must(t, err)
	w.do(t, w.Anna, from.Ticket, ticket.MergeInto{Into: ref(into)})
	w.do(t, w.Anna, into.Ticket, ticket.Reply{Message: "M02", Body: "to both"})
	w.do(t, w.Anna, into.Ticket, ticket.Note{Message: "M03", Body: "among us"})
	w.do(t, ada, into.Ticket, ticket.Reply{Message: "M04", Body: "Ada's words"})
	w.do(t, w.Anna, into.Ticket, ticket.Wait{For: ticket.WaitRequester, Message: "M05", Body: "Is it still slow?"})
	// By the agent, on the number that they know.
	m := desk.Message{Endpoint: w.Endpoint, ID: "M06", Body: []byte("x"), UID: "2", Login: "u2"}
	out, err := w.Desk.Act(t.Context(), m, from.Ticket, ticket.Reply{Message: "M06", Body: "Bob's words"})
	must(t, err)
	if out.Ticket != from.Ticket || out.Number != from.Number {
		t.Errorf("the answer was acknowledged for %+v", out)
	}
	staff := w.get(t, w.Anna, into.Ticket)
	if staff.State == ticket.Pending || !slices.ContainsFunc(desk.Conversation(staff.History), func(s desk.Said) bool { return s.Body == "Bob's words" }) {
		t.Errorf("the answer did not arrive: %s", staff.State)
	}
	doc := func(d desk.Detail) string {
		b, err := json.Marshal(d)
		must(t, err)
		return string(b)
	}
	sees := func(who auth.Actor, id string, want, never []string) {
		t.Helper()
		d := w.get(t, who, id)
		for _, s := range want {
			if !strings.Contains(doc(d), s) {
				t.Errorf("%s does not see %q", who.Name, s)
			}
		}
		for _, s := range never {
			if strings.Contains(doc(d), s) {
				t.Errorf("%s sees %q", who.Name, s)
			}
		}
	}
	sees(ada, into.Ticket, []string{"Ada's title", "to Ada alone", "to both", "Ada's words"}, []string{"Bob", "Employee 2", from.Ticket, "words of 2", "among us"})
	sees(bob, from.Ticket, []string{"Bob's title", "to both", "Bob's words", "Is it still slow?"}, []string{"Ada", "Employee 1", into.Ticket, "words of 1", "among us", "to Ada alone"})
	_, err = w.Desk.Get(t.Context(), bob, into.Ticket)
	wantCode(t, err, fault.NotFound)

	// Each is told live, and of their own ticket; the stream leaves the rest out.
	events, err := w.Feed(t.Context(), end, 100)
	must(t, err)
	told, adas := 0, 0
	for _, x := range events {
		if x.Requester == ada.Person {
			adas++
		}
		for _, also := range x.Also {
			if also.Person != bob.Person || also.Key != from.Ticket {
				t.Errorf("told of it: %+v", also)
			}
			told++
		}
	}
	if told != 4 { // the answer, the question, Bob's own words, and that it goes on
		t.Errorf("Bob is told %d times, want 4", told)
	}

	if adas != 4 { // two of Anna's, her own words, and that it goes on
		t.Errorf("Ada is told %d times, want 4", adas)
	}

	// The list says how it stands, too; and what is solved there is over here.
	w.do(t, w.Anna, into.Ticket, ticket.Resolve{Message: "M07", Solution: "A new switch.", Code: ticket.Fixed})
	rows, _, err := w.Desk.List(t.Context(), bob, desk.Query{})
	must(t, err)
	if len(rows) != 1 || rows[0].State != ticket.Closed || rows[0].Solution != "A new switch." || rows[0].Title != "Bob's title" {
		t.Errorf("Bob's list is %+v", rows)
	}
	w.do(t, bob, from.Ticket, ticket.Rate{Rating: 4})
	if d := w.get(t, w.Anna, from.Ticket); d.Rating != 4 {
		t.Errorf("Bob's opinion was not kept: %+v", d.Rating)
	}
	// “It is back” is a new ticket of his own.
	again := w.do(t, bob, from.Ticket, ticket.Reopen{Message: "M08", Body: "Slow again."})
	if again.ID == from.Ticket || again.Requester.ID != bob.Person || again.Title != "Bob's title" || again.Body != "Slow again." {
		t.Errorf("came back as %+v", again)
	}
	if d := w.get(t, w.Anna, into.Ticket); d.State != ticket.Resolved {
		t.Errorf("and Ada's is %s", d.State)
	}
}
