package console_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestChecks: an operator tries a check before saving it and sees the evidence; a mistake
// is named; what fails stands on the wall, in the list, on its page and among the alerts,
// with a link between them; a technician sees it without what is sent along.
func TestChecks(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Says", "<b>hostile</b>")
		fmt.Fprint(w, "<b>hello</b>")
	}))
	defer service.Close()
	s := servertest.Start(t, func(o *server.Options) { o.AlertsEvery = 200 * time.Millisecond })
	p := open(t, s, auth.Operator)
	p.Go("/noc")
	p.Click("a[href='/noc/checks']")
	p.Shows("main", "Nothing is looked at yet")
	p.Accessible("no checks")
	p.Click("a[href='/noc/new-check/http']")
	p.Fill("[name=name]", "Intranet <b>start</b>")
	p.Fill("[name=url]", "http://169.254.169.254/")
	p.Click("[value=try]")
	p.Shows("form", "Nothing is sent there.")
	p.Accessible("a check that is refused")
	p.Fill("[name=url]", service.URL+"/page?key=S3CRET")
	p.Fill("[name=contains]", "Welcome")
	p.Click("[value=try]")
	p.Shows("#check-tried", "“Welcome” is not in the answer.")
	p.Shows("#check-tried", "Nothing was saved.")
	p.Accessible("a check that was tried")
	if got := browsertest.Eval[string](p, "document.querySelector('[name=contains]').value"); got != "Welcome" {
		t.Errorf("what was typed is %q", got)
	}
	p.Fill("[name=failures]", "1")
	p.Click("form .primary")
	p.Shows("[aria-labelledby=check-log]", "What became of it")
	servertest.Wait(t, "the alert", func() bool {
		p.Go("/noc/alerts")
		return browsertest.Eval[bool](p, "document.body.innerText.includes('is not in the answer')")
	})
	p.Click("#alerts-now a[href^='/noc/checks/']")
	p.Shows("main", "It fails. “Welcome” is not in the answer.")
	p.Shows("[aria-labelledby=check-log]", "Down")
	p.Accessible("a check")
	p.Fits("a check")
	p.Picture("check")
	// While it is worked on its page says so, and until when; nothing is said afterwards.
	at := p.Path()
	p.Go("/noc/maintenance")
	p.Fill("[name=title]", "A new <b>front</b> page")
	p.Click("[name=checks]")
	p.Click(".maintenance-form .primary")
	p.Shows(".alert-table tbody tr", "the check Intranet <b>start</b>")
	p.Go(at)
	p.Shows(".maintained", "In maintenance: A new <b>front</b> page (planned by "+s.Person(auth.Operator).Name+"). Until")
	if got := browsertest.Eval[int](p, "document.querySelectorAll('.maintained time[datetime]').length"); got != 1 {
		t.Errorf("until when is said %d times", got)
	}
	p.Accessible("a check in maintenance")
	p.Fits("a check in maintenance")
	p.Picture("check-maintained")
	p.Go("/noc/maintenance")
	p.Click(".alert-table form button")
	p.Shows(".alert-table tbody", "ended by hand")
	p.Go(at)
	p.Gone(".maintained")
	p.Go("/noc")
	p.Shows("#figures", "check fails")
	p.Accessible("the wall with checks")
	technician := open(t, s, auth.Technician)
	technician.Go("/noc/checks")
	technician.Click("table a")
	technician.Shows("main", "It fails.")
	if page := browsertest.Eval[string](technician, "document.documentElement.outerHTML"); strings.Contains(page, "S3CRET") {
		t.Error("a technician sees what is sent along")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p.Go("/noc/new-check/tcp")
	p.Fill("[name=name]", "Mail")
	p.Fill("[name=host]", "127.0.0.1")
	p.Fill("[name=port]", fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	p.Click("form .primary")
	p.Shows("[aria-labelledby=check-log]", "What became of it")
	servertest.Wait(t, "the port to be seen", func() bool {
		p.Go("/noc/checks")
		return browsertest.Eval[bool](p, "document.querySelectorAll('.check-bars').length == 2")
	})
	p.Accessible("checks")
	p.Fits("checks")
	p.Picture("checks")
	if n := browsertest.Eval[int](p, "document.querySelectorAll('main b').length"); n > 0 {
		t.Error("a name is markup")
	}
	// From a site: tried, saved, and each place with its state.
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Answer(func(wire.Ask) []any {
		return []any{wire.CheckPart{Result: check.Result{Outcome: check.Failed, Says: "10.0.0.5:5432: connection refused <b>now</b>."}}}
	})
	m.Join()
	servertest.Wait(t, "the site to be offered", func() bool {
		p.Go("/noc/new-check/http")
		return browsertest.Eval[bool](p, "document.querySelector('form').innerText.includes('a check with any of it has no sites')")
	})
	p.Fill("[name=name]", "Payroll")
	p.Fill("[name=url]", service.URL+"/")
	p.Click("[name=sites]")
	p.Click("[value=try]")
	p.Shows("form", "That is whichever computer looks. From sites only other machines can be looked at.")
	p.Fill("[name=url]", "http://payroll.invalid/?key=1")
	p.Click("[value=try]")
	p.Shows("form", "What follows the question mark is sent from this server only")
	p.Accessible("a check that cannot be looked at from sites")
	p.Fill("[name=url]", "http://payroll.invalid/")
	p.Click("[name=here]")
	p.Fill("[name=endpoints]", "PC-17")
	p.Fill("[name=failures]", "1")
	p.Click("[value=try]")
	p.Shows("form", "Tried just now from Berlin. Nothing was saved.")
	p.Shows("form", "From PC-17: 10.0.0.5:5432: connection refused <b>now</b>.")
	p.Click("form .primary")
	p.Shows("[aria-labelledby=check-log]", "What became of it")
	servertest.Wait(t, "it to be seen from Berlin", func() bool {
		p.Go("/noc/checks")
		return browsertest.Eval[bool](p, "document.querySelector('.check-places')?.innerText.includes('Berlin')")
	})
	p.Accessible("checks from sites")
	p.Fits("checks from sites")
	p.Picture("checks-sites")
	p.Click("tr:has(.check-places) a")
	p.Shows("main", "It fails from Berlin. From PC-17: 10.0.0.5:5432")
	if got := browsertest.Eval[string](p, "document.querySelector('[name=endpoints]').value"); got != "PC-17" {
		t.Errorf("the computer that is named is %q", got)
	}
	p.Accessible("a check from a site")
	p.Fits("a check from a site")
	p.Picture("check-site")
	p.Go("/noc/checks")
	p.Click("tr:not(:has(.check-places)) a")
	p.Click("[value=delete]")
	p.Shows("table", "Mail")
	p.Allow("422")
	p.Clean()
	technician.Clean()
}
