package clocks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/internal/pgtest"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/clocks"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/store"
	"github.com/deskbell/deskbell/server/ticket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSQLite(t *testing.T) {
	suite(t, func(t *testing.T) string { return t.TempDir() + "/deskbell.db" })
}

func TestPostgres(t *testing.T) {
	postgres, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { postgres.Stop() })
	suite(t, func(t *testing.T) string {
		dsn, err := postgres.Database()
		if err != nil {
			t.Fatal(err)
		}
		return dsn
	})
}

// suite is what both databases do with clocks.
func suite(t *testing.T, dsn func(*testing.T) string) {
	for name, run := range map[string]func(*testing.T, *house){
		"stored is recomputed": storedIsRecomputed, "a new calendar": newCalendar, "tickets from before": fromBefore, "escalation": escalation,
		"after downtime": afterDowntime, "many at once": manyAtOnce, "a clock set back": setBack, "a loop at work": loops,
		"taking what is due": takingDue, "a tree of categories": categoryTree, "open hours": openAfter,
	} {
		t.Run(name, func(t *testing.T) { run(t, open(t, dsn(t))) })
	}
}

// house is a desk with clocks over a real store, and a clock of its own.
type house struct {
	*store.DB
	desk   *desk.Desk
	past   *desk.Desk // writes without clocks, as old versions did
	keeper *clocks.Keeper
	rules  *rulebook.Keeper
	live   *live.Hub
	anna   auth.Actor
	ben    auth.Actor
	mia    string
	first  string // a team with both

	mu  sync.Mutex
	now time.Time
}

// monday is at nine in Berlin.
var monday = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) at(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = now
}

func open(t *testing.T, dsn string) *house {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), store.Options{DSN: dsn, Migrate: true}, log)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	h := &house{DB: db, now: monday, live: live.New()}
	h.rules = rulebook.New(db.Rulebook(), h.clock, log)
	h.keeper = clocks.New(clocks.Options{
		Store: db.Clocks(), Write: db.Desk(), Book: h.rules.Book, Changed: h.rules.Changed, Live: h.live, Now: h.clock, Log: log,
	})
	h.desk = desk.New(h.keeper.Wrap(db.Desk()), h.rules.Book, h.clock)
	h.past = desk.New(db.Desk(), h.rules.Book, h.clock)
	people := auth.New(db.Auth(), h.clock, log)
	for _, x := range []struct {
		a    *auth.Actor
		name string
	}{{&h.anna, "Anna"}, {&h.ben, "Ben"}} {
		p, _, err := people.AddPerson(t.Context(), auth.SystemActor("test"), x.name+"@example.com", x.name, auth.Technician)
		must(t, err)
		*x.a = auth.Actor{Kind: auth.Staff, Person: p.ID, Name: p.Name, Role: p.Role}
	}
	mia, _, err := people.AddPerson(t.Context(), auth.SystemActor("test"), "mia@example.com", "Mia", auth.Operator)
	must(t, err)
	h.mia = mia.ID
	h.first = h.save(t, &rulebook.Team{Entry: rulebook.Entry{Name: "First line"}, Members: []string{h.anna.Person, h.ben.Person}})
	return h
}

var manager = auth.Actor{Kind: auth.Staff, Person: "m", Name: "Mara", Role: auth.Manager}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) save(t *testing.T, v rulebook.Item) string {
	t.Helper()
	saved, err := h.rules.Save(t.Context(), manager, v)
	must(t, err)
	return saved.Base().ID
}

// office saves a calendar from nine until an hour, and a policy on it.
func (h *house) office(t *testing.T, until sla.Minute, escalations ...sla.Escalation) (*rulebook.Calendar, *rulebook.Policy) {
	t.Helper()
	c := &rulebook.Calendar{Entry: rulebook.Entry{Name: "Office"}, Calendar: sla.Calendar{Zone: "Europe/Berlin"}}
	for d := 1; d <= 5; d++ {
		c.Week = append(c.Week, sla.Weekday{Day: d, Spans: []sla.Span{{From: 9 * 60, To: until}}})
	}
	c.ID = h.save(t, c)
	c, _ = rulebook.Get[*rulebook.Calendar](h.rules.Book(), c.ID)
	p := &rulebook.Policy{Entry: rulebook.Entry{Name: "Usual"}, Policy: sla.Policy{
		Calendar: c.ID, Pauses: []sla.Pause{{State: ticket.Pending}}, Escalations: escalations,
	}}
	for n := ticket.Priority(1); n <= 5; n++ {
		p.Goals = append(p.Goals, sla.Goal{
			Priority: n, FirstResponse: sla.Target{Amount: int(n), Unit: sla.OpenHours}, NextUpdate: sla.Target{Amount: 4, Unit: sla.OpenHours},
			Resolution: sla.Target{Amount: 4 * int(n), Unit: sla.OpenHours},
		})
	}
	p.ID = h.save(t, p)
	return c, p
}

func (h *house) notices(t *testing.T, a auth.Actor) []notice.Notice {
	t.Helper()
	list, err := h.DB.Notices().Notices(t.Context(), a.Person, "", 50)
	must(t, err)
	return list
}

func (h *house) open(t *testing.T, d *desk.Desk) ticket.Ticket {
	t.Helper()
	x, err := d.Open(t.Context(), h.anna, desk.Draft{Title: "It is dark", Requester: h.mia})
	must(t, err)
	x, err = d.Do(t.Context(), h.anna, x.ID, 0, ticket.Delegate{Team: h.first})
	must(t, err)
	return x
}

func (h *house) do(t *testing.T, id string, c ticket.Command) {
	t.Helper()
	_, err := h.desk.Do(t.Context(), h.anna, id, 0, c)
	must(t, err)
}

func (h *house) row(t *testing.T, id string) sla.Clock {
	t.Helper()
	d, err := h.desk.Get(t.Context(), h.anna, id)
	must(t, err)
	return d.Clock
}

// check holds what is stored of a ticket against its history.
func (h *house) check(t *testing.T, id string) {
	t.Helper()
	x, err := h.keeper.Explain(t.Context(), h.anna, id)
	must(t, err)
	var list []sla.Clock
	for _, c := range x.Clocks {
		list = append(list, c.Clock)
	}
	want, _ := sla.Next(list)
	got := h.keeper.Now(h.row(t, id))
	if got.Kind != want.Kind || got.State != want.State || !got.Due.Equal(want.Due) || got.Used != want.Used || got.Total != want.Total || got.Title != want.Title {
		t.Fatalf("stored %+v\nderived %+v", got, want)
	}
	l, ok, err := h.DB.Clocks().Line(t.Context(), id)
	must(t, err)
	history, err := h.DB.Clocks().History(t.Context(), id)
	must(t, err)
	if diff := cmp.Diff(sla.LineOf(history), l.Line); !ok || diff != "" {
		t.Fatalf("the stored line is another one: %s", diff)
	}
}

func storedIsRecomputed(t *testing.T, h *house) {
	h.office(t, 17*60)
	x := h.open(t, h.desk)
	h.check(t, x.ID)
	for i, c := range []ticket.Command{
		ticket.Take{}, ticket.Note{Message: "n", Body: "Hm."}, ticket.Reply{Message: "m", Body: "Hello."}, ticket.Wait{For: ticket.WaitVendor}, ticket.Resume{},
		ticket.Prioritise{Impact: ticket.High, Urgency: ticket.High}, ticket.Resolve{Message: "s", Solution: "Done.", Code: ticket.Fixed}, ticket.Reopen{},
	} {
		h.at(monday.Add(time.Duration(i+1) * 45 * time.Minute))
		h.do(t, x.ID, c)
		h.check(t, x.ID)
	}
	// What was written past the clocks is found at the next write.
	_, err := h.past.Do(t.Context(), h.anna, x.ID, 0, ticket.Wait{For: ticket.WaitRequester})
	must(t, err)
	h.do(t, x.ID, ticket.Note{Message: "n", Body: "Hm."})
	h.check(t, x.ID)
}

func newCalendar(t *testing.T, h *house) {
	c, _ := h.office(t, 17*60)
	h.at(monday.Add(7 * time.Hour)) // 16:00
	var ids []string
	for range 600 {
		ids = append(ids, h.open(t, h.desk).ID)
	}
	due := func() time.Time { return h.row(t, ids[0]).Due }
	before := due()
	next := *c
	next.Week = append([]sla.Weekday(nil), c.Week...)
	next.Week[0].Spans = []sla.Span{{From: 9 * 60, To: 18 * 60}}
	h.save(t, &next)
	heard := 0
	h.keeper.Watch(func(ids []string) { heard += len(ids) })
	must(t, h.keeper.Rederive(t.Context()))
	if got := due(); !got.Equal(before.Add(-time.Hour)) {
		t.Errorf("due %s, before %s", got, before)
	}
	if heard != len(ids) {
		t.Errorf("heard of %d tickets, want %d", heard, len(ids))
	}
	for _, id := range ids[590:] {
		h.check(t, id)
	}
	// What clocks do not follow from changes nothing.
	heard = 0
	h.save(t, &rulebook.Team{Entry: rulebook.Entry{Name: "Second line"}})
	must(t, h.keeper.Rederive(t.Context()))
	if heard != 0 {
		t.Errorf("a team derived %d tickets anew", heard)
	}
}

func fromBefore(t *testing.T, h *house) {
	x, y := h.open(t, h.past), h.open(t, h.past)
	h.office(t, 17*60)
	if h.row(t, x.ID).Kind != "" {
		t.Error("a clock of nobody's making")
	}
	h.do(t, y.ID, ticket.Take{}) // by itself at the next write
	h.check(t, y.ID)
	must(t, h.keeper.Rederive(t.Context()))
	h.check(t, x.ID)
}

func escalation(t *testing.T, h *house) {
	second := h.save(t, &rulebook.Team{Entry: rulebook.Entry{Name: "Second line"}, Members: []string{h.ben.Person}})
	h.office(t, 17*60,
		sla.Escalation{Clock: sla.FirstResponse, Share: 50, Notify: []sla.Who{sla.Assignee}},
		sla.Escalation{Clock: sla.FirstResponse, Share: 100, Notify: []sla.Who{sla.Team}, Team: second, NOC: true, Raise: true},
	)
	x := h.open(t, h.desk) // priority 4: four hours
	notices := func(a auth.Actor) []notice.Notice { return h.notices(t, a) }
	told := h.live.Listen(func(e *live.Event) bool { return e.Topic == live.Notices })
	defer told.Close()
	ring := func(at time.Duration) {
		h.at(monday.Add(at))
		must(t, h.keeper.Alarms(t.Context()))
		must(t, h.keeper.Alarms(t.Context()))
	}
	half := h.row(t, x.ID).Total / 2
	ring(half - time.Second)
	if n := len(notices(h.anna)); n != 0 {
		t.Fatalf("told %d times too early", n)
	}
	ring(half)
	if a, b := notices(h.anna), notices(h.ben); len(a) != 1 || len(b) != 1 || a[0].Kind != notice.Alarm || a[0].Ticket.ID != x.ID {
		t.Fatalf("at the half Anna has %+v, Ben %+v", a, b)
	}
	if len(told.C) != 2 {
		t.Errorf("%d live events", len(told.C))
	}
	var news notice.News
	if err := json.Unmarshal((<-told.C).Data, &news); err != nil || news.Unread != 1 || news.Newest == nil || news.Newest.Title != "It is dark" {
		t.Errorf("pages were told %+v, %v", news, err)
	}
	ring(2 * half)
	d, err := h.desk.Get(t.Context(), h.anna, x.ID)
	must(t, err)
	if d.Team != second || !d.NOC || d.Priority != x.Priority-1 || !d.Overridden {
		t.Errorf("after the whole: team %q, NOC %v, priority %d", d.Team, d.NOC, d.Priority)
	}
	h.check(t, x.ID)
	if a := notices(h.anna); len(a) != 2 {
		t.Errorf("Anna has %d notices", len(a))
	}
	// The raised priority has shares that are long past: nobody is told of them.
	version := d.Version
	ring(2*half + time.Minute)
	if d, err = h.desk.Get(t.Context(), h.anna, x.ID); err != nil || d.Version != version {
		t.Errorf("it escalated again: %v", err)
	}
}

func afterDowntime(t *testing.T, h *house) {
	h.office(t, 17*60,
		sla.Escalation{Clock: sla.FirstResponse, Share: 50, Notify: []sla.Who{sla.Team}},
		sla.Escalation{Clock: sla.FirstResponse, Share: 100, Notify: []sla.Who{sla.Team}, NOC: true},
	)
	var last string
	for i := range 120 {
		h.at(monday.Add(time.Duration(i) * time.Second))
		last = h.open(t, h.desk).ID
	}
	h.at(monday.Add(30 * time.Hour)) // the server was away
	must(t, h.keeper.Alarms(t.Context()))
	// Whoever tells of changes to tickets leaves it to the clocks.
	ctx, stop := context.WithCancel(t.Context())
	follower := notice.New(h.DB.Notices(), func(string) []string { return []string{h.anna.Person} }, h.live, h.clock, slog.New(slog.DiscardHandler))
	must(t, h.DB.Notices().Update(ctx, func(tx notice.Tx) error { return tx.SetTold("0.0") }))
	other := h.open(t, h.desk).ID
	h.do(t, other, ticket.Note{Message: "n", Body: "Look.", Mentions: []ticket.Person{{ID: h.ben.Person, Name: "Ben"}}}) // the last that is told of
	var wg sync.WaitGroup
	wg.Go(func() { follower.Run(ctx) })
	for len(h.notices(t, h.ben)) < 2 {
		runtime.Gosched()
	}
	stop()
	wg.Wait()
	for _, a := range []auth.Actor{h.anna, h.ben} {
		list := slices.DeleteFunc(h.notices(t, a), func(n notice.Notice) bool { return n.Ticket.ID == other })
		if len(list) != 1 || list[0].Kind != notice.Summary || list[0].Count != 240 {
			t.Fatalf("%s was told %d times: %+v", a.Name, len(list), list)
		}
	}
	operator := auth.Actor{Person: h.mia}
	if list := h.notices(t, operator); len(list) != 1 || list[0].Count != 120 {
		t.Errorf("the operator was told %d times: %+v", len(list), list)
	}
	if d, err := h.desk.Get(t.Context(), h.anna, last); err != nil || !d.NOC {
		t.Errorf("what was to be done to the ticket was not: %v", err)
	}
}

// manyAtOnce lets shares of many tickets pass in the same second while the server is
// up: three are told of one by one, four as one.
func manyAtOnce(t *testing.T, h *house) {
	h.office(t, 17*60, sla.Escalation{Clock: sla.FirstResponse, Share: 50, Notify: []sla.Who{sla.Team}})
	ring := func(n int, from time.Time) []notice.Notice {
		t.Helper()
		before := len(h.notices(t, h.anna))
		h.at(from)
		var x ticket.Ticket
		for range n {
			x = h.open(t, h.desk)
		}
		h.at(from.Add(h.row(t, x.ID).Total / 2)) // at that very moment: nobody was away
		must(t, h.keeper.Alarms(t.Context()))
		list := h.notices(t, h.anna)
		return list[:len(list)-before]
	}
	few := ring(3, monday)
	if len(few) != 3 || slices.ContainsFunc(few, func(n notice.Notice) bool { return n.Kind != notice.Alarm }) {
		t.Errorf("of three Anna was told: %+v", few)
	}
	if many := ring(4, monday.Add(24*time.Hour)); len(many) != 1 || many[0].Kind != notice.Summary || many[0].Count != 4 {
		t.Errorf("of four Anna was told: %+v", many)
	}
}

func setBack(t *testing.T, h *house) {
	h.office(t, 17*60, sla.Escalation{Clock: sla.FirstResponse, Share: 50, Notify: []sla.Who{sla.Team}})
	x := h.open(t, h.desk)
	due := h.row(t, x.ID).Due
	h.at(monday.Add(3 * time.Hour))
	must(t, h.keeper.Alarms(t.Context()))
	h.at(monday.Add(-24 * time.Hour))
	must(t, h.keeper.Rederive(t.Context()))
	h.do(t, x.ID, ticket.Take{})
	if got := h.row(t, x.ID).Due; !got.Equal(due) {
		t.Errorf("the deadline moved from %s to %s", due, got)
	}
	h.at(monday.Add(3 * time.Hour))
	must(t, h.keeper.Alarms(t.Context()))
	if list := h.notices(t, h.anna); len(list) != 1 {
		t.Errorf("told %d times", len(list))
	}
}

// loops runs the loops while people work, and changes the calendar under them.
func loops(t *testing.T, h *house) {
	c, _ := h.office(t, 17*60)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer func() { stop(); wg.Wait() }()
	heard := make(chan struct{}, 1000)
	h.keeper.Watch(func([]string) { heard <- struct{}{} })
	var ids []string
	for range 40 {
		ids = append(ids, h.open(t, h.desk).ID)
	}
	wg.Go(func() { h.keeper.Run(ctx) })
	wg.Go(func() { h.keeper.RunAlarms(ctx) })
	for w := range 4 {
		wg.Go(func() {
			for i := w; i < len(ids); i += 4 {
				h.do(t, ids[i], ticket.Take{})
				h.do(t, ids[i], ticket.Reply{Message: fmt.Sprint("m", i), Body: "Hello."})
			}
		})
	}
	next := *c
	next.Zone = "Europe/London"
	h.save(t, &next)
	<-heard
	stop()
	wg.Wait()
	must(t, h.keeper.Rederive(t.Context()))
	for _, id := range ids {
		h.check(t, id)
	}
}
