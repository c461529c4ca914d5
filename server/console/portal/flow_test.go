package portal_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/ticket"
)

// bench is a server with one machine and a technician.
type bench struct {
	*servertest.Server
	desk    *desk.Desk
	machine *browsertest.Machine
	mara    auth.Actor
}

func newBench(t *testing.T) bench {
	t.Helper()
	s := servertest.Start(t)
	b := bench{Server: s, desk: desk.New(s.DB.Desk(), rulebook.Empty, time.Now), machine: browsertest.NewMachine(t, s, "Berlin", "PC-17"), mara: s.Actor(auth.Technician)}
	b.machine.Join()
	return b
}

func (b bench) do(t *testing.T, number int64, c ticket.Command) {
	t.Helper()
	d, err := b.desk.GetByNumber(t.Context(), b.mara, number)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.desk.Do(t.Context(), b.mara, d.ID, 0, c); err != nil {
		t.Fatal(err)
	}
}

func message() string { return ulid.Make().String() }

// TestEmployee goes the whole way of an employee: in by the link that the
// machine's agent asks for, a ring with a check-up of which one section is taken
// out, answers that come by themselves, reopening, confirming and rating.
func TestEmployee(t *testing.T) {
	b := newBench(t)
	secret := b.PortalLink(b.machine.ID, "1000", "jonas")
	p := chromium.Open(t, b.HTTP, browsertest.Options{})
	p.Allow("401", "409")
	p.Go("/portal/enter#" + secret)
	p.At("/portal/")
	p.Shows(".portal-foot", "jonas")

	p.Go("/portal/help")
	p.Shows("#checkup-title", "needs help")
	p.Shows("#checkup-found", "Your disk is full")
	p.Shows("#checkup-sections legend", "Take out what you do not want to send")
	// Exactly what would be sent is there to be read.
	p.Click("#read-disks summary")
	p.Shows("#read-disks", "/srv/projects")
	p.Click("#send-network")
	p.Fill("[name=title]", "I cannot save my work")
	p.Fill("[name=body]", "It says that there is no space.")
	file := filepath.Join(t.TempDir(), "screen.txt")
	if err := os.WriteFile(file, []byte("no space left"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Files("#help [type=file]", file)
	p.Click("#help .primary")
	p.Shows("[role=status]", "Sent. Number 1001. Answers come here, and to the bell.")
	p.Shows("#ticket-talk", "screen.txt")

	d, err := b.desk.GetByNumber(t.Context(), b.mara, 1001)
	if err != nil {
		t.Fatal(err)
	}
	snap, err := b.desk.Snapshot(t.Context(), b.mara, d.Snapshot)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"10.0.0.2", "wlp2s0", "SERVFAIL"} {
		if strings.Contains(string(snap.Doc), secret) || strings.Contains(fmt.Sprint(d.Findings), secret) {
			t.Errorf("the network was taken out, and %q was sent", secret)
		}
	}
	if !strings.Contains(string(snap.Doc), "/srv/projects") || d.Requester.Name != "jonas" || d.Endpoint != b.machine.ID {
		t.Errorf("the ticket came as %+v with %s", d.Ticket, snap.Doc)
	}

	// The answer comes by itself while they write, and what they typed stays.
	p.Live()
	p.Fill("#reply", "Shall I restart")
	b.do(t, 1001, ticket.Take{})
	b.do(t, 1001, ticket.Note{Message: message(), Body: "He always has that."})
	b.do(t, 1001, ticket.Reply{Message: message(), Body: "Please empty the wastebasket."})
	p.Shows("#ticket-talk", "Please empty the wastebasket.")
	p.Shows("#ticket-head", "is working on it")
	if got := browsertest.Eval[string](p, "document.querySelector('#reply').value"); got != "Shall I restart" {
		t.Errorf("a live update made %q of what was typed", got)
	}
	p.Fill("#reply", "It was empty already.")
	p.Click("#ticket-answer .primary")
	p.Shows("#ticket-talk", "It was empty already.")
	p.Until("the box is empty", "document.querySelector('#reply').value === ''")

	b.do(t, 1001, ticket.Resolve{Message: message(), Solution: "The log was too long.", Code: ticket.Fixed})
	p.Shows("#works-title", "Does it work again?")
	p.Click(".fold-no summary")
	p.Fill(".fold-no textarea", "Still no space.")
	p.Click(".fold-no .primary")
	p.Shows("#ticket-talk", "Still no space.")
	p.Shows("#ticket-answer", "Write an answer")
	b.do(t, 1001, ticket.Resolve{Message: message(), Solution: "A larger disk.", Code: ticket.Fixed})
	p.Shows("#works-title", "Does it work again?")
	p.Click("#ticket-answer form[action$='/confirm'] button")
	p.Shows("#said", "The ticket is closed.")
	p.Choose("[name=rating][value='5']", "5")
	p.Fill("form[action$='/rate'] textarea", "Quick.")
	p.Click("form[action$='/rate'] button")
	p.Shows("#ticket-answer", "You said: Very good.")
	d, err = b.desk.GetByNumber(t.Context(), b.mara, 1001)
	if err != nil || d.State != ticket.Closed || d.Rating != 5 {
		t.Errorf("in the end the ticket is %s with the rating %d (%v)", d.State, d.Rating, err)
	}

	for _, page := range []string{"/portal/", "/portal/tickets", "/portal/tickets/1001"} {
		p.Go(page)
		if strings.Contains(browsertest.Eval[string](p, "document.documentElement.outerHTML"), "He always has that") {
			t.Errorf("the internal note stands on %s", page)
		}
	}
	p.Click("form[action='/portal/sign-out'] button")
	p.Shows("h1", "You are signed out")
	p.Go("/portal/tickets")
	p.Shows("h1", "Come in by the bell")
	p.Clean()
}

// TestLinkIsGoodOnce enters with links that are used, expired, made up, cut off
// and another kind's: each gets one clear sentence, and nobody a session.
func TestLinkIsGoodOnce(t *testing.T) {
	b := newBench(t)
	used := b.PortalLink(b.machine.ID, "1000", "jonas")
	first := chromium.Open(t, b.HTTP, browsertest.Options{})
	first.Go("/portal/enter#" + used)
	first.At("/portal/")
	if got := browsertest.Eval[string](first, "document.cookie + location.hash"); got != "" {
		t.Errorf("a script of the page could read %q", got)
	}
	past := auth.New(b.DB.Auth(), func() time.Time { return time.Now().Add(-time.Hour) }, nil)
	expired, _, err := past.MakePortalLink(t.Context(), auth.Actor{Kind: auth.Endpoint, Endpoint: b.machine.ID}, "1000", "jonas", "")
	if err != nil {
		t.Fatal(err)
	}
	p := chromium.Open(t, b.HTTP, browsertest.Options{})
	p.Allow("409", "401")
	for name, secret := range map[string]string{
		"used": used, "expired": expired, "made up": "portal_0000000000000000000000000000000000000000000", "a sign-in link": b.SignInLink(b.Person(auth.Admin).ID),
	} {
		t.Run(name, func(t *testing.T) {
			p.Go("/portal/enter#" + secret)
			p.Shows("h1", "This link is over")
			p.Shows(".lead", "Open the portal again from the bell’s menu; nothing is lost.")
			p.Go("/portal/")
			p.Shows("h1", "Come in by the bell")
		})
		p.Go("/portal/tickets") // another page, so that the next # is a new one
	}
	p.Go("/portal/enter")
	p.Shows(".lead", "This address is not whole.")
	p.Clean()
	first.Clean()
}

// TestOneSeesOnesOwn opens other people's tickets, files and check-ups: they are
// not there.
func TestOneSeesOnesOwn(t *testing.T) {
	b := newBench(t)
	n := b.machine.Ring(browsertest.Account("1000", "jonas", "Jonas Weber"), "Only for Jonas", "His words.", nil, nil)
	cookie := servertest.Cookie(auth.Requester, b.Portal(b.machine.ID, "1001", "aylin"))
	staff := servertest.Cookie(auth.Staff, b.Session(auth.Admin))
	ask := func(c *http.Cookie, method, path string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, b.HTTP+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c != nil {
			r.AddCookie(c)
		}
		a, err := b.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		body, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		return a.StatusCode, string(body)
	}
	own := fmt.Sprintf("/portal/tickets/%d", n)
	for _, x := range []struct{ method, path string }{
		{"GET", own}, {"GET", own + "/attachments/" + strings.Repeat("0", 64)}, {"POST", own + "/messages"}, {"POST", own + "/confirm"},
		{"POST", own + "/reopen"}, {"POST", own + "/rate"}, {"POST", own + "/cancel"}, {"GET", "/portal/asks/01ARZ3NDEKTSV4RRFFQ69G5FAV"},
	} {
		status, body := ask(cookie, x.method, x.path)
		if status != http.StatusNotFound || strings.Contains(body, "Jonas") || !strings.Contains(body, "class=\"lead\"") {
			t.Errorf("%s %s by somebody else: %d\n%s", x.method, x.path, status, body)
		}
		// Nobody, and the staff with their own session, have no portal.
		for _, c := range []*http.Cookie{nil, staff} {
			if status, _ := ask(c, x.method, x.path); status != http.StatusUnauthorized {
				t.Errorf("%s %s without a session of the portal: %d", x.method, x.path, status)
			}
		}
	}
	// Nor is a requester anybody in the console.
	for _, path := range []string{"/", "/tickets/" + fmt.Sprint(n), "/endpoints", "/noc", "/admin/people", "/events"} {
		c := *cookie
		for _, name := range []string{"deskbell-portal", "deskbell"} {
			c.Name = name
			if status, body := ask(&c, "GET", path); status < 300 || strings.Contains(body, "Only for Jonas") {
				t.Errorf("%s with a portal's session as %s: %d", path, name, status)
			}
		}
	}
}

// TestCheckupByKeys checks the computer with the keyboard alone; what is wrong
// stands before what was read, and an offline machine says so.
func TestCheckupByKeys(t *testing.T) {
	b := newBench(t)
	p := chromium.Open(t, b.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Requester, b.Portal(b.machine.ID, "1000", "jonas"))})
	p.Go("/portal/")
	p.Press(kb.Tab)
	p.Shows(".skip", "Skip to the content")
	p.Press(kb.Enter)
	p.Until("the content has the focus", "document.activeElement.id === 'main'")
	for browsertest.Eval[string](p, "document.activeElement.getAttribute('href') ?? ''") != "/portal/checkup" {
		p.Press(kb.Tab)
	}
	p.Press(kb.Enter)
	p.At("/portal/checkup")
	p.Shows("#checkup-found", "Your disk is full")
	b.machine.Leave()
	p.Go("/portal/checkup")
	p.Shows("#checkup-title", "No check-up")
	b.machine.Join()
	b.machine.Answer(func(wire.Ask) []any {
		return []any{wire.SnapshotPart{Snapshot: *browsertest.Snapshot("PC-17")}}
	})
	p.Allow("422", "503", "409")
	p.Click("form[action='/portal/checkup'] button")
	p.Shows("#checkup-title", "Nothing wrong found in what could be read")
	p.Clean()
}

// TestWithoutScripts rings and answers where JavaScript is switched off; only
// coming in needs it.
func TestWithoutScripts(t *testing.T) {
	b := newBench(t)
	p := chromium.Open(t, b.HTTP, browsertest.Options{NoScripts: true, Cookie: servertest.Cookie(auth.Requester, b.Portal(b.machine.ID, "1000", "jonas"))})
	p.Go("/portal/help")
	p.Fill("[name=title]", "No sound")
	p.Click("#help .primary")
	p.Shows("[role=status]", "Sent. Number 1001.")
	p.Fill("#reply", "In any program.")
	p.Click("#ticket-answer .primary")
	p.Shows("#ticket-talk", "In any program.")
	p.Clean()
}
