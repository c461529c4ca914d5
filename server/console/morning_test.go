package console_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/ticket"
)

// hands are a technician's who has no mouse: keys are all that reaches the page.
type hands struct {
	t *testing.T
	*browsertest.Page
}

func (h hands) ctrl(key string) {
	h.t.Helper()
	h.Press(key, chromedp.KeyModifiers(chromedp.ModifierCtrl))
}

func (h hands) focused(expression string) bool {
	h.t.Helper()
	return browsertest.Eval[bool](h.Page, "(e => "+expression+")(document.activeElement)")
}

// tab goes on until the focus is where it should be, or back with shift.
func (h hands) tab(what, expression string, o ...chromedp.KeyOption) {
	h.t.Helper()
	for range 60 {
		if h.focused(expression) {
			return
		}
		h.Press(kb.Tab, o...)
	}
	h.t.Fatalf("60 times Tab do not lead to %s", what)
}

func (h hands) back(what, expression string) {
	h.t.Helper()
	h.tab(what, expression, chromedp.KeyModifiers(chromedp.ModifierShift))
}

func (h hands) value(want string) {
	h.t.Helper()
	h.Until(fmt.Sprintf("the box holds %q", want), fmt.Sprintf("document.querySelector('#composer-text').value === %q", want))
}

// said are the bodies of a kind of events in a ticket's history.
func said(d desk.Detail, typ ticket.EventType) (out []string) {
	for _, e := range d.History {
		if e.Type == typ {
			out = append(out, e.Body)
		}
	}
	return out
}

// TestMorning is a technician's morning by the keyboard alone: take what is next,
// read it, answer with a canned reply, take that back and send it again, deal with
// the following one by a macro, merge five of a kind, resolve, search. What was done
// is read from the server.
func TestMorning(t *testing.T) {
	t.Parallel()
	s := undoable(t, 0) // as long as anywhere
	book := browsertest.Rulebook(t, s)
	page, anna := openAs(t, s, "anna@example.com", auth.Technician)
	browsertest.Save(t, book,
		&rulebook.Reply{Entry: rulebook.Entry{Name: "Thank you"}, Body: "Thank you."},
		&rulebook.Reply{Entry: rulebook.Entry{Name: "Ask for the number"}, Body: "Dear {{requester.first_name}}, which printer at {{site.name}} is it? It is about {{ticket.number}}."},
		&rulebook.Macro{Entry: rulebook.Entry{Name: "Toner is on its way"}, Body: "Dear {{requester.first_name}}, new toner comes to {{site.name}}.", Take: true, State: "wait", Waiting: ticket.WaitVendor, Tag: []string{"toner"}},
		&rulebook.Team{Entry: rulebook.Entry{ID: "first", Name: "First line"}, Tier: 1, Members: []string{anna.ID}},
		&rulebook.Category{Entry: rulebook.Entry{ID: "printer", Name: "Printer"}, Team: "first"},
	)
	browsertest.Known(t, s, "/rulebook/categories/printer")

	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	d := desk.New(s.DB.Desk(), book.Book, time.Now)
	boss := s.Actor(auth.Manager)
	read := func(n int64) desk.Detail {
		t.Helper()
		out, err := d.GetByNumber(t.Context(), boss, n)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	do := func(n int64, c ticket.Command) {
		t.Helper()
		if _, err := d.Do(t.Context(), boss, read(n).ID, 0, c); err != nil {
			t.Fatal(err)
		}
	}
	ring := func(i int, title, body string) int64 {
		t.Helper()
		name := []string{"Jonas Weber", "Aylin Kaya", "Petra Novák", "Sam O’Neill", "Li Wei", "Greta Holm"}[i%6]
		return m.Ring(browsertest.Account(fmt.Sprint(1000+i%6), fmt.Sprint("user", i%6), name), title, body, nil, nil)
	}
	toner := ring(0, "The printer is empty", "It blinks.")
	urgent := ring(1, "The printer of the whole floor does not print", "Nobody can print since eight.")
	do(urgent, ticket.Prioritise{Impact: ticket.High, Urgency: ticket.High, Reason: "the whole floor"})
	for i, n := range []int64{toner, urgent} {
		do(n, ticket.Categorise{Category: "printer"})
		if i == 0 {
			do(n, ticket.Prioritise{Impact: ticket.Medium, Urgency: ticket.High, Reason: "soon"})
		}
	}
	var mails []int64
	for i := range 6 {
		mails = append(mails, ring(i, fmt.Sprintf("Mail does not arrive (%d)", i+1), "Since this morning."))
	}
	for i, title := range []string{"No sound", "The dock flickers", "A second screen", "Camera is not found"} {
		ring(i, title, "")
	}
	stays, others := mails[0], mails[1:]

	p := hands{t, page}
	p.Go("/")
	p.Live()
	p.Until("all twelve are there", "document.querySelectorAll('[data-row]').length === 12")

	// What is next is the most urgent.
	p.Press("n")
	p.At(ticketPath(urgent))
	p.Live()
	p.Shows("#facts", "You have it")
	p.Shows("#talk", "Nobody can print since eight.")
	if got := read(urgent); got.Assignee.ID != anna.ID || got.State != ticket.InProgress {
		t.Errorf("the one that was taken is %s, of %q", got.State, got.Assignee.Name)
	}

	// A canned reply, taken back and sent again.
	p.Press("r")
	p.Press(";num")
	p.Until("one reply is offered", "document.querySelectorAll('.pick').length === 1")
	p.Press(kb.Enter)
	words := fmt.Sprintf("Dear Aylin, which printer at Berlin is it? It is about %d.", urgent)
	p.value(words)
	p.ctrl(kb.Enter)
	p.Shows(".held", "Sending in")
	p.value("")
	if got := said(read(urgent), ticket.Replied); len(got) > 0 {
		t.Errorf("sent at once: %q", got)
	}
	p.Press(kb.Escape)
	p.Press("u")
	p.value(words)
	p.Gone(".held")
	p.Press("r")
	p.Press(kb.End, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	p.Press(" Thank you!")
	p.ctrl(kb.Enter)
	p.Shows(".held", "Sending in")

	// Meanwhile the next one, by a macro: answer, state and tag with one key.
	p.Press(kb.Escape)
	p.Press("n")
	p.At(ticketPath(toner))
	p.Live()
	p.Press("r")
	p.Press(";ton")
	p.Until("the macro is offered", "document.querySelectorAll('.pick').length === 1")
	p.Shows("#composer-picker", "put it on hold")
	p.ctrl(kb.Enter)
	servertest.Wait(t, "the macro has done it all", func() bool { return read(toner).State == ticket.Pending })
	if got := read(toner); got.Waiting != ticket.WaitVendor || strings.Join(got.Tags, " ") != "toner" || strings.Join(said(got, ticket.Waits), "|")+strings.Join(said(got, ticket.Replied), "|") != "Dear Jonas, new toner comes to Berlin." {
		t.Errorf("after the macro: waits for %q, tags %q, %v", got.Waiting, got.Tags, got.History)
	}
	servertest.Wait(t, "the answer is out", func() bool { return len(said(read(urgent), ticket.Replied)) > 0 })
	if got := said(read(urgent), ticket.Replied); len(got) != 1 || got[0] != words+" Thank you!" {
		t.Errorf("answered: %q", got)
	}

	// Five of a kind become one, after a look at what would happen.
	p.Press(kb.Escape)
	p.Press("gq")
	p.At("/")
	p.Live()
	p.Press("/")
	p.Press("mail")
	p.Until("six are found", "document.querySelectorAll('[data-row]').length === 6")
	p.Press(kb.ArrowDown)
	p.Until("the first has the focus", "document.activeElement.matches('[data-row] a.row-title')")
	for range 6 {
		if !p.focused(fmt.Sprintf("e.closest('[data-row]').dataset.number === '%d'", stays)) {
			p.Press("x")
		}
		p.Press("j")
	}
	p.Shows("#bulk", "5 chosen")
	p.Press("b")
	p.Until("what to do has the focus", "document.activeElement.name === 'do'")
	p.Press("m")
	p.Until("it is to merge", "document.activeElement.value === 'merge'")
	p.tab("the number", "e.name === 'into'")
	p.Press(fmt.Sprint(stays))
	p.Press(kb.Enter)
	p.Shows("#bulk-result", "All 5 tickets will change.")
	p.Shows("#bulk-result", "cannot be undone")
	for _, n := range others {
		if read(n).MergedInto.ID != "" {
			t.Error("merged by looking at it")
		}
	}
	p.Accessible("before merging")
	p.Picture("morning-merge")
	p.Until("the button has the focus", "document.activeElement.hasAttribute('data-bulk-go')")
	p.Press(kb.Enter)
	p.Shows("#said", "5 tickets changed.")
	for _, n := range others {
		if got := read(n); got.MergedInto.Number != stays || got.State.Open() {
			t.Errorf("%d is %s, merged into %d", n, got.State, got.MergedInto.Number)
		}
	}
	if got := read(stays); len(got.Also) != 5 || !got.State.Open() {
		t.Errorf("%d people joined the one that stays, which is %s", len(got.Also), got.State)
	}

	// A number leads to its ticket, an old one to where it went on; there it is solved.
	p.Press("/")
	p.ctrl("a")
	p.Press(fmt.Sprint(others[0]))
	p.Press(kb.Enter)
	p.At(ticketPath(stays))
	p.Live()
	p.Press("t")
	p.Shows("#facts", "You have it")
	p.Press("r")
	p.back("what is done with the words", "e.dataset.mode !== undefined")
	p.Press(kb.ArrowRight)
	p.Press(kb.ArrowRight)
	p.Shows(".composer-extra-resolve", "How it was solved")
	p.tab("the words", "e.id === 'composer-text'")
	p.Press("The mail server had a full disk.")
	p.tab("how it was solved", "e.name === 'code'")
	p.Press("w")
	p.Until("a workaround", "document.activeElement.value === 'workaround'")
	p.back("the words", "e.id === 'composer-text'")
	p.ctrl(kb.Enter)
	servertest.Wait(t, "it is resolved", func() bool { return read(stays).State == ticket.Resolved })
	if got := read(stays); got.Solution != "The mail server had a full disk." || got.Code != ticket.Workaround {
		t.Errorf("resolved as %q: %q", got.Code, got.Solution)
	}

	// The keys, the palette, and the language of the search box.
	p.Press(kb.Escape)
	p.Press("?")
	for _, what := range []string{"Take the next ticket", "Answer", "Internal note", "Search"} {
		p.Shows("#keys", what)
	}
	p.Accessible("the keys")
	p.Picture("morning-keys")
	p.Press(kb.Escape)
	p.Gone("#keys")
	p.ctrl("k")
	p.Until("the palette has the focus", "document.activeElement.id === 'palette-text'")
	p.Press("queue")
	p.Shows("#palette-list [aria-selected=true]", "Queue")
	p.Accessible("the palette")
	p.Picture("morning-palette")
	p.Press(kb.Enter)
	p.At("/")
	p.Live()
	p.Press("/")
	p.Press("state:pending tag:toner category:Printer")
	p.Until("one is found", fmt.Sprintf("[...document.querySelectorAll('[data-row]')].map(e => e.dataset.number).join() === '%d'", toner))
	p.ctrl("a")
	p.Press(`"whole floor" assignee:me`)
	p.Until("another is found", fmt.Sprintf("[...document.querySelectorAll('[data-row]')].map(e => e.dataset.number).join() === '%d'", urgent))
	p.Clean()
}
