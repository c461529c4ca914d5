package console_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestManyAtOnce finds tickets in the language of the search box, keeps that as a
// view, and changes them with the keyboard alone: chosen, looked at, done, undone.
func TestManyAtOnce(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	for _, title := range []string{"The printer is out of paper", "Büro: no network", "The printer prints nothing"} {
		m.Ring(mara, title, "", nil, nil)
	}
	p := open(t, s, auth.Manager)
	p.Go("/")
	p.Live()
	unmoved := same(p)
	rows := func(n string) { p.Until(n+" rows", "document.querySelectorAll('[data-row]').length === "+n) }
	rows("3")

	// What cannot be read is said, not swallowed.
	p.Press("/")
	p.Until("the search has the focus", "document.activeElement.id === 'search'")
	p.Fill("#search", "stat:open")
	p.Shows("#search-wrong", "stat: is nothing that tickets are searched by")
	p.Fill("#search", "buro")
	rows("1")
	p.Fill("#search", "print site:berlin")
	rows("2")

	p.Click("#menu-view summary")
	p.Fill("#menu-view [name=name]", "Printers")
	unmoved()
	p.Click("#menu-view [data-view-form] button.primary")
	p.Shows(".views [aria-current]", "Printers")
	p.Shows(".views [aria-current] span:not(.count)", "Printers")
	rows("2")
	p.Live()

	unmoved = same(p)
	p.Press("j")
	p.Press("x")
	p.Press("j")
	p.Press("x")
	p.Shows("[data-bulk-count]", "2 chosen")
	p.Fits("queue-chosen")
	p.Picture("queue-chosen")
	p.Press("b")
	p.Until("the bar has the focus", "document.activeElement.name === 'do'")
	p.Choose("[data-bulk] [name=do]", "tag")
	p.Fill("[data-bulk] [name=tags]", "toner")
	p.Press(kb.Enter)
	p.Shows("#bulk-result", "All 2 tickets will change.")
	p.Until("the button has the focus", "document.activeElement.hasAttribute('data-bulk-go')")
	p.Press(kb.Enter)
	p.Shows("#said", "2 tickets changed.")
	p.Until("nothing is chosen", "document.querySelector('[data-bulk]').hidden")
	p.Click("#bulk-undo")
	p.Shows("#said", "2 tickets are as they were.")
	unmoved()
	p.Accessible("queue-many")
	p.Clean()
}

// TestExportOfTheQueue gets what the page lists.
func TestExportOfTheQueue(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	m.Ring(mara, "The printer prints nothing", "", nil, nil)
	m.Ring(mara, "No sound", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Go("/?view=open&q=print")
	csv := browsertest.Eval[string](p, "(() => { const r = new XMLHttpRequest(); r.open('GET', document.querySelector('#export').href, false); r.send(); return r.responseText })()")
	if !strings.Contains(csv, "The printer prints nothing") || strings.Contains(csv, "No sound") || strings.Count(csv, "\r\n") != 2 {
		t.Errorf("the export is %q", csv)
	}
	p.Clean()
}
