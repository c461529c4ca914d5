package console_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestAlertsAreSilenced: from an alert with one click to a silence that has a reason;
// the alert stands apart and says by which, on the wall it counts no more, and when the
// silence is ended it counts again.
func TestAlertsAreSilenced(t *testing.T) {
	s := servertest.Start(t, func(o *server.Options) {
		o.AlertsEvery = 200 * time.Millisecond
		file := filepath.Join(o.Data, server.RulesFolder, "own.yaml")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(busyRules), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	p, wall, only := open(t, s, auth.Operator), open(t, s, auth.Operator), open(t, s, auth.Technician)
	p.Go("/noc/alerts")
	p.Live()
	wall.Go("/noc")
	wall.Live()
	m := browsertest.NewMachine(t, s, "Berlin", "LT-1")
	m.Join()
	m.Health(95, 40, 50)
	p.Shows(".alert-table tbody tr", "is 95 % busy.")
	wall.Shows("#noc-lists .alert-row", "is 95 % busy.")
	only.Go("/noc/alerts")
	only.Shows(".alert-table tbody tr", "is 95 % busy.")
	only.Gone(".alert-silence")

	p.Click(".alert-silence")
	p.Shows("#silence-found", "It matches 1 alert now.")
	p.Shows("#silence-found", "LT-1 in Berlin is 95 % busy.")
	p.Accessible("a silence of an alert")
	p.Fits("a silence of an alert")
	p.Picture("silence-form")
	p.Click(".silence-form .primary")
	p.Shows(".silence-form", "Say why, so that others know.")
	p.Allow("422")
	p.Fill("[name=match]", `site="Berlin", severity=~"crit.*"`)
	p.Fill("[name=why]", "We <b>know</b> of it.")
	p.Click(".silence-form [name=do]")
	p.Shows("#silence-found", "It matches 1 alert now.")
	p.Choose("[name=hours]", "1")
	p.Click(".silence-form .primary")
	p.Shows(".alert-table tbody tr", "on: 1 alert")
	p.Shows(".alert-table tbody tr", "We <b>know</b> of it.")
	p.Accessible("silences")
	p.Fits("silences")
	p.Picture("silences")

	wall.Shows("#noc-lists", "Nothing fires.")
	wall.Shows("#noc-lists .alert-all", "1 more is held back.")
	only.Go("/noc/alerts")
	only.Shows(".alerts-held", "Silenced by "+s.Person(auth.Operator).Name+": We <b>know</b> of it.")
	only.Accessible("an alert that is held back")
	only.Fits("an alert that is held back")
	only.Picture("alert-held")
	only.Go("/noc/silences")
	only.Gone(".silence-form")

	p.Click(".alert-table form button")
	p.Shows(".alert-table tbody tr", "over")
	wall.Shows("#noc-lists .alert-row", "is 95 % busy.")
	only.Go("/noc/alerts")
	only.Shows("#alerts-now .alert-log", "1 of it fire, and count again")
	only.Clean()
	wall.Clean()
	p.Clean()
}
