package api_test

import (
	"fmt"
	"strings"

	"github.com/deskbell/deskbell/server/servertest"
)

// triage tries a rule, asks what a ticket may be and what is like it, and lets a rule
// act on the next one.
func (d *documented) triage() {
	d.call(200, "GET", "/triage/facts", nil)
	d.call(200, "POST", "/rulebook/teams", object{"id": "desk", "name": "Desk"})
	opened := func(title string) string {
		return d.call(201, "POST", "/tickets", object{"title": title}).text("id")
	}
	first := opened("The coffee machine leaks")
	rule := object{"on": []string{"opened"}, "when": `text.contains("coffee machine")`, "then": object{"tags": []string{"coffee"}, "priority": 2, "reason": "Nobody works without."}}
	d.call(200, "POST", "/triage/trial", d.example("POST", "/triage/trial"))
	trial := d.call(200, "POST", "/triage/trial", rule).object()
	if trial["matched"] != 1.0 || trial["examples"].([]any)[0].(object)["id"] != first {
		d.t.Errorf("the trial came to %v", trial)
	}
	d.call(422, "POST", "/triage/trial", object{"on": []string{"opened"}, "when": "coffee", "then": object{"tags": []string{"x"}}})
	rule["name"], rule["live"] = "Coffee", true
	d.call(422, "POST", "/rulebook/rules", rule) // not tried
	rule["tried"] = trial["fingerprint"]
	d.call(200, "POST", "/rulebook/rules", rule)
	second := opened("The coffee machine leaks again")
	servertest.Wait(d.t, "the rule", func() bool {
		t := d.get("/tickets/" + second).object()
		return fmt.Sprint(t["priority"]) == "2"
	})
	similar := d.call(200, "GET", "/tickets/"+second+"/similar?limit=3", nil).object()["items"].([]any)
	if len(similar) != 1 || similar[0].(object)["ticket"].(object)["id"] != first || !strings.Contains(similar[0].(object)["reason"].(string), "both say") {
		d.t.Errorf("similar to the second one: %v", similar)
	}
	if s := d.call(200, "GET", "/tickets/"+second+"/suggestion", nil).object(); s["category"] != nil || s["tickets"] != 0.0 {
		d.t.Errorf("suggested out of nothing: %v", s)
	}
	d.call(200, "POST", "/tickets/"+second+"/suggestion", object{"team": "desk"})
	d.call(422, "POST", "/tickets/"+second+"/suggestion", object{"team": "nobody"})
}
