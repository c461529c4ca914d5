package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/assign"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// teams saves teams and lets the world's desk go by them.
func (w *World) teams(t *testing.T, teams ...*rulebook.Team) *rulebook.Keeper {
	t.Helper()
	k := rulebook.New(w.DB.Rulebook(), w.Now, slog.New(slog.DiscardHandler))
	must(t, k.Load(t.Context()))
	for _, team := range teams {
		_, err := k.Save(t.Context(), auth.Actor{Kind: auth.Staff, Person: "m", Name: "Mara", Role: auth.Manager}, team)
		must(t, err)
	}
	w.Desk = desk.New(w.DB.Desk(), k.Book, w.Now)
	return k
}

func team(id string, change func(*rulebook.Team)) *rulebook.Team {
	t := &rulebook.Team{Entry: rulebook.Entry{ID: id, Name: id}}
	change(t)
	return t
}

func (w *World) to(t *testing.T, id string, team string) ticket.Ticket {
	t.Helper()
	out, err := w.Desk.Do(t.Context(), w.Anna, id, 0, ticket.Delegate{Team: team})
	must(t, err)
	return out
}

// testTakeNextAtOnce lets fifty technicians of two teams press the key at once:
// they get fifty different tickets, the most urgent first, and the fifty-first
// is told that nothing is left.
func testTakeNextAtOnce(t *testing.T, e Engine) {
	w := Open(t, e)
	const n = 50
	everybody := make([]string, n)
	for i := range everybody {
		everybody[i] = fmt.Sprintf("p%02d", i)
	}
	w.teams(t, team("one", func(t *rulebook.Team) { t.Members, t.Tier = everybody, 1 }), team("two", func(t *rulebook.Team) { t.Members = everybody }))
	var ids []string
	for i := range n {
		out := w.Ring(t, fmt.Sprintf("01A%02d", i), "t")
		ids = append(ids, out.Ticket)
		if i%3 > 0 { // the others have no team
			w.to(t, out.Ticket, []string{"", "one", "two"}[i%3])
		}
	}
	_, err := w.Desk.Do(t.Context(), w.Anna, ids[40], 0, ticket.Prioritise{Impact: ticket.High, Urgency: ticket.High})
	must(t, err)
	actor := func(i int) auth.Actor {
		return auth.Actor{Kind: auth.Staff, Person: everybody[i], Name: everybody[i], Role: auth.Technician}
	}
	first, err := w.Desk.TakeNext(t.Context(), actor(0), desk.Once{})
	must(t, err)
	if first.Ticket != ids[40] {
		t.Errorf("the most urgent is not the first that is taken")
	}
	var mu sync.Mutex
	got := map[string]int{first.Ticket: 1}
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := 1; i < n; i++ {
		wg.Go(func() {
			<-start
			out, err := w.Desk.TakeNext(t.Context(), actor(i), desk.Once{})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("press %d: %v", i, err)
				return
			}
			got[out.Ticket]++
		})
	}
	close(start)
	wg.Wait()
	if len(got) != n {
		t.Errorf("%d presses got %d different tickets", n, len(got))
	}
	_, err = w.Desk.TakeNext(t.Context(), actor(3), desk.Once{})
	wantCode(t, err, fault.NotFound)

	// The same press that comes twice takes one ticket; what was given by hand comes
	// before the queue; what belongs to a team is not for others.
	again := w.Ring(t, "01B", "t")
	once := desk.Once{Key: "press"}
	a, err := w.Desk.TakeNext(t.Context(), actor(3), once)
	must(t, err)
	b, err := w.Desk.TakeNext(t.Context(), actor(3), once)
	must(t, err)
	if a != b || a.Ticket != again.Ticket {
		t.Errorf("one press took %v and %v", a, b)
	}
	given := w.Ring(t, "01C", "t")
	_, err = w.Desk.Do(t.Context(), w.Anna, given.Ticket, 0, ticket.Prioritise{Impact: ticket.Low, Urgency: ticket.Low})
	must(t, err)
	_, err = w.Desk.Do(t.Context(), w.Anna, given.Ticket, 0, ticket.Assign{To: ticket.Person{ID: w.Ben.Person}})
	must(t, err)
	w.Ring(t, "01D", "t")
	out, err := w.Desk.TakeNext(t.Context(), w.Ben, desk.Once{})
	must(t, err)
	if out.Ticket != given.Ticket {
		t.Error("the queue came before what somebody was given")
	}
	w.to(t, w.Ring(t, "01E", "t").Ticket, "one")
	_, err = w.Desk.TakeNext(t.Context(), w.Ben, desk.Once{}) // takes 01D, which no team has
	must(t, err)
	_, err = w.Desk.TakeNext(t.Context(), w.Ben, desk.Once{})
	wantCode(t, err, fault.NotFound)
}

// testGivingOut has a team give out its tickets: in turn also over a restart and at
// the same moment, not over the cap, not to who is away, and later what waited.
func testGivingOut(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	members := []string{w.Anna.Person, w.Ben.Person}
	k := w.teams(t, team("turn", func(t *rulebook.Team) { t.Members, t.Mode = members, assign.RoundRobin }),
		team("load", func(t *rulebook.Team) { t.Members, t.Mode, t.Cap = members, assign.LeastLoaded, 8 }),
		team("skill", func(t *rulebook.Team) {
			t.Members, t.Mode, t.Skills = members, assign.BySkill, map[string][]string{w.Ben.Person: {"vpn"}}
		}))
	count := func() map[string]int {
		rows, _, err := w.Desk.List(ctx, w.Anna, desk.Query{Open: true, Limit: 200})
		must(t, err)
		out := map[string]int{}
		for _, r := range rows {
			out[r.Assignee.Name]++
		}
		return out
	}
	var ids []string
	for i := range 4 {
		ids = append(ids, w.Ring(t, fmt.Sprintf("01A%d", i), "t").Ticket)
	}
	first := w.to(t, ids[0], "turn")
	if first.Assignee.ID == "" || first.State != ticket.Assigned {
		t.Fatalf("nobody got it: %+v", first.Assignee)
	}
	w.Reopen(t)
	w.Desk = desk.New(w.DB.Desk(), k.Book, w.Now)
	if second := w.to(t, ids[1], "turn"); second.Assignee.ID == first.Assignee.ID {
		t.Error("after a restart the turn begins anew")
	}
	// A ticket that waits for somebody else weighs nothing.
	must2 := func(_ ticket.Ticket, err error) { t.Helper(); must(t, err) }
	must2(w.Desk.Do(ctx, w.Anna, ids[0], 0, ticket.Wait{For: ticket.WaitVendor}))
	if got := w.to(t, ids[2], "load"); got.Assignee.ID != first.Assignee.ID {
		t.Errorf("%s got it, who has a ticket whose clock runs", got.Assignee.Name)
	}
	must2(w.Desk.Do(ctx, w.Anna, ids[3], 0, ticket.Tag{Add: []string{"VPN"}}))
	if got := w.to(t, ids[3], "skill"); got.Assignee.ID != w.Ben.Person {
		t.Errorf("%s got it, who knows nothing of it", got.Assignee.Name)
	}
	for _, id := range ids {
		must2(w.Desk.Do(ctx, w.Anna, id, 0, ticket.Cancel{}))
	}

	// Twenty at once, for two who may have eight each: none over the cap, both alike.
	for i := range 20 {
		ids = append(ids, w.Ring(t, fmt.Sprintf("01B%02d", i), "t").Ticket)
	}
	var wg sync.WaitGroup
	for _, id := range ids[4:] {
		wg.Go(func() {
			if _, err := w.Desk.Do(t.Context(), w.Anna, id, 0, ticket.Delegate{Team: "load"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if d := cmp.Diff(map[string]int{"Anna": 8, "Ben": 8, "": 4}, count()); d != "" {
		t.Fatalf("given out otherwise (-want +got)\n%s", d)
	}
	// By hand there may be more.
	free := slices.IndexFunc(ids[4:], func(id string) bool {
		d, err := w.Desk.Get(ctx, w.Anna, id)
		must(t, err)
		return d.Assignee.ID == ""
	})
	must2(w.Desk.Do(ctx, w.Anna, ids[4+free], 0, ticket.Assign{To: ticket.Person{ID: w.Ben.Person}}))
	must(t, w.Desk.GiveOut(ctx))
	if d := cmp.Diff(map[string]int{"Anna": 8, "Ben": 9, "": 3}, count()); d != "" {
		t.Errorf("by hand (-want +got)\n%s", d)
	}

	// Anna has room again and is away; then she comes back.
	rows, _, err := w.Desk.List(ctx, w.Anna, desk.Query{Assignee: w.Anna.Person, Open: true})
	must(t, err)
	for _, r := range rows[:2] {
		must2(w.Desk.Do(ctx, w.Anna, r.ID, 0, ticket.Resolve{Solution: "s", Code: ticket.Fixed}))
	}
	p, err := w.Desk.SetProfile(ctx, w.Anna, desk.Profile{Person: w.Anna.Person, AwayUntil: w.Now().Add(time.Hour), Skills: []string{"printers"}})
	must(t, err)
	must(t, w.Desk.GiveOut(ctx))
	if got := count(); got["Anna"] != 6 || got[""] != 3 {
		t.Errorf("given to who is away: %v", got)
	}
	stale := p
	p.AwayUntil = time.Time{}
	_, err = w.Desk.SetProfile(ctx, w.Anna, p)
	must(t, err)
	_, err = w.Desk.SetProfile(ctx, w.Anna, stale)
	wantCode(t, err, fault.Stale)
	_, err = w.Desk.SetProfile(ctx, w.Ben, desk.Profile{Person: w.Anna.Person, Version: 2})
	wantCode(t, err, fault.Forbidden)
	must(t, w.Desk.GiveOut(ctx))
	if d := cmp.Diff(map[string]int{"Anna": 8, "Ben": 9, "": 1}, count()); d != "" {
		t.Errorf("after coming back (-want +got)\n%s", d)
	}
	got, err := w.Desk.Profile(ctx, w.Ben, w.Anna.Person)
	must(t, err)
	if got.Version != 2 || !slices.Equal(got.Skills, []string{"printers"}) {
		t.Errorf("the profile is %+v", got)
	}
}

// testNotices follows what two people are told of one ticket, over a restart, and
// by two nodes that look at the same changes.
func testNotices(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	hub := live.New()
	news := hub.Listen(func(e *live.Event) bool { return e.Topic == live.Notices })
	defer news.Close()
	keeper := func() *notice.Keeper {
		return notice.New(w.DB.Notices(), func(string) []string { return []string{w.Ben.Person} }, hub, w.Now, slog.New(slog.DiscardHandler))
	}
	k := keeper()
	run := func() (stop func()) {
		ctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		from, err := w.FeedEnd(ctx)
		must(t, err)
		wg.Go(func() { w.RunFeed(ctx, hub, from) })
		for range 2 { // as on two nodes
			wg.Go(func() {
				if err := keeper().Run(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		return func() { cancel(); wg.Wait() }
	}
	wait := func(person string, n int) []notice.Notice {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); ; {
			list, _, err := k.List(ctx, auth.Actor{Kind: auth.Staff, Person: person, Role: auth.Technician}, "", 200)
			must(t, err)
			if len(list) == n {
				return list
			}
			if time.Now().After(end) {
				t.Fatalf("told of %d, want %d: %+v", len(list), n, list)
			}
			select {
			case <-news.C:
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	do := func(a auth.Actor, id string, c ticket.Command) {
		t.Helper()
		_, err := w.Desk.Do(ctx, a, id, 0, c)
		must(t, err)
	}
	old := w.Ring(t, "01A", "before anybody was told")
	do(w.Anna, old.Ticket, ticket.Note{Body: "x", Mentions: []ticket.Person{{ID: w.Ben.Person}}})
	first, err := w.FeedEnd(ctx)
	must(t, err)
	must(t, w.DB.Notices().Update(ctx, func(tx notice.Tx) error { return tx.SetTold(first) }))
	stop := run()

	x := w.Ring(t, "01B", "No sound")
	do(w.Anna, x.Ticket, ticket.Note{Body: "Have a  look\nplease", Mentions: []ticket.Person{{ID: w.Ben.Person}, {ID: w.Anna.Person}}})
	n := wait(w.Ben.Person, 1)[0]
	if n.Kind != notice.Mentioned || n.Ticket.Number != x.Number || n.Text != "Have a look please" || n.Actor.Name != "Anna" || !n.ReadAt.IsZero() {
		t.Errorf("told %+v", n)
	}
	// Ben watches it now, Anna does too: what one does the other is told, not they
	// themselves; several changes are one notice until it is read.
	do(w.Ben, x.Ticket, ticket.Take{})
	if n := wait(w.Anna.Person, 1)[0]; n.Kind != notice.Changed || n.What != ticket.Took {
		t.Errorf("told %+v", n)
	}
	do(w.Ben, x.Ticket, ticket.Reply{Body: "On it"})
	do(w.Ben, x.Ticket, ticket.Wait{For: ticket.WaitRequester})
	for end := time.Now().Add(10 * time.Second); ; {
		if n := wait(w.Anna.Person, 1)[0]; n.Count == 3 && n.What == ticket.Waits {
			break
		}
		if time.Now().After(end) {
			t.Fatal("three changes are not one notice of three")
		}
	}
	mia, err := w.Desk.PersonOf(ctx, w.Endpoint, "1000")
	must(t, err)
	do(mia, x.Ticket, ticket.Reply{Body: "Thanks"})
	if n := wait(w.Ben.Person, 2)[0]; n.Kind != notice.Answered {
		t.Errorf("told %+v", n)
	}
	stop()
	// What happens while nothing runs is told of afterwards, once.
	do(w.Anna, x.Ticket, ticket.Escalate{NOC: true, Tried: "everything"})
	y := w.Ring(t, "01C", "No picture")
	do(w.Anna, y.Ticket, ticket.Delegate{To: ticket.Person{ID: w.Ben.Person}, Body: "yours"})
	stop = run()
	list := wait(w.Ben.Person, 4)
	if list[0].Kind != notice.Assigned || list[0].Text != "yours" || list[1].Kind != notice.Changed || list[1].What != ticket.Escalated {
		t.Errorf("told %+v", list[:2])
	}
	stop()

	unread, err := k.Unread(ctx, w.Ben)
	must(t, err)
	must(t, k.Read(ctx, w.Anna, []string{list[0].ID}, "")) // not hers
	must(t, k.Read(ctx, w.Ben, nil, x.Ticket))
	after, err := k.Unread(ctx, w.Ben)
	must(t, err)
	if unread != 4 || after != 1 {
		t.Errorf("unread %d, then %d", unread, after)
	}
	drain(news)
	must(t, k.Read(ctx, w.Ben, nil, ""))
	var told notice.News
	must(t, json.Unmarshal((<-news.C).Data, &told))
	if told.Unread != 0 || told.Newest != nil {
		t.Errorf("the pages were told %+v", told)
	}

	// One cause is told once; a person's list is bounded.
	same := notice.Notice{Person: w.Ben.Person, Kind: notice.Alarm, Ticket: ticket.Reference{ID: x.Ticket, Number: x.Number}, Cause: "clock.1"}
	must(t, k.Tell(ctx, same, same))
	must(t, k.Tell(ctx, same))
	wait(w.Ben.Person, 5)
	var many []notice.Notice
	for i := range notice.Keep + 20 {
		same.Cause = fmt.Sprint("clock.", i+2)
		many = append(many, same)
	}
	must(t, k.Tell(ctx, many...))
	var all int
	for before := ""; ; {
		list, next, err := k.List(ctx, w.Ben, before, 200)
		must(t, err)
		all += len(list)
		if before = next; next == "" {
			break
		}
	}
	if all != notice.Keep {
		t.Errorf("%d notices of one person are kept", all)
	}
	_, _, err = k.List(ctx, mia, "", 10)
	wantCode(t, err, fault.Forbidden)
}

func drain(l *live.Listener) {
	for {
		select {
		case <-l.C:
		default:
			return
		}
	}
}
