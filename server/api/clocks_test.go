package api_test

import (
	"strings"

	"github.com/deskbell/deskbell/server/sla"
)

// clocks makes a calendar and a policy, reads what they come to, and puts them away.
func (d *documented) clocks() {
	d.t.Helper()
	var week []object
	for day := range 7 {
		week = append(week, object{"day": day, "spans": []object{{"from": "00:00", "to": "24:00"}}})
	}
	refused := d.call(422, "POST", "/rulebook/calendars", object{"name": "Never", "zone": "Europe/Berlin", "week": []object{}})
	if s := refused.text("detail"); !strings.Contains(s, "no open hour") {
		d.t.Errorf("a calendar without hours: %s", s)
	}
	calendar := d.call(200, "POST", "/rulebook/calendars", object{"name": "Always", "zone": "Europe/Berlin", "week": week}).text("id")
	d.call(200, "GET", "/rulebook/calendars", nil)
	if z := d.call(200, "GET", "/rulebook/calendars/"+calendar, nil).text("zone"); z != "Europe/Berlin" {
		d.t.Errorf("the calendar's zone is %q", z)
	}
	if s := d.call(422, "POST", "/rulebook/policies", object{"name": "Usual", "when": object{}, "calendar": "gone", "goals": []object{}}).text("detail"); !strings.Contains(s, "calendar that does not exist") {
		d.t.Errorf("a policy on nothing: %s", s)
	}
	none := object{"amount": 0, "unit": ""}
	policy := d.call(200, "POST", "/rulebook/policies", object{
		"name": "Usual", "when": object{}, "calendar": calendar, "pauses": []object{{"state": "pending"}},
		"goals":       []object{{"priority": 4, "first_response": object{"amount": 4, "unit": "open_hours"}, "next_update": none, "resolution": object{"amount": 2, "unit": "working_days"}}},
		"escalations": []object{{"clock": "resolution", "share": 75, "notify": []string{"assignee"}, "noc": true}},
	}).text("id")
	d.call(200, "GET", "/rulebook/policies", nil)
	d.call(200, "GET", "/rulebook/policies/"+policy, nil)
	if s := d.call(409, "DELETE", "/rulebook/calendars/"+calendar+"?version=1", nil).text("detail"); !strings.Contains(s, "Usual") {
		d.t.Errorf("a calendar that is used: %s", s)
	}

	opened := d.call(201, "POST", "/tickets", d.example("POST", "/tickets"))
	path := opened.header.Get("Location")[len("/api/v1"):]
	if opened = d.call(200, "GET", path, nil); opened.object()["priority"] != 4.0 {
		d.t.Errorf("the ticket has priority %v", opened.object()["priority"])
	}
	clock, _ := opened.object()["clock"].(object)
	if clock["kind"] != "first_response" || clock["state"] != "running" || clock["overdue"] != false {
		d.t.Errorf("the next clock is %v", clock)
	}
	var x struct {
		Clocks []struct {
			Kind  sla.Kind
			Zone  string
			Total float64 `json:"total_seconds"`
		}
	}
	d.call(200, "GET", path+"/clocks", nil).into(&x)
	if len(x.Clocks) != 2 || x.Clocks[0].Total != 4*3600 || x.Clocks[1].Total != 2*86400 || x.Clocks[0].Zone != "Europe/Berlin" {
		d.t.Errorf("the clocks are explained as %+v", x)
	}

	days := d.call(200, "POST", "/rulebook/calendars/preview", object{"calendar": object{"zone": "Europe/Berlin", "week": week}, "days": 21})
	if list, _ := days.object()["days"].([]any); len(list) != 21 {
		d.t.Errorf("%d days", len(list))
	}
	const file = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20200101\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:New Year\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	found := d.call(200, "POST", "/rulebook/calendars/holidays", object{"file": file})
	if list, _ := found.object()["holidays"].([]any); len(list) != 2 {
		d.t.Errorf("holidays %v", found.object())
	}
	d.call(422, "POST", "/rulebook/calendars/holidays", object{"file": "<html>"})
	d.call(204, "DELETE", "/rulebook/policies/"+policy+"?version=1", nil)
	d.call(204, "DELETE", "/rulebook/calendars/"+calendar+"?version=1", nil)
}
