package console_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestServerAway stops the server under an open queue and starts it again: the
// page says that it is not live, comes back by itself, and shows what came in
// meanwhile, all without a reload.
func TestServerAway(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Allow("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "503")
	p.Go("/")
	p.Live()
	unmoved := same(p)
	p.Press("j")
	p.Shows("#preview h2", "The printer does not print")
	m.Leave()
	s.Stop()
	p.Shows("#offline", "Not live. Trying again")
	p.Shows("[data-row] .row-title", "The printer does not print")
	s.Restart()
	m.Join()
	m.Ring(mara, "No sound", "", nil, nil)
	p.Live()
	p.Gone("#offline")
	p.Shows("#news", "1 new ticket")
	p.Click("#news-show")
	p.Shows("[data-row] .row-title", "No sound")
	unmoved()
	p.Clean()
}

// TestByKeysAlone does a technician's whole job without a mouse: sign in, find
// the ticket, take it, answer and resolve. What has the focus can be seen at each
// step.
func TestByKeysAlone(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	who := s.AddPerson("anna@example.com", auth.Technician)
	const password = "the bell rings at nine, always"
	if err := s.Beside.Auth.SetPasswordOf(t.Context(), s.Beside.Actor(), who.ID, password); err != nil {
		t.Fatal(err)
	}
	p := chromium.Open(t, s.HTTP, browsertest.Options{})
	seen := func(what string) {
		t.Helper()
		if !browsertest.Eval[bool](p, `(e => { if (e === document.body) return false; const s = getComputedStyle(e); const r = e.closest('.row'); return s.outlineStyle !== 'none' && s.outlineWidth !== '0px' || r !== null && getComputedStyle(r).outlineStyle !== 'none' || e.checkVisibility() && getComputedStyle(e.nextElementSibling ?? e).outlineStyle !== 'none' })(document.activeElement)`) {
			t.Errorf("the focus is not seen on %s: %s", what, browsertest.Eval[string](p, "document.activeElement.outerHTML.slice(0, 200)"))
		}
	}
	p.Go("/sign-in")
	p.Until("the address has the focus", "document.activeElement.name === 'email'")
	seen("the address")
	p.Press("anna@example.com")
	p.Press(kb.Tab)
	seen("the password")
	p.Press(password)
	p.Press(kb.Enter)
	p.At("/")
	p.Live()
	p.Press(kb.Tab)
	p.Shows(".skip", "Skip to the content")
	seen("the way past the navigation")
	p.Press("j")
	p.Shows("#preview h2", "The printer does not print")
	seen("the row")
	p.Press("t")
	p.Shows("#said", "You have it now.")
	p.Press(kb.Enter)
	p.At(ticketPath(n))
	p.Live()
	p.Press("r")
	p.Until("the answer has the focus", "document.activeElement.id === 'composer-text'")
	seen("the answer")
	p.Press("We bring you a new cable.")
	p.Press(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	p.Shows(".talk", "We bring you a new cable.")
	// From the box back to what is done with the words: the choice is a group of
	// radios, which the arrows move through.
	for browsertest.Eval[string](p, "document.activeElement.dataset.mode ?? ''") == "" {
		p.Press(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift))
	}
	p.Press(kb.ArrowRight)
	p.Press(kb.ArrowRight)
	p.Shows(".composer-extra-resolve", "How it was solved")
	seen("the choice")
	for browsertest.Eval[string](p, "document.activeElement.id") != "composer-text" {
		p.Press(kb.Tab)
	}
	p.Press("A new cable.")
	p.Press(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	p.Shows("#facts .state", "Resolved")
	p.Shows(".message-solution", "A new cable.")
	p.Clean()
}
