package console_test

import (
	"fmt"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestMorningOnAPhone goes through a technician's morning on a screen 390 pixels wide,
// with a finger: the next ticket, an answer, a note, what else can be done, the solution.
func TestMorningOnAPhone(t *testing.T) {
	t.Parallel()
	s := undoable(t, -1)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Staff, s.Session(auth.Admin)), Width: 390, Height: 844, Touch: true})
	inSight := func(selector string) {
		t.Helper()
		p.Until(selector+" is whole in sight, and nothing lies over it", `(e => {
			if (!e?.checkVisibility()) return false;
			const r = e.getBoundingClientRect(), over = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
			return r.left >= 0 && r.right <= innerWidth && r.top >= 0 && r.bottom <= innerHeight && r.width >= 24 && r.height >= 24 && (e.contains(over) || over.contains(e));
		})(document.querySelector('`+selector+`'))`)
	}
	tap := func(selector string) {
		t.Helper()
		browsertest.Eval[bool](p, "(document.querySelector('"+selector+"').scrollIntoView({block: 'center'}), true)")
		inSight(selector)
		p.Click(selector)
	}
	p.Go("/")
	p.Live()
	for i := range 8 { // every place of the one who may see the most
		inSight(fmt.Sprintf(".places .place:nth-child(%d)", i+1))
	}
	p.Until("each with its whole word", "[...document.querySelectorAll('.places .place')].every(e => { const s = e.querySelector('span'); return e.dataset.short || s.scrollWidth <= s.clientWidth })")
	inSight("#bell")
	inSight(".me")
	keep(p, "phone-queue")
	tap("#take-next")
	p.At(ticketPath(n))
	p.Live()
	tap("#composer-text")
	inSight(".composer-mode-note")
	p.Press("We bring new toner.")
	keep(p, "phone-answer")
	tap(".composer-send")
	p.Shows("#talk", "We bring new toner.")
	tap("#composer-text")
	tap(".composer-mode-note")
	tap("#composer-text")
	p.Press("The toner is in room 4.")
	tap(".composer-send")
	p.Shows("#talk", "The toner is in room 4.")
	tap("#menu-more-button")
	p.Fits("the menu of actions")
	inSight("#menu-more a:last-child")
	keep(p, "phone-actions")
	tap("#menu-more-button")
	tap("#composer-text")
	tap(".composer-mode-resolve")
	tap("#composer-text")
	p.Press("New toner.")
	inSight(".composer-extra-resolve select")
	tap(".composer-send")
	p.Shows("#facts", "Resolved")
	p.Clean()
}
