package console_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// The label agent is left out: it is another when a machine has enrolled and connects,
// and with it the alert.
const busyRules = `groups:
- name: own
  rules:
  - alert: Busy
    expr: deskbell_cpu_busy_percent > 80
    labels: {severity: critical}
    annotations: {summary: '{{ $labels.name }} in {{ $labels.site }} is {{ $value }} % busy.', advice: Look at its processes., clear: deskbell_cpu_busy_percent < 50}
  - alert: There
    expr: max without (agent) (deskbell_endpoint_info) == 1
    for: 2h
    labels: {severity: info}
    annotations: {summary: '{{ $labels.name }} is there.'}
`

// TestAlertsAreSeen: what fires appears on the wall, in the list and on the machine's
// page by itself, and goes the same way; a rule is tried on the past, and one with a
// mistake says where it is and loses nothing that was typed.
func TestAlertsAreSeen(t *testing.T) {
	var file string
	s := servertest.Start(t, func(o *server.Options) {
		o.AlertsEvery = 200 * time.Millisecond
		file = filepath.Join(o.Data, server.RulesFolder, "own.yaml")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(busyRules), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	p, wall := open(t, s, auth.Technician), open(t, s, auth.Operator)
	p.Go("/noc/alerts")
	p.Live()
	p.Shows("#alerts-now", "Nothing fires")
	p.Accessible("no alerts")
	wall.Go("/noc")
	wall.Live()
	wall.Shows("#noc-lists", "Nothing fires.")

	name := "laptop-with-a-very-long-name-that-nobody-would-choose-but-somebody-did-<b>0001</b>"
	m := browsertest.NewMachine(t, s, "Berlin", name)
	m.Join()
	m.Health(95, 40, 50)
	p.Shows(".alert-table tbody tr", "is 95 % busy.")
	p.Shows(".alert-table tbody tr", "Firing")
	p.Shows("#alerts-now .alert-log", "Fired")
	p.Until("what waits comes after it", `document.querySelectorAll('.alert-table tbody tr').length === 2 && document.querySelectorAll('.alert-table tbody tr')[1].innerText.includes('Pending')`)
	if n := browsertest.Eval[int](p, "document.querySelectorAll('.alert-table b').length"); n > 0 {
		t.Error("a machine's name is markup on the page")
	}
	p.Accessible("alerts")
	p.Fits("alerts")
	p.Picture("alerts")
	wall.Shows("#noc-lists .alert-row", "is 95 % busy.")
	wall.Accessible("the wall with an alert")
	wall.Picture("wall-alert")

	// By the keyboard: chosen, acknowledged with a note, and seen everywhere.
	who := s.Person(auth.Technician).Name
	p.Press("j")
	p.Press("x")
	p.Shows("[data-care-count]", "1 chosen")
	p.Fill("[data-care] [name=note]", "Its <b>fan</b>")
	p.Accessible("an alert is chosen")
	p.Fits("an alert is chosen")
	p.Picture("alert-chosen")
	p.Click("[data-care] .primary")
	p.Shows("#said", "1 alert acknowledged.")
	p.Shows(".alert-table tbody .alert-who", who+" has it, acknowledged")
	p.Shows(".alert-table tbody .alert-note", "Its <b>fan</b>")
	p.Shows("#alerts-now .alert-log", "Acknowledged")
	p.Until("the bar is gone", `document.querySelector('[data-care]').hidden`)
	wall.Shows("#noc-lists .alert-row", who+" has it, acknowledged")
	p.Press("j")
	p.Press("a")
	p.Until("the other is acknowledged by a key", `document.querySelectorAll('.alert-table tbody .alert-who')[1].innerText.includes('acknowledged')`)
	p.Press("a")
	p.Shows("#said", "It was acknowledged already")
	p.Press("x")
	p.Choose("[data-care] [name=do]", "assign")
	p.Choose("[data-care] [name=person]", "")
	p.Click("[data-care] .primary")
	p.Shows("#said", "Nobody has the alert now.")
	p.Picture("alerts-acknowledged")
	wall.Click(".alert-all a")
	wall.At("/noc/alerts")
	wall.Go("/endpoints/" + m.ID)
	wall.Shows("section[aria-labelledby=endpoint-alerts]", "Firing since")
	wall.Shows("section[aria-labelledby=endpoint-alerts]", who+" has it, acknowledged")

	m.Health(10, 40, 50)
	p.Until("its end is seen", `document.querySelectorAll('.alert-table tbody tr').length === 1`)
	p.Shows("#alerts-now .alert-log", "Resolved")

	// Rules.
	if err := os.WriteFile(file, []byte(strings.Replace(busyRules, "> 80", "> > 80", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	wall.Go("/noc/alerts")
	wall.Shows("#alerts-now .notice", "A rule file has a mistake. The rules as they were before go on.")
	wall.Click("#alerts-now .notice a")
	wall.Shows(".notice li", "own.yaml, line 5, column 39, rule “Busy”: The expression is not valid PromQL")
	wall.Shows(".alert-table", "Busy")
	wall.Fill("[name=rules]", strings.Replace(busyRules, "warning", "red", 1)+"  - broken")
	wall.Click(".alert-try [type=submit]")
	wall.Shows(".alert-try", "line")
	if typed := browsertest.Eval[string](wall, "document.querySelector('[name=rules]').value"); !strings.HasSuffix(typed, "  - broken") {
		t.Errorf("what was typed is gone: %q", typed)
	}
	wall.Accessible("a rule that is refused")
	wall.Fill("[name=rules]", strings.Replace(strings.Replace(busyRules, "for: 2h", "for: 5m", 1), "> 80\n", "> 80\n    for: 10m\n", 1))
	wall.Choose("[name=hours]", "1")
	wall.Click(".alert-try [type=submit]")
	wall.Shows("#tried", "Busy would not have fired.") // not for ten minutes
	wall.Shows("#tried", "There would have fired once:")
	wall.Accessible("alert rules")
	wall.Fits("alert rules")
	wall.Picture("alert-rules")
	wall.Allow("422")
	wall.Clean()
	p.Clean()
}
