package console_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/ticket"
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

	// A merge says that it is for good before it is done.
	p.Press("j")
	p.Press("x")
	first := browsertest.Eval[string](p, "document.querySelector('[data-row]:not([data-now])').dataset.number")
	p.Choose("[data-bulk] [name=do]", "merge")
	p.Fill("[data-bulk] [name=into]", first)
	p.Press(kb.Enter)
	p.Shows("#bulk-result", "Merging cannot be undone")
	p.Fits("queue-merge")
	p.Picture("queue-merge")
	p.Press(kb.Escape)
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

// TestNamesInTheQueue looks at the columns of teams and categories, also of ones that
// have been retired, in the list, in a row that was acted on, in what can be chosen for
// many, and in the export: people see names, and the path of a category.
func TestNamesInTheQueue(t *testing.T) {
	s := servertest.Start(t)
	book := browsertest.Rulebook(t, s)
	browsertest.Save(t, book,
		&rulebook.Team{Entry: rulebook.Entry{ID: "t-1", Name: "Field service"}},
		&rulebook.Category{Entry: rulebook.Entry{ID: "c-1", Name: "Hardware"}},
		&rulebook.Category{Entry: rulebook.Entry{ID: "c-2", Name: "Printer"}, Parent: "c-1"},
		&rulebook.Category{Entry: rulebook.Entry{ID: "c-3", Name: "Typewriter"}, Parent: "c-1"},
	)
	browsertest.Known(t, s, "/rulebook/categories/c-3")
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "It prints nothing", "", nil, nil)
	old := m.Ring(mara, "It types nothing", "", nil, nil)
	d := desk.New(s.DB.Desk(), book.Book, time.Now)
	for number, category := range map[int64]string{n: "c-2", old: "c-3"} {
		x, err := d.GetByNumber(t.Context(), s.Actor(auth.Manager), number)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []ticket.Command{ticket.Delegate{Team: "t-1"}, ticket.Categorise{Category: category}} {
			if _, err := d.Do(t.Context(), s.Actor(auth.Manager), x.ID, 0, c); err != nil {
				t.Fatal(err)
			}
		}
	}
	gone, _ := rulebook.Get[*rulebook.Category](book.Book(), "c-3")
	retired := *gone
	retired.Retired = true
	browsertest.Save(t, book, &retired)
	browsertest.Save(t, book, &rulebook.Team{Entry: rulebook.Entry{ID: "t-2", Name: "Later"}})
	browsertest.Known(t, s, "/rulebook/teams/t-2") // and so what was before

	p := open(t, s, auth.Manager)
	p.Go("/")
	p.Live()
	p.Until("two rows", "document.querySelectorAll('[data-row]').length === 2")
	p.Click("#menu-view summary")
	p.Fill("#menu-view [name=name]", "Who and what")
	for _, column := range []string{"team", "category"} {
		p.Click("#menu-view [name=column][value=" + column + "]")
	}
	p.Click("#menu-view [data-view-form] button.primary")
	p.Shows(".views [aria-current]", "Who and what")
	row, other := "#t-"+strconv.FormatInt(n, 10), "#t-"+strconv.FormatInt(old, 10)
	sees := func() {
		t.Helper()
		p.Shows(row+" .row-who", "Field service")
		p.Shows(row+" .row-who", "Hardware › Printer")
		p.Shows(other+" .row-who", "Hardware › Typewriter")
	}
	sees()
	p.Live()
	p.Press("j")
	p.Press("t")
	p.Shows("[data-now] .row-assignee", "You")
	sees()
	options := browsertest.Eval[string](p, "[...document.querySelector('[data-bulk] [name=category]').options].map(o => o.text).join(', ')")
	if options != "None, Hardware, Hardware › Printer" {
		t.Errorf("the categories that can be chosen are %s", options)
	}
	if text := browsertest.Eval[string](p, "document.body.innerText"); strings.Contains(text, "t-1") || strings.Contains(text, "c-2") || strings.Contains(text, "c-3") {
		t.Error("an id is on the page")
	}
	csv := browsertest.Eval[string](p, "(() => { const r = new XMLHttpRequest(); r.open('GET', document.querySelector('#export').href, false); r.send(); return r.responseText })()")
	if !strings.Contains(csv, "Hardware › Printer,Field service,") || !strings.Contains(csv, "Hardware › Typewriter,Field service,") {
		t.Errorf("the export is %q", csv)
	}
	p.Picture("queue-names")
	p.Fill("#search", `category:"hardware › printer"`)
	p.Until("one row", "document.querySelectorAll('[data-row]').length === 1")
	p.Clean()
}
