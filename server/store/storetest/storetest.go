// Package storetest is what every database has to pass to keep Deskbell's truth.
package storetest

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/people"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/store"
	"github.com/deskbell/deskbell/server/ticket"
)

// Engine makes empty databases and opens them.
type Engine struct {
	DSN func(t *testing.T) string // of a new, empty one
}

// World is an open store with a site, an endpoint and two people on the staff.
type World struct {
	*store.DB
	DSN      string
	Desk     *desk.Desk
	Auth     *auth.Auth
	Registry *enrol.Registry
	Keeper   *people.Keeper
	Site     enrol.Site
	Endpoint string
	Anna     auth.Actor // a technician
	Ben      auth.Actor // another
	Now      func() time.Time
	Skip     func(time.Duration) // moves the clock, also back
	Rules    *rulebook.Keeper
}

// Open opens an empty database and fills it with a World.
func Open(t *testing.T, e Engine) *World {
	t.Helper()
	w := &World{DSN: e.DSN(t)}
	var mu sync.Mutex
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	w.Now = func() time.Time { // a clock that moves, so that ids sort
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Millisecond)
		return now
	}
	w.Skip = func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	w.Reopen(t)
	ctx := t.Context()
	root := auth.SystemActor("test")
	token, enrolment, err := w.Registry.Create(ctx, root, "Berlin", 10, time.Hour)
	must(t, err)
	w.Site = enrolment.Site
	i, err := w.Registry.Enrol(ctx, wire.Enrol{Token: token, Key: make([]byte, 32), Machine: wire.Machine{Hostname: "PC-17", OS: "linux"}})
	must(t, err)
	w.Endpoint = i.ID
	for _, a := range []struct {
		actor *auth.Actor
		name  string
	}{{&w.Anna, "Anna"}, {&w.Ben, "Ben"}} {
		p, _, err := w.Auth.AddPerson(ctx, root, a.name+"@example.com", a.name, auth.Technician)
		must(t, err)
		*a.actor = auth.Actor{Kind: auth.Staff, Person: p.ID, Name: p.Name, Role: p.Role}
	}
	return w
}

// Reopen opens the world's database again, as after a restart.
func (w *World) Reopen(t *testing.T) {
	t.Helper()
	if w.DB != nil {
		must(t, w.DB.Close())
	}
	db, err := store.Open(t.Context(), store.Options{DSN: w.DSN, Migrate: true}, slog.New(slog.DiscardHandler))
	must(t, err)
	w.DB = db
	t.Cleanup(func() { db.Close() })
	w.Rules = rulebook.New(db.Rulebook(), w.Now, slog.New(slog.DiscardHandler))
	must(t, w.Rules.Load(t.Context()))
	w.Desk = desk.New(db.Desk(), w.Rules.Book, w.Now)
	w.Auth = auth.New(db.Auth(), w.Now, slog.New(slog.DiscardHandler))
	w.Registry = enrol.New(db.Enrol(), []byte("secret"), w.Now)
	w.Keeper = people.New(db.People(), w.Now)
}

// Ring opens a ticket from the endpoint.
func (w *World) Ring(t *testing.T, id, title string) desk.Outcome {
	t.Helper()
	out, err := w.Desk.Ring(t.Context(), w.message(id, title), desk.Draft{Title: title})
	must(t, err)
	return out
}

func (w *World) message(id, body string) desk.Message {
	return desk.Message{Endpoint: w.Endpoint, ID: id, Body: []byte(body), UID: "1000", Login: "mia", Full: "Mia Muster"}
}

// behind runs a statement behind the store's back, as somebody with access to the
// database could.
func (w *World) behind(t *testing.T, query string) {
	t.Helper()
	driver := "sqlite"
	if w.Engine() == "postgres" {
		driver = "pgx"
	}
	db, err := sql.Open(driver, w.DSN)
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), query)
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != code {
		t.Fatalf("got %v (%s), want %s", err, fault.CodeOf(err), code)
	}
}

// Run runs the whole suite.
func Run(t *testing.T, e Engine) {
	for _, tt := range []struct {
		name string
		f    func(*testing.T, Engine)
	}{
		{"Ring", testRing}, {"RingAgain", testRingAgain}, {"RingTwiceAtOnce", testRingTwiceAtOnce}, {"Work", testWork}, {"TakeAtOnce", testTakeAtOnce},
		{"StaleIsRefused", testStale}, {"HistoryIsTheTruth", testHistory}, {"Pages", testPages}, {"Select", testSelect},
		{"OneFailureTakesNobodyAlong", testIsolation}, {"Feed", testFeed}, {"FeedWhileWriting", testFeedWhileWriting},
		{"People", testPeople}, {"Sessions", testSessions}, {"Tokens", testTokens}, {"EnrolOnce", testEnrolOnce}, {"EnrolAtOnce", testEnrolAtOnce},
		{"Ratchet", testRatchet}, {"Audit", testAudit}, {"Blobs", testBlobs}, {"Asks", testAsks}, {"Surveys", testSurveys}, {"Alerts", testAlerts}, {"Channels", testChannels}, {"Heartbeats", testHeartbeats}, {"Checks", testChecks}, {"Devices", testDevices}, {"OnCall", testOnCall}, {"Habits", testHabits}, {"Groups", testGroups}, {"GroupRenamed", testGroupRenamed}, {"Mailings", testMailings}, {"Availability", testAvailability}, {"Screens", testScreens}, {"Announcements", testAnnouncements}, {"Incidents", testIncidents}, {"NormalDay", testNormalDay}, {"Burst", testBurst}, {"Guessed", testGuessed}, {"Called", testCalled}, {"Dismissed", testDismissed}, {"IncidentTold", testIncidentTold}, {"IncidentFixed", testIncidentFixed}, {"FixedBad", testFixedBad}, {"Scripts", testScripts}, {"Fleet", testFleet}, {"Meta", testMeta}, {"Sweep", testSweep}, {"Mended", testMended}, {"Facts", testFacts}, {"FactsAtOnce", testFactsAtOnce},
		{"Articles", testArticles}, {"FindArticles", testFindArticles}, {"Readers", testReaders},
		{"Drafts", testDrafts}, {"HeldAnswers", testHeldAnswers}, {"HeldAnswersSurvive", testHeldSurvive}, {"HeldAnswersFail", testHeldFails}, {"TogetherOrNotAtAll", testTogether},
		{"Find", testFind}, {"WordsLikeAScan", testWordsLikeAScan}, {"Relevance", testRelevance}, {"RelevanceWindow", testRelevanceWindow}, {"Bulk", testBulk}, {"Views", testViews}, {"Export", testExport},
		{"HostileText", testHostileText}, {"Contacts", testContacts}, {"ImportPeople", testImportPeople}, {"ImportTenThousand", testImportMany}, {"Figures", testFigures},
		{"TakeNextAtOnce", testTakeNextAtOnce}, {"GivingOut", testGivingOut}, {"Notices", testNotices}, {"Due", testDue}, {"ToldOnce", testToldOnce}, {"WritesOfTheOld", testWritesOfTheOld}, {"ReportsTo", testReportsTo},
		{"Merge", testMerge}, {"MergeRefused", testMergeRefused}, {"MergeHundred", testMergeHundred}, {"MergedRequester", testMergedRequester}, {"Split", testSplit},
		{"Links", testLinks}, {"Family", testFamily}, {"ReopenLate", testReopenLate}, {"AutoClose", testAutoClose}, {"Scheduled", testScheduled},
		{"Approvals", testApprovals}, {"Filing", testFiling}, {"Impact", testImpact}, {"TwoHundredEdits", testTwoHundredEdits},
		{"Removal", testRemoval},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.f(t, e) })
	}
}

func testRing(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	snapshot := json.RawMessage(`{"version":1,"taken_at":"2026-03-02T08:59:00Z"}`)
	findings := []diagnostics.Finding{{Code: "disk.full", Severity: diagnostics.Critical, Sentence: "Your disk is full."}}
	out, err := w.Desk.Ring(ctx, w.message("01A", "x"), desk.Draft{Title: "  Printer <b>dead</b> ", Body: "line\r\n\x1b[31mred", Findings: findings, Snapshot: snapshot, TakenAt: w.Now()})
	must(t, err)
	w.Reopen(t) // what was acknowledged is on disk
	d, err := w.Desk.Get(ctx, w.Anna, out.Ticket)
	must(t, err)
	if d.Number != out.Number || d.Number < 1001 || d.Title != "Printer <b>dead</b>" || d.Body != "line\n␛[31mred" || d.State != ticket.New {
		t.Errorf("got %+v", d.Ticket)
	}
	if d.Requester.Name != "Mia Muster" || d.EndpointName != "PC-17" || d.SiteName != "Berlin" || d.Priority != 3 {
		t.Errorf("got requester %q, endpoint %q, site %q, priority %d", d.Requester.Name, d.EndpointName, d.SiteName, d.Priority)
	}
	if diff := cmp.Diff(findings, d.Findings); diff != "" {
		t.Error(diff)
	}
	s, err := w.Desk.Snapshot(ctx, w.Anna, d.Snapshot)
	must(t, err)
	if string(s.Doc) != string(snapshot) || s.Ticket != d.ID || s.Endpoint != w.Endpoint {
		t.Errorf("got snapshot %+v", s)
	}
	stranger := auth.Actor{Kind: auth.Requester, Person: w.Ben.Person}
	_, err = w.Desk.Get(ctx, stranger, out.Ticket)
	wantCode(t, err, fault.NotFound)
	_, err = w.Desk.Snapshot(ctx, stranger, d.Snapshot)
	wantCode(t, err, fault.NotFound)
	mia, err := w.Desk.PersonOf(ctx, w.Endpoint, "1000")
	must(t, err)
	_, err = w.Desk.Get(ctx, mia, out.Ticket)
	must(t, err)
}

func testRingAgain(t *testing.T, e Engine) {
	w := Open(t, e)
	first := w.Ring(t, "01A", "Printer")
	w.Reopen(t)
	if again := w.Ring(t, "01A", "Printer"); again != first {
		t.Errorf("the same message made %+v, then %+v", first, again)
	}
	_, err := w.Desk.Ring(t.Context(), w.message("01A", "another body"), desk.Draft{Title: "Forged"})
	wantCode(t, err, fault.Conflict)
	rows, _, err := w.Desk.List(t.Context(), w.Anna, desk.Query{})
	must(t, err)
	if len(rows) != 1 || rows[0].Title != "Printer" {
		t.Errorf("there are %d tickets: %+v", len(rows), rows)
	}
	log, err := w.AuditLog(t.Context(), "message:01A", 0, 10)
	must(t, err)
	if len(log) != 1 {
		t.Errorf("the forgery was written to the audit log %d times", len(log))
	}
}

func testRingTwiceAtOnce(t *testing.T, e Engine) {
	w := Open(t, e)
	const n = 8
	outs := make([]desk.Outcome, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			outs[i], errs[i] = w.Desk.Ring(t.Context(), w.message("01A", "x"), desk.Draft{Title: "Twice"})
		})
	}
	wg.Wait()
	for i := range n {
		must(t, errs[i])
		if outs[i] != outs[0] {
			t.Errorf("one message has the outcomes %+v and %+v", outs[0], outs[i])
		}
	}
	rows, _, err := w.Desk.List(t.Context(), w.Anna, desk.Query{})
	must(t, err)
	if len(rows) != 1 {
		t.Errorf("one message sent %d times at once made %d tickets", n, len(rows))
	}
}

func testWork(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	out := w.Ring(t, "01A", "Printer")
	do := func(a auth.Actor, c ticket.Command) {
		t.Helper()
		_, err := w.Desk.Do(ctx, a, out.Ticket, 0, c)
		must(t, err)
	}
	do(w.Anna, ticket.Take{})
	do(w.Anna, ticket.Note{Message: "01N", Body: "secret: drum worn"})
	do(w.Anna, ticket.Reply{Message: "01R", Body: "On my way."})
	do(w.Anna, ticket.Wait{For: ticket.WaitRequester, Message: "01W", Body: "Which floor?"})
	_, err := w.Desk.Act(ctx, w.message("01B", "b"), out.Ticket, ticket.Reply{Message: "01B", Body: "Third"})
	must(t, err)
	d, err := w.Desk.Get(ctx, w.Anna, out.Ticket)
	must(t, err)
	if d.State != ticket.InProgress || d.Assignee.ID != w.Anna.Person {
		t.Errorf("the answer left it %s, with %s", d.State, d.Assignee.Name)
	}
	do(w.Anna, ticket.Resolve{Message: "01S", Solution: "New drum.", Code: ticket.Fixed})
	// By the ring's id, as an endpoint that was offline names it.
	_, err = w.Desk.Act(ctx, w.message("01C", "c"), "01A", ticket.Confirm{})
	must(t, err)
	_, err = w.Desk.Act(ctx, w.message("01D", "d"), "01A", ticket.Rate{Rating: 5, Comment: "Quick."})
	must(t, err)
	mia, err := w.Desk.PersonOf(ctx, w.Endpoint, "1000")
	must(t, err)
	d, err = w.Desk.Get(ctx, mia, out.Ticket)
	must(t, err)
	if d.State != ticket.Closed || d.Rating != 5 || d.Solution != "New drum." {
		t.Errorf("got %+v", d.Ticket)
	}
	for _, m := range desk.Conversation(d.History) {
		if !m.Public || m.ID == "01N" {
			t.Errorf("the requester sees the note %q", m.Body)
		}
	}
	other := desk.Message{Endpoint: w.Endpoint, ID: "01E", Body: []byte("e"), UID: "1001", Login: "eve"}
	_, err = w.Desk.Act(ctx, other, out.Ticket, ticket.Reopen{})
	wantCode(t, err, fault.NotFound)
}

func testTakeAtOnce(t *testing.T, e Engine) {
	w := Open(t, e)
	out := w.Ring(t, "01A", "Printer")
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, a := range []auth.Actor{w.Anna, w.Ben} {
		wg.Go(func() { _, errs[i] = w.Desk.Do(t.Context(), a, out.Ticket, 1, ticket.Take{}) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("of two who take a ticket at once, got %v and %v", errs[0], errs[1])
	}
	for _, err := range errs {
		if err != nil {
			wantCode(t, err, fault.Conflict)
		}
	}
}

func testStale(t *testing.T, e Engine) {
	w := Open(t, e)
	out := w.Ring(t, "01A", "Printer")
	_, err := w.Desk.Do(t.Context(), w.Anna, out.Ticket, 1, ticket.Reply{Message: "01R", Body: "Hello"})
	must(t, err)
	_, err = w.Desk.Do(t.Context(), w.Ben, out.Ticket, 1, ticket.Resolve{Solution: "x", Code: ticket.Fixed})
	wantCode(t, err, fault.Stale)
	d, err := w.Desk.Get(t.Context(), w.Ben, out.Ticket)
	must(t, err)
	if d.State != ticket.New || d.Version != 2 {
		t.Errorf("the stale command left %s, version %d", d.State, d.Version)
	}
}

func testHistory(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	out := w.Ring(t, "01A", "Printer")
	for _, c := range []ticket.Command{
		ticket.Take{}, ticket.Prioritise{Impact: 1, Urgency: 1, Reason: "all floors"}, ticket.Wait{For: ticket.WaitVendor}, ticket.Resume{},
		ticket.Assign{To: ticket.Person{ID: w.Ben.Person}}, ticket.Resolve{Solution: "y", Code: ticket.Explained}, ticket.Reopen{}, ticket.Cancel{Reason: "twice"},
	} {
		_, err := w.Desk.Do(ctx, w.Anna, out.Ticket, 0, c)
		must(t, err)
	}
	w.Reopen(t)
	d, err := w.Desk.Get(ctx, w.Anna, out.Ticket)
	must(t, err)
	if diff := cmp.Diff(ticket.Replay(d.ID, d.Number, d.Ref, d.History), d.Ticket); diff != "" {
		t.Errorf("the stored ticket is not what its history comes to (-history +stored):\n%s", diff)
	}
	if d.Assignee.Name != "Ben" {
		t.Errorf("it is with %q", d.Assignee.Name)
	}
}

func testPages(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	for i := range 25 {
		out := w.Ring(t, fmt.Sprintf("01A%02d", i), "t")
		if i%3 == 0 {
			_, err := w.Desk.Do(ctx, w.Anna, out.Ticket, 0, ticket.Prioritise{Impact: 1, Urgency: ticket.Level(1 + i%2)})
			must(t, err)
		}
	}
	for _, order := range []desk.Order{desk.ByPriority, desk.Newest} {
		var got []desk.Position
		q := desk.Query{Open: true, Order: order, Limit: 7}
		for pages := 1; ; pages++ {
			rows, next, err := w.Desk.List(ctx, w.Anna, q)
			must(t, err)
			for _, r := range rows {
				got = append(got, desk.Position{Priority: int(r.Priority), Number: r.Number})
			}
			if next == nil {
				if pages != 4 {
					t.Errorf("%s: %d pages", order, pages)
				}
				break
			}
			q.After = next
		}
		if len(got) != 25 {
			t.Fatalf("%s: %d tickets on all pages", order, len(got))
		}
		for i := 1; i < len(got); i++ {
			a, b := got[i-1], got[i]
			if order == desk.Newest && a.Number <= b.Number || order == desk.ByPriority && (a.Priority > b.Priority || a.Priority == b.Priority && a.Number >= b.Number) {
				t.Errorf("%s: %+v stands before %+v", order, a, b)
			}
		}
	}
}

func testSelect(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	a := w.Ring(t, "01A", "Printer 100% broken")
	b := w.Ring(t, "01B", "VPN_slow")
	_, err := w.Desk.Do(ctx, w.Anna, a.Ticket, 0, ticket.Take{})
	must(t, err)
	for name, tt := range map[string]struct {
		q    desk.Query
		want []string
	}{
		"all":               {desk.Query{}, []string{a.Ticket, b.Ticket}},
		"mine":              {desk.Query{Assignee: w.Anna.Person}, []string{a.Ticket}},
		"nobody's":          {desk.Query{Unassigned: true, Open: true}, []string{b.Ticket}},
		"percent is text":   {desk.Query{Text: "100%"}, []string{a.Ticket}},
		"underscore too":    {desk.Query{Text: "vpn_"}, []string{b.Ticket}},
		"underscore is one": {desk.Query{Text: "r_"}, nil},
		"by number":         {desk.Query{Text: fmt.Sprint(b.Number)}, []string{b.Ticket}},
		"with a hash":       {desk.Query{Text: fmt.Sprint("#", b.Number)}, []string{b.Ticket}},
		"by state":          {desk.Query{States: []ticket.State{ticket.InProgress, ticket.Closed}}, []string{a.Ticket}},
		"by endpoint":       {desk.Query{Endpoint: w.Endpoint}, []string{a.Ticket, b.Ticket}},
		"another endpoint":  {desk.Query{Endpoint: "x"}, nil},
		"by site":           {desk.Query{Site: w.Site.ID}, []string{a.Ticket, b.Ticket}},
	} {
		rows, _, err := w.Desk.List(ctx, w.Anna, tt.q)
		must(t, err)
		var got []string
		for _, r := range rows {
			got = append(got, r.ID)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func testIsolation(t *testing.T, e Engine) {
	w := Open(t, e)
	const n = 60
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			title := fmt.Sprint("ticket ", i)
			if i%3 == 0 {
				title = "" // refused inside the transaction
			}
			_, errs[i] = w.Desk.Ring(t.Context(), w.message(fmt.Sprintf("01A%02d", i), title), desk.Draft{Title: title})
		})
	}
	wg.Wait()
	for i, err := range errs {
		if i%3 == 0 {
			wantCode(t, err, fault.Invalid)
		} else if err != nil {
			t.Errorf("ticket %d: %v", i, err)
		}
	}
	rows, _, err := w.Desk.List(t.Context(), w.Anna, desk.Query{Limit: 200})
	must(t, err)
	if len(rows) != n*2/3 {
		t.Errorf("%d tickets", len(rows))
	}
}

func testHostileText(t *testing.T, e Engine) {
	w := Open(t, e)
	for i, s := range []string{`'; DROP TABLE tickets; --`, `<script>alert(1)</script>`, `{{.}}`, "\u202egnp.exe", "$1", "日本語 🙂", `\`, "%00"} {
		out := w.Ring(t, fmt.Sprintf("01A%d", i), s)
		d, err := w.Desk.Get(t.Context(), w.Anna, out.Ticket)
		must(t, err)
		if d.Title != s {
			t.Errorf("%q became %q", s, d.Title)
		}
	}
	for name, title := range map[string]string{"empty": " ", "line break": "a\nb", "null": "a\x00b", "not UTF-8": "a\xffb", "too long": string(make([]byte, 1<<20))} {
		_, err := w.Desk.Ring(t.Context(), w.message("01Z", name), desk.Draft{Title: title})
		wantCode(t, err, fault.Invalid)
		if fault.FieldOf(err) != "title" {
			t.Errorf("%s: the error is about %q", name, fault.FieldOf(err))
		}
	}
}

func contextWithCancel(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
