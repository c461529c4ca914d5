package console_test

import (
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestDeskIsSaved saves each part of the desk's page for the first time, changes it,
// and takes it away again where that is possible.
func TestDeskIsSaved(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	session := servertest.Cookie(auth.Staff, s.Session(auth.Manager))
	book := func() *rulebook.Book {
		k := rulebook.New(s.DB.Rulebook(), time.Now, slog.New(slog.DiscardHandler))
		if err := k.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		return k.Book()
	}
	post(t, s, session, "/admin/desk/category", url.Values{"version": {"0"}, "name": {"Printers"}})
	all := rulebook.All[*rulebook.Category](book())
	if len(all) != 1 || all[0].Version != 1 {
		t.Fatalf("saved as %+v", all)
	}
	post(t, s, session, "/admin/desk/category", url.Values{"version": {"1"}, "id": {all[0].ID}, "name": {"Printing"}})
	if c, _ := rulebook.Get[*rulebook.Category](book(), all[0].ID); c.Name != "Printing" || c.Version != 2 {
		t.Errorf("changed to %+v", c)
	}
	post(t, s, session, "/admin/desk/category", url.Values{"version": {"2"}, "id": {all[0].ID}, "name": {"Printing"}, "delete": {"1"}})
	if left := rulebook.All[*rulebook.Category](book()); len(left) != 0 {
		t.Errorf("deleted, and %+v is there", left)
	}
	post(t, s, session, "/admin/desk/setting", url.Values{
		"version": {"0"}, "id": {"desk"}, "name": {"Help desk"}, "reopen_days": {"7"}, "close_days": {"3"}, "impact_medium": {"4"}, "impact_high": {"9"},
	})
	if got := rulebook.SettingOf(book()); got.ReopenDays != 7 || got.CloseDays != 3 || got.Version != 1 {
		t.Errorf("the settings are %+v", got)
	}
}

// TestDeskStale has two people change the same category. The second is shown both
// versions beside each other, keeps what they typed, and may save it after that.
func TestDeskStale(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	k := browsertest.Rulebook(t, s)
	browsertest.Save(t, k, &rulebook.Team{Entry: rulebook.Entry{ID: "first", Name: "First line"}},
		&rulebook.Category{Entry: rulebook.Entry{ID: "printer", Name: "Printer"}}, &rulebook.Category{Entry: rulebook.Entry{ID: "fax", Name: "Fax"}})
	browsertest.Known(t, s, "/rulebook/categories/fax")
	other := servertest.Cookie(auth.Staff, s.Session(auth.Admin))
	p := open(t, s, auth.Manager)
	p.Allow("409", "412")
	p.Go("/admin/desk")
	const form = "#desk-categories ~ details:nth-of-type(2) form"
	p.Click("#desk-categories ~ details:nth-of-type(2) > summary")
	p.Fill(form+" [name=name]", "Printers and scanners")
	p.Choose(form+" [name=team]", "first")
	post(t, s, other, "/admin/desk/category", url.Values{"version": {"1"}, "id": {"printer"}, "name": {"Printing"}})
	p.Click(form + " .primary")
	p.Shows(".beside", "admin saved it")
	p.Until("both stand beside each other, field by field", `[...document.querySelectorAll('.beside tr[data-differs]')].map(r => [...r.cells].map(c => c.innerText.trim()).join('|').replace(/\s+/g, ' ')).join(';') === 'Name differs|Printing|Printers and scanners;Team that gets it differs|–|First line'`)
	p.Until("nothing typed is lost", "(f => f.elements.name.value === 'Printers and scanners' && f.elements.team.value === 'first')(document.querySelector('"+form+"'))")
	p.Until("the eye is led there", "document.activeElement.matches('.beside')")
	p.Accessible("both versions")
	p.Fits("both versions")
	keep(p, "both-versions")
	p.Click(form + " .primary")
	p.Gone(".beside")
	p.Shows("main", "Printers and scanners")

	// One that was deleted meanwhile, and what there is one of.
	post(t, s, other, "/admin/desk/category", url.Values{"version": {"1"}, "id": {"fax"}, "name": {"Fax"}, "delete": {"1"}})
	session := servertest.Cookie(auth.Staff, s.Session(auth.Manager))
	for _, c := range []struct {
		path string
		form url.Values
		want []string
	}{
		{"category", url.Values{"version": {"1"}, "id": {"fax"}, "name": {"Telefax"}}, []string{"Somebody deleted it meanwhile.", `value="Telefax"`}},
		{"setting", url.Values{"version": {"7"}, "id": {"desk"}, "name": {"Help desk"}, "reopen_days": {"77"}, "close_days": {"3"}, "impact_medium": {"4"}, "impact_high": {"9"}}, []string{`value="77"`}},
	} {
		status, body := send(t, s, session, "POST", "/admin/desk/"+c.path, c.form, nil)
		if status < 400 {
			t.Errorf("%s: %d", c.path, status)
		}
		for _, want := range c.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the page lacks %q", c.path, want)
			}
		}
	}
	p.Clean()
}
