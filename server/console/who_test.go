package console_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// empty takes out what the key that led into the box has left there: DevTools sends
// its letter apart from the key, so that it is typed though the key was taken.
func empty(p *browsertest.Page) {
	browsertest.Eval[bool](p, "(document.querySelector('#composer-text').value = '', true)")
}

// TestTwoAtOneTicket has two technicians at one ticket in two browsers: each sees
// the other read and write, one names the other in a note and the bell says so, and
// who acts on what has changed sees both versions and decides.
func TestTwoAtOneTicket(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	anna, _ := openAs(t, s, "anna@example.com", auth.Technician)
	kofi, _ := openAs(t, s, "kofi@example.com", auth.Technician)
	queue, _ := openAs(t, s, "ines@example.com", auth.Manager)
	queue.Go("/")
	queue.Live()
	anna.Go(ticketPath(n))
	anna.Live()
	kofi.Go(ticketPath(n))
	kofi.Live()
	anna.Shows("#here", "kofi reads this")
	kofi.Shows("#here", "anna reads this")
	queue.Until("the row shows who is there", "document.querySelectorAll('.row-here .avatar').length === 2")

	anna.Press("i")
	empty(anna)
	anna.Press("@ko")
	anna.Shows("#mentions", "kofi")
	kofi.Shows("#here", "anna is writing")
	anna.Press(kb.Enter)
	anna.Press("look, please")
	anna.Press(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	anna.Shows(".message-note", "@kofi look, please")
	kofi.Shows("#bell-count", "1")
	kofi.Shows("#here", "anna reads this")

	// Kofi hands it over while Anna has the menu open; her version is old then.
	kofi.Allow("409")
	anna.Allow("409")
	browsertest.Eval[bool](anna, "(document.activeElement.blur(), true)")
	anna.Press("e")
	anna.Until("the form has the focus", "document.activeElement.id === 'escalate-where'")
	kofi.Click("#act-take")
	kofi.Shows("#facts", "You have it")
	anna.Shows("#facts", "kofi has it")
	browsertest.Eval[bool](anna, "(document.querySelector('#escalate-form [name=version]').value = '1', true)") // as it was drawn
	anna.Fill("#escalate-tried", "Everything but the hammer")
	anna.Click("#escalate-form button")
	anna.Shows("#clash", "Everything but the hammer")
	anna.Shows("#clash", "took it")
	anna.Press("s")
	anna.Shows("#talk", "Everything but the hammer")
	anna.Gone("#clash")

	kofi.Go("/notices")
	kofi.Shows(".told-new", "named you in a note")
	kofi.Press("g")
	kofi.Press("q")
	kofi.At("/")
	queue.Until("the row shows who is left", "document.querySelectorAll('.row-here .avatar').length === 1")
	for _, p := range []*browsertest.Page{anna, kofi, queue} {
		p.Clean()
	}
}

// TestPalette goes and acts by the palette alone, takes the next ticket by one key,
// and finds every key on “?”.
func TestPalette(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	first := m.Ring(mara, "The printer does not print", "", nil, nil)
	m.Ring(mara, "No sound", "", nil, nil)
	p := open(t, s, auth.Technician)
	ctrlK := func() { p.Press("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)) }
	p.Go("/")
	p.Live()
	p.Press("n")
	p.At(ticketPath(first))
	p.Shows("#facts", "You have it")
	p.Live()

	ctrlK()
	p.Press("pc-17")
	p.Shows("#palette-list", "Endpoint")
	p.Press(kb.Escape)
	p.Gone("#palette")
	ctrlK()
	p.Press("internal")
	p.Shows("#palette-list [aria-selected=true]", "Internal note")
	p.Press(kb.Enter)
	p.Until("the note has the focus", "document.activeElement.id === 'composer-text' && document.querySelector('[data-mode=note]').checked")
	empty(p)
	p.Press("n?") // letters, where somebody types
	p.Until("they are text", "document.querySelector('#composer-text').value === 'n?'")
	ctrlK() // the palette opens from there too
	p.Press(fmt.Sprint(first + 1))
	p.Press(kb.Enter)
	p.At(ticketPath(first + 1))
	p.Live()

	p.Press("?")
	for _, what := range []string{"Take the next ticket", "Internal note", "Escalate", "Watch, or stop watching", "Go anywhere, do anything", "Endpoints"} {
		p.Shows("#keys-list", what)
	}
	p.Press(kb.Escape)
	p.Press("w")
	p.Shows("#act-watch", "Stop watching")

	// Single keys can be switched off; the palette stays.
	p.Go("/account")
	browsertest.Eval[bool](p, "(document.querySelector('[name=keys]').checked = false, document.querySelector('form[action=\"/account/look\"]').requestSubmit(), true)")
	p.Until("keys are off", "document.documentElement.dataset.keys === 'off'")
	p.Ready()
	p.Press("gq")
	ctrlK()
	p.Shows("#palette", "Queue")
	if at := p.Path(); at != "/account" {
		t.Errorf("a key that is off led to %s", at)
	}
	p.Clean()
}

// TestTeamsPage makes a team and changes it while somebody else does.
func TestTeamsPage(t *testing.T) {
	s := servertest.Start(t)
	kofi := s.AddPerson("kofi@example.com", auth.Technician)
	p, other := open(t, s, auth.Manager), open(t, s, auth.Admin)
	p.Go("/admin/teams")
	p.Shows(".empty-title", "No teams yet")
	p.Go("/admin/teams/new")
	p.Fill("[name=name]", "Network")
	p.Choose("[name=mode]", "round_robin")
	p.Choose("[value='"+kofi.ID+"'][name=member]", kofi.ID)
	p.Fill("[name='skills-"+kofi.ID+"']", "vpn, routers")
	p.Click("form[aria-label='The team'] button[type=submit]")
	p.At("/admin/teams")
	p.Shows("table", "Network")
	p.Click("table a")
	p.Shows("h1", "Network")
	other.Go(p.Path())
	other.Fill("[name=tier]", "2")
	other.Click("form[aria-label='The team'] button[type=submit]")
	other.At("/admin/teams")
	p.Allow("409")
	p.Fill("[name=cap]", "7")
	p.Click("form[aria-label='The team'] button[type=submit]")
	p.Shows("[role=alert]", "was changed by")
	p.Shows("section[aria-label='What was saved meanwhile']", "tier 2")
	p.Until("what was typed is there", "document.querySelector('[name=cap]').value === '7'")
	p.Clean()
	other.Clean()
}
