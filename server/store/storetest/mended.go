package storetest

import (
	"log/slog"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/report"
)

// testMended is what employees say of fixes on their own machines, from the message
// to the report: each fix counts once, and only what is gone and agreed to spares a
// ticket.
func testMended(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	tell := func(id, outcome string, works bool) error {
		t.Helper()
		body := []byte(id + outcome)
		return w.Desk.Mended(ctx, desk.Message{Endpoint: w.Endpoint, ID: id, Body: body}, desk.Mended{
			Recipe: "printing.restart", Finding: "printing.stuck", Outcome: outcome, Works: works,
		})
	}
	from := w.Now()
	must(t, tell("01A", "helped", true))
	must(t, tell("01A", "helped", true)) // its answer was lost
	must(t, tell("01B", "helped", false))
	must(t, tell("01C", "did_not_help", true))
	must(t, tell("01D", "an_outcome_of_next_year", true))
	wantCode(t, tell("01A", "did_not_help", false), fault.Conflict)
	wantCode(t, tell("01E", "Helped!", true), fault.Invalid)
	wantCode(t, tell("", "helped", true), fault.Invalid)
	w.Reopen(t)
	spared := 0
	var sites []string
	must(t, w.MendedBetween(ctx, from, w.Now(), func(at time.Time, site string, one bool) {
		if at.Before(ms(from)) || at.After(w.Now()) {
			t.Errorf("said at %s", at)
		}
		sites = append(sites, site)
		if one {
			spared++
		}
	}))
	if len(sites) != 4 || spared != 1 || sites[0] != w.Site.ID {
		t.Errorf("%d were said, at %v, and spared %d tickets", len(sites), sites, spared)
	}
	reporter := report.New(w.DB.Reports(), report.More{Mended: w.MendedBetween}, w.Now, slog.New(slog.DiscardHandler))
	for site, want := range map[string]report.Share{"": {Part: 1, Of: 4}, w.Site.ID: {Part: 1, Of: 4}, "elsewhere": {}} {
		got, err := reporter.Figures(ctx, boss, report.Query{From: from, To: w.Now(), Site: site, By: report.BySite})
		must(t, err)
		if got.Total.Mended != want || got.Total.Deflection != (report.Share{}) {
			t.Errorf("at %q: %+v of fixes, %+v of articles", site, got.Total.Mended, got.Total.Deflection)
		}
	}
	missing, err := w.Desk.Missing(ctx, w.Endpoint, []string{"01A", "01Z"})
	must(t, err)
	if len(missing) != 1 || missing[0] != "01Z" {
		t.Errorf("missing are %v", missing)
	}
}
