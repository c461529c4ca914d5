package console_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestCategoryByKeys files a ticket with the keyboard alone: any part of the path finds
// a category, arrows choose, Enter takes it, Escape closes the list and keeps the words.
func TestCategoryByKeys(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	entry := func(id, name string) rulebook.Entry { return rulebook.Entry{ID: id, Name: name} }
	browsertest.Save(t, browsertest.Rulebook(t, s),
		&rulebook.Category{Entry: entry("hw", "Hardware")}, &rulebook.Category{Entry: entry("printer", "Printer"), Parent: "hw"}, &rulebook.Category{Entry: entry("screen", "Screen"), Parent: "hw"},
		&rulebook.Category{Entry: entry("sw", "Software")}, &rulebook.Category{Entry: entry("driver", "Printer drivers"), Parent: "sw"}, &rulebook.Category{Entry: entry("refuse", "Müll")},
	)
	browsertest.Known(t, s, "/rulebook/categories/refuse")
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Allow("422")
	path := ticketPath(n) + "/do/file"
	p.Go(path)
	const field, list = "document.querySelector('[name=category]')", "[...document.querySelectorAll('[role=listbox]:not([hidden]) [role=option]')]"
	shows := func(what, is string) {
		t.Helper()
		p.Until(what, list+".map(o => (o.getAttribute('aria-selected') === 'true' ? '*' : '') + o.innerText).join('; ') === '"+is+"'")
	}
	p.Until("the field has the focus, and no list of the browser's", "document.activeElement === "+field+" && !"+field+".list && "+field+".getAttribute('role') === 'combobox' && "+field+".getAttribute('aria-expanded') === 'false'")
	p.Press(kb.ArrowDown)
	shows("the whole list", "*Hardware; Hardware › Printer; Hardware › Screen; Müll; Software; Software › Printer drivers")
	p.Accessible("the open list")
	p.Press(kb.ArrowUp)
	p.Until("the arrow up leads round to the last", field+".getAttribute('aria-activedescendant') === "+list+".at(-1).id && "+field+".getAttribute('aria-expanded') === 'true'")
	p.Press(kb.Escape)
	shows("closed by Escape", "")
	p.At(path)
	p.Press("prin")
	shows("any part of the path", "*Hardware › Printer; Software › Printer drivers")
	p.Press(" SOFT")
	shows("in any order, however it is written", "*Software › Printer drivers")
	p.Press(kb.Escape)
	p.Until("the words stay", field+".value === 'prin SOFT' && "+field+".getAttribute('aria-expanded') === 'false' && !"+field+".hasAttribute('aria-activedescendant')")
	p.Press(kb.Escape)
	p.Until("and go with the next", field+".value === ''")
	p.Press("mull")
	shows("without accents", "*Müll")
	p.Press("x")
	p.Shows("[role=status]", "Nothing on the list has that in it.")
	p.Accessible("nothing found")
	p.Press(kb.Enter) // nothing is chosen: the form is sent, and refused with the words in it
	p.Shows("[role=alert]", "There is no category “mullx”.")
	p.Until("nothing typed is lost", "document.activeElement === "+field+" && "+field+".value === 'mullx'")
	p.Press(kb.Escape + kb.Escape)
	p.Press("hard" + kb.ArrowDown + kb.ArrowDown)
	shows("the third", "Hardware; Hardware › Printer; *Hardware › Screen")
	keep(p, "category")
	p.Press(kb.Enter)
	p.Until("Enter takes it, whole, and sends nothing", field+".value === 'Hardware › Screen' && "+field+".getAttribute('aria-expanded') === 'false'")
	p.At(path)
	p.Press(kb.Enter)
	p.At(ticketPath(n))
	p.Shows("#panel-about", "Hardware › Screen")
	p.Clean()

	plain := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Staff, s.Session(auth.Manager)), NoScripts: true})
	plain.Go(path)
	plain.Fits("without scripts")
	if _, body := send(t, s, servertest.Cookie(auth.Staff, s.Session(auth.Manager)), "GET", path, nil, nil); !hasAll(body, `list="f-category-list"`, `<datalist id="f-category-list"><option value="Hardware"></option>`) {
		t.Error("without scripts there is no list")
	}
}

func hasAll(body string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(body, part) {
			return false
		}
	}
	return true
}
