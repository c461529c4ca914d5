package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/people"
	"github.com/deskbell/deskbell/server/ticket"
)

// testDue asks the store itself for what is due. The desk looks at each ticket again
// before it does anything, which would hide a store that names the wrong ones.
func testDue(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx, s := t.Context(), w.DB.Desk()
	waits, mia := w.as(t, "1", "R1", "New laptop")
	solved, jonas := w.as(t, "2", "R2", "Printer")
	cancelled, _ := w.as(t, "3", "R3", "Nothing")
	until := w.Now().Add(24 * time.Hour).Truncate(time.Millisecond)
	w.do(t, w.Anna, waits.Ticket, ticket.Wait{For: ticket.WaitScheduled, Until: until})
	at := w.do(t, w.Anna, solved.Ticket, ticket.Resolve{Message: "S", Solution: "Paper.", Code: ticket.Fixed}).ResolvedAt.Truncate(time.Millisecond)
	w.do(t, w.Anna, cancelled.Ticket, ticket.Cancel{Reason: "Gone."})
	are := func(what string, list []desk.Due, err error, want ...string) {
		t.Helper()
		must(t, err)
		if len(list) != len(want) || len(want) == 1 && list[0].Ticket != want[0] {
			t.Errorf("%s: %+v, want %v", what, list, want)
		}
	}
	list, err := s.ScheduledUntil(ctx, until.Add(-time.Millisecond), desk.Due{}, 10)
	are("too early", list, err)
	list, err = s.ScheduledUntil(ctx, until, desk.Due{}, 10)
	are("at the moment", list, err, waits.Ticket)
	if len(list) == 1 {
		list, err = s.ScheduledUntil(ctx, until, list[0], 10)
		are("after it", list, err)
	}
	list, err = s.ResolvedUntil(ctx, at.Add(-time.Millisecond), desk.Due{}, 10)
	are("not resolved yet", list, err)
	list, err = s.ResolvedUntil(ctx, at.AddDate(1, 0, 0), desk.Due{}, 10)
	are("resolved", list, err, solved.Ticket)
	w.do(t, jonas, solved.Ticket, ticket.Confirm{})
	list, err = s.ResolvedUntil(ctx, at.AddDate(1, 0, 0), desk.Due{}, 10)
	are("closed", list, err)

	_, boss := w.as(t, "4", "R4", "y")
	req, err := w.Desk.Open(ctx, mia, desk.Draft{Kind: ticket.Request, Title: "A second screen"})
	must(t, err)
	w.do(t, w.Anna, req.ID, ticket.AskApproval{Approver: ticket.Person{ID: boss.Person}, Message: "A"})
	decided := func(want int) {
		t.Helper()
		list, err := w.Desk.Approvals(ctx, boss)
		must(t, err)
		if len(list) != want {
			t.Errorf("the boss has to decide about %d requests, want %d", len(list), want)
		}
	}
	decided(1)
	_, err = w.Desk.Decide(ctx, boss, req.Number, true, "D", "")
	must(t, err)
	decided(0)
}

// testToldOnce brings the same notice twice, as a feed that is read again does: it is
// told of once, and counts once; another about the same ticket is gathered with it.
func testToldOnce(t *testing.T, e Engine) {
	w := Open(t, e)
	out := w.Ring(t, "R1", "Printer")
	add := func(id, cause string) (added bool) {
		t.Helper()
		must(t, w.DB.Notices().Update(t.Context(), func(tx notice.Tx) (err error) {
			added, err = tx.AddNotice(notice.Notice{ID: id, Person: w.Ben.Person, Kind: notice.Mentioned, At: w.Now(), Ticket: ticket.Reference{ID: out.Ticket}, Cause: cause}, true)
			return err
		}))
		return added
	}
	if !add("01A", "one") || add("01B", "one") || !add("01C", "two") {
		t.Error("a notice was told of twice, or not at all")
	}
	list, err := w.DB.Notices().Notices(t.Context(), w.Ben.Person, "", 10)
	must(t, err)
	if len(list) != 1 || list[0].ID != "01C" || list[0].Count != 2 {
		t.Errorf("Ben is told %+v", list)
	}
}

// testWritesOfTheOld tells the stores to write over what they do not hold any more: what
// use cases look at before is looked at by the store too, as two nodes may look at once.
func testWritesOfTheOld(t *testing.T, e Engine) {
	w := Open(t, e)
	a, err := w.base().Create(t.Context(), w.Anna, kb.Text{Title: "Toner", Body: "Shake it.", Audience: kb.Everyone}, "")
	must(t, err)
	newer := a
	newer.Revision++
	put := func() error {
		return w.Knowledge().Update(t.Context(), func(tx kb.Tx) error { return tx.Put(newer, a.Revision) })
	}
	must(t, put())
	wantCode(t, put(), fault.Stale)
}

// testReportsTo lists whom somebody is the manager of, and nobody else.
func testReportsTo(t *testing.T, e Engine) {
	w := Open(t, e)
	for _, who := range []string{w.Anna.Person, w.Ben.Person} {
		manager := map[string]string{w.Anna.Person: "", w.Ben.Person: w.Anna.Person}[who]
		_, err := w.Keeper.Change(t.Context(), boss, who, people.Change{Manager: &manager})
		must(t, err)
	}
	for who, want := range map[string][]string{w.Anna.Person: {"Ben"}, w.Ben.Person: nil} {
		d, err := w.Keeper.Get(t.Context(), boss, who)
		must(t, err)
		var names []string
		for _, r := range d.Reports {
			names = append(names, r.Name)
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s is the manager of %v, want %v", d.Name, names, want)
		}
	}
}
