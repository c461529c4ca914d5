package console_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// keep takes a picture when pictures are asked for.
func keep(p *browsertest.Page, name string) {
	if os.Getenv("DESKBELL_PICTURES") != "" {
		p.Picture(name)
	}
}

// TestMergeInTheConsole merges two tickets into one by the keyboard, sees who they
// are before, and follows the old number.
func TestMergeInTheConsole(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	other := browsertest.Account("1001", "jonas", "Jonas Weber")
	into := m.Ring(mara, "The mail is slow", "", nil, nil)
	a, b := m.Ring(other, "Mail does not open", "My own words", nil, nil), m.Ring(mara, "Outlook hangs", "", nil, nil)
	for _, scheme := range []string{"light", "dark"} {
		p := chromium.Open(t, s.HTTP, browsertest.Options{Scheme: scheme, Cookie: servertest.Cookie(auth.Staff, s.Session(auth.Technician))})
		for _, what := range []string{"file", "override", "major", "schedule", "merge", "into", "parent", "link"} {
			p.Go(fmt.Sprintf("%s/do/%s", ticketPath(into), what))
			p.Ready()
			p.Accessible(what + ", " + scheme)
			p.Fits(what)
			keep(p, "do-"+what+"-"+scheme)
		}
		p.Go("/approvals")
		p.Accessible("approvals, " + scheme)
		p.Clean()
	}
	p := open(t, s, auth.Technician)
	p.Allow("422", "409")
	p.Go(ticketPath(into))
	p.Live()
	p.Press("m")
	p.Until("the menu has the focus", "document.activeElement.closest('#menu-more') !== null")
	p.Accessible("the menu of actions")
	keep(p, "do-menu")
	p.Go(ticketPath(into) + "/do/merge")
	p.Fill("[name=numbers]", "12345")
	p.Press("\r")
	p.Shows("[role=alert]", "There is no ticket 12345")
	p.Fill("[name=numbers]", fmt.Sprintf("#%d, %d", a, b))
	p.Press("\r")
	p.Shows(".about-tickets", "Jonas Weber")
	p.Shows("[name=sure]", fmt.Sprintf("Merge 2 tickets into %d", into))
	keep(p, "do-merge-found")
	p.Click("[name=sure]")
	p.At(ticketPath(into))
	p.Shows("#panel-about", "2 tickets were merged into it")
	p.Accessible("a ticket with others merged into it")
	keep(p, "ticket-merged")
	p.Go(ticketPath(a)) // the old number leads on
	p.At(ticketPath(into))
	p.Go(ticketPath(a) + "?stay=1")
	p.Shows("#panel-about", fmt.Sprintf("ticket %d", into))
	p.Clean()

	jonas := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Requester, s.Portal(m.ID, "1001", "jonas"))})
	jonas.Go("/portal" + ticketPath(a))
	jonas.Shows("main", "Mail does not open")
	jonas.Shows("main", "joined it with another ticket about the same")
	if strings.Contains(browsertest.Eval[string](jonas, "document.documentElement.outerHTML"), "The mail is slow") {
		t.Error("the other employee's title stands on the page")
	}
	jonas.Allow("404")
	jonas.Go("/portal" + ticketPath(into))
	jonas.Shows("main", "no such ticket")
	jonas.Clean()
}

// TestFileScheduleAndSplit does one of the other things from its page to the ticket.
func TestFileScheduleAndSplit(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p, _ := openAs(t, s, "anna@example.com", auth.Manager)
	p.Allow("422")
	p.Go(ticketPath(n) + "/do/file")
	p.Fill("[name=category]", "Nothing like it")
	p.Click(".card [type=submit]")
	p.Shows("[role=alert]", "There is no category")
	p.Go(ticketPath(n) + "/do/file")
	p.Fill("[name=tags]", "Toner floor3")
	p.Click(".card [type=submit]")
	p.At(ticketPath(n))
	p.Shows("#panel-about", "floor3")
	p.Go(ticketPath(n) + "/do/override")
	p.Choose("[name=priority]", "1")
	p.Fill("[name=reason]", "The board meets.")
	p.Click(".card [type=submit]")
	p.At(ticketPath(n))
	p.Shows("#panel-about", "priority by hand")
	p.Go(ticketPath(n) + "/do/schedule")
	browsertest.Eval[bool](p, "(document.querySelector('[name=until]').value = '2027-07-01T10:00', true)")
	p.Click(".card [type=submit]")
	p.At(ticketPath(n))
	p.Shows("#facts", "Waits for a date")
	p.Until("by the reader's clock", "document.querySelector('#panel-about time').dateTime.startsWith('2027-07-01T08:00')")
	p.Clean()
}
