package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// as rings for another employee on the world's endpoint.
func (w *World) as(t *testing.T, uid, id, title string) (desk.Outcome, auth.Actor) {
	t.Helper()
	m := desk.Message{Endpoint: w.Endpoint, ID: id, Body: []byte(title), UID: uid, Login: "u" + uid, Full: "Employee " + uid}
	out, err := w.Desk.Ring(t.Context(), m, desk.Draft{Title: title, Body: "words of " + uid})
	must(t, err)
	actor, err := w.Desk.PersonOf(t.Context(), w.Endpoint, uid)
	must(t, err)
	return out, actor
}

func (w *World) do(t *testing.T, actor auth.Actor, id string, c ticket.Command) ticket.Ticket {
	t.Helper()
	after, err := w.Desk.Do(t.Context(), actor, id, 0, c)
	must(t, err)
	return after
}

func (w *World) get(t *testing.T, actor auth.Actor, id string) desk.Detail {
	t.Helper()
	d, err := w.Desk.Get(t.Context(), actor, id)
	must(t, err)
	return d
}

// rule saves an entry of the rulebook.
func (w *World) rule(t *testing.T, kind rulebook.Kind, doc string) {
	t.Helper()
	_, err := w.Rules.Put(t.Context(), auth.SystemActor("test"), kind, json.RawMessage(doc))
	must(t, err)
}

func ref(out desk.Outcome) ticket.Reference {
	return ticket.Reference{ID: out.Ticket, Number: out.Number}
}

func testSplit(t *testing.T, e Engine) {
	w := Open(t, e)
	out, mia := w.as(t, "1", "R1", "Two things")
	data := []byte("a picture")
	a, err := w.Desk.Store(t.Context(), mia, "screen.png", data)
	must(t, err)
	w.do(t, mia, out.Ticket, ticket.Reply{Message: "M01", Body: "And the printer is out of paper.\nOn floor 3.", Attachments: []ticket.Attachment{a}})
	w.do(t, w.Anna, out.Ticket, ticket.Note{Message: "M02", Body: "secret"})
	_, err = w.Desk.Split(t.Context(), w.Anna, out.Ticket, "M02", "", 0)
	wantCode(t, err, fault.Invalid)
	_, err = w.Desk.Split(t.Context(), w.Anna, out.Ticket, "none", "", 0)
	wantCode(t, err, fault.NotFound)
	_, err = w.Desk.Split(t.Context(), mia, out.Ticket, "M01", "", 0)
	wantCode(t, err, fault.Forbidden)
	made, err := w.Desk.Split(t.Context(), w.Anna, out.Ticket, "M01", "", 3)
	must(t, err)
	d := w.get(t, mia, made.ID)
	if d.Title != "And the printer is out of paper." || d.Requester.ID != mia.Person || len(d.Attachments) != 1 {
		t.Errorf("split into %+v", d.Ticket)
	}
	if _, _, err := w.Desk.Attachment(t.Context(), mia, made.ID, a.SHA256); err != nil {
		t.Errorf("its attachment: %v", err)
	}
	old, now := w.get(t, w.Anna, out.Ticket), w.get(t, w.Anna, made.ID)
	if len(old.Links) != 1 || old.Links[0].Relation != ticket.SplitInto || len(now.Links) != 1 || now.Links[0] != (ticket.Link{Relation: ticket.SplitFrom, To: ref(out)}) {
		t.Errorf("linked %+v and %+v", old.Links, now.Links)
	}
	_, err = w.Desk.Split(t.Context(), w.Anna, out.Ticket, "M01", "", 0)
	wantCode(t, err, fault.Conflict)

	// The words of somebody whose ticket was merged become a ticket of theirs.
	from, bob := w.as(t, "2", "R2", "Bob's")
	w.do(t, w.Anna, from.Ticket, ticket.MergeInto{Into: ref(out)})
	w.do(t, bob, from.Ticket, ticket.Reply{Message: "M03", Body: "My chair squeaks."})
	chair, err := w.Desk.Split(t.Context(), w.Anna, out.Ticket, "M03", "Chair", 0)
	must(t, err)
	if chair.Requester.ID != bob.Person || chair.Endpoint != "" {
		t.Errorf("Bob's words became a ticket of %s", chair.Requester.Name)
	}
}

func testLinks(t *testing.T, e Engine) {
	w := Open(t, e)
	a, mia := w.as(t, "1", "R1", "One")
	b, _ := w.as(t, "2", "R2", "Two")
	link := ticket.Link{Relation: ticket.CausedBy, To: ticket.Reference{ID: b.Ticket}}
	w.do(t, w.Anna, a.Ticket, ticket.LinkTo{Link: link})
	if x, y := w.get(t, w.Anna, a.Ticket), w.get(t, w.Anna, b.Ticket); len(x.Links) != 1 || x.Links[0].To != ref(b) || len(y.Links) != 1 || y.Links[0] != (ticket.Link{Relation: ticket.Causes, To: ref(a)}) {
		t.Errorf("linked %+v and %+v", x.Links, y.Links)
	}
	for _, c := range []struct {
		who  auth.Actor
		c    ticket.Command
		code fault.Code
	}{
		{w.Anna, ticket.LinkTo{Link: link}, fault.Conflict}, {mia, ticket.LinkTo{Link: link}, fault.Forbidden},
		{w.Anna, ticket.LinkTo{Link: ticket.Link{Relation: ticket.Related, To: ticket.Reference{ID: "none"}}}, fault.Invalid},
		{w.Anna, ticket.LinkTo{Link: ticket.Link{Relation: ticket.Related, To: ref(a)}}, fault.Invalid},
		{w.Anna, ticket.Unlink{Link: ticket.Link{Relation: ticket.Related, To: ref(b)}}, fault.Conflict},
		{w.Anna, ticket.Absorb{From: ref(b)}, fault.Forbidden}, {w.Anna, ticket.Follow{State: ticket.Resolved}, fault.Forbidden}, {w.Anna, ticket.SplitOff{Into: ref(b)}, fault.Forbidden},
	} {
		_, err := w.Desk.Do(t.Context(), c.who, a.Ticket, 0, c.c)
		if !fault.Is(err, c.code) {
			t.Errorf("%T %+v: %v, want %s", c.c, c.c, err, c.code)
		}
	}
	w.do(t, w.Anna, b.Ticket, ticket.Unlink{Link: ticket.Link{Relation: ticket.Causes, To: ticket.Reference{ID: a.Ticket}}})
	if x, y := w.get(t, w.Anna, a.Ticket), w.get(t, w.Anna, b.Ticket); len(x.Links)+len(y.Links) != 0 {
		t.Errorf("unlinked, and there: %+v, %+v", x.Links, y.Links)
	}
}

func testFamily(t *testing.T, e Engine) {
	w := Open(t, e)
	parent, mia := w.as(t, "1", "R1", "The network is down")
	child, bob := w.as(t, "2", "R2", "No network")
	grand, _ := w.as(t, "3", "R3", "None here")
	w.do(t, w.Anna, child.Ticket, ticket.SetParent{Parent: ticket.Reference{ID: parent.Ticket}})
	w.do(t, w.Anna, grand.Ticket, ticket.SetParent{Parent: ticket.Reference{ID: child.Ticket}})
	for _, to := range []string{parent.Ticket, child.Ticket, grand.Ticket} { // itself, and its own below
		_, err := w.Desk.Do(t.Context(), w.Anna, parent.Ticket, 0, ticket.SetParent{Parent: ticket.Reference{ID: to}})
		wantCode(t, err, fault.Invalid)
	}
	states := func(want ...ticket.State) {
		t.Helper()
		for i, x := range []desk.Outcome{parent, child, grand} {
			if d := w.get(t, w.Anna, x.Ticket); d.State != want[i] {
				t.Errorf("ticket %d of the line is %s, want %s", i, d.State, want[i])
			}
		}
	}
	w.do(t, w.Anna, parent.Ticket, ticket.Take{})
	states(ticket.InProgress, ticket.InProgress, ticket.InProgress)
	w.do(t, w.Anna, parent.Ticket, ticket.Wait{For: ticket.WaitRequester})
	states(ticket.Pending, ticket.InProgress, ticket.InProgress)
	w.do(t, mia, parent.Ticket, ticket.Reply{Message: "M1", Body: "Still down."})
	w.do(t, w.Anna, parent.Ticket, ticket.Wait{For: ticket.WaitVendor})
	states(ticket.Pending, ticket.Pending, ticket.Pending)
	w.do(t, w.Anna, parent.Ticket, ticket.Resolve{Message: "M2", Solution: "A new switch.", Code: ticket.Fixed})
	states(ticket.Resolved, ticket.Resolved, ticket.Resolved)
	d := w.get(t, bob, child.Ticket)
	if d.Solution != "A new switch." || desk.Unread(d.Ticket, d.History) == 0 {
		t.Errorf("the child's employee reads %q", d.Solution)
	}
	// Her own reopening is hers; the desk's goes down the line.
	w.do(t, mia, parent.Ticket, ticket.Reopen{})
	states(ticket.InProgress, ticket.Resolved, ticket.Resolved)
	w.do(t, w.Anna, parent.Ticket, ticket.Resolve{Message: "M3", Solution: "Another one.", Code: ticket.Fixed})
	w.do(t, w.Ben, parent.Ticket, ticket.Reopen{})
	states(ticket.InProgress, ticket.InProgress, ticket.InProgress)
	w.do(t, w.Anna, parent.Ticket, ticket.Cancel{})
	states(ticket.Cancelled, ticket.InProgress, ticket.InProgress)
	for _, x := range []desk.Outcome{parent, child, grand} {
		d := w.get(t, w.Anna, x.Ticket)
		if got := ticket.Replay(d.ID, d.Number, d.Ref, d.History); got.State != d.State || got.Version != d.Version {
			t.Errorf("ticket %d is not what its history comes to", x.Number)
		}
	}
}

func testReopenLate(t *testing.T, e Engine) {
	w := Open(t, e)
	w.rule(t, rulebook.SettingKind, `{"id": "desk", "name": "Desk", "reopen_days": 3, "close_days": 0, "impact_medium": 2, "impact_high": 3}`)
	out, mia := w.as(t, "1", "R1", "Printer")
	solve := func() {
		w.do(t, w.Anna, out.Ticket, ticket.Resolve{Message: "S", Solution: "Paper.", Code: ticket.Fixed})
	}
	solve()
	w.Skip(3*24*time.Hour - time.Minute)
	if again := w.do(t, mia, out.Ticket, ticket.Reopen{Message: "M1", Body: "Empty again."}); again.ID != out.Ticket || again.Reopened != 1 || again.ReopenedBy.ID != mia.Person {
		t.Errorf("in time it came back as %+v", again)
	}
	solve()
	w.Skip(3*24*time.Hour + time.Minute)
	again := w.do(t, mia, out.Ticket, ticket.Reopen{Message: "M2", Body: "Empty again."})
	if again.ID == out.Ticket || again.Title != "Printer" || again.Body != "Empty again." || again.Requester.ID != mia.Person || again.Endpoint != w.Endpoint {
		t.Errorf("too late it came back as %+v", again)
	}
	old := w.get(t, w.Anna, out.Ticket)
	if old.State != ticket.Resolved || old.Reopened != 1 || len(old.Links) != 1 || old.Links[0].Relation != ticket.FollowedBy || again.Links[0] != (ticket.Link{Relation: ticket.Follows, To: ref(out)}) {
		t.Errorf("the old one is %+v, the new one's links %+v", old.Ticket, again.Links)
	}
	// Twice is one, with both their words; the staff may reopen whenever they like.
	if twice := w.do(t, mia, out.Ticket, ticket.Reopen{Message: "M3", Body: "Please."}); twice.ID != again.ID {
		t.Errorf("pressed twice, it came back twice")
	}
	if d := w.get(t, mia, again.ID); d.History[len(d.History)-1].Body != "Please." {
		t.Errorf("what was said the second time is lost")
	}
	if d := w.do(t, w.Anna, out.Ticket, ticket.Reopen{}); d.State != ticket.InProgress {
		t.Errorf("reopened by the staff it is %s", d.State)
	}
}

func testAutoClose(t *testing.T, e Engine) {
	w := Open(t, e) // Monday, 9:00
	w.rule(t, rulebook.SettingKind, `{"id": "desk", "name": "Desk", "reopen_days": 30, "close_days": 5, "impact_medium": 2, "impact_high": 3}`)
	out, mia := w.as(t, "1", "R1", "Printer")
	other, _ := w.as(t, "2", "R2", "Open")
	w.do(t, w.Anna, out.Ticket, ticket.Resolve{Message: "S", Solution: "Paper.", Code: ticket.Fixed})
	tend := func(want int) {
		t.Helper()
		n, err := w.Desk.Tend(t.Context())
		must(t, err)
		if n != want {
			t.Errorf("%d tickets were changed at %v, want %d", n, w.Now(), want)
		}
	}
	tend(0)
	w.Skip(5*24*time.Hour + time.Hour) // Saturday
	tend(0)
	w.Skip(24*time.Hour + 22*time.Hour) // Monday, 8:00
	tend(0)
	w.Skip(-3 * 24 * time.Hour) // somebody sets the clock back
	tend(0)
	w.Skip(3*24*time.Hour + 2*time.Hour)
	w.Reopen(t)
	tend(1)
	tend(0)
	d := w.get(t, mia, out.Ticket)
	if d.State != ticket.Closed || d.History[len(d.History)-1].Actor.Side != ticket.System {
		t.Errorf("it is %s", d.State)
	}
	w.do(t, mia, out.Ticket, ticket.Reopen{})
	w.Skip(60 * 24 * time.Hour)
	tend(0)
	if d := w.get(t, w.Anna, other.Ticket); d.State != ticket.New {
		t.Errorf("another one is %s", d.State)
	}
}

func testScheduled(t *testing.T, e Engine) {
	w := Open(t, e)
	out, _ := w.as(t, "1", "R1", "New laptop")
	child, _ := w.as(t, "2", "R2", "Mine too")
	w.do(t, w.Anna, child.Ticket, ticket.SetParent{Parent: ref(out)})
	now := w.Now()
	for _, until := range []time.Time{now.Add(-time.Hour), now.AddDate(3, 0, 0)} {
		_, err := w.Desk.Do(t.Context(), w.Anna, out.Ticket, 0, ticket.Wait{For: ticket.WaitScheduled, Until: until})
		wantCode(t, err, fault.Invalid)
	}
	w.do(t, w.Anna, out.Ticket, ticket.Take{})
	w.do(t, w.Anna, out.Ticket, ticket.Wait{For: ticket.WaitScheduled, Until: now.Add(24 * time.Hour)})
	tend := func(want int, state ticket.State) {
		t.Helper()
		n, err := w.Desk.Tend(t.Context())
		must(t, err)
		a, b := w.get(t, w.Anna, out.Ticket), w.get(t, w.Anna, child.Ticket)
		if n != want || a.State != state || b.State != state {
			t.Errorf("%d were changed, want %d; the ticket is %s, its child %s, want %s", n, want, a.State, b.State, state)
		}
	}
	tend(0, ticket.Pending)
	w.Skip(25 * time.Hour)
	w.Reopen(t)
	// Two loops at once, as of two nodes.
	var wg sync.WaitGroup
	var counts [2]int
	for i := range counts {
		wg.Go(func() { counts[i], _ = w.Desk.Tend(t.Context()) })
	}
	wg.Wait()
	if counts[0]+counts[1] < 1 {
		t.Errorf("nobody resumed it: %v", counts)
	}
	resumed := 0
	for _, ev := range w.get(t, w.Anna, out.Ticket).History {
		if ev.Type == ticket.Resumed {
			resumed++
		}
	}
	if resumed != 1 {
		t.Errorf("it was resumed %d times", resumed)
	}
	tend(0, ticket.InProgress)
}

func testApprovals(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	out, mia := w.as(t, "1", "R1", "x") // so that she has an account
	_, boss := w.as(t, "2", "R2", "y")
	_ = out
	req, err := w.Desk.Open(ctx, mia, desk.Draft{Kind: ticket.Request, Title: "A second screen", Body: "Please."})
	must(t, err)
	w.do(t, w.Anna, req.ID, ticket.Note{Message: "N", Body: "secret"})
	w.do(t, w.Anna, req.ID, ticket.AskApproval{Approver: ticket.Person{ID: boss.Person}, Message: "A", Body: "200 euros."})
	list, err := w.Desk.Approvals(ctx, boss)
	must(t, err)
	if len(list) != 1 || list[0].Number != req.Number || list[0].Title != "A second screen" || list[0].Words != "200 euros." || list[0].AskedBy.Name != "Anna" {
		t.Fatalf("the boss has to decide about %+v", list)
	}
	if list, err := w.Desk.Approvals(ctx, mia); err != nil || len(list) != 0 {
		t.Errorf("the requester has to decide about %+v, %v", list, err)
	}
	_, err = w.Desk.Get(ctx, boss, req.ID) // not the whole of it
	wantCode(t, err, fault.NotFound)
	_, err = w.Desk.ApprovalByNumber(ctx, mia, req.Number)
	wantCode(t, err, fault.NotFound)
	_, err = w.Desk.Decide(ctx, w.Ben, req.Number, true, "", "")
	wantCode(t, err, fault.Forbidden)
	_, err = w.Desk.Decide(ctx, mia, req.Number, true, "", "")
	wantCode(t, err, fault.NotFound)
	_, err = w.Desk.Decide(ctx, boss, req.Number, false, "", "")
	wantCode(t, err, fault.Invalid)
	a, err := w.Desk.Decide(ctx, boss, req.Number, false, "D", "Not this year.")
	must(t, err)
	if a.State != ticket.Rejected {
		t.Errorf("rejected, it is %s", a.State)
	}
	d := w.get(t, mia, req.ID)
	if last := d.History[len(d.History)-1]; d.State != ticket.Rejected || last.Body != "Not this year." || last.Actor.Name != boss.Name || desk.Unread(d.Ticket, d.History) == 0 {
		t.Errorf("she reads %+v of %s", last, d.State)
	}
	w.do(t, mia, req.ID, ticket.Reopen{Message: "B", Body: "It is for the eyes."})
	w.do(t, w.Anna, req.ID, ticket.AskApproval{Approver: ticket.Person{ID: w.Ben.Person}})
	if list, err := w.Desk.Approvals(ctx, boss); err != nil || len(list) != 0 {
		t.Errorf("the boss still has to decide about %+v, %v", list, err)
	}
	if n, err := w.Desk.ApprovalsWaiting(ctx, w.Ben); err != nil || n != 1 {
		t.Errorf("%d wait for Ben, %v", n, err)
	}
	w.Reopen(t)
	if a, err = w.Desk.Decide(ctx, w.Ben, req.Number, true, "", ""); err != nil || a.State != ticket.Approved {
		t.Errorf("approved, it is %s, %v", a.State, err)
	}
	_, err = w.Desk.Do(ctx, w.Anna, req.ID, 0, ticket.AskApproval{Approver: ticket.Person{ID: boss.Person}})
	wantCode(t, err, fault.Conflict)
	_, err = w.Desk.Do(ctx, w.Anna, req.ID, 0, ticket.AskApproval{Approver: ticket.Person{ID: "nobody"}})
	wantCode(t, err, fault.Invalid)
}

func testFiling(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	w.rule(t, rulebook.TeamKind, `{"id": "print", "name": "Printing"}`)
	w.rule(t, rulebook.FieldKind, `{"id": "floor", "name": "Floor", "type": "number", "required": true}`)
	w.rule(t, rulebook.FieldKind, `{"id": "tray", "name": "Tray", "type": "choice", "choices": ["A4", "A3"]}`)
	w.rule(t, rulebook.CategoryKind, `{"id": "hw", "name": "Hardware", "fields": ["floor"], "team": "print"}`)
	w.rule(t, rulebook.CategoryKind, `{"id": "printer", "name": "Printer", "parent": "hw", "fields": ["tray"]}`)
	w.rule(t, rulebook.MatrixKind, `{"id": "desk", "name": "Ours", "rows": [[1, 1, 1], [2, 2, 2], [3, 3, 3]]}`)
	out := w.Ring(t, "R1", "Printer")
	solve := ticket.Resolve{Message: "S", Solution: "Paper.", Code: ticket.Fixed}
	for _, c := range []struct {
		c     ticket.Command
		field string
	}{
		{ticket.Categorise{Category: "none"}, "category"}, {ticket.Delegate{Team: "none"}, "team"}, {ticket.Escalate{Team: "none", Tried: "a"}, "team"},
		{ticket.SetFields{Values: map[string]string{"floor": "3"}}, "fields"}, {ticket.Delegate{To: ticket.Person{ID: "none"}}, "assignee"},
		{ticket.Watch{Who: []ticket.Person{{ID: "none"}}}, "mentions"}, {ticket.Note{Body: "a", Mentions: []ticket.Person{{ID: "none"}}}, "mentions"},
	} {
		if _, err := w.Desk.Do(ctx, w.Anna, out.Ticket, 0, c.c); fault.FieldOf(err) != c.field {
			t.Errorf("%T: %v about %q, want %q", c.c, err, fault.FieldOf(err), c.field)
		}
	}
	if d := w.do(t, w.Anna, out.Ticket, ticket.Categorise{Category: "printer"}); d.Category != "printer" || d.Team != "print" || d.State != ticket.New {
		t.Errorf("filed as %+v", d)
	}
	if _, err := w.Desk.Do(ctx, w.Anna, out.Ticket, 0, solve); fault.FieldOf(err) != "fields.floor" || !strings.Contains(fault.Sentence(err), "Floor") {
		t.Errorf("resolved without the floor: %v", err)
	}
	if _, err := w.Desk.Do(ctx, w.Anna, out.Ticket, 0, ticket.SetFields{Values: map[string]string{"floor": "third"}}); fault.FieldOf(err) != "fields.floor" {
		t.Errorf("a floor that is no number: %v", err)
	}
	w.do(t, w.Anna, out.Ticket, ticket.SetFields{Values: map[string]string{"floor": "3,5", "tray": "A3"}})
	if d := w.do(t, w.Anna, out.Ticket, ticket.Prioritise{Impact: ticket.Low, Urgency: ticket.High}); d.Priority != 3 {
		t.Errorf("by the desk's matrix it is P%d", d.Priority)
	}
	d := w.do(t, w.Anna, out.Ticket, solve)
	if d.State != ticket.Resolved || d.Fields["floor"] != "3.5" || d.Fields["tray"] != "A3" {
		t.Errorf("resolved as %+v", d)
	}
	w.Reopen(t)
	if d := w.get(t, w.Anna, out.Ticket); d.Category != "printer" || d.Fields["floor"] != "3.5" || d.Priority != 3 {
		t.Errorf("after a restart it is %+v", d.Ticket)
	}
	// In another category what was filled in may stay or go, and not change.
	w.do(t, w.Anna, out.Ticket, ticket.Categorise{Category: "hw"})
	_, err := w.Desk.Do(ctx, w.Anna, out.Ticket, 0, ticket.SetFields{Values: map[string]string{"tray": "A4"}})
	wantCode(t, err, fault.Invalid)
	if d := w.do(t, w.Anna, out.Ticket, ticket.SetFields{Values: map[string]string{"tray": ""}}); len(d.Fields) != 1 {
		t.Errorf("its fields are %v", d.Fields)
	}
	// A ticket that is opened with all of it.
	made, err := w.Desk.Open(ctx, w.Anna, desk.Draft{Title: "Jam", Requester: d.Requester.ID, Category: "printer", Tags: []string{"Jam"}, Fields: map[string]string{"tray": "A4"}, Impact: ticket.High})
	must(t, err)
	if made.Team != "print" || made.Fields["tray"] != "A4" || made.Priority != 1 || made.Tags[0] != "jam" {
		t.Errorf("opened as %+v", made)
	}
	_, err = w.Desk.Open(ctx, w.Anna, desk.Draft{Title: "Jam", Requester: d.Requester.ID, Category: "none"})
	wantCode(t, err, fault.Invalid)
}

func testImpact(t *testing.T, e Engine) {
	w := Open(t, e)
	showing := 0
	w.Desk.SetShowing(func(code string) int {
		if code == "dns.down" {
			return showing
		}
		return 1000
	})
	findings := []diagnostics.Finding{{Code: "dns.down", Severity: diagnostics.Critical, Sentence: "No name service."}, {Code: "update.due", Severity: diagnostics.Info, Sentence: "An update waits."}}
	for i, c := range []struct {
		showing int
		want    ticket.Level
	}{{1, ticket.Low}, {4, ticket.Low}, {5, ticket.Medium}, {19, ticket.Medium}, {20, ticket.High}} {
		showing = c.showing
		out, err := w.Desk.Ring(t.Context(), w.message(fmt.Sprintf("R%d", i), "x"), desk.Draft{Title: "No network", Findings: findings})
		must(t, err)
		if d := w.get(t, w.Anna, out.Ticket); d.Impact != c.want || d.Priority != ticket.PriorityOf(c.want, ticket.High) {
			t.Errorf("%d endpoints show it: impact %d, want %d", c.showing, d.Impact, c.want)
		}
	}
}

// testTwoHundredEdits has two hundred technicians change one ticket at once: each
// is done or refused with a reason, and the history holds every one that was done.
func testTwoHundredEdits(t *testing.T, e Engine) {
	w := Open(t, e)
	out := w.Ring(t, "R1", "Everybody's")
	other := w.Ring(t, "R2", "Another")
	const n = 200
	errs := make([]error, n)
	first := w.get(t, w.Anna, out.Ticket).Version
	edit := func(i int) (int64, ticket.Command) {
		switch i % 8 {
		case 0:
			return 0, ticket.Note{Message: fmt.Sprintf("N%03d", i), Body: fmt.Sprintf("note %d", i)}
		case 1:
			return 0, ticket.Reply{Message: fmt.Sprintf("P%03d", i), Body: fmt.Sprintf("answer %d", i)}
		case 2:
			return first, ticket.Take{}
		case 3:
			return 0, ticket.Tag{Add: []string{fmt.Sprintf("tag%d", i%16)}}
		case 4:
			return first, ticket.Prioritise{Impact: ticket.Level(1 + i%3), Urgency: ticket.High}
		case 5:
			return 0, ticket.Wait{For: ticket.WaitVendor}
		case 6:
			return 0, ticket.Resume{}
		}
		return 0, ticket.LinkTo{Link: ticket.Link{Relation: ticket.Related, To: ref(other)}}
	}
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			who := auth.Actor{Kind: auth.Staff, Person: fmt.Sprintf("T%03d", i), Name: fmt.Sprintf("Technician %d", i), Role: auth.Technician}
			seen, c := edit(i)
			_, errs[i] = w.Desk.Do(t.Context(), who, out.Ticket, seen, c)
		})
	}
	close(start)
	wg.Wait()
	d := w.get(t, w.Anna, out.Ticket)
	did := map[string]int{}
	for _, ev := range d.History {
		did[ev.Actor.ID]++
	}
	done := 0
	for i, err := range errs {
		who := fmt.Sprintf("T%03d", i)
		switch {
		case err == nil:
			done++
			if did[who] != 1 {
				t.Errorf("edit %d was accepted, and stands in the history %d times", i, did[who])
			}
		case !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Stale):
			t.Errorf("edit %d was refused without a reason: %v", i, err)
		case did[who] != 0 || fault.Sentence(err) == "":
			t.Errorf("edit %d was refused, and yet stands in the history", i)
		}
	}
	if done < n/4 || len(d.History) != int(d.Version) || d.Version != first+int64(done) {
		t.Errorf("%d of %d edits were done, and the ticket has version %d with %d events", done, n, d.Version, len(d.History))
	}
	if got := ticket.Replay(d.ID, d.Number, d.Ref, d.History); got.State != d.State || got.Priority != d.Priority || !slices.Equal(got.Tags, d.Tags) || len(got.Links) != len(d.Links) {
		t.Errorf("the ticket is not what its history comes to")
	}
	if o := w.get(t, w.Anna, other.Ticket); len(o.Links) != 1 {
		t.Errorf("the other side of the link is there %d times", len(o.Links))
	}
	t.Logf("%d of %d edits were done, the others refused with a reason", done, n)
}
