package console_test

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/ticket"
)

// TestHostileArticles writes every text of the corpus into every field of an
// article, into what readers say of it and into the name of its file, and looks at
// it in the console and in the portal: as it is written, read and found.
func TestHostileArticles(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	base, mara := kb.New(s.DB.Knowledge(), time.Now), s.Actor(auth.Technician)
	d := desk.New(s.DB.Desk(), rulebook.Empty, time.Now)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	portal := s.Portal(m.ID, "1000", "mia")
	p := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Staff, s.Session(auth.Technician))})
	e := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Requester, portal)})
	p.Allow("404", "422")
	look := func(p *browsertest.Page, path string, has ...string) {
		t.Helper()
		before := p.Executed()
		p.Go(path)
		browsertest.Eval[bool](p, "(document.querySelectorAll('details').forEach(e => e.open = true), true)")
		p.Tame(path)
		if n := p.Executed() - before; n > 0 {
			t.Errorf("%s: %d texts ran", path, n)
		}
		for _, text := range has {
			if !p.Has(text) {
				t.Errorf("%s does not show %q", path, text)
			}
		}
	}
	for _, text := range pairs(browsertest.Hostile()) {
		file, err := d.Store(t.Context(), mara, text, []byte("<svg onload=\"executed('file')\"><script>executed('file')</script></svg>"+text))
		if err != nil {
			t.Fatal(err)
		}
		a, err := base.Create(t.Context(), mara, kb.Text{Title: text, Body: text + "\n\n" + marked(text), Audience: kb.Everyone, Files: []ticket.Attachment{file}}, "")
		if err == nil {
			a, err = base.Publish(t.Context(), mara, a.ID, a.Revision, text)
		}
		if err == nil { // and a draft that is not published
			a, err = base.SaveDraft(t.Context(), mara, a.ID, a.Revision, kb.Text{Title: text, Body: marked(text), Audience: kb.Everyone})
		}
		reader := auth.Actor{Kind: auth.Requester, Endpoint: m.ID, UID: "1000", Name: text}
		if err == nil {
			err = base.Rate(t.Context(), reader, a.ID, false, text+browsertest.Ugly)
		}
		if err == nil {
			err = base.Deflect(t.Context(), reader, a.ID, text)
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		look(p, "/articles/"+a.ID, text)
		look(p, "/articles/"+a.ID+"/edit", text)
		look(p, "/articles/"+a.ID+"/versions", text)
		look(p, "/articles/"+a.ID+"/versions/1", text)
		look(e, "/portal/articles/"+a.ID, text)
		look(e, "/portal/articles?q="+urlEscape(text))
	}
	look(p, "/articles")
	look(e, "/portal/articles")
	p.Clean()
	e.Clean()
}
