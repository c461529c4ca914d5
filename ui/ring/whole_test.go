package ring_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"
	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent"
	"github.com/deskbell/deskbell/agent/enrol"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/state"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/ticket"
	"github.com/deskbell/deskbell/ui/drafts"
	"github.com/deskbell/deskbell/ui/ring"
	"github.com/deskbell/deskbell/ui/uitest"
)

// employee is a machine with its agent, both real, and the window “Get help”.
type employee struct {
	*uitest.Rig
	*ring.Ring
	client *local.Client
	server *servertest.Server
}

func newEmployee(t *testing.T, s *servertest.Server, before ...func(state.Dir)) *employee {
	t.Helper()
	dir := state.Dir(filepath.Join(t.TempDir(), "s"))
	if _, err := enrol.Enrol(t.Context(), dir, s.Enrolment("Berlin", 1).String(), enrol.Options{Machine: wire.Machine{Hostname: "PC-17", OS: "linux", Arch: "amd64", Agent: "test"}}); err != nil {
		t.Fatal(err)
	}
	for _, prepare := range before {
		prepare(dir)
	}
	quiet := slog.New(slog.DiscardHandler)
	ready, done := make(chan struct{}, 1), make(chan error, 1)
	a := agent.New(agent.Options{State: dir, Version: "test", Log: quiet, Ready: func() { ready <- struct{}{} }})
	go func() { done <- a.Run(t.Context()) }()
	t.Cleanup(func() { // the context of the test has ended
		if err := <-done; err != nil {
			t.Errorf("the agent ended with %v", err)
		}
	})
	select {
	case <-ready:
	case err := <-done:
		done <- err
		t.Fatalf("the agent did not start: %v", err)
	}
	w := &employee{Rig: uitest.New(t, 480, 620, uitest.Look{}), client: local.NewClient(string(dir)), server: s}
	t.Cleanup(w.client.Close)
	servertest.Wait(t, "the agent to be connected", func() bool {
		st, err := w.client.Status(t.Context())
		return err == nil && st.Connection == local.Connected
	})
	kept := drafts.Open(filepath.Join(t.TempDir(), "drafts.json"), quiet)
	t.Cleanup(kept.Flush)
	w.Ring = ring.New(w.Host, w.client, kept)
	w.Status(local.Status{Connection: local.Connected})
	w.Open(w.Ring)
	return w
}

func deskOf(s *servertest.Server) *desk.Desk {
	return desk.New(s.DB.Desk(), rulebook.Empty, time.Now)
}

// writes begins a ring with these words.
func (w *employee) writes(text string) {
	w.Shown("")
	test.Type(w.Window.Canvas().Focused(), text)
}

func (w *employee) said(text string) {
	w.Until("“"+text+"”", func() bool { return strings.Contains(w.Said(), text) })
}

// TestAnArticleInTheWindow is the way of an article from whoever publishes it into
// the window of somebody who writes, and of their “This helped” back.
func TestAnArticleInTheWindow(t *testing.T) {
	s := servertest.Start(t)
	base, mara := kb.New(s.DB.Knowledge(), time.Now), s.Actor(auth.Technician)
	publish := func(x kb.Text) kb.Article {
		t.Helper()
		a, err := base.Create(t.Context(), mara, x, "")
		if err == nil {
			a, err = base.Publish(t.Context(), mara, a.ID, a.Revision, "")
		}
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	open := publish(kb.Text{Title: "When the printer prints empty pages", Body: "Restart the **spooler**, then print again.", Audience: kb.Everyone})
	staff := publish(kb.Text{Title: "Printer prints empty pages: the service menu", Body: "Printer, empty pages: the code is 4711.", Audience: kb.Staff})
	if _, err := base.Create(t.Context(), mara, kb.Text{Title: "Printer empty pages, a draft", Body: "Printer prints empty pages.", Audience: kb.Everyone}, ""); err != nil {
		t.Fatal(err)
	}

	w := newEmployee(t, s)
	for range 2 { // the same person has the same question twice in a day
		w.writes("My printer prints empty pages")
		w.said("When the printer prints empty pages")
		if said := w.Said(); strings.Contains(said, "service menu") || strings.Contains(said, "a draft") || strings.Contains(said, "4711") {
			t.Fatalf("an employee is suggested what is not for them: %q", said)
		}
		test.Tap(w.Articles()[0])
		w.said("Restart the spooler, then print again.") // words, and no marks
		if n := len(w.Articles()); n != 2 {
			t.Fatalf("there are %d buttons among the articles", n)
		}
		test.Tap(w.Articles()[1])
		w.said("Nothing was sent.")
		servertest.Wait(t, "it to be counted", func() bool {
			a, err := base.Get(t.Context(), mara, open.ID)
			return err == nil && a.Deflected == 1
		})
	}
	// The window says so without waiting; the agent's own word comes after it.
	if err := w.client.Helped(t.Context(), open.ID, "My printer prints empty pages"); err != nil {
		t.Fatal(err)
	}
	if a, err := base.Get(t.Context(), mara, open.ID); err != nil || a.Deflected != 1 || a.Helped != 1 {
		t.Errorf("the same person counts as %d tickets saved and %d readers helped, %v", a.Deflected, a.Helped, err)
	}
	if err := w.client.Helped(t.Context(), staff.ID, "guessed"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an article for the staff answers %v", err)
	}
	if a, err := base.Get(t.Context(), mara, staff.ID); err != nil || a.Deflected != 0 {
		t.Errorf("an employee was helped by what they cannot read: %+v, %v", a, err)
	}
	rows, _, err := deskOf(s).List(t.Context(), mara, desk.Query{Order: desk.Newest, Limit: 10})
	if err != nil || len(rows) != 0 {
		t.Errorf("%d tickets were sent all the same, %v", len(rows), err)
	}

	if _, err := base.Care(t.Context(), mara, open.ID, open.Revision, kb.Care{Owner: open.Owner.ID, Retired: true}); err != nil {
		t.Fatal(err)
	}
	if list, err := w.client.Suggest(t.Context(), "My printer prints empty pages"); err != nil || len(list) != 0 {
		t.Errorf("what was taken back is suggested still: %+v, %v", list, err)
	}
}

// TestTheKindOfARing chooses it in the window. An agent that knows no kinds, and
// one that knows more than the server, are heard as well.
func TestTheKindOfARing(t *testing.T) {
	s := servertest.Start(t)
	anna := s.Actor(auth.Technician)
	kind := func(number int64) ticket.Kind {
		t.Helper()
		d, err := deskOf(s).GetByNumber(t.Context(), anna, number)
		if err != nil {
			t.Fatal(err)
		}
		return d.Kind
	}
	w := newEmployee(t, s)
	w.writes("A second screen, please")
	test.Tap(w.Need())
	test.Tap(w.SendButton())
	w.said("Sent. Number 1001.")
	if k := kind(1001); k != ticket.Request {
		t.Errorf("what is wanted is %q", k)
	}
	me := wire.Account{UID: strconv.Itoa(os.Getuid()), Name: "mia"}
	c := s.Machine("PC-18").Session(t)
	for k, want := range map[wire.Kind]ticket.Kind{"": ticket.Incident, wire.KindIncident: ticket.Incident, wire.KindRequest: ticket.Request, "wish": ticket.Incident} {
		ack := servertest.Call[wire.Ack](t, c, wire.TypeTicketOpen, wire.TicketOpen{Account: me, Kind: k, Title: "Hello", RungAt: time.Now()})
		if !ack.OK {
			t.Fatalf("the kind %q is answered %+v", k, ack)
		}
		if got := kind(ack.Number); got != want {
			t.Errorf("the kind %q became %q", k, got)
		}
	}
	if _, err := w.client.Ring(t.Context(), local.Draft{Kind: "wish", Title: "Hello"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("the agent answers a kind that there is not with %v", err)
	}
}

// TestAnApproverIsTold follows what waits for somebody's decision to the machine
// they work at, and their way back into the portal.
func TestAnApproverIsTold(t *testing.T) {
	s := servertest.Start(t)
	d, anna := deskOf(s), s.Actor(auth.Technician)
	w := newEmployee(t, s)
	waits := func(what, want string) {
		t.Helper()
		last := ""
		servertest.Wait(t, what, func() bool {
			st, err := w.client.Status(t.Context())
			var all strings.Builder
			for _, a := range st.Approvals {
				fmt.Fprintf(&all, "%d %s for %s;", a.Number, a.Title, a.Requester)
			}
			last = all.String()
			return err == nil && last == want
		})
	}
	r, err := w.client.Ring(t.Context(), local.Draft{Title: "Hello"}) // so that the desk knows who sits here
	if err != nil {
		t.Fatal(err)
	}
	mine, err := d.GetByNumber(t.Context(), anna, r.Number)
	if err != nil {
		t.Fatal(err)
	}
	boss := mine.Requester
	c := s.Machine("PC-18").Session(t)
	ask := func(title string) int64 {
		t.Helper()
		ack := servertest.Call[wire.Ack](t, c, wire.TypeTicketOpen, wire.TicketOpen{Account: wire.Account{UID: "2000", Name: "mia", Full: "Mia Muster"}, Kind: wire.KindRequest, Title: title, RungAt: time.Now()})
		if _, err := d.Do(t.Context(), anna, ack.Ticket, 0, ticket.AskApproval{Approver: boss, Message: ulid.Make().String(), Body: "May she?"}); err != nil {
			t.Fatal(err)
		}
		return ack.Number
	}
	screen, chair := ask("A screen"), ask("A chair")
	waits("both", "1002 A screen for Mia Muster;1003 A chair for Mia Muster;")

	link, err := w.client.Portal(t.Context(), wire.PageApprovals)
	if err != nil {
		t.Fatal(err)
	}
	address, secret, _ := strings.Cut(link.URL, "#")
	if !strings.HasSuffix(address, "/portal/enter?to=approvals") {
		t.Errorf("the link is %s", address)
	}
	for to, want := range map[string]string{"//evil.example": "/portal/", "approvals": "/portal/approvals"} {
		if to != "approvals" { // a link is good for once
			l, err := w.client.Portal(t.Context(), "nonsense")
			if err != nil {
				t.Fatal(err)
			}
			_, secret, _ := strings.Cut(l.URL, "#")
			entered(t, s, secret, to, want)
			continue
		}
		entered(t, s, secret, to, want)
	}

	actor := auth.Actor{Kind: auth.Requester, Person: boss.ID, Name: boss.Name}
	if _, err := d.Decide(t.Context(), actor, screen, true, "", ""); err != nil {
		t.Fatal(err)
	}
	waits("one to be decided", "1003 A chair for Mia Muster;")
	other, err := d.GetByNumber(t.Context(), anna, chair)
	if err != nil {
		t.Fatal(err)
	}
	// Somebody else is asked instead: whoever was asked first is told as well.
	if _, err := d.Do(t.Context(), anna, other.ID, 0, ticket.AskApproval{Approver: ticket.Person{ID: anna.Person, Name: anna.Name}, Message: ulid.Make().String()}); err != nil {
		t.Fatal(err)
	}
	waits("none to be left", "")

	// What changes while the machine is away is told when it is back.
	s.Stop()
	s.Restart()
	d = deskOf(s)
	lamp := servertest.Call[wire.Ack](t, s.Machine("PC-19").Session(t), wire.TypeTicketOpen, wire.TicketOpen{Account: wire.Account{UID: "2000", Name: "jo"}, Kind: wire.KindRequest, Title: "A lamp", RungAt: time.Now()})
	if _, err := d.Do(t.Context(), anna, lamp.Ticket, 0, ticket.AskApproval{Approver: boss, Message: ulid.Make().String(), Body: "May he?"}); err != nil {
		t.Fatal(err)
	}
	waits("the lamp", "1004 A lamp for jo;")
}

// entered opens a session with a link and checks where it leads.
func entered(t *testing.T, s *servertest.Server, secret, to, want string) {
	t.Helper()
	client := s.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.PostForm(s.HTTP+"/portal/enter", url.Values{"secret": {secret}, "to": {to}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Location"); got != want {
		t.Errorf("a link to %q leads to %q (%d), not %q", to, got, resp.StatusCode, want)
	}
}
