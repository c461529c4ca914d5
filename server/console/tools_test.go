package console_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestToolsStream asks a machine things from its ticket; answers come in part by
// part, into tables.
func TestToolsStream(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()

	release := m.Hold()
	p.Click("[data-tool=processes]")
	p.Shows(".ask[open] .ask-kind", "Processes")
	p.Shows(".ask[open] tbody tr", "ffmpeg")
	p.Shows(".ask[open] .ask-state", "Answering")
	p.Shows(".ask[open] .num", "215 %") // the first list
	release()
	p.Shows(".ask[open] .ask-state", "Answered")
	p.Shows(".ask[open] .num", "217 %") // the last one
	p.Shows(".talk .step", "looked into the machine: processes")

	release = m.Hold()
	p.Click("[data-tool=snapshot]")
	p.Shows(".ask:first-child", "6 of 8 sections; still asking: services, system log.")
	release()
	p.Shows(".ask:first-child .ask-state", "Answered")
	p.Shows(".ask:first-child .finding", "Your disk is full")

	p.Click("[data-tool=services]")
	p.Shows(".ask:first-child tbody tr", "cups.service")

	p.Click("[data-tool=changes]")
	p.Shows(".ask:first-child", "128.13.0esr-1 → 128.14.0esr-1")
	p.Shows(".ask:first-child", "no longer starts by itself")
	p.Shows(".ask:first-child", "services that have failed")

	for _, x := range []struct {
		tool  string
		fill  map[string]string
		shows []string
	}{
		{"log", map[string]string{"filter": "space"}, []string{"No space left on device", "dhcp4"}},
		{"disk", map[string]string{"path": "/var"}, []string{"core.4312", "91.0 GB", "does not answer"}},
		{"inventory", nil, []string{"Installed software", "2 lines", "Updates that wait are read from apt only"}},
		{"probe-ping", map[string]string{"host": "10.0.4.1"}, []string{"3 of 4 came back", "lost 25 %", "no answer"}},
		{"probe-dns", map[string]string{"name": "help.example.com"}, []string{"SERVFAIL after 2.0 s, 3 of 3", "203.0.113.10"}},
		{"probe-tcp", map[string]string{"host": "files.example.com", "port": "445"}, []string{"open", "21 ms"}},
		{"probe-http", map[string]string{"url": "https://intranet.example.com/"}, []string{"status 200", "First byte", "https://intranet.example.com/home"}},
		{"probe-tls", map[string]string{"host": "mail.example.com"}, []string{"the certificate has expired", "TLS 1.3", "mail.example.com"}},
	} {
		p.Click("[data-tool=" + x.tool + "]")
		for field, text := range x.fill {
			p.Fill("#tool-"+x.tool+" [name="+field+"]", text)
		}
		before := browsertest.Eval[int](p, "document.querySelectorAll('.ask').length")
		p.Click("#tool-" + x.tool + " [type=submit]")
		p.Until("the question stands there", fmt.Sprintf("document.querySelectorAll('.ask').length > %d", before))
		p.Shows(".ask:first-child .ask-state", "Answered")
		for _, want := range x.shows {
			p.Shows(".ask:first-child", want)
		}
	}
	if text := p.Text("#asked"); strings.Contains(text, "{\"") || strings.Contains(text, "rtt_ns") {
		t.Error("an answer is shown as JSON")
	}

	// The machine's own No, and what it says, stand where the answer would.
	p.Allow("422")
	m.Answer(func(wire.Ask) []any {
		return []any{fault.New(fault.Forbidden, "This machine's policy does not allow it.")}
	})
	p.Click("[data-tool=services]")
	p.Shows(".ask:first-child .notice", "policy does not allow it")

	// Somebody who comes later finds all of it, folded, and unfolds one.
	late, _ := openAs(t, s, "kofi@example.com", auth.Technician)
	late.Go(ticketPath(n))
	late.Live()
	late.Shows("#asked-list .ask:nth-child(2) .ask-kind", "TLS")
	late.Click("#asked-list .ask:nth-child(2) summary")
	late.Shows("#asked-list .ask:nth-child(2) .ask-body", "the certificate has expired")
	late.Clean()
	p.Clean()
}

// TestToolsWait asks a machine that is away: the page says since when, the
// question waits, and is answered when the machine is back.
func TestToolsWait(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()
	m.Leave()
	p.Go(ticketPath(n))
	p.Live()
	p.Shows("#machine", "Offline")
	p.Shows("#machine", "went to sleep")
	p.Shows("#tools .notice", "PC-17 has been offline for")
	p.Click("[data-tool=processes]")
	p.Shows("#tool-processes", "How long may it wait")
	if got := browsertest.Eval[string](p, "[...document.querySelector('#tool-processes [name=wait]').options].map(o => o.text).join()"); got != "within 1 h,within 8 h,within 1 day" {
		t.Errorf("one can wait %s", got)
	}
	p.Choose("#tool-processes [name=wait]", "3600")
	p.Click("#tool-processes [type=submit]")
	p.Shows(".ask[open] .ask-state", "Waits for the machine")
	p.Shows(".ask[open] .ask-body", "asked when it is back")

	p.Click("[data-tool=services]")
	p.Click("#tool-services [type=submit]")
	p.Shows(".ask:first-child .ask-kind", "Services")
	p.Shows(".ask:first-child .ask-state", "Waits for the machine")
	p.Click(".ask:first-child .ask-body button")
	p.Shows(".ask:first-child .ask-state", "Cancelled")

	m.Join()
	p.Shows(".ask:nth-child(2) .ask-state", "Answered")
	p.Shows(".ask:nth-child(2) .ask-body", "ffmpeg")
	p.Shows("#machine", "Online")
	p.Clean()
}

// TestToolsTwice brings the news of a question before the answer to who asked it:
// the question stands there once, unfolded.
func TestToolsTwice(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()
	// The answer to the form is held back until the live event has brought the card.
	browsertest.Eval[bool](p, `(() => { const real = fetch; window.fetch = async (to, o) => {
		const answer = await real(to, o);
		if (o?.method === 'POST') while (!document.querySelector('.ask')) await new Promise(r => setTimeout(r, 20));
		return answer;
	}; return true })()`)
	p.Click("[data-tool=services]")
	p.Shows(".ask[open] .ask-body", "cups.service")
	if got := browsertest.Eval[int](p, "document.querySelectorAll('.ask').length"); got != 1 {
		t.Errorf("one question stands there %d times", got)
	}
	p.Clean()
}
