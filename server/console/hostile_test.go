package console_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/ticket"
)

// victim is a machine whose every field, and whose every person, is one hostile
// text.
type victim struct {
	text    string
	machine *browsertest.Machine
	number  int64
	ticket  string
	who     wire.Account
}

// attack puts a text wherever an endpoint or a person can put one.
func attack(t *testing.T, s *servertest.Server, d *desk.Desk, text string) victim {
	t.Helper()
	v := victim{text: text, machine: browsertest.NewMachine(t, s, text, text), who: browsertest.Account("1000", text, text)}
	m := v.machine
	m.Join()
	var inventory wire.Inventory
	browsertest.Fill(&inventory, text)
	m.Call(wire.TypeInventory, inventory)
	var findings []diagnostics.Finding
	browsertest.Fill(&findings, text)
	m.Call(wire.TypeFindings, wire.Findings{At: time.Now(), Findings: findings})
	m.Health(40, 50, 60)
	var snapshot diagnostics.Snapshot
	browsertest.Fill(&snapshot, text)
	snapshot.Version, snapshot.TakenAt = diagnostics.SnapshotVersion, time.Now()
	v.number = m.Ring(v.who, text, text+"\n"+browsertest.Ugly, findings, &snapshot)

	// People write what they like, and call themselves and their files so.
	person, _, err := s.Beside.Auth.AddPerson(t.Context(), s.Beside.Actor(), fmt.Sprintf("v%d@example.com", v.number), text, auth.Technician)
	if err != nil {
		t.Fatalf("%q as a person's name: %v", text, err)
	}
	staff := auth.Actor{Kind: auth.Staff, Person: person.ID, Name: person.Name, Role: person.Role}
	if _, _, err := s.Beside.Auth.MakeToken(t.Context(), staff, person.ID, text, auth.NoRole, time.Hour); err != nil {
		t.Fatal(err)
	}
	opened, err := d.GetByNumber(t.Context(), staff, v.number)
	if err != nil {
		t.Fatal(err)
	}
	v.ticket = opened.ID
	requester := auth.Actor{Kind: auth.Requester, Person: opened.Requester.ID, Name: opened.Requester.Name, Endpoint: m.ID, UID: "1000"}
	file, err := d.Store(t.Context(), staff, text, []byte("<script>executed('file')</script>"+text))
	if err != nil {
		t.Fatal(err)
	}
	files := []ticket.Attachment{file}
	id := func() string { return ulid.Make().String() }
	for _, step := range []struct {
		by auth.Actor
		do ticket.Command
	}{
		{staff, ticket.Take{}},
		{staff, ticket.Prioritise{Impact: ticket.High, Urgency: ticket.Low, Reason: text}},
		{staff, ticket.Reply{Message: id(), Body: text, Attachments: files}},
		{requester, ticket.Reply{Message: id(), Body: text + browsertest.Ugly}},
		{staff, ticket.Note{Message: id(), Body: text, Attachments: files}},
		{staff, ticket.Reply{Message: id(), Body: marked(text)}},
		{staff, ticket.Wait{For: ticket.WaitVendor, Message: id(), Body: text}},
		{staff, ticket.Resume{}},
		{staff, ticket.Resolve{Message: id(), Solution: text, Code: ticket.Fixed}},
		{requester, ticket.Reopen{Message: id(), Body: text}},
	} {
		if _, err := d.Do(t.Context(), step.by, v.ticket, 0, step.do); err != nil {
			t.Fatalf("%q, %T: %v", text, step.do, err)
		}
	}
	return v
}

// marked puts a text wherever Markdown would carry it out of its place.
func marked(text string) string {
	return strings.Join([]string{
		"# " + text, "> " + text, "- " + text, "**" + text + "**", "`" + text + "`", "```" + text + "\n" + text + "\n```", "    " + text,
		"[" + text + "](" + text + ")", "[x](" + text + ")", "![" + text + "](" + text + ")", "![x](picture:" + text + ")", "<" + text + ">",
		"[r]: " + text + " '" + text + "'", "[r] [x][r]", "| " + text + " |\n|---|\n| " + text + " |",
	}, "\n\n")
}

// pairs joins texts by two as far as the shortest field has room for both, which
// halves the pages to look at. Each is the beginning of a field or the end of one.
func pairs(texts []string) []string {
	var out []string
	for len(texts) > 0 {
		text := texts[0]
		texts = texts[1:]
		for i, other := range texts {
			if joined := text + " " + other; len(joined) <= 96 && !strings.HasPrefix(other, "javascript:") && !strings.HasPrefix(other, "data:") {
				text, texts = joined, slices.Delete(slices.Clone(texts), i, i+1)
				break
			}
		}
		out = append(out, text)
	}
	return out
}

// TestHostileTexts writes every text of the corpus into every field that an
// endpoint or a person can set, has the machine answer every question with it,
// and looks at every page, the portal's too. Nothing may run, become an element,
// ask another host or break the policy; and the text has to be there, as text.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	d := desk.New(s.DB.Desk(), rulebook.Empty, time.Now)
	corpus := browsertest.Hostile()
	var victims []victim
	for _, text := range pairs(corpus) {
		victims = append(victims, attack(t, s, d, text))
	}
	session := servertest.Cookie(auth.Staff, s.Session(auth.Admin))
	p := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: session})
	p.Allow("404", "422")
	pages := 0
	look := func(p *browsertest.Page, path string, live bool, has ...string) {
		t.Helper()
		pages++
		before := p.Executed()
		p.Go(path)
		if live {
			p.Live()
		}
		p.Tame(path)
		if n := p.Executed() - before; n > 0 {
			t.Errorf("%s: %d texts ran", path, n)
		}
		for _, text := range has {
			if !p.Has(text) {
				t.Errorf("%s does not show %q", path, text)
			}
		}
	}
	// A list shows one page of rows; the newest are all of the corpus.
	look(p, "/?view=all", true, corpus...)
	look(p, "/?view=all&q="+urlEscape(corpus[1]), false, corpus[1])
	look(p, "/endpoints", true, corpus...)
	look(p, "/endpoints?q="+urlEscape(corpus[2]), false)
	look(p, "/noc", true)
	p.Until("the wall is drawn", "document.querySelector('[data-wall]').dataset.drawn === '"+fmt.Sprint(len(victims))+"'")
	for _, path := range []string{"/admin/people", "/admin/sites", "/admin/tokens", "/admin/enrolments"} {
		look(p, path, false, corpus...)
	}
	look(p, "/admin/audit", false)
	look(p, "/account", false)
	for _, q := range []string{"/?view=", "/sign-in?next=", "/admin/audit?q=", "/nothing/", "/endpoints?show="} {
		look(p, q+urlEscape(`"><script data-hostile>executed('query')</script>`), false)
	}

	e := chromium.Open(t, s.HTTP, browsertest.Options{})
	for _, v := range victims {
		path := ticketPath(v.number)
		v.machine.Answer(browsertest.HostileAnswers(v.text))
		for _, kind := range wire.ToolKinds() {
			post(t, s, session, path+"/asks", url.Values{"kind": {string(kind)}, "host": {v.text}, "name": {v.text}, "url": {v.text}, "path": {v.text}, "port": {"443"}, "filter": {v.text}})
		}
		look(p, path, true, v.text)
		p.Until("all answers are in", fmt.Sprintf("document.querySelectorAll('.ask-state').length === %d && [...document.querySelectorAll('.ask-state')].every(e => e.innerText.includes('Answered'))", len(wire.ToolKinds())))
		browsertest.Eval[bool](p, "(document.querySelectorAll('details').forEach(e => e.open = true), true)")
		p.Until("all answers are unfolded", "[...document.querySelectorAll('.ask-body')].every(e => e.innerText.trim() !== '')")
		p.Tame(path + ", unfolded")
		look(p, path+"/history", false, v.text)
		look(p, "/endpoints/"+v.machine.ID, true, v.text)
		if link := browsertest.Eval[string](p, `document.querySelector('a[href*="/snapshots/"]')?.getAttribute('href') ?? ''`); link != "" {
			look(p, link, false, v.text)
		} else {
			t.Error("no snapshot is linked")
		}

		e.SetCookie(servertest.Cookie(auth.Requester, s.Portal(v.machine.ID, v.who.UID, v.who.Name)))
		look(e, "/portal/", true, v.text)
		look(e, "/portal/tickets", false, v.text)
		look(e, "/portal"+path, true, v.text)
		look(e, "/portal/help", true)
		e.Until("the check-up is there", "document.querySelectorAll('#checkup-sections .tick-row').length > 0 && document.querySelector('#checkup .finding')")
		e.Tame("the check-up")
	}
	e.Clean()
	p.Clean()
	t.Logf("%d texts in every field of %d machines, %d pages, %d executions", len(corpus), len(victims), pages, p.Executed()+e.Executed())
}
