package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestReportFilters offers teams, sites, categories and technicians by name, and keeps
// what was chosen; one that is gone is said to be.
func TestReportFilters(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	old := &rulebook.Team{Entry: rulebook.Entry{ID: "old", Name: "Old <b>team"}}
	old.Retired = true
	browsertest.Save(t, browsertest.Rulebook(t, s),
		&rulebook.Team{Entry: rulebook.Entry{ID: "first", Name: "First line"}}, old,
		&rulebook.Category{Entry: rulebook.Entry{ID: "hw", Name: "Hardware"}}, &rulebook.Category{Entry: rulebook.Entry{ID: "printer", Name: "Printer"}, Parent: "hw"},
	)
	browsertest.Known(t, s, "/rulebook/categories/printer")
	session := servertest.Cookie(auth.Staff, s.Session(auth.Manager))
	page := func(query string) string {
		t.Helper()
		status, body := send(t, s, session, http.MethodGet, "/reports"+query, nil, nil)
		if status != http.StatusOK {
			t.Fatalf("%s: %d", query, status)
		}
		return body
	}
	body := page("?team=first&category=printer&site=gone&by=team&from=2026-03-01&to=2026-03-31")
	for _, want := range []string{
		`<option value="first" selected>First line</option>`, `<option value="old">Old &lt;b&gt;team</option>`, `<option value="printer" selected>Hardware › Printer</option>`,
		`<option value="">All categories</option>`, `<option value="gone" selected>Not offered any more: gone</option>`, `<option value="team" selected>By team</option>`,
		`<label for="f-report-technician" class="sr">Technician</label>`, "category=printer&amp;from=2026-03-01&amp;site=gone&amp;team=first",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	available(t, s, session)
	mailed(t, s, session)
	if body := page(""); strings.Contains(body, "Not offered any more") {
		t.Error("something is chosen that nobody chose")
	}
}
