package console_test

import (
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/auth"
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
