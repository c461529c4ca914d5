package api_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

const everywhere = `groups:
- name: own
  rules:
  - alert: Enrolled
    expr: deskbell_endpoint_info == 1
    labels: {severity: warning}
    annotations: {summary: '{{ $labels.name }} is there.', advice: Nothing to do.}
`

// TestAlerts reads over REST what a rule of one's own comes to, tries one on the past,
// and hears of a file's mistake with its line.
func TestAlerts(t *testing.T) {
	var folder string
	w := newWorldWith(t, auth.Technician, func(o *server.Options) {
		o.AlertsEvery = 100 * time.Millisecond
		folder = filepath.Join(o.Data, server.RulesFolder)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "own.yaml"), []byte(everywhere), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	m := w.Machine("PC-17")
	alerts := func(query string) []any { return w.get("/alerts" + query).want(200).object()["items"].([]any) }
	servertest.Wait(t, "the alert", func() bool { return len(alerts("?rule=Enrolled")) == 1 })
	got := alerts("?state=firing&severity=warning&endpoint=" + m.ID)[0].(object)
	if got["summary"] != "PC-17 is there." || got["advice"] != "Nothing to do." || got["state"] != "firing" || got["value"] != 1.0 || got["endpoint"] != m.ID || got["labels"].(object)["site"] != "Berlin" {
		t.Errorf("%v", got)
	}
	if list := alerts("?rule=Enrolled&state=resolved"); len(list) > 0 {
		t.Errorf("%v", list)
	}
	w.get("/alerts?state=broken").want(422)
	var log []any // its line is stored once every rule of the round has been asked
	servertest.Wait(t, "the log", func() bool {
		log = w.get("/alerts/log?endpoint=" + m.ID).want(200).object()["items"].([]any)
		return len(log) > 0
	})
	if len(log) != 1 || log[0].(object)["did"] != "fired" || log[0].(object)["alert"] != got["id"] {
		t.Errorf("%v", log)
	}
	rules := w.get("/alerts/rules").want(200).object()
	own := rules["items"].([]any)
	last := own[len(own)-2].(object) // after it stands what asks no series
	if last["name"] != "Enrolled" || last["file"] != "own.yaml" || last["firing"] != 1.0 || len(own) < 26 || len(rules["mistakes"].([]any)) > 0 {
		t.Errorf("%v, %v", last, rules["mistakes"])
	}
	tried := w.post("/alerts/try", object{"rules": strings.Replace(everywhere, "Enrolled", "Other", 1), "hours": 1}).want(200).object()["items"].([]any)
	if x := tried[0].(object); x["rule"] != "Other" || x["fired"] != 1.0 || x["spans"].([]any)[0].(object)["labels"].(object)["name"] != "PC-17" {
		t.Errorf("%v", tried)
	}
	bad := w.post("/alerts/try", object{"rules": strings.Replace(everywhere, "== 1", "== =", 1), "hours": 1}).problem(422, "invalid", "rules")
	if detail := bad.object()["detail"].(string); !strings.Contains(detail, "line 5, column 37, rule “Enrolled”") {
		t.Error(detail)
	}
	if err := os.WriteFile(filepath.Join(folder, "own.yaml"), []byte(strings.Replace(everywhere, "warning", "red", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	var mistakes []any
	servertest.Wait(t, "the mistake", func() bool {
		mistakes = w.get("/alerts/rules").want(200).object()["mistakes"].([]any)
		return len(mistakes) == 1
	})
	if x := mistakes[0].(object); x["file"] != "own.yaml" || x["line"] != 4.0 || x["rule"] != "Enrolled" {
		t.Errorf("%v", x)
	}
	if len(alerts("?rule=Enrolled")) != 1 {
		t.Error("the old rule does not go on")
	}
}
