package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/ui/traytest"
)

// TestTheMainJob is the way of one ticket, from the click to the confirmation.
func TestTheMainJob(t *testing.T) {
	w := newWorld(t)
	anna := w.signIn("anna@example.com", "technician", "Anna Schmidt")
	ben := w.signIn("ben@example.com", "technician", "Ben Okafor")
	operator := w.signIn("olga@example.com", "operator", "Olga Ruiz")

	// The employee clicks the bell, and says what is going on.
	must(t, w.tray.Click("Get help…"))
	ring := w.desk.WaitWindow(t, "Get help")
	w.offers(ring, chosenKind)
	must(t, ring.Type("The printer on floor 2 prints grey"))
	must(t, ring.Key("Tab"))
	must(t, ring.Type("since this morning"))
	w.window(ring, "ring")
	must(t, ring.Key("ctrl+Return"))

	// It is in the console without a reload.
	anna.Shows("#rows", "The printer on floor 2 prints grey")
	number := browsertest.Eval[string](anna, `document.querySelector('[data-row]').dataset.number`)
	w.window(ring, "ring-sent")
	must(t, ring.Key("Escape"))
	w.page(anna, "queue")

	// Two press Take at the same moment: one gets it, the other is told.
	for _, p := range []*browsertest.Page{anna, ben} {
		p.Go("/tickets/" + number)
		p.Live()
		p.Shows("#facts", "root") // whom the operating system attests
		p.Shows("#facts", "Berlin")
	}
	w.page(anna, "ticket-new")
	var both sync.WaitGroup
	for _, p := range []*browsertest.Page{anna, ben} {
		both.Go(func() { p.Click("#act-take") })
	}
	both.Wait()
	owner, other, name := anna, ben, "Anna Schmidt"
	anna.Until("somebody has it", `/You have it|Okafor has it/.test(document.querySelector('#facts').innerText)`)
	if !browsertest.Eval[bool](anna, `document.querySelector('#facts').innerText.includes('You have it')`) {
		owner, other, name = ben, anna, "Ben Okafor"
	}
	owner.Shows("#facts", "You have it")
	other.Shows("body", name+" has taken this ticket already")
	w.page(other, "ticket-taken-by-other")

	// The machine is asked there and then, and answers in parts.
	w.asks(owner)
	w.page(owner, "ticket-asked")

	// An internal note, and a reply that reaches the tray.
	owner.Choose(`input[name="mode"][value="note"]`, "note")
	owner.Fill("#composer-text", "Third time this month: the drum.")
	owner.Click(".composer-send")
	owner.Shows("#talk .message-note", "the drum")
	owner.Choose(`input[name="mode"][value="reply"]`, "reply")
	owner.Fill("#composer-text", "Please print the test page once more.")
	owner.Click(".composer-send")
	owner.Shows("#talk", "Please print the test page once more.")
	note := traytest.Receive(t, "the notification", w.host.Notes)
	if !strings.Contains(note.Title+note.Body, "test page") || strings.Contains(note.Title+note.Body, "drum") {
		t.Fatalf("the employee is notified of %q: %q", note.Title, note.Body)
	}
	must(t, w.host.Invoke(note.ID, "default"))
	mine := w.desk.WaitWindow(t, "My tickets")
	w.offers(mine, sendButton)
	w.window(mine, "my-tickets")

	// The employee answers in the tray, and the technician sees it live.
	must(t, mine.Type("It is still grey"))
	must(t, mine.Key("ctrl+Return"))
	owner.Shows("#talk", "It is still grey")
	w.page(owner, "ticket-answered")
	must(t, mine.Key("Escape"))

	// Solved; confirmed and rated with a click each, in the notifications.
	owner.Choose(`input[name="mode"][value="resolve"]`, "resolve")
	owner.Fill("#composer-text", "New drum.")
	owner.Click(".composer-send")
	owner.Shows("#facts", "Resolved")
	solved := traytest.Receive(t, "the notification of the solution", w.host.Notes)
	if !strings.Contains(solved.Title+solved.Body, "New drum.") {
		t.Fatalf("the employee is notified of %q: %q", solved.Title, solved.Body)
	}
	if len(solved.Actions) != 6 || solved.Actions[3] != "It works" {
		t.Fatalf("the notification offers %q", solved.Actions)
	}
	must(t, w.host.Invoke(solved.ID, solved.Actions[2]))
	owner.Shows("#facts", "Closed")
	w.requester(number)
	rate := traytest.Receive(t, "the question how it was", w.host.Notes)
	if len(rate.Actions) != 8 || rate.Actions[3] != "Very good" {
		t.Fatalf("the notification asks %+v", rate)
	}
	must(t, w.host.Invoke(rate.ID, rate.Actions[2]))
	owner.Shows("#facts", "rated 5 of 5")

	// The history has every step, who and when.
	owner.Go("/tickets/" + number + "/history")
	for _, step := range []string{"rang", "took", "looked", "note", "answered", "resolved", "confirmed", "rated"} {
		owner.Shows("main", step)
	}
	w.page(owner, "history")

	// The NOC sees the machine.
	operator.Go("/noc")
	operator.Live()
	operator.Shows("main", "Berlin")
	w.page(operator, "noc")
	operator.Go("/endpoints/" + w.machine)
	operator.Live()
	operator.Shows("main", "Online")
	operator.Until("charts are drawn", `document.querySelectorAll('canvas').length > 2`)
	w.page(operator, "endpoint")
	for _, p := range []*browsertest.Page{anna, ben, operator} {
		p.Allow("409") // the one who was second was told so
		p.Clean()
	}
}

// asks has each of the live tools asked and answered.
func (w *world) asks(p *browsertest.Page) {
	w.t.Helper()
	host, port, _ := strings.Cut(strings.TrimPrefix(w.origin, "http://"), ":")
	for _, q := range []struct {
		tool   string
		fill   map[string]string
		answer string
	}{
		{"services", nil, ""},
		{"disk", map[string]string{"path": "/etc"}, "ssl"},
		{"log", nil, ""},
		{"probe-ping", map[string]string{"host": "127.0.0.1", "count": "2"}, "127.0.0.1"},
		{"probe-tcp", map[string]string{"host": host, "port": port}, "open"},
		{"probe-http", map[string]string{"url": w.origin + "/healthz"}, "200"},
		{"probe-tls", map[string]string{"host": host, "port": port}, "Deskbell"},
		{"probe-dns", map[string]string{"name": "localhost", "server": "127.0.0.1"}, "127.0.0.1"},
		{"snapshot", nil, "Debian"},
	} {
		form := "#tool-" + q.tool
		before := browsertest.Eval[int](p, `document.querySelectorAll('#asked-list > *').length`)
		if !browsertest.Eval[bool](p, fmt.Sprintf(`document.querySelector('[data-tool=%q]').hasAttribute('data-now-tool')`, q.tool)) {
			p.Click(fmt.Sprintf(`[data-tool=%q]`, q.tool))
			for field, value := range q.fill {
				p.Fill(form+fmt.Sprintf(` [name=%q]`, field), value)
			}
			p.Click(form + ` [type="submit"]`)
		} else {
			p.Click(fmt.Sprintf(`[data-tool=%q]`, q.tool))
		}
		p.Until(q.tool+" is asked", fmt.Sprintf(`document.querySelectorAll('#asked-list > *').length > %d`, before))
		p.Until(q.tool+" is answered", `document.querySelector('#asked-list > *').dataset.ask === undefined`)
		if q.tool != "services" { // which the machine that tests may have no manager of, and says so
			p.Shows("#asked-list > :first-child .ask-state", "Answered")
		}
		if q.answer != "" {
			p.Until(q.tool+" answers "+q.answer, fmt.Sprintf(`document.querySelector('#asked-list > *').textContent.includes(%q)`, q.answer))
		}
	}
	// The processes are watched until somebody has seen enough.
	p.Click(`[data-tool="processes"]`)
	p.Until("processes are listed", `Number(document.querySelector('#asked-list > :first-child [data-tree]')?.dataset.rows) > 5`)
	p.Until("they can be let go", `document.querySelector('#asked-list > :first-child form[action$="/cancel"]')?.innerText.trim() === 'Stop'`)
	p.Click(`#asked-list > :first-child form[action$="/cancel"] button`)
	p.Shows("#asked-list > :first-child .ask-state", "Cancelled")
}

// requester rates on the command line, where the same can be done as in the
// window; and shows that the note never came there.
func (w *world) requester(number string) {
	w.t.Helper()
	out := w.run("deskbell-agent", "tickets", number, "--json", "--state", w.state)
	if strings.Contains(out, "drum:") || strings.Contains(out, "Third time") {
		w.t.Fatalf("the internal note reached the employee: %s", out)
	}
	var ticket struct {
		State    string `json:"state"`
		Messages []any  `json:"messages"`
	}
	must(w.t, json.Unmarshal([]byte(out), &ticket))
	if ticket.State != "closed" || len(ticket.Messages) != 3 {
		w.t.Fatalf("the employee sees %s", out)
	}
}

// TestOffline rings while the server is away: saved, and sent when it is back.
func TestOffline(t *testing.T) {
	w := newWorld(t)
	anna := w.signIn("anna@example.com", "technician", "Anna Schmidt")
	w.server.stop(t)
	w.connection("offline")
	must(t, w.tray.Click("Get help…"))
	ring := w.desk.WaitWindow(t, "Get help")
	w.offers(ring, chosenKind)
	must(t, ring.Type("Nothing works"))
	w.offers(ring, sendButton)
	must(t, ring.Key("ctrl+Return"))
	traytest.Until(t, "it to be saved", func() error {
		out, err := w.try("deskbell-agent", "tickets", "--json", "--state", w.state)
		if err == nil && !strings.Contains(out, `"delivery":"saved"`) {
			err = fmt.Errorf("it is not saved: %s", out)
		}
		return err
	})
	w.window(ring, "ring-saved")
	if out := w.run("deskbell-agent", "ring", "--title", "Nor does the telephone", "--state", w.state); !strings.HasPrefix(out, "Saved.") {
		t.Fatalf("ringing without the server says %q", out)
	}
	anna.Until("the page says that it is not live", `!document.getElementById('offline').hidden`)
	w.page(anna, "console-not-live")
	w.startServer()
	anna.Live()
	// New tickets are announced in a list that is open, and not pushed into it.
	traytest.Until(t, "both to be sent", func() error {
		out, err := w.try("deskbell-agent", "tickets", "--json", "--state", w.state)
		if err == nil && strings.Contains(out, `"delivery":"saved"`) {
			err = fmt.Errorf("one is not sent: %s", out)
		}
		return err
	})
	anna.Go("/")
	anna.Shows("#rows", "Nothing works")
	anna.Shows("#rows", "Nor does the telephone")
	if n := browsertest.Eval[int](anna, `document.querySelectorAll('[data-row]').length`); n != 2 {
		t.Errorf("there are %d tickets", n)
	}
	anna.Allow("net::ERR", "EventSource", "Failed to load")
}

// TestWithoutADesktop does the same on the command line and on the portal's pages,
// into which the machine's own agent signs its person.
func TestWithoutADesktop(t *testing.T) {
	w := newWorld(t)
	anna := w.signIn("anna@example.com", "technician", "Anna Schmidt")

	var checkup struct {
		Findings *[]any          `json:"findings"`
		Snapshot json.RawMessage `json:"snapshot"`
	}
	must(t, json.Unmarshal([]byte(w.whole("deskbell-agent", "checkup", "--json", "--state", w.state)), &checkup))
	if checkup.Findings == nil || len(checkup.Snapshot) < 500 {
		t.Errorf("the check-up is %d bytes, findings %v", len(checkup.Snapshot), checkup.Findings)
	}
	attached := filepath.Join(w.desk.Home, "grey.txt")
	must(t, os.WriteFile(attached, []byte("page 1 is grey"), 0o600))
	var rung struct {
		Delivery string `json:"delivery"`
		Number   int64  `json:"number"`
	}
	must(t, json.Unmarshal([]byte(w.whole("deskbell-agent", "ring", "--title", "Rung from the command line", "--body", "All of it", "--attach", attached, "--json", "--state", w.state)), &rung))
	if rung.Delivery != "sent" || rung.Number == 0 {
		t.Errorf("ringing says %+v", rung)
	}
	anna.Shows("#rows", "Rung from the command line")
	anna.Go(fmt.Sprintf("/tickets/%d", rung.Number))
	anna.Shows("#talk", "grey.txt")

	// The portal: in by the link, ring, read the answer, once.
	link := w.run("deskbell-agent", "portal", "--state", w.state)
	root := chromium.Open(t, w.origin, browsertest.Options{Width: 820, Height: 1000})
	root.Go(strings.TrimPrefix(link, w.origin))
	root.Shows("main", "Rung from the command line")
	root.Go("/portal/help")
	root.Fill(`#help [name="title"]`, "Rung from the portal")
	w.page(root, "portal-help")
	root.Click(`#help button[type="submit"].primary`)
	root.Shows("main", "Rung from the portal")
	anna.Go("/")
	anna.Live()
	anna.Shows("#rows", "Rung from the portal")
	w.page(root, "portal-ticket")
	again := chromium.Open(t, w.origin, browsertest.Options{})
	again.Go(strings.TrimPrefix(link, w.origin))
	again.Shows("main", "used")
	again.Allow("409") // it was used
	for _, p := range []*browsertest.Page{anna, root, again} {
		p.Clean()
	}
}
