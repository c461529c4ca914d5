package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent"
	"github.com/deskbell/deskbell/agent/enrol"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/remote"
	"github.com/deskbell/deskbell/agent/state"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// employee is somebody at a machine with a real agent, who has rung.
type employee struct {
	*local.Client
	t      *testing.T
	id     string // the endpoint's
	number int64
	asked  chan local.Consent
	status chan local.Status
	stop   context.CancelFunc
	done   chan error
}

func newEmployee(t *testing.T, s *servertest.Server, allow ...wire.AskKind) *employee {
	t.Helper()
	return newEmployeeWith(t, s, func(*agent.Options) {}, allow...)
}

// newEmployeeWith is newEmployee with settings of the agent's own.
func newEmployeeWith(t *testing.T, s *servertest.Server, set func(*agent.Options), allow ...wire.AskKind) *employee {
	t.Helper()
	dir := state.Dir(filepath.Join(t.TempDir(), "s"))
	i, err := enrol.Enrol(t.Context(), dir, s.Enrolment("Berlin", 1).String(), enrol.Options{Machine: wire.Machine{Hostname: "PC-17", OS: "linux", Arch: "amd64", Agent: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	policy := remote.Policy{Allow: map[wire.AskKind]bool{}}
	for _, k := range allow {
		policy.Allow[k] = true
	}
	e := &employee{Client: local.NewClient(string(dir)), t: t, id: i.Endpoint, asked: make(chan local.Consent, 8), status: make(chan local.Status, 100), done: make(chan error, 1)}
	ready := make(chan struct{}, 1)
	o := agent.Options{State: dir, Version: "test", Policy: policy, Terminal: []string{self, "terminal-hand"}, Hand: []string{self, "fix-hand"}, Log: slog.New(slog.DiscardHandler), Ready: func() { ready <- struct{}{} }}
	set(&o)
	a := agent.New(o)
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop
	go func() { e.done <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		e.Close()
		if err := <-e.done; err != nil {
			t.Errorf("the agent ended with %v", err)
		}
	})
	<-ready
	if _, err := e.Ring(t.Context(), local.Draft{Ref: ulid.Make().String(), Title: "The printer prints grey"}); err != nil {
		t.Fatal(err)
	}
	servertest.Wait(t, "the ticket to be known here", func() bool {
		list, err := e.Tickets(t.Context())
		if err == nil && len(list.Items) == 1 {
			e.number = list.Items[0].Number
		}
		return e.number != 0
	})
	return e
}

// present has the bell run in the employee's session.
func (e *employee) present() {
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		seen := ""
		e.WatchAndAsk(ctx, func(s local.Status) {
			if len(s.Consents) > 0 && s.Consents[0].ID != seen {
				seen = s.Consents[0].ID
				e.asked <- s.Consents[0]
			}
			select {
			case e.status <- s:
			default:
			}
		})
	}()
	e.t.Cleanup(func() { cancel(); <-over })
	servertest.Wait(e.t, "the bell", func() bool { return len(e.status) > 0 })
}

func (e *employee) answer(yes bool) local.Consent {
	e.t.Helper()
	q := <-e.asked
	if err := e.Consent(e.t.Context(), q.ID, local.ConsentAnswer{Yes: yes}); err != nil {
		e.t.Fatal(err)
	}
	return q
}

// working is the look of the terminal that is open.
func (e *employee) working() local.Look {
	e.t.Helper()
	var found local.Look
	servertest.Wait(e.t, "somebody to work here", func() bool {
		s, err := e.Status(e.t.Context())
		for _, l := range s.Looking {
			if err == nil && l.Kind == wire.ActTerminal {
				found = l
			}
		}
		return found.ID != ""
	})
	return found
}

func screen(p *browsertest.Page, text string) {
	p.Until("the screen shows "+text, fmt.Sprintf("document.querySelector('.xterm-rows')?.innerText.includes(%q)", text))
}

// TestTerminal goes the whole way: a technician in a real browser, a server, a real
// agent, the employee's yes, a real shell, and the recording of it all.
func TestTerminal(t *testing.T) {
	s := servertest.Start(t)
	e := newEmployee(t, s, wire.ActTerminal)
	e.present()
	p := open(t, s, auth.Technician)
	servertest.Wait(t, "the machine's policy", func() bool {
		p.Go(ticketPath(e.number))
		return browsertest.Eval[bool](p, `document.querySelector('.act [name=kind][value=terminal]') !== null`)
	})
	p.Click(".act > summary")
	p.Accessible("the way to a terminal")
	p.Click(".act [type=submit]")
	p.Shows("[data-says]", "The person at the computer is asked.")
	q := e.answer(true)
	if q.Who == "" || q.Ticket != e.number || q.Title != "The printer prints grey" || q.Kind != wire.ActTerminal || q.For == 0 {
		t.Errorf("the employee is asked %+v", q)
	}
	p.Until("the terminal is open", `document.querySelector('[data-terminal]').dataset.state === 'open'`)
	p.Until("the keyboard is in", `document.activeElement.matches('.xterm-helper-textarea')`)
	p.Press("echo $((6*7))ans''wer; stty size\r")
	screen(p, "42answer")
	screen(p, "30 110")
	p.Accessible("a terminal")
	p.Fits("a terminal")

	// A page that is loaded anew goes on with the same shell.
	p.Press("kept=1; echo no''ted\r")
	screen(p, "noted")
	p.Go(p.Path())
	p.Until("the terminal goes on", `document.querySelector('[data-terminal]').dataset.state === 'open'`)
	p.Until("the keyboard is in again", `document.activeElement.matches('.xterm-helper-textarea')`)
	p.Press("echo st''ill$kept\r")
	screen(p, "still1")

	// What programs write stays text, whatever it is.
	title := browsertest.Eval[string](p, "document.title")
	p.Press(`printf '\033]0;evil\007\033]8;;javascript:alert(1)\007click\033]8;;\007\033]52;c;ZXZpbA==\007\377\376<img src=x data-hostile onerror=x>'; echo th''ere` + "\r")
	screen(p, "there")
	screen(p, "<img src=x")
	p.Tame("a terminal")
	if got := browsertest.Eval[string](p, "document.title"); got != title {
		t.Errorf("the title is %q", got)
	}

	// The keyboard gets in and out.
	p.Press("l", chromedp.KeyModifiers(2|8)) // Ctrl+Shift
	p.Until("the keyboard is out", `document.activeElement.matches('[data-end]')`)

	look := e.working()
	if look.Consent != local.ConsentGiven || look.Ticket != e.number || look.Who == "" {
		t.Errorf("the ledger says %+v", look)
	}
	if err := e.EndLook(t.Context(), look.ID); err != nil {
		t.Fatal(err)
	}
	p.Until("the terminal has ended", `document.querySelector('[data-terminal]').dataset.state === 'ended'`)
	p.Shows("[data-says]", "Somebody at the computer ended the terminal.")
	servertest.Wait(t, "the ledger", func() bool {
		all, err := e.Looks(t.Context())
		return err == nil && len(all) == 1 && !all[0].Ended.IsZero()
	})

	id := browsertest.Eval[string](p, "location.pathname.split('/').pop()")
	p.Go("/asks/" + id)
	p.Until("the recording is there", `document.querySelector('[data-cast]').dataset.ready === ''`)
	p.Accessible("a recording")
	p.Choose("[data-speed]", "8")
	p.Click("[data-play]")
	screen(p, "42answer")
	p.Until("it is over", `document.querySelector('[data-play]').textContent === 'Play'`)
	p.Shows("[data-typed]", "ere␣")
	p.Tame("a recording")
	p.Go(ticketPath(e.number) + "/history")
	p.Shows(".history", "had the machine told: terminal")
	p.Shows(".history", "terminal, ended")
	p.Clean()

	session := servertest.Cookie(auth.Staff, s.Session(auth.Technician))
	_, header, cast := sendWith(t, s, session, "GET", "/asks/"+id+"/recording", nil, nil)
	lines := strings.Split(strings.TrimSpace(cast), "\n")
	var head struct{ Version, Width, Height int }
	if err := json.Unmarshal([]byte(lines[0]), &head); err != nil || head.Version != 2 || head.Width != 110 || head.Height != 30 || header.Get("Content-Type") != "application/x-asciicast" {
		t.Errorf("the recording begins with %s: %v", lines[0], err)
	}
	ways := map[string]bool{}
	last := 0.0
	for _, l := range lines[1:] {
		var event []any
		if err := json.Unmarshal([]byte(l), &event); err != nil || len(event) != 3 || event[0].(float64) < last {
			t.Fatalf("%s after %v: %v", l, last, err)
		}
		last = event[0].(float64)
		ways[event[1].(string)] = true
	}
	if !ways["i"] || !ways["o"] {
		t.Errorf("the recording has the ways %v", ways)
	}
	log, err := s.DB.AuditLog(t.Context(), "endpoint:"+e.id, 0, 20)
	if err != nil || len(log) < 2 || log[0].Action != audit.EndpointAnswered || log[1].Action != audit.EndpointActed {
		t.Errorf("the audit log says %+v, %v", log, err)
	}
}

// start has a terminal opened by a technician without a browser, and returns where.
func (e *employee) start(s *servertest.Server, session *http.Cookie) string {
	e.t.Helper()
	status, header, body := sendWith(e.t, s, session, "POST", ticketPath(e.number)+"/acts", url.Values{"kind": {"terminal"}}, nil)
	if status != http.StatusSeeOther || !strings.HasPrefix(header.Get("Location"), "/terminals/") {
		e.t.Fatalf("%d to %s: %s", status, header.Get("Location"), body)
	}
	return strings.TrimPrefix(header.Get("Location"), "/terminals/")
}

func (e *employee) becomes(s *servertest.Server, id, says string) {
	e.t.Helper()
	session := servertest.Cookie(auth.Staff, s.Session(auth.Technician))
	servertest.Wait(e.t, says, func() bool {
		_, body := send(e.t, s, session, "GET", "/asks/"+id, nil, nil)
		return strings.Contains(body, says) && !strings.Contains(body, "data-ask=")
	})
}

// TestTerminalNeedsAYes: no, nobody to ask, and a machine that does not allow it,
// each end with a sentence and without a shell.
func TestTerminalNeedsAYes(t *testing.T) {
	s := servertest.Start(t)
	session := servertest.Cookie(auth.Staff, s.Session(auth.Technician))
	e := newEmployee(t, s, wire.ActTerminal)
	early := e.start(s, session)
	e.becomes(s, early, "not signed in at this computer")
	// The page may come after the machine's word: it tells why all the same, to whoever
	// opened it.
	if status, body := send(t, s, session, "GET", "/terminals/"+early+"/output", nil, nil); status != http.StatusOK || !strings.Contains(body, `"ended"`) || !strings.Contains(body, "not signed in at this computer") {
		t.Errorf("the page is told %d %s", status, body)
	}
	manager := servertest.Cookie(auth.Staff, s.Session(auth.Manager))
	if status, body := send(t, s, manager, "GET", "/terminals/"+early+"/output", nil, nil); status != http.StatusNotFound {
		t.Errorf("somebody else is told %d %s", status, body)
	}
	e.present()
	id := e.start(s, session)
	e.answer(false)
	e.becomes(s, id, "not now")
	all, err := e.Looks(t.Context())
	if err != nil || len(all) != 2 || all[0].Consent != local.ConsentRefused || all[0].Result != "refused" || all[1].Consent != local.ConsentImpossible {
		t.Errorf("the ledger says %+v, %v", all, err)
	}
	other := newEmployee(t, s)
	other.present()
	other.becomes(s, other.start(s, session), "own settings do not allow")
	if len(other.asked) != 0 {
		t.Error("somebody was asked about what the machine does not allow")
	}
}

// TestTerminalIsOnlyItsTechnicians: nobody else types into it or reads along.
func TestTerminalIsOnlyItsTechnicians(t *testing.T) {
	s := servertest.Start(t)
	e := newEmployee(t, s, wire.ActTerminal)
	e.present()
	id := e.start(s, servertest.Cookie(auth.Staff, s.Session(auth.Technician)))
	e.answer(true)
	e.working()
	manager := servertest.Cookie(auth.Staff, s.Session(auth.Manager))
	for _, x := range []struct{ method, path string }{{"POST", "/input"}, {"GET", "/output"}} {
		if status, body := send(t, s, manager, x.method, "/terminals/"+id+x.path, nil, nil); status != http.StatusNotFound {
			t.Errorf("somebody else's %s: %d %s", x.path, status, body)
		}
	}
	servertest.Wait(t, "the terminal to be open", func() bool {
		status, _ := send(t, s, manager, "GET", "/asks/"+id+"/recording", nil, nil)
		return status == http.StatusOK
	})
	// A machine that goes away takes the terminal with it, and the recording stays.
	e.stop()
	e.becomes(s, id, "went offline")
	if status, body := send(t, s, manager, "GET", "/asks/"+id+"/recording", nil, nil); status != http.StatusOK || !strings.Contains(body, `"version":2`) {
		t.Errorf("the recording is not kept: %d %s", status, body)
	}
}
