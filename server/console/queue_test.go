package console_test

import (
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

func urlEscape(s string) string { return url.QueryEscape(s) }

// same marks the page, so that a reload shows.
func same(p *browsertest.Page) (check func()) {
	browsertest.Eval[bool](p, "window.unmoved = true")
	return func() { p.Until("the page was not loaded again", "window.unmoved === true") }
}

// TestQueueLive sees a ticket come in without a reload: announced, not pushed in,
// and in place once it is there.
func TestQueueLive(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	p := open(t, s, auth.Technician)
	p.Go("/")
	p.Live()
	unmoved := same(p)
	p.Shows(".empty-title", "Nothing here")

	first := m.Ring(mara, "The printer does not print", "", browsertest.Findings(), nil)
	p.Shows("[data-row] .row-title", "The printer does not print") // an empty list has nothing to jump
	p.Shows(".row-chips", "disk full")
	p.Shows(".views [aria-current] .count", "1")

	p.Press("j")
	p.Shows("#preview h2", "The printer does not print")
	m.Ring(mara, "No sound", "", nil, nil)
	m.Ring(mara, "No picture", "", nil, nil)
	p.Shows("#news", "2 new tickets")
	if n := browsertest.Eval[int](p, "document.querySelectorAll('[data-row]').length"); n != 1 {
		t.Errorf("the list has %d rows before anybody asked for the new ones", n)
	}
	p.Until("the title tells it too", "document.title.startsWith('(2)')")
	p.Click("#news-show")
	p.Until("all three are there", "document.querySelectorAll('[data-row]').length === 3")
	p.Gone("#news a")
	if at := browsertest.Eval[string](p, "document.querySelector('[data-now] .row-title').innerText"); at != "The printer does not print" {
		t.Errorf("after the news the chosen row is %q", at)
	}

	// Somebody else takes the first one: the row says so where it stands.
	other, _ := openAs(t, s, "kofi@example.com", auth.Technician)
	other.Go(ticketPath(first))
	other.Live()
	other.Click("#act-take")
	other.Shows("#facts", "You have it")
	p.Shows("[data-row] .row-assignee", "kofi")
	p.Shows("[data-row] .row-state", "In progress")
	unmoved()
	p.Clean()
	other.Clean()
}

// TestKeyboard works the queue without a mouse.
func TestKeyboard(t *testing.T) {
	s := servertest.Start(t)
	w := browsertest.NewWorld(t, s, false)
	p := open(t, s, auth.Technician)
	p.Go("/")
	p.Live()
	chosen := func() string {
		return browsertest.Eval[string](p, "document.querySelector('[data-now]')?.dataset.number ?? ''")
	}

	p.Press("j")
	first := chosen()
	p.Press("j")
	second := chosen()
	p.Press("k")
	if first == "" || second == first || chosen() != first {
		t.Errorf("j, j, k chose %q, %q, %q", first, second, chosen())
	}
	p.Press("j")
	p.Shows("#preview .row-number", second)

	// The second is Mara's; the third of the list is too. Take one that is nobody's.
	row := "[data-row]:has(.row-assignee .muted)"
	n := browsertest.Eval[string](p, "document.querySelector('"+row+"').dataset.number")
	for chosen() != n {
		p.Press("k")
	}
	p.Press("t")
	p.Shows("#t-"+n+" .row-assignee", "You")
	p.Shows("#said", "You have it now.")

	p.Press("?")
	p.Shows("#keys", "Take the ticket")
	p.Press(kb.Escape)
	p.Gone("#keys")

	p.Press("/")
	p.Until("the search has the focus", "document.activeElement.id === 'search'")
	p.Press("jjj") // letters, where somebody types
	p.Shows(".empty-title", "No ticket is like that")
	p.Press(kb.Escape)
	p.Until("the search lost the focus", "document.activeElement.id !== 'search'")
	p.Press("/")
	p.Fill("#search", browsertest.Eval[string](p, "'"+ticketPath(w.Tickets[0])[len("/tickets/"):]+"'"))
	p.Press(kb.Enter)
	p.At(ticketPath(w.Tickets[0]))
	p.Live()

	p.Press("i")
	p.Until("the note has the focus", "document.querySelector('[data-mode=note]').checked && document.activeElement.id === 'composer-text'")
	p.Press("Seen before, nr. 4")
	p.Press(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	p.Shows(".message-note", "Seen before, nr. 4")
	p.Press(kb.Tab)
	browsertest.Eval[bool](p, "(document.activeElement.blur(), true)")
	p.Press("a")
	p.Until("the assign menu has the focus", "document.activeElement.name === 'to'")
	p.Press(kb.Escape)
	p.Until("the menu is closed", "!document.querySelector('#menu-assign').open")
	browsertest.Eval[bool](p, "(document.activeElement.blur(), true)")

	p.Press("ge")
	p.At("/endpoints")
	p.Press("j")
	p.Until("a row is chosen", "document.querySelector('[data-now]')")
	p.Press("gn")
	p.At("/noc")
	p.Press("gq")
	p.At("/")
	p.Press("j")
	p.Press(kb.Enter)
	p.Until("Enter opened the ticket", "location.pathname.startsWith('/tickets/')")
	p.Clean()
}

// TestKeysOff switches single keys off, for who speaks to their computer.
func TestKeysOff(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Go("/account")
	p.Click("[name=keys]")
	p.Click("form[action='/account/look'] button")
	p.Until("it is saved", "document.documentElement.dataset.keys === 'off'")
	p.Go("/")
	p.Live()
	p.Press("jt?")
	p.Press("ge")
	if at := p.Path(); at != "/" {
		t.Errorf("with single keys off “g e” led to %s", at)
	}
	if browsertest.Eval[bool](p, "document.querySelector('[data-now], dialog[open]') !== null") {
		t.Error("with single keys off a key did something")
	}
	p.Clean()
}

// TestPreferences shows a look that somebody chose, also against the system.
func TestPreferences(t *testing.T) {
	s := servertest.Start(t)
	p := open(t, s, auth.Technician)
	ground := func() string { return browsertest.Eval[string](p, "getComputedStyle(document.body).backgroundColor") }
	p.Go("/account")
	light := ground()
	p.Choose("[name=theme][value=dark]", "dark")
	p.Choose("[name=rows][value=compact]", "compact")
	p.Click("form[action='/account/look'] button")
	p.Until("it is dark", "document.documentElement.dataset.theme === 'dark'")
	if ground() == light {
		t.Error("dark has the ground of light")
	}
	if got := browsertest.Eval[string](p, "getComputedStyle(document.documentElement).getPropertyValue('--row')"); got != "2rem" {
		t.Errorf("compact rows are %s high", got)
	}
	p.Clean()
}
