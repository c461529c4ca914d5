package portal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestArticles suggests an article while an employee writes. Enter still sends;
// “This helped” sends nothing, and is all that counts as a ticket saved.
func TestArticles(t *testing.T) {
	b := newBench(t)
	base := kb.New(b.DB.Knowledge(), time.Now)
	publish := func(x kb.Text) kb.Article {
		a, err := base.Create(t.Context(), b.mara, x, "")
		if err == nil {
			a, err = base.Publish(t.Context(), b.mara, a.ID, a.Revision, "")
		}
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := publish(kb.Text{Title: "When the printer prints empty pages", Body: "Restart the **spooler**, then print again.", Audience: kb.Everyone})
	publish(kb.Text{Title: "Printer passwords", Body: "Empty pages are printed by nobody.", Audience: kb.Staff})

	p := chromium.Open(t, b.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Requester, b.Portal(b.machine.ID, "1000", "jonas"))})
	p.Go("/portal/help")
	p.Fill("[name=title]", "My printer prints empty pages")
	p.Shows("#suggested", "When the printer prints empty pages")
	if text := p.Text("#suggested"); strings.Contains(text, "passwords") {
		t.Errorf("an employee is suggested what is for the staff: %q", text)
	}
	p.Click("#suggested summary")
	p.Shows("#suggested strong", "spooler")
	p.Accessible("suggested")
	p.Keep("suggested")
	if first := browsertest.Eval[string](p, "document.querySelector('#help [type=submit]').getAttribute('formaction') ?? 'send'"); first != "send" {
		t.Errorf("Enter would press %s", first)
	}
	p.Click("#suggested .suggested-body button")
	p.At("/portal/articles/" + a.ID + "?said=1")
	p.Shows("main", "Nothing was sent")
	p.Accessible("article")
	p.Go("/portal/articles?q=SPOOL")
	p.Shows(".hits", "When the printer prints empty pages")
	p.Go("/portal/tickets")
	if text := p.Text("main"); strings.Contains(text, "printer") {
		t.Errorf("a ticket was sent all the same: %q", text)
	}
	p.Clean()
	got, err := base.Get(t.Context(), b.mara, a.ID)
	if err != nil || got.Deflected != 1 || got.Helped != 1 {
		t.Errorf("deflected %d, helped %d, %v", got.Deflected, got.Helped, err)
	}
}
