package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestHeartbeats: an operator makes a heartbeat in the console, with a mistake that is
// named; a job calls its address and says that it failed, which stands on its page and
// among the alerts, with a link between them; a technician sees it without its address.
func TestHeartbeats(t *testing.T) {
	s := servertest.Start(t, func(o *server.Options) { o.AlertsEvery = 200 * time.Millisecond })
	p := open(t, s, auth.Operator)
	p.Go("/noc")
	p.Click("a[href='/noc/heartbeats']")
	p.Shows("main", "No job calls in yet")
	p.Accessible("no heartbeats")
	p.Click("a[href='/noc/new-heartbeat']")
	p.Fill("[name=name]", "Backup <b>nightly</b>")
	p.Fill("[name=cron]", "30 2 31 2 *")
	p.Fill("[name=zone]", "Europe/Berlin")
	p.Click("form .primary")
	p.Shows("form", "No day fits this cron expression.")
	p.Accessible("a heartbeat that is refused")
	p.Fill("[name=cron]", "30 2 * * *")
	p.Click("form .primary")
	p.Shows("main", "It has not called in yet.")
	address := browsertest.Eval[string](p, "document.querySelector('#beat-url').innerText")
	_, path, ok := strings.Cut(address, "/beat/")
	if !ok {
		t.Fatalf("its address is %q", address)
	}
	says := func(what, body string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.HTTP+"/beat/"+path+what, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != http.StatusOK {
			t.Errorf("%s was answered %d", what, a.StatusCode)
		}
	}
	says("/2", "<b>no space</b> left")
	servertest.Wait(t, "the alert", func() bool {
		p.Go("/noc/alerts")
		return browsertest.Eval[bool](p, "document.body.innerText.includes('says that it failed')")
	})
	p.Click("#alerts-now a[href^='/noc/heartbeats/']")
	p.Shows("main", "It called in, and said that it failed.")
	p.Shows("main", "failed with code 2")
	p.Click("[aria-labelledby=beat-calls] summary")
	p.Shows("[aria-labelledby=beat-calls] pre", "<b>no space</b> left")
	if n := browsertest.Eval[int](p, "document.querySelectorAll('main b').length"); n > 0 {
		t.Error("a name, or what a job says, is markup")
	}
	p.Accessible("a heartbeat")
	p.Fits("a heartbeat")
	p.Picture("heartbeat")
	technician := open(t, s, auth.Technician)
	technician.Go("/noc/heartbeats")
	technician.Click("table a")
	technician.Shows("main", "It called in, and said that it failed.")
	if page := browsertest.Eval[string](technician, "document.documentElement.outerHTML"); strings.Contains(page, path) {
		t.Error("a technician sees the address")
	}
	says("", "")
	p.Go("/noc/heartbeats")
	p.Shows("table", "Up")
	p.Picture("heartbeats")
	p.Click("table a")
	p.Click("[value=delete]")
	p.Shows("main", "No job calls in yet")
	p.Allow("422")
	p.Clean()
	technician.Clean()
}
