package console_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
)

// TestReplies writes a reply and a macro with the keyboard alone. A wrong variable is
// refused, nothing typed is lost, and the composer offers both.
func TestReplies(t *testing.T) {
	s := undoable(t, -1)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Manager)
	p.Allow("422")
	p.Go("/admin/replies")
	p.Shows("main", "None yet. A reply is")
	reach := func(what, is string) {
		t.Helper()
		for range 120 {
			p.Press(kb.Tab)
			if browsertest.Eval[bool](p, "Boolean((e => "+is+")(document.activeElement))") {
				return
			}
		}
		t.Fatalf("the tabulator does not reach %s", what)
	}
	field := func(name string) { t.Helper(); reach(name, "e.name === '"+name+"'") }
	save := func() { t.Helper(); reach("Save", "e.matches('button.primary')"); p.Press(kb.Enter) }

	reach("New reply", "e.innerText === 'New reply'")
	p.Press(kb.Enter)
	field("name")
	p.Press("Ask for the number")
	field("body")
	p.Press("Dear {{requester.nickname}}")
	save()
	p.Shows("[role=alert]", "There is no variable {{requester.nickname}}. There are: requester.name")
	p.Until("nothing is lost, and the words can be put right at once",
		"document.activeElement.name === 'body' && document.activeElement.value === 'Dear {{requester.nickname}}' && document.activeElement.form.elements.namedItem('name').value === 'Ask for the number'")
	p.Accessible("reply-refused")
	p.Fits("reply-refused")
	browsertest.Eval[bool](p, "(document.activeElement.select(), true)")
	p.Press("Dear {{requester.first_name}}, which one is it?")
	save()
	p.Shows("summary", "Ask for the number")
	p.Gone("[role=alert]")

	reach("New macro", "e.innerText === 'New macro'")
	p.Press(kb.Enter)
	field("name")
	p.Press("Toner is on its way")
	field("take")
	p.Press(" ")
	field("state")
	p.Press(kb.ArrowDown + kb.ArrowDown)
	field("tag")
	p.Press("toner, printer")
	save()
	p.Shows("[role=alert]", "Say what the ticket waits for")
	p.Until("nothing is lost", "(f => f.elements.tag.value === 'toner printer' && f.elements.take.checked && f.elements.state.value === 'wait')(document.querySelector('[role=alert]').closest('form'))")
	reach("the reason", "e.name === 'waiting' && e.form.querySelector('[role=alert]')")
	p.Press(kb.ArrowDown + kb.ArrowDown)
	save()
	p.Shows("summary", "Toner is on its way")

	q := open(t, s, auth.Technician)
	q.Go(ticketPath(n))
	q.Live()
	q.Click("#composer-text")
	q.Press(";")
	q.Shows("#composer-picker", "Dear Mara, which one is it?")
	q.Shows("#composer-picker", "waits for supplier")
	q.Go("/admin/replies")
	q.Click("main details.fold summary")
	q.Until("who may not change it reads it", "document.querySelector('main textarea').readOnly && document.querySelector('main button.primary') === null")
	p.Clean()
	q.Clean()
}
