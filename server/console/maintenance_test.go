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

// TestMaintenanceIsPlanned: for a site and from a calendar; its alerts stand apart and
// say why, the machine's page says that it is worked on, and when it is ended they count
// again.
func TestMaintenanceIsPlanned(t *testing.T) {
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
	wall.Go("/noc")
	wall.Live()
	m := browsertest.NewMachine(t, s, "Berlin", "LT-1")
	m.Join()
	m.Health(95, 40, 50)
	wall.Shows("#noc-lists .alert-row", "is 95 % busy.")

	p.Go("/noc/maintenance")
	p.Fill("[name=title]", "New <b>switches</b>")
	p.Click(".maintenance-form .primary")
	p.Shows(".maintenance-form", "Choose a site, a group or a check, or name an endpoint")
	p.Allow("422")
	p.Click("[name=sites][value=Berlin]")
	p.Accessible("planning maintenance")
	p.Fits("planning maintenance")
	p.Picture("maintenance-form")
	p.Click(".maintenance-form .primary")
	p.Shows(".alert-table tbody tr", "held back")
	p.Shows(".alert-table tbody tr", "New <b>switches</b>")

	wall.Shows("#noc-lists", "Nothing fires.")
	wall.Shows("#noc-lists .alert-all", "1 more is held back.")
	who := s.Person(auth.Operator).Name
	only.Go("/noc/alerts")
	only.Shows(".alerts-held", "In maintenance: New <b>switches</b> (planned by "+who+").")
	only.Go("/endpoints/" + m.ID)
	only.Shows("#endpoint-head .maintained", "In maintenance: New <b>switches</b>")
	only.Accessible("a machine that is worked on")
	only.Fits("a machine that is worked on")
	only.Picture("endpoint-maintained")
	only.Go("/noc/maintenance")
	only.Gone(".maintenance-form")

	// From a calendar; what is wrong with it is said.
	file := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	event := func(rule string) string {
		return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Patches\r\nDTSTART;TZID=Europe/Berlin:20250114T200000\r\nDURATION:PT2H\r\nRRULE:" + rule + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	}
	p.Fill("[name=title]", "Patches")
	p.Fill("[name=endpoints]", "lt-1")
	p.Choose("[name=when]", "calendar")
	p.Files("[name=file]", file("a.ics", event("FREQ=HOURLY")))
	p.Click(".maintenance-form .primary")
	p.Shows(".maintenance-form", "The event “Patches” repeats in a way that is not understood here.")
	p.Files("[name=file]", file("b.ics", event("FREQ=MONTHLY;BYDAY=2TU")))
	p.Click(".maintenance-form .primary")
	p.Shows(".alert-table tbody", "12 times from a calendar")
	p.Accessible("maintenance")
	p.Fits("maintenance")
	p.Picture("maintenance")

	p.Click(".alert-table form button")
	p.Shows(".alert-table tbody", "ended by hand")
	wall.Shows("#noc-lists .alert-row", "is 95 % busy.")
	only.Clean()
	wall.Clean()
	p.Clean()
}
