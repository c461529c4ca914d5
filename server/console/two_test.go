package console_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/ticket"
)

// TestTwoBrowsers has two technicians at one ticket. Each sees that the other reads
// and writes; what one does reaches the other without taking focus, place or words;
// and what was written on an old version is refused beside the new one, and sent
// when its writer wants it all the same.
func TestTwoBrowsers(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "Nothing comes out.", nil, nil)
	other := m.Ring(mara, "No sound", "", nil, nil)
	d := desk.New(s.DB.Desk(), rulebook.Empty, time.Now)
	boss := s.Actor(auth.Manager)
	read := func() desk.Detail {
		t.Helper()
		out, err := d.GetByNumber(t.Context(), boss, n)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	id := read().ID
	for i := range 30 { // more than a window holds
		if _, err := d.Do(t.Context(), boss, id, 0, ticket.Note{Message: ulid.Make().String(), Body: fmt.Sprintf("Looked at printer %d.\n\nIt prints.", i)}); err != nil {
			t.Fatal(err)
		}
	}
	anna, _ := openAs(t, s, "anna@example.com", auth.Technician)
	kofi, _ := openAs(t, s, "kofi@example.com", auth.Technician)
	send := func(p *browsertest.Page) { p.Press(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)) }

	// The queue: a row changes under the focus, which stays.
	anna.Go("/")
	anna.Live()
	unmoved := same(anna)
	row := fmt.Sprintf("t-%d", n)
	for browsertest.Eval[string](anna, "document.querySelector('[data-now]')?.id ?? ''") != row {
		anna.Press("j")
	}
	focus := fmt.Sprintf("document.activeElement.id === '%s-link'", row)
	kofi.Go(ticketPath(n))
	kofi.Live()
	anna.Until("the row shows who reads it", fmt.Sprintf("document.querySelector('#%s').innerText.includes('kofi') || document.querySelector('#%s [title*=kofi]')", row, row))
	kofi.Press("t")
	anna.Shows("#"+row+" .row-assignee", "kofi")
	anna.Until("the focus is still on the row", focus)
	unmoved()

	// The ticket: who reads, who writes.
	anna.Press(kb.Enter)
	anna.At(ticketPath(n))
	anna.Live()
	unmoved = same(anna)
	anna.Shows("#here", "kofi reads this")
	kofi.Shows("#here", "anna reads this")
	anna.Press("r")
	anna.Press("I will call you at two.")
	kofi.Shows("#here", "anna is writing")

	// What kofi says comes in; anna's cursor, place and words stay where they are.
	anna.Press(kb.ArrowLeft)
	anna.Press(kb.ArrowLeft)
	browsertest.Eval[bool](anna, "(document.querySelector('#talk').scrollTop = 120, true)")
	anna.Until("she has scrolled up", "document.querySelector('#talk').scrollTop === 120")
	const where = "JSON.stringify([document.activeElement.id, document.activeElement.selectionStart, document.querySelector('#composer-text').value, document.querySelector('#talk').scrollTop])"
	before := browsertest.Eval[string](anna, where)
	if !strings.HasPrefix(before, `["composer-text",21,"I will call you at two.",120]`) {
		t.Fatalf("anna is at %s", before)
	}
	// Her window is behind another one: what comes in is not seen.
	browsertest.Eval[bool](anna, "(Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true}), true)")
	kofi.Press("r")
	kofi.Press("I have sent somebody.")
	send(kofi)
	anna.Shows("#talk", "I have sent somebody.")
	if after := browsertest.Eval[string](anna, where); after != before {
		t.Errorf("a live update moved anna from %s to %s", before, after)
	}
	anna.Shows("#composer-news", "answered")

	// What she sends now was written on an old version.
	anna.Allow("409")
	send(anna)
	anna.Shows("#composer-said", "has changed while you were writing")
	anna.Shows("#composer-said", "I have sent somebody.")
	anna.Until("her words are there", "document.querySelector('#composer-text').value === 'I will call you at two.'")
	anna.Accessible("refused")
	anna.Picture("two-refused")
	if got := said(read(), ticket.Replied); len(got) != 1 {
		t.Fatalf("the answers are %q", got)
	}
	browsertest.Eval[bool](anna, "delete document.visibilityState")
	anna.Shows(".composer-send", "Send all the same")
	send(anna) // the focus is where it was
	anna.Until("her box is empty", "document.querySelector('#composer-text').value === ''")
	if got := said(read(), ticket.Replied); strings.Join(got, "|") != "I have sent somebody.|I will call you at two." {
		t.Errorf("the answers are %q", got)
	}
	kofi.Shows("#talk", "I will call you at two.")
	kofi.Shows("#here", "anna reads this")
	unmoved()

	// Who goes away is not there any more.
	anna.Go(ticketPath(other))
	anna.Live()
	kofi.Until("anna has gone", "!document.querySelector('#here').innerText.includes('anna')")
	anna.Clean()
	kofi.Clean()
}
