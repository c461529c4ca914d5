package console_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
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
		{"probe-dns", map[string]string{"name": "help.example.com"}, []string{"SERVFAIL after 2.0 s, 3 of 3", "203.0.113.10", "The name servers disagree. 10.0.0.3: A 203.0.113.10; 10.9.0.2: A 198.51.100.66.", "1 of 3 name servers give no answer"}},
		{"probe-tcp", map[string]string{"host": "files.example.com", "port": "445"}, []string{"open", "21 ms"}},
		{"probe-http", map[string]string{"url": "https://intranet.example.com/"}, []string{"status 200", "Waiting for the first byte", "Body", "https://intranet.example.com/home"}},
		{"probe-path", map[string]string{"host": "intranet.example.com"}, []string{"30 % is lost, from hop 3 (198.51.100.7) on", "gateway.example.com", "does not answer itself; what is behind it does", "round 10 of 10"}},
		{"probe-portal", nil, []string{"The network wants a sign-in first, at https://wifi.example.net/login."}},
		{"probe-proxy", map[string]string{"url": "https://intranet.example.com/"}, []string{"It depends on who asks. No proxy, it goes there directly: the agent. Through proxy.example.com:3128, which wants a sign-in: mara (GNOME).", "/home/mara/.config/dconf/user", "Negotiate, Basic", "name not found"}},
		{"probe-speed", map[string]string{"seconds": "6"}, []string{"94 Mbit/s down, 11 Mbit/s up; answers take 18 ms, 240 ms while it is busy. Whatever else", "67.1 MB in 5.7 s, until the server's bound of 64 MiB", "8.5 MB in 6.0 s, until the time was over", "95 of 100 within 360 ms", "6 seconds each way"}},
		{"probe-tls", map[string]string{"host": "mail.example.com"}, []string{"9 days left", "TLS 1.3", "mail.example.com", "from the machine's own store", "Not part of the chain", "expired 60 days ago"}},
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
	// What looks at the network, in the light, in the dark and on a phone.
	p.Accessible("answers about the network")
	for _, x := range []string{"chain", "path", "fall"} {
		browsertest.Eval[bool](p, "(document.querySelector('#asked-list ."+x+"').scrollIntoView({block: 'center'}), true)")
		p.Picture("network-" + x)
	}
	narrow := chromium.Open(t, s.HTTP, browsertest.Options{Width: 390, Height: 844, Scheme: "dark", Cookie: servertest.Cookie(auth.Staff, s.Session(auth.Technician))})
	narrow.Go(ticketPath(n))
	narrow.Live()
	browsertest.Eval[bool](narrow, "([...document.querySelectorAll('#asked-list .ask')].slice(0, 6).forEach(e => e.open = true), true)")
	narrow.Until("the answers are unfolded", "[...document.querySelectorAll('#asked-list .ask[open] .ask-body')].every(e => e.innerText.trim() !== '') && document.querySelector('.chain')")
	narrow.Accessible("answers about the network, narrow and dark")
	narrow.Fits("answers about the network, narrow and dark")
	for _, x := range []string{"chain", "path", "fall"} {
		browsertest.Eval[bool](narrow, "(document.querySelector('#asked-list ."+x+"').scrollIntoView({block: 'center'}), true)")
		narrow.Picture("network-phone-" + x)
	}
	narrow.Clean()
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
	late.Shows("#asked-list .ask:nth-child(2) .ask-body", "9 days left")
	late.Clean()
	drillInto(t, p, m)
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
	p.Shows("#machine", "Asleep")
	p.Shows("#tools .notice", "PC-17 has been asleep for")
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
	// The list grows beneath the pointer on a busy machine: the button is pressed where it is.
	p.Until("its own is cancelled", `(() => { document.querySelector('.ask:first-child .ask-body button').click(); return true; })()`)
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

// drillInto goes into a folder from the answer about a disk: by the picture, by the
// list's buttons, and back by the way that led there.
func drillInto(t *testing.T, p *browsertest.Page, m *browsertest.Machine) {
	t.Helper()
	var asked []string
	var mu sync.Mutex
	m.Answer(func(q wire.Ask) []any {
		var d wire.DiskParams
		if q.Kind != wire.AskDisk || json.Unmarshal(q.Params, &d) != nil {
			return browsertest.Answers(q)
		}
		mu.Lock()
		asked = append(asked, d.Path)
		mu.Unlock()
		return []any{wire.DiskPart{Path: d.Path, Entries: []wire.DirEntry{{Name: "log", Bytes: 91e9, Files: 9, Dir: true}, {Name: "core", Bytes: 4e9, Files: 1}, {Name: "..", Bytes: 2e9, Dir: true}}}}
	})
	defer m.Answer(nil)
	here := func(path string) {
		t.Helper()
		p.Until("the folder "+path, fmt.Sprintf("document.querySelector('.ask:first-child .crumbs [aria-current]')?.innerText === %q && document.querySelector('.ask:first-child .disk-map') !== null", path))
	}
	p.Click("[data-tool=disk]")
	p.Fill("#tool-disk [name=path]", "/var")
	p.Click("#tool-disk [type=submit]")
	here("var")
	p.Click(".ask:first-child button.disk-block")
	here("log")
	p.Accessible("a folder")
	p.Fits("a folder")
	p.Picture("disk-folder")
	p.Click(".ask:first-child .crumbs button:nth-of-type(2)")
	here("var")
	browsertest.Eval[bool](p, "(document.querySelector('.ask:first-child .link-button').focus(), true)")
	p.Press("\r")
	here("log")
	if n := browsertest.Eval[int](p, "document.querySelectorAll('.ask:first-child .link-button').length"); n != 1 {
		t.Errorf("%d entries lead on, and one is a folder", n)
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(asked, []string{"/var", "/var/log", "/var", "/var/log"}) {
		t.Errorf("the machine was asked for %q", asked)
	}
}
