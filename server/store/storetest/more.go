package storetest

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/store"
	"github.com/deskbell/deskbell/server/ticket"
)

func testFeed(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	start, err := w.FeedEnd(ctx)
	must(t, err)
	out := w.Ring(t, "01A", "Printer")
	_, err = w.Desk.Do(ctx, w.Anna, out.Ticket, 0, ticket.Take{})
	must(t, err)
	_, err = w.Desk.Do(ctx, w.Anna, out.Ticket, 0, ticket.Note{Message: "01N", Body: "hush"})
	must(t, err)
	events, err := w.Feed(ctx, start, 100)
	must(t, err)
	var types []ticket.EventType
	for i, x := range events {
		var te store.TicketEvent
		must(t, json.Unmarshal(x.Data, &te))
		types = append(types, te.Type)
		if te.ID != out.Ticket || te.Version != int64(i+1) || x.Key != out.Ticket {
			t.Errorf("event %d: %+v", i, te)
		}
		if (x.Requester != "") != (te.Type != ticket.Noted) {
			t.Errorf("the event %s is for the requester %q", te.Type, x.Requester)
		}
	}
	if diff := cmp.Diff([]ticket.EventType{ticket.Opened, ticket.Took, ticket.Noted}, types); diff != "" {
		t.Fatal(diff)
	}
	rest, err := w.Feed(ctx, events[0].Cursor, 100)
	must(t, err)
	if len(rest) != 2 || rest[0].Cursor != events[1].Cursor {
		t.Errorf("after the first event come %d", len(rest))
	}
	for _, bad := range []string{"", "x", "1.-1", "1", "🙂.1", "zzzzzzzzzzzzzzzzzzzz.1"} {
		_, err := w.Feed(ctx, bad, 1)
		wantCode(t, err, fault.Invalid)
	}
}

// testFeedWhileWriting lets many write while one listens: every event comes, each
// once, and each ticket's in their order.
func testFeedWhileWriting(t *testing.T, e Engine) {
	w := Open(t, e)
	hub := live.New()
	l := hub.Listen(func(*live.Event) bool { return true })
	defer l.Close()
	stop := make(chan struct{})
	var feed sync.WaitGroup
	ctx, cancel := contextWithCancel(t)
	start, err := w.FeedEnd(ctx)
	must(t, err)
	feed.Go(func() {
		if err := w.RunFeed(ctx, hub, start); err != nil {
			t.Error(err)
		}
	})
	defer feed.Wait()
	defer cancel()
	const writers, each = 8, 12
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			out := w.Ring(t, fmt.Sprintf("01A%d", i), "t")
			for j := range each - 1 {
				if _, err := w.Desk.Do(t.Context(), w.Anna, out.Ticket, 0, ticket.Note{Message: fmt.Sprint(i, j), Body: "n"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	go func() { wg.Wait(); close(stop) }()
	versions := map[string]int64{}
	timeout := time.After(30 * time.Second)
	for n := range writers * each {
		select {
		case x := <-l.C:
			var te store.TicketEvent
			must(t, json.Unmarshal(x.Data, &te))
			if te.Version != versions[te.ID]+1 {
				t.Fatalf("after version %d of a ticket comes version %d", versions[te.ID], te.Version)
			}
			versions[te.ID] = te.Version
		case <-timeout:
			t.Fatalf("%d of %d events came", n, writers*each)
		}
	}
	<-stop
}

func testPeople(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	root := auth.SystemActor("test")
	_, _, err := w.Auth.AddPerson(ctx, root, "ANNA@example.com", "Other", auth.Admin)
	wantCode(t, err, fault.Conflict)
	_, _, err = w.Auth.AddPerson(ctx, root, "no address", "", auth.Admin)
	wantCode(t, err, fault.Invalid)
	_, _, err = w.Auth.AddPerson(ctx, w.Anna, "x@example.com", "", auth.Admin)
	wantCode(t, err, fault.Forbidden)
	w.Ring(t, "01A", "so that Mia is here")
	people, next, err := w.Auth.People(ctx, w.Anna, auth.PeopleQuery{Limit: 2})
	must(t, err)
	rest, end, err := w.Auth.People(ctx, w.Anna, auth.PeopleQuery{Limit: 2, After: next})
	must(t, err)
	var names []string
	for _, p := range append(people, rest...) {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"Anna", "Ben", "Mia Muster"}, names); diff != "" || end != "" {
		t.Errorf("%s, next %q", diff, end)
	}
	staff, _, err := w.Auth.People(ctx, w.Anna, auth.PeopleQuery{Staff: true})
	must(t, err)
	if len(staff) != 2 {
		t.Errorf("%d on the staff", len(staff))
	}
	found, _, err := w.Auth.People(ctx, w.Anna, auth.PeopleQuery{Text: "MUST"})
	must(t, err)
	if len(found) != 1 || found[0].Email != "" {
		t.Errorf("found %+v", found)
	}
}

func testSessions(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	root := auth.SystemActor("test")
	link, err := w.Auth.MakeSignInLink(ctx, root, w.Anna.Person)
	must(t, err)
	_, _, err = w.Auth.EnterLink(ctx, auth.PortalLink, link, "browser") // the wrong door leaves it whole
	wantCode(t, err, fault.Used)
	session, actor, err := w.Auth.EnterLink(ctx, auth.SignInLink, link, "browser")
	must(t, err)
	if actor.Person != w.Anna.Person || actor.Role != auth.Technician {
		t.Errorf("entered as %+v", actor)
	}
	_, _, err = w.Auth.EnterLink(ctx, auth.SignInLink, link, "browser")
	wantCode(t, err, fault.Used)
	_, err = w.Auth.ActorOf(ctx, auth.Requester, session)
	wantCode(t, err, fault.Unauthenticated)
	got, err := w.Auth.ActorOf(ctx, auth.Staff, session)
	must(t, err)
	const password = "correct horse battery"
	wantCode(t, w.Auth.SetPassword(ctx, got, "", "short"), fault.Invalid)
	must(t, w.Auth.SetPassword(ctx, got, "", password))
	_, _, err = w.Auth.SignIn(ctx, "anna@example.com", "wrong", "b", "127.0.0.1")
	wantCode(t, err, fault.Unauthenticated)
	_, _, err = w.Auth.SignIn(ctx, "nobody@example.com", "wrong", "b", "127.0.0.1")
	wantCode(t, err, fault.Unauthenticated)
	second, _, err := w.Auth.SignIn(ctx, "Anna@Example.com", password, "b", "127.0.0.1")
	must(t, err)
	must(t, w.Auth.SignOut(ctx, got))
	_, err = w.Auth.ActorOf(ctx, auth.Staff, session)
	wantCode(t, err, fault.Unauthenticated)
	disabled := true
	admin := auth.Actor{Kind: auth.Staff, Person: "x", Role: auth.Admin}
	_, err = w.Auth.ChangePerson(ctx, admin, w.Anna.Person, auth.PersonChange{Disabled: &disabled})
	must(t, err)
	_, err = w.Auth.ActorOf(ctx, auth.Staff, second)
	wantCode(t, err, fault.Unauthenticated)
	_, _, err = w.Auth.SignIn(ctx, "anna@example.com", password, "b", "127.0.0.1")
	wantCode(t, err, fault.Unauthenticated)

	w.Ring(t, "01A", "so that Mia is here")
	endpoint := auth.Actor{Kind: auth.Endpoint, Endpoint: w.Endpoint}
	portal, _, err := w.Auth.MakePortalLink(ctx, endpoint, "1000", "mia", "Mia Muster")
	must(t, err)
	_, mia, err := w.Auth.EnterLink(ctx, auth.PortalLink, portal, "b")
	must(t, err)
	if mia.Kind != auth.Requester || mia.Endpoint != w.Endpoint || mia.UID != "1000" || mia.Role != auth.NoRole {
		t.Errorf("entered the portal as %+v", mia)
	}
}

func testTokens(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	secret, token, err := w.Auth.MakeToken(ctx, w.Anna, w.Anna.Person, "script", auth.NoRole, time.Hour)
	must(t, err)
	actor, err := w.Auth.ActorOfToken(ctx, secret)
	must(t, err)
	if actor.Person != w.Anna.Person {
		t.Errorf("the token is %+v's", actor)
	}
	_, _, err = w.Auth.MakeToken(ctx, w.Anna, w.Anna.Person, "wide", auth.Admin, time.Hour)
	wantCode(t, err, fault.Invalid)
	_, _, err = w.Auth.MakeToken(ctx, w.Anna, w.Ben.Person, "his", auth.NoRole, time.Hour)
	wantCode(t, err, fault.Forbidden)
	wantCode(t, w.Auth.RevokeToken(ctx, w.Ben, token.ID), fault.Forbidden)
	_, err = w.Auth.ActorOfToken(ctx, secret) // still there
	must(t, err)
	must(t, w.Auth.RevokeToken(ctx, w.Anna, token.ID))
	_, err = w.Auth.ActorOfToken(ctx, secret)
	wantCode(t, err, fault.Unauthenticated)
}

func testEnrolOnce(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	root := auth.SystemActor("test")
	secret, made, err := w.Registry.Create(ctx, root, "Hamburg", 1, time.Hour)
	must(t, err)
	key := func(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }
	first, err := w.Registry.Enrol(ctx, wire.Enrol{Token: secret, Key: key(1), Machine: wire.Machine{Hostname: "A"}})
	must(t, err)
	again, err := w.Registry.Enrol(ctx, wire.Enrol{Token: secret, Key: key(1), Machine: wire.Machine{Hostname: "A"}})
	must(t, err)
	if again.ID != first.ID {
		t.Error("the machine that asked again became another endpoint")
	}
	_, err = w.Registry.Enrol(ctx, wire.Enrol{Token: secret, Key: key(2)})
	wantCode(t, err, fault.Used)
	_, err = w.Registry.Enrol(ctx, wire.Enrol{Token: "deskbell_enrol_no", Key: key(3)})
	wantCode(t, err, fault.NotFound)
	must(t, w.Registry.Revoke(ctx, root, made.ID))
	_, err = w.Registry.Enrol(ctx, wire.Enrol{Token: secret, Key: key(4)})
	wantCode(t, err, fault.Expired)
	sites, err := w.Registry.Sites(ctx, w.Anna)
	must(t, err)
	if len(sites) != 2 || sites[1].Name != "Hamburg" || sites[1].Zone != "" {
		t.Errorf("sites %+v", sites)
	}
	hamburg := sites[1].ID
	if s, err := w.Registry.SetZone(ctx, root, hamburg, " Europe/Berlin "); err != nil || s.Zone != "Europe/Berlin" || s.Name != "Hamburg" {
		t.Errorf("%+v, %v", s, err)
	}
	if z := w.Registry.Zone(hamburg); z == nil || z.String() != "Europe/Berlin" || w.Registry.Zones()["Hamburg"] != z || w.Registry.Zone(sites[0].ID) != nil {
		t.Errorf("the site's zone is %v", z)
	}
	_, err = w.Registry.SetZone(ctx, root, hamburg, "Local")
	wantCode(t, err, fault.Invalid)
	_, err = w.Registry.SetZone(ctx, root, "none", "UTC")
	wantCode(t, err, fault.NotFound)
	sites, err = w.Registry.Sites(ctx, w.Anna)
	must(t, err)
	if sites[1].Zone != "Europe/Berlin" {
		t.Errorf("sites %+v", sites)
	}
}

func testEnrolAtOnce(t *testing.T, e Engine) {
	w := Open(t, e)
	secret, _, err := w.Registry.Create(t.Context(), auth.SystemActor("test"), "Berlin", 3, time.Hour)
	must(t, err)
	var wg sync.WaitGroup
	errs := make([]error, 12)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = w.Registry.Enrol(t.Context(), wire.Enrol{Token: secret, Key: bytes.Repeat([]byte{byte(i + 1)}, 32)})
		})
	}
	wg.Wait()
	n := 0
	for _, err := range errs {
		if err == nil {
			n++
		} else {
			wantCode(t, err, fault.Used)
		}
	}
	if n != 3 {
		t.Errorf("an enrolment for 3 machines made %d endpoints", n)
	}
}

func testRatchet(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	_, one, err := w.Registry.Connect(ctx, w.Endpoint, nil)
	must(t, err)
	w.Registry.Stored(w.Endpoint, one)
	_, two, err := w.Registry.Connect(ctx, w.Endpoint, one)
	must(t, err)
	must(t, w.Registry.Flush(ctx))
	w.Reopen(t)
	// The server forgets what was not flushed, and believes its own signature.
	_, three, err := w.Registry.Connect(ctx, w.Endpoint, two)
	must(t, err)
	w.Registry.Stored(w.Endpoint, three)
	must(t, w.Registry.Flush(ctx))
	w.Reopen(t)
	i, _, err := w.Registry.Connect(ctx, w.Endpoint, two) // an old copy of the disk
	wantCode(t, err, fault.Held)
	if i.State != enrol.Held {
		t.Errorf("the identity is %s", i.State)
	}
	_, _, err = w.Registry.Connect(ctx, w.Endpoint, three) // the true one waits too
	wantCode(t, err, fault.Held)
	admin := auth.Actor{Kind: auth.Staff, Person: "x", Role: auth.Admin}
	wantCode(t, w.Registry.Release(ctx, w.Anna, w.Endpoint), fault.Forbidden)
	must(t, w.Registry.Release(ctx, admin, w.Endpoint))
	_, _, err = w.Registry.Connect(ctx, w.Endpoint, three)
	must(t, err)
	forged := bytes.Clone(three)
	forged[len(forged)-1] ^= 1
	_, _, err = w.Registry.Connect(ctx, w.Endpoint, forged)
	wantCode(t, err, fault.Held)
}

func testAudit(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if _, _, err := w.Registry.Create(ctx, auth.SystemActor("test"), fmt.Sprint("site ", i), 1, time.Hour); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	verify := func() error {
		var v audit.Verifier
		var after int64
		for {
			rows, err := w.AuditAfter(ctx, after, 7)
			must(t, err)
			for _, r := range rows {
				if err := v.Next(r); err != nil {
					return err
				}
				after = r.Seq
			}
			if len(rows) == 0 {
				n, _ := v.Head()
				if n < 40 {
					t.Errorf("only %d entries", n)
				}
				return nil
			}
		}
	}
	must(t, verify())
	rows, err := w.AuditLog(ctx, "", 0, 5)
	must(t, err)
	if len(rows) != 5 || rows[0].Seq <= rows[4].Seq {
		t.Errorf("the newest entries: %d", len(rows))
	}
	w.behind(t, "UPDATE audit SET object = 'enrolment:other' WHERE seq = 5")
	if verify() == nil {
		t.Error("a changed entry was not noticed")
	}
}

func testBlobs(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	data := make([]byte, 3*wire.MaxBlobChunk+17)
	rand.Read(data)
	sum := sha256.Sum256(data)
	sha, size := hex.EncodeToString(sum[:]), int64(len(data))
	put := func(at int64, b []byte) (bool, error) { return w.Desk.BlobPut(ctx, sha, size, at, b) }
	_, err := put(0, data[:wire.MaxBlobChunk])
	must(t, err)
	_, err = put(2*wire.MaxBlobChunk, data[2*wire.MaxBlobChunk:3*wire.MaxBlobChunk])
	wantCode(t, err, fault.Conflict)
	w.Reopen(t)
	have, err := w.Desk.BlobHave(ctx, sha, size)
	must(t, err)
	if have != wire.MaxBlobChunk {
		t.Fatalf("after a restart %d bytes are there", have)
	}
	_, err = w.Desk.Ring(ctx, w.message("01A", "x"), desk.Draft{Title: "t", Attachments: []ticket.Attachment{{SHA256: sha, Name: "a.bin"}}})
	wantCode(t, err, fault.Unavailable)
	for at := have; at < size; at += wire.MaxBlobChunk {
		done, err := put(at, data[at:min(at+wire.MaxBlobChunk, size)])
		must(t, err)
		if done != (at+wire.MaxBlobChunk >= size) {
			t.Errorf("done is %v at %d", done, at)
		}
	}
	out, err := w.Desk.Ring(ctx, w.message("01A", "x"), desk.Draft{Title: "t", Attachments: []ticket.Attachment{{SHA256: sha, Name: "a.bin", Size: 1, Type: "text/html"}}})
	must(t, err)
	a, r, err := w.Desk.Attachment(ctx, w.Anna, out.Ticket, sha)
	must(t, err)
	got, err := io.ReadAll(r)
	must(t, err)
	if !bytes.Equal(got, data) || a.Size != size || a.Type != "application/octet-stream" {
		t.Errorf("got %d bytes, size %d, type %s", len(got), a.Size, a.Type)
	}
	wrong := hex.EncodeToString(make([]byte, 32))
	_, err = w.Desk.BlobPut(ctx, wrong, 3, 0, []byte("abc"))
	wantCode(t, err, fault.Invalid)
	have, err = w.Desk.BlobHave(ctx, wrong, 3)
	must(t, err)
	if have != 0 {
		t.Error("bytes that are not what their name says were kept")
	}
	for _, bad := range []struct {
		sha  string
		size int64
	}{{"../../etc/passwd", 1}, {sha[:10], 1}, {wrong, 0}, {wrong, wire.MaxBlob + 1}} {
		if _, err := w.Desk.BlobHave(ctx, bad.sha, bad.size); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

type line struct {
	online bool
	asked  []wire.Ask
	ids    []string
}

func (l *line) Frame(string, []byte) error { return nil }

func (l *line) Ask(_, id string, q wire.Ask) error {
	if !l.online {
		return fault.New(fault.Unavailable, "The machine is offline.")
	}
	l.asked, l.ids = append(l.asked, q), append(l.ids, id)
	return nil
}

func (l *line) Cancel(_, _ string) {}

func testAsks(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	l := &line{online: true}
	asker := ask.New(w.DB.Asks(), live.New(), w.Now, discard())
	asker.SetLine(l)
	out := w.Ring(t, "01A", "Printer")
	q, err := asker.Ask(ctx, w.Anna, ask.Request{Endpoint: w.Endpoint, Ticket: out.Ticket, Kind: wire.AskPing, Params: json.RawMessage(`{"host":"x"}`)})
	must(t, err)
	asker.Answer(ctx, "another endpoint", q.ID, wire.Answer{Data: json.RawMessage(`"forged"`), Done: true})
	asker.Answer(ctx, w.Endpoint, q.ID, wire.Answer{Part: 0, Data: json.RawMessage(`{"seq":0}`)})
	asker.Answer(ctx, w.Endpoint, q.ID, wire.Answer{Part: 1, Data: json.RawMessage(`{"seq":1}`), Done: true})
	got, err := asker.Get(ctx, w.Anna, q.ID)
	must(t, err)
	if got.State != ask.Done || len(got.Answer) != 2 || string(got.Answer[1]) != `{"seq":1}` || got.Number != out.Number {
		t.Errorf("got %+v", got)
	}
	d, err := w.Desk.Get(ctx, w.Anna, out.Ticket)
	must(t, err)
	if last := d.History[len(d.History)-1]; last.Type != ticket.Asked || last.Ask != q.ID {
		t.Errorf("the ticket's history ends with %+v", last)
	}
	log, err := w.AuditLog(ctx, "endpoint:"+w.Endpoint, 0, 1)
	must(t, err)
	if len(log) != 1 || log[0].Action != audit.EndpointAsked {
		t.Errorf("the audit log says %+v", log)
	}

	l.online = false
	now, err := asker.Ask(ctx, w.Anna, ask.Request{Endpoint: w.Endpoint, Kind: wire.AskServices})
	must(t, err)
	if now.State != ask.Failed || now.Code != fault.Unavailable {
		t.Errorf("asked offline: %+v", now)
	}
	later, err := asker.Ask(ctx, w.Anna, ask.Request{Endpoint: w.Endpoint, Kind: wire.AskServices, Wait: time.Hour})
	must(t, err)
	if later.State != ask.Waiting {
		t.Errorf("asked to wait: %+v", later)
	}
	l.online = true
	must(t, asker.Connected(ctx, w.Endpoint))
	if l.ids[len(l.ids)-1] != later.ID {
		t.Error("what waited was not sent")
	}
	order, err := asker.Act(ctx, w.Anna, ask.Request{Endpoint: w.Endpoint, Ticket: out.Ticket, Kind: wire.ActRestartService, Params: json.RawMessage(`{"name":"cups"}`)})
	must(t, err)
	// The server goes down while it runs: nobody knows what became of it.
	again := ask.New(w.DB.Asks(), live.New(), w.Now, discard())
	again.SetLine(l)
	must(t, again.Recover(ctx))
	got, err = again.Get(ctx, w.Anna, later.ID)
	must(t, err)
	if got.State != ask.Unknown {
		t.Errorf("after a restart it is %s", got.State)
	}
	got, err = again.Get(ctx, w.Anna, order.ID)
	must(t, err)
	if got.State != ask.Unknown || !strings.Contains(got.Sentence, "look before you do it again") {
		t.Errorf("after a restart an order is %s: %s", got.State, got.Sentence)
	}
	d, err = w.Desk.Get(ctx, w.Anna, out.Ticket)
	must(t, err)
	if last := d.History[len(d.History)-1]; last.Type != ticket.Asked || last.Ask != order.ID || last.Body != "service.restart unknown" {
		t.Errorf("after a restart the ticket's history ends with %+v", last)
	}
	log, err = w.AuditLog(ctx, "endpoint:"+w.Endpoint, 0, 3)
	must(t, err)
	if log[0].Action != audit.EndpointAnswered || log[1].Action != audit.EndpointActed {
		t.Errorf("after a restart the audit log says %+v", log)
	}
	must(t, again.Recover(ctx)) // what was told once is not told again
	if d2, err := w.Desk.Get(ctx, w.Anna, out.Ticket); err != nil || len(d2.History) != len(d.History) {
		t.Errorf("recovered twice the history has %d entries, before %d, %v", len(d2.History), len(d.History), err)
	}
	mia := auth.Actor{Kind: auth.Requester, Person: "p", Endpoint: w.Endpoint, UID: "1000"}
	_, err = again.Ask(ctx, mia, ask.Request{Endpoint: w.Endpoint, Kind: wire.AskProcesses})
	wantCode(t, err, fault.Forbidden)
	own, err := again.Ask(ctx, mia, ask.Request{Endpoint: w.Endpoint, Kind: wire.AskSnapshot})
	must(t, err)
	_, err = again.Get(ctx, auth.Actor{Kind: auth.Requester, Person: "q"}, own.ID)
	wantCode(t, err, fault.NotFound)
}

func testFleet(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	s := w.DB.NOC()
	at := w.Now().Truncate(time.Millisecond)
	findings := []diagnostics.Finding{{Code: "disk.full", Severity: diagnostics.Critical, Sentence: "Full."}}
	must(t, s.SaveFindings(ctx, w.Endpoint, wire.Findings{At: at, Findings: findings}))
	inv := wire.Inventory{Hash: "h1", System: diagnostics.System{OS: "linux", Platform: "Debian"}}
	must(t, s.SaveInventory(ctx, w.Endpoint, inv, json.RawMessage(`{"hash":"h1"}`)))
	must(t, s.SaveSeen(ctx, []noc.Seen{{Endpoint: w.Endpoint, Name: "PC-18", Renamed: true, Boot: "b", BootedAt: at, At: at, Goodbye: wire.ByeSleep}}))
	w.Reopen(t)
	list, err := w.DB.NOC().Endpoints(ctx)
	must(t, err)
	one, err := w.DB.NOC().Endpoint(ctx, w.Endpoint)
	must(t, err)
	if len(list) != 1 || list[0].Name != "PC-18" || !list[0].SeenAt.Equal(at) || list[0].Goodbye != wire.ByeSleep || list[0].InventoryHash != "h1" || list[0].Site.Name != "Berlin" {
		t.Errorf("got %+v", list)
	}
	if diff := cmp.Diff(findings, one.Findings); diff != "" || string(one.Inventory) != `{"hash":"h1"}` {
		t.Errorf("%s, inventory %s", diff, one.Inventory)
	}
	_, err = w.DB.NOC().Endpoint(ctx, "x")
	wantCode(t, err, fault.NotFound)
}

func testMeta(t *testing.T, e Engine) {
	w := Open(t, e)
	must(t, w.SetMeta(t.Context(), "k", "one"))
	must(t, w.SetMeta(t.Context(), "k", "two"))
	w.Reopen(t)
	v, err := w.Meta(t.Context(), "k")
	must(t, err)
	none, err := w.Meta(t.Context(), "none")
	must(t, err)
	if v != "two" || none != "" {
		t.Errorf("got %q and %q", v, none)
	}
}

func testSweep(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	w.Ring(t, "01A", "old")
	_, err := w.Desk.BlobPut(ctx, hex.EncodeToString(make([]byte, 32)), wire.MaxBlobChunk+1, 0, make([]byte, wire.MaxBlobChunk))
	must(t, err)
	missing, err := w.Desk.Missing(ctx, w.Endpoint, []string{"01A", "01B"})
	must(t, err)
	if diff := cmp.Diff([]string{"01B"}, missing); diff != "" {
		t.Error(diff)
	}
	later := w.Now().Add(time.Hour).UnixMilli()
	must(t, w.Sweep(ctx, later, later))
	missing, err = w.Desk.Missing(ctx, w.Endpoint, []string{"01A"})
	must(t, err)
	have, err := w.Desk.BlobHave(ctx, hex.EncodeToString(make([]byte, 32)), wire.MaxBlobChunk+1)
	must(t, err)
	if len(missing) != 1 || have != 0 {
		t.Errorf("after the sweep: missing %v, %d bytes", missing, have)
	}
}
