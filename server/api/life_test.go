package api_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/auth"
)

// life calls what can be done with a ticket beyond working on it.
func (d *documented) life() {
	open := func(kind string) (path string, number int) {
		a := d.call(201, "POST", "/tickets", object{"title": "Printer", "kind": kind, "tags": []string{"Floor3"}, "impact": 1, "urgency": 1}).object()
		return "/tickets/" + a["id"].(string), int(a["number"].(float64))
	}
	a, _ := open("incident")
	b, number := open("incident")
	c, _ := open("incident")
	act := func(path, action string, more object, rest object) {
		d.t.Helper()
		body := object{"action": action, "more": more}
		for k, v := range rest {
			body[k] = v
		}
		d.call(200, "POST", path+"/actions", body)
	}
	team := d.call(200, "POST", "/rulebook/teams", object{"id": "net", "name": "Network"}).text("id")
	act(a, "delegate", object{"team": team}, object{"body": "The switch, I think."})
	act(a, "escalate", object{"tier": 2, "noc": true}, object{"body": "Two cables."})
	act(a, "override", object{"priority": 2}, object{"reason": "The board meets."})
	act(a, "major", object{"major": true}, nil)
	act(a, "tag", object{"add": []string{"switch"}, "remove": []string{"floor3"}}, nil)
	act(a, "link", object{"relation": "caused_by", "other": fmt.Sprint(number)}, nil)
	act(a, "parent", object{"other": fmt.Sprint(number)}, nil)
	if kids := d.call(200, "GET", b+"/children", nil).object()["items"].([]any); len(kids) != 1 {
		d.t.Errorf("the children are %v", kids)
	}
	act(a, "unlink", object{"relation": "caused_by", "other": b[len("/tickets/"):]}, nil)
	act(a, "parent", object{}, nil)
	act(a, "wait", object{"until": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}, object{"waiting": "scheduled"})
	d.call(422, "POST", a+"/actions", object{"action": "fields", "more": object{"fields": object{"floor": "3"}}})
	d.call(422, "POST", a+"/actions", object{"action": "categorise", "more": object{"category": "none"}})
	d.call(422, "POST", a+"/actions", object{"action": "link", "more": object{"relation": "split_from", "other": fmt.Sprint(number)}})

	said := d.call(201, "POST", a+"/messages", object{"body": "And another thing.", "public": true}).text("id")
	d.call(201, "POST", a+"/split", object{"message": said})
	merged := d.call(200, "POST", a+"/merge", object{"from": []string{fmt.Sprint(number), c[len("/tickets/"):]}}).object()
	if len(merged["merged"].([]any)) != 2 || merged["major"] != true || merged["wait_until"] == nil {
		d.t.Errorf("merged it is %v", merged)
	}
	d.call(409, "POST", a+"/merge", object{"from": []string{fmt.Sprint(number)}})
	old := d.call(200, "GET", b, nil).object()
	if into := old["merged_into"].(object); into["id"] != merged["id"] {
		d.t.Errorf("the old one went into %v", into)
	}
	if to := d.call(308, "GET", fmt.Sprint("/tickets/", number), nil).header.Get("Location"); to != fmt.Sprint("/api/v1/tickets/", int(merged["number"].(float64))) {
		d.t.Errorf("the old number leads to %s", to)
	}

	r, request := open("request")
	act(r, "ask_approval", object{"approver": d.Person(auth.Manager).ID}, object{"body": "200 euros."})
	d.call(200, "GET", "/approvals", nil)
	d.call(403, "POST", fmt.Sprint("/approvals/", request), d.example("POST", "/approvals/{number}"))
	boss := d.as(d.Token(auth.Manager))
	if list := boss.get("/approvals").want(200).object()["items"].([]any); len(list) != 1 || list[0].(object)["words"] != "200 euros." {
		d.t.Errorf("the manager has to decide about %v", list)
	}
	if x := boss.post(fmt.Sprint("/approvals/", request), object{"approve": true, "reason": "Fine."}).want(200).text("state"); x != "approved" {
		d.t.Errorf("it is %s", x)
	}
	d.called["postApprovalsByNumber 200"] = true
	d.call(204, "DELETE", "/rulebook/teams/net?version=1", nil)
}

// TestOldNumberLeadsOn follows the redirect as any client does.
func TestOldNumberLeadsOn(t *testing.T) {
	w := newWorld(t, auth.Technician)
	a := w.post("/tickets", object{"title": "One"}).want(201)
	b := w.post("/tickets", object{"title": "Two"}).want(201).object()
	w.post("/tickets/"+a.text("id")+"/merge", object{"from": []string{b["id"].(string)}}).want(200)
	if got := w.get(fmt.Sprint("/tickets/", int(b["number"].(float64)))); got.status != 308 && got.text("title") != "One" {
		t.Errorf("the old number leads to %d %s", got.status, got.body)
	}
}
