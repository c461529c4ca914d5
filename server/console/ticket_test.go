package console_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/ticket"
)

// TestTakeRace has two technicians press Take at the same moment: one gets the
// ticket, the other is told who was first. Ten times, since once may be luck.
func TestTakeRace(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	anna, _ := openAs(t, s, "anna@example.com", auth.Technician)
	kofi, _ := openAs(t, s, "kofi@example.com", auth.Technician)
	both := []*browsertest.Page{anna, kofi}
	for range 10 {
		n := m.Ring(mara, "The printer does not print", "", nil, nil)
		for _, p := range both {
			p.Allow("409")
			p.Go(ticketPath(n))
		}
		var done sync.WaitGroup
		for _, p := range both {
			done.Go(func() { browsertest.Eval[bool](p, "(document.querySelector('#act-take')?.click(), true)") })
		}
		done.Wait()
		for _, p := range both {
			p.Until("it was told", "document.querySelector('#said .toast') || !document.querySelector('#act-take')")
			p.Until("who has it stands there", "document.querySelector('#facts').innerText.includes('has it') || document.querySelector('#facts').innerText.includes('You have it')")
		}
		winners := 0
		for _, p := range both {
			text := p.Text("#facts")
			if strings.Contains(text, "You have it") {
				winners++
			} else if said := p.Text("#said"); said != "" && !strings.Contains(said, "has taken this ticket already") {
				t.Errorf("who was second was told %q", said)
			}
		}
		if winners != 1 {
			t.Fatalf("%d of two have the ticket", winners)
		}
	}
	anna.Clean()
	kofi.Clean()
}

// TestNotesStayInside writes an answer and a note: the note looks different before
// it is sent, and never reaches the person who rang.
func TestNotesStayInside(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()

	ground := func() string {
		return browsertest.Eval[string](p, "getComputedStyle(document.querySelector('#composer')).backgroundColor")
	}
	plain := ground()
	p.Shows(".composer-label", "Mara Lind reads this.")
	p.Shows(".composer-send", "Send")
	p.Choose("[data-mode=note]", "note")
	p.Until("the ground of a note is another", "getComputedStyle(document.querySelector('#composer')).backgroundColor !== '"+plain+"'")
	p.Shows(".composer-label", "never Mara Lind")
	p.Shows(".composer-send", "Add the note")
	p.Fill("#composer-text", "Her boss says it is the cable.")
	p.Click(".composer-send")
	p.Shows(".message-note", "Her boss says")
	p.Until("the box is empty and stays a note", "document.querySelector('#composer-text').value === '' && document.querySelector('[data-mode=note]').checked")

	p.Choose("[data-mode=reply]", "reply")
	p.Fill("#composer-text", "We bring you a new cable.")
	p.Click(".composer-send")
	p.Shows(".message:not(.message-note)", "We bring you a new cable.")

	requester := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Requester, s.Portal(m.ID, "1000", "mara"))})
	requester.Go("/portal" + ticketPath(n))
	requester.Shows("main", "We bring you a new cable.")
	for _, page := range []string{"/portal/", "/portal/tickets", "/portal" + ticketPath(n)} {
		requester.Go(page)
		if strings.Contains(browsertest.Eval[string](requester, "document.documentElement.outerHTML"), "Her boss") {
			t.Errorf("the internal note stands on %s", page)
		}
	}
	p.Shows(".message-read", "Read by the requester")
	p.Clean()
	requester.Clean()
}

// TestResolve solves a ticket; what is missing is said beside what was typed.
func TestResolve(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Allow("422")
	p.Go(ticketPath(n))
	p.Live()
	p.Choose("[data-mode=resolve]", "resolve")
	p.Shows(".composer-extra-resolve", "How it was solved")
	p.Click(".composer-send")
	p.Shows("#composer-said", "Write what solved it")
	p.Fill("#composer-text", "A new cable.")
	p.Choose("[name=code]", string(ticket.Workaround))
	p.Click(".composer-send")
	p.Shows("#facts .state", "Resolved")
	p.Shows(".message-solution", "A new cable.")
	p.Shows("#facts", "Close")
	p.Shows("#facts", "You have it")
	p.Click("#act-reopen")
	p.Shows("#facts .state", "In progress")

	p.Choose("[data-mode=wait]", "wait")
	p.Choose("[name=waiting]", string(ticket.WaitVendor))
	p.Click(".composer-send")
	p.Shows("#facts .state", "Waits for supplier")
	p.Click("#act-resume")
	p.Shows("#facts .state", "In progress")

	p.Click("#menu-priority-button")
	p.Choose("[name=impact]", "1")
	p.Choose("[name=urgency]", "1")
	p.Click("#menu-priority [type=submit]")
	p.Shows("#facts .prio", "P1")
	p.Click("#menu-cancel-button")
	p.Fill("#menu-cancel textarea", "She found the button.")
	p.Click("#menu-cancel [type=submit]")
	p.Shows("#facts .state", "Cancelled")
	p.Until("a cancelled ticket takes notes only", "[...document.querySelectorAll('.composer-mode')].filter(e => e.checkVisibility()).map(e => e.innerText.trim()).join() === 'Internal note'")
	p.Until("and a note is chosen", "document.querySelector('[data-mode=note]').checked")

	p.Go(ticketPath(n) + "/history")
	for _, step := range []string{"Mara Lind rang", "took it", "resolved it: works another way", "reopened it", "put it on hold: waits for supplier", "ended the waiting", "set P1", "cancelled it"} {
		p.Shows(".history", step)
	}
	p.Clean()
}

// TestStaleKeepsWords writes while somebody else does. What was typed is never
// touched; what happened stands beside it; the same again goes through.
func TestStaleKeepsWords(t *testing.T) {
	s := servertest.Start(t)
	w := browsertest.NewWorld(t, s, false)
	n := w.Tickets[7]
	p := open(t, s, auth.Technician)
	p.Allow("409")
	p.Go(ticketPath(n))
	p.Live()
	const words = "I will call you at two."
	p.Fill("#composer-text", words)
	w.Do(t, n, w.Mara, ticket.Reply{Message: ulid.Make().String(), Body: "Solved on the phone."})
	p.Shows(".talk", "Solved on the phone.")
	p.Shows("#composer-news", "answered")
	if got := browsertest.Eval[string](p, "document.querySelector('#composer-text').value"); got != words {
		t.Errorf("a live update made %q of what was typed", got)
	}
	p.Click(".composer-send") // at once: nobody has read the notice yet
	p.Shows("#composer-said", "has changed while you were writing")
	p.Shows("#composer-said", "Solved on the phone.")
	if got := browsertest.Eval[string](p, "document.querySelector('#composer-text').value"); got != words {
		t.Errorf("after the refusal the box holds %q", got)
	}
	d, err := w.Desk.GetByNumber(t.Context(), w.Admin, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range d.History {
		if e.Body == words {
			t.Error("the refused words are in the history")
		}
	}
	p.Shows(".composer-send", "Send all the same")
	p.Click(".composer-send")
	p.Shows(".talk", words)
	p.Until("the box is empty", "document.querySelector('#composer-text').value === ''")

	// What does not matter to who writes stops nobody: the requester reads.
	p.Fill("#composer-text", "One more thing.")
	requester := auth.Actor{Kind: auth.Requester, Person: d.Requester.ID, Name: d.Requester.Name}
	w.Do(t, n, requester, ticket.Read{Message: ulid.Make().String()})
	p.Click(".composer-send")
	p.Shows(".talk", "One more thing.")
	p.Clean()
}

// TestDrafts reloads the page in the middle of a sentence, and signs in again.
func TestDrafts(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Allow("401")
	p.Go(ticketPath(n))
	p.Choose("[data-mode=note]", "note")
	p.Fill("#composer-text", "Between us: the third time this month")
	p.Go(ticketPath(n))
	back := func(when string) {
		t.Helper()
		if got := browsertest.Eval[string](p, "document.querySelector('#composer-text').value + '|' + document.querySelector('[name=mode]:checked').value"); got != "Between us: the third time this month|note" {
			t.Errorf("%s the box holds %q", when, got)
		}
	}
	back("after a reload")
	p.SetCookie(servertest.Cookie(auth.Staff, "spent"))
	p.Click(".composer-send")
	p.Until("it leads to the sign-in", "location.pathname === '/sign-in'")
	p.SetCookie(servertest.Cookie(auth.Staff, s.Session(auth.Technician)))
	p.Go(ticketPath(n))
	back("after signing in again")
	p.Click(".composer-send")
	p.Shows(".message-note", "the third time")
	p.Go(ticketPath(n))
	if got := browsertest.Eval[string](p, "document.querySelector('#composer-text').value"); got != "" {
		t.Errorf("after sending, the draft %q comes back", got)
	}
	p.Clean()
}

// TestAttachments sends files up and gets them back so that nothing in them acts.
func TestAttachments(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	png := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82")
	html := []byte("<!DOCTYPE html><script>executed('attachment')</script>")
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="executed('svg')"/>`)
	p := open(t, s, auth.Technician)
	p.Allow("404", "500")
	p.Go(ticketPath(n))
	p.Live()
	p.Files("#composer [type=file]", write("shot.png", png), write("page.html", html), write("picture.svg", svg))
	p.Shows("[data-files-names]", "shot.png, page.html, picture.svg")
	p.Fill("#composer-text", "See the pictures.")
	p.Click(".composer-send")
	p.Shows(".message .files", "page.html")
	// It is fetched when it comes into sight.
	p.Until("the picture is shown", "(e => (e?.scrollIntoView(), e?.naturalWidth === 1))(document.querySelector('.file img'))")

	cookie := servertest.Cookie(auth.Staff, s.Session(auth.Technician))
	for name, c := range map[string]struct {
		content   []byte
		kind, how string
	}{
		"shot.png":    {png, "image/png", "inline"},
		"page.html":   {html, "application/octet-stream", "attachment"},
		"picture.svg": {svg, "application/octet-stream", "attachment"},
	} {
		sum := sha256.Sum256(c.content)
		path := ticketPath(n) + "/attachments/" + hex.EncodeToString(sum[:])
		r, err := http.NewRequest(http.MethodGet, s.HTTP+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(cookie)
		a, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		h := a.Header
		if h.Get("Content-Type") != c.kind || !strings.HasPrefix(h.Get("Content-Disposition"), c.how) || !strings.Contains(h.Get("Content-Disposition"), name) ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
			t.Errorf("%s comes as %v", name, h)
		}
		stranger := chromium.Open(t, s.HTTP, browsertest.Options{})
		stranger.Allow("401")
		stranger.Go(path)
		stranger.Shows("h1", "Sign in")
	}
	p.Clean()
}
