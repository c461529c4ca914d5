package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/errors"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

// documented is a world whose every request and answer is held against the
// OpenAPI document.
type documented struct {
	*world
	doc    map[string]any
	check  validator.Validator
	called map[string]bool // operations with the status that came
}

func newDocumented(t *testing.T) *documented {
	w := newWorld(t, auth.Admin)
	spec := w.get("/openapi.json").want(200)
	d := &documented{world: w, called: map[string]bool{}}
	spec.into(&d.doc)
	doc, err := libopenapi.NewDocument(spec.body)
	if err != nil {
		t.Fatal(err)
	}
	var errs []error
	d.check, errs = validator.NewValidator(doc, config.WithFormatAssertions())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	t.Cleanup(d.check.Release)
	return d
}

func complain(t *testing.T, what string, errs []*errors.ValidationError) {
	t.Helper()
	for _, e := range errs {
		t.Errorf("%s: %s: %s", what, e.Message, e.Reason)
		for _, s := range e.SchemaValidationErrors {
			t.Errorf("\t%s: %s", s.FieldPath, s.Reason)
		}
	}
}

func TestDocumentIsValidOpenAPI(t *testing.T) {
	d := newDocumented(t)
	if v := d.doc["openapi"]; v != "3.1.0" {
		t.Errorf("the document is of version %v", v)
	}
	_, errs := d.check.ValidateDocument()
	complain(t, "the document", errs)
}

// operation finds the documented operation of a request.
func (d *documented) operation(method, path string) (map[string]any, string) {
	d.t.Helper()
	want := strings.Split(path, "/")
	for template, item := range d.doc["paths"].(object) {
		parts := strings.Split(template, "/")
		same := len(parts) == len(want)
		for i := range parts {
			same = same && (parts[i] == want[i] || strings.HasPrefix(parts[i], "{"))
		}
		if op, ok := item.(object)[strings.ToLower(method)].(object); ok && same {
			return op, op["operationId"].(string)
		}
	}
	d.t.Fatalf("%s %s is not documented", method, path)
	return nil, ""
}

// call makes a request and fails the test when it or its answer is not as
// documented.
func (d *documented) call(status int, method, path string, body any, opts ...option) answer {
	d.t.Helper()
	bare, _, _ := strings.Cut("/api/v1"+path, "?")
	op, id := d.operation(method, bare)
	req := d.request(method, "/api/v1"+path, body, opts...)
	copied := req.Clone(d.t.Context())
	if req.GetBody != nil {
		copied.Body, _ = req.GetBody()
	}
	if kind := req.Header.Get("Content-Type"); kind != "application/octet-stream" {
		_, errs := d.check.ValidateHttpRequestSync(copied)
		complain(d.t, method+" "+path, errs)
	}
	a := d.send(req).want(status)
	d.called[fmt.Sprintf("%s %d", id, status)] = true
	if _, ok := op["responses"].(object)[fmt.Sprint(status)]; !ok && status < 400 {
		d.t.Errorf("%s answers %d, which is not documented", id, status)
	}
	if strings.Contains(a.header.Get("Content-Type"), "json") {
		resp := &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), Request: req}
		_, errs := d.check.ValidateHttpResponse(req, resp)
		complain(d.t, "the answer to "+method+" "+path, errs)
		if d.t.Failed() {
			d.t.Logf("%s", a.body)
		}
	}
	return a
}

// example builds the body of an operation out of the examples in the document.
func (d *documented) example(method, path string) object {
	d.t.Helper()
	op, id := d.operation(method, "/api/v1"+path)
	media := op["requestBody"].(object)["content"].(object)["application/json"].(object)
	schema := media["schema"].(object)
	if ref, ok := schema["$ref"].(string); ok {
		schema = d.doc["components"].(object)["schemas"].(object)[ref[strings.LastIndex(ref, "/")+1:]].(object)
	}
	body := object{}
	for name, p := range schema["properties"].(object) {
		if examples, ok := p.(object)["examples"].([]any); ok {
			body[name] = examples[0]
		}
	}
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := body[name.(string)]; !ok {
			d.t.Errorf("%s: the required field %s has no example", id, name)
		}
	}
	return body
}

// schedules has reports sent by mail.
func (d *documented) schedules() {
	d.t.Helper()
	mail := d.call(201, "POST", "/channels", object{"name": "Mail", "kind": "smtp", "host": "127.0.0.1", "port": 1, "security": "none", "from": "bell@example.com", "to": []string{"all@example.com"}}).text("id")
	me := d.Person(auth.Admin)
	body := d.example("POST", "/reports/schedules")
	body["channel"] = mail
	d.call(422, "POST", "/reports/schedules", body) // nobody of the staff has the example's address
	body["to"] = []string{me.ID}
	made := d.call(201, "POST", "/reports/schedules", body)
	if to := made.object()["to"].([]any)[0].(object); to["address"] != me.Email || made.object()["next"] == nil {
		d.t.Errorf("made was %v", made.object())
	}
	path := "/reports/schedules/" + made.text("id")
	d.call(200, "GET", "/reports/schedules", nil)
	d.call(200, "GET", path, nil)
	d.call(202, "POST", path+"/trial", nil)
	body["version"], body["every"], body["day"] = 1, "week", 7
	d.call(200, "PUT", path, body)
	d.call(409, "PUT", path, body)
	body["day"], body["version"] = 8, 2
	d.call(422, "PUT", path, body)
	d.call(204, "DELETE", path, nil)
	d.call(404, "GET", path, nil)
	d.call(204, "DELETE", "/channels/"+mail, nil)
}

// parts call the operations of the larger parts of the interface. Each has a file.
var parts = []func(*documented){
	(*documented).rulebook,
	(*documented).articles,
	(*documented).find,
	(*documented).triage,
	(*documented).staffing,
	(*documented).life,
	(*documented).clocks,
}

// TestEveryOperationIsAsDocumented calls each operation of the document, with the
// examples in it where it has any, and holds every answer against its schema.
func TestEveryOperationIsAsDocumented(t *testing.T) {
	d := newDocumented(t)
	m := d.Machine("PC-17")
	c := m.Session(t)
	report(t, c)
	rung := ring(t, c, "My disk is full")

	d.call(200, "GET", "/me", nil)
	// Tickets.
	opened := d.call(201, "POST", "/tickets", d.example("POST", "/tickets"), header("Idempotency-Key", newKey()))
	path := opened.header.Get("Location")[len("/api/v1"):]
	d.call(200, "GET", "/tickets?state=new,assigned&open=true&q=disk&order=newest&limit=1", nil)
	list := d.call(200, "GET", "/tickets?limit=1", nil)
	d.call(200, "GET", "/tickets?limit=1&cursor="+list.text("next_cursor"), nil)
	d.call(200, "GET", path, nil)
	detail := d.call(200, "GET", "/tickets/"+rung.Ticket, nil).object()
	if doc, ok := detail["snapshot"].(object); !ok || doc["id"] == "" || doc["cpu"].(object)["data"].(object)["busy_percent"] != 12.5 {
		t.Errorf("the ticket's snapshot is %v", detail["snapshot"])
	}
	d.call(200, "GET", fmt.Sprint("/tickets/", rung.Number), nil)
	d.call(200, "POST", path+"/actions", d.example("POST", "/tickets/{id}/actions"), header("If-Match", opened.header.Get("ETag")))
	d.call(201, "POST", path+"/messages", d.example("POST", "/tickets/{id}/messages"))
	d.call(201, "POST", path+"/messages", object{"body": "Among us: the toner was stolen.", "public": false})
	for _, act := range []object{
		{"action": "wait", "waiting": "vendor", "body": "We wait for the toner."}, {"action": "resume"},
		{"action": "prioritise", "impact": 1, "urgency": 1, "reason": "The whole floor."}, {"action": "assign", "assignee": ""}, {"action": "assign", "assignee": "me"},
		{"action": "resolve", "solution": "A new toner.", "code": "fixed"}, {"action": "reopen", "reason": "It is empty."},
		{"action": "resolve", "solution": "A full one.", "code": "fixed"}, {"action": "close"},
	} {
		d.call(200, "POST", path+"/actions", act)
	}
	d.call(200, "GET", path+"/messages", nil)
	d.call(200, "GET", path+"/actions", nil)
	d.call(200, "GET", path+"/actions?limit=2", nil)
	put := d.call(201, "POST", "/attachments?name=screen.png", []byte("\x89PNG\r\n\x1a\n and more"))
	d.call(201, "POST", "/tickets/"+rung.Ticket+"/messages", object{"body": "", "public": true, "attachments": []object{{"sha256": put.text("sha256"), "name": "screen.png"}}})
	bytes := d.call(200, "GET", "/tickets/"+rung.Ticket+"/attachments/"+put.text("sha256"), nil)
	if h := bytes.header; string(bytes.body) != "\x89PNG\r\n\x1a\n and more" || h.Get("Content-Disposition") != `attachment; filename=screen.png` || h.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("the attachment came as %q, %q, %q", bytes.body, h.Get("Content-Disposition"), h.Get("Content-Type"))
	}
	// Endpoints.
	d.call(200, "GET", "/endpoints", nil)
	d.call(200, "GET", "/endpoints?order=worst&presence=online&state=active&q=pc", nil)
	endpoint := d.call(200, "GET", "/endpoints/"+m.ID, nil).object()
	if endpoint["presence"] != "online" || endpoint["sample"] == nil || endpoint["inventory"] == nil || endpoint["score"] == nil {
		t.Errorf("the endpoint is %v", endpoint)
	}
	snapshots := d.call(200, "GET", "/endpoints/"+m.ID+"/snapshots", nil).object()
	d.call(200, "GET", "/snapshots/"+snapshots["items"].([]any)[0].(object)["id"].(string), nil)
	servertest.Wait(t, "the readings to be stored", func() bool {
		a := d.get("/endpoints/" + m.ID + "/series?metric=cpu_busy_percent")
		return a.status == 200 && len(a.object()["points"].([]any)) > 0
	})
	d.call(200, "GET", "/endpoints/"+m.ID+"/series?metric=cpu_busy_percent&points=2", nil)
	d.call(200, "GET", "/endpoints/"+m.ID+"/series?metric=health_score&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", nil)
	d.call(200, "GET", "/endpoints/"+m.ID+"/peers", nil)
	d.call(200, "GET", "/alerts?state=firing&state=unknown", nil)
	d.call(200, "GET", "/alerts/log?limit=10", nil)
	d.call(200, "GET", "/alerts/rules", nil)
	d.call(200, "GET", "/alerts/inhibitions", nil)
	d.call(200, "POST", "/alerts/act", object{"alerts": []string{"None.1"}, "do": "acknowledge", "note": "Seen."})
	d.call(200, "POST", "/alerts/silences/preview", object{"match": `site="Berlin"`})
	quiet := d.call(201, "POST", "/alerts/silences", object{"match": `site="Nowhere"`, "stable_minutes": 10, "why": "We know."}).object()["id"].(string)
	d.call(200, "GET", "/alerts/silences", nil)
	d.call(204, "DELETE", "/alerts/silences/"+quiet, nil)
	flock := d.call(201, "POST", "/groups", object{"name": "Linux in Berlin", "condition": "os:linux", "machines": []string{m.ID}}).text("id")
	d.call(422, "POST", "/groups", object{"name": "Laptops", "condition": "kind:laptop"})
	if g := d.call(200, "GET", "/groups/"+flock, nil).object(); g["endpoints"] != 1.0 || g["online"] != 1.0 || g["suffering_share"] == nil {
		t.Errorf("the group is %v", g)
	}
	d.call(200, "GET", "/groups", nil)
	d.call(200, "POST", "/groups/try", object{"condition": "os:windows"})
	if items := d.call(200, "GET", "/endpoints?group=linux+in+berlin", nil).object()["items"].([]any); len(items) != 1 {
		t.Errorf("in the group are %v", items)
	}
	d.call(422, "GET", "/endpoints?group=none", nil)
	d.call(200, "PUT", "/groups/"+flock, object{"name": "Linux in Berlin", "condition": "os:linux site:*", "version": 1})
	d.call(409, "PUT", "/groups/"+flock, object{"name": "Linux in Berlin", "condition": "os:linux", "version": 1})
	work := d.call(201, "POST", "/alerts/maintenance", object{
		"title": "New disk", "groups": []string{"Linux in Berlin"}, "endpoints": []string{m.ID}, "calendar": "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20200101T200000\r\nDURATION:PT1H\r\nRRULE:FREQ=MONTHLY;BYDAY=2TU\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", "zone": "Europe/Berlin",
	}).object()["id"].(string)
	if items := d.call(200, "GET", "/alerts/maintenance", nil).object()["items"].([]any); len(items) != 1 || len(items[0].(object)["times"].([]any)) < 11 {
		t.Errorf("the maintenance is %v", items)
	}
	if known := d.call(200, "GET", "/groups/"+flock+"/known?to=Tux", nil).object(); len(known["follows"].([]any)) != 1 || len(known["stays_behind"].([]any)) != 0 {
		t.Errorf("the group is known by its name to %v", known)
	}
	if g := d.call(200, "PUT", "/groups/"+flock, object{"name": "Tux", "condition": "os:linux", "version": 2}).object(); g["name"] != "Tux" || len(g["stays_behind"].([]any)) != 0 {
		t.Errorf("the renamed group is %v", g)
	}
	d.call(204, "DELETE", "/alerts/maintenance/"+work, nil)
	d.call(204, "DELETE", "/groups/"+flock, nil)
	d.call(404, "GET", "/groups/"+flock, nil)
	d.call(200, "POST", "/alerts/try", object{"rules": everywhere, "hours": 1})
	d.oncall()
	d.channels()
	d.schedules()
	beat := d.call(201, "POST", "/heartbeats", d.example("POST", "/heartbeats")).text("id")
	d.call(422, "POST", "/heartbeats", object{"name": "Backup", "cron": "0 0 31 2 *"})
	d.call(200, "GET", "/heartbeats", nil)
	d.call(200, "GET", "/heartbeats/"+beat, nil)
	d.call(200, "PUT", "/heartbeats/"+beat, object{"name": "Backup", "every_seconds": 86400, "version": 1, "new_url": true})
	d.call(409, "PUT", "/heartbeats/"+beat, object{"name": "Backup", "every_seconds": 86400, "version": 1})
	d.call(204, "DELETE", "/heartbeats/"+beat, nil)
	d.call(404, "GET", "/heartbeats/"+beat, nil)
	look := d.call(201, "POST", "/checks", d.example("POST", "/checks")).text("id")
	d.call(422, "POST", "/checks", object{"name": "Metadata", "kind": "http", "url": "http://169.254.169.254/"})
	d.call(200, "GET", "/checks", nil)
	d.call(200, "GET", "/checks/"+look, nil)
	d.call(200, "PUT", "/checks/"+look, object{"name": "Port", "kind": "tcp", "host": "127.0.0.1", "port": 1, "paused": true, "version": 1})
	d.call(409, "PUT", "/checks/"+look, object{"name": "Port", "kind": "tcp", "host": "127.0.0.1", "port": 1, "version": 1})
	d.call(200, "POST", "/checks/"+look+"/run", nil)
	d.call(200, "POST", "/checks/try", object{"name": "Port", "kind": "tcp", "host": "127.0.0.1", "port": 1})
	d.call(204, "DELETE", "/checks/"+look, nil)
	d.call(404, "GET", "/checks/"+look, nil)
	box := d.call(201, "POST", "/devices", d.example("POST", "/devices")).text("id")
	d.call(422, "POST", "/devices", object{"name": "Switch", "host": "127.0.0.1"})
	d.call(200, "GET", "/devices", nil)
	d.call(200, "GET", "/devices/"+box, nil)
	d.call(200, "PUT", "/devices/"+box, object{"name": "Switch", "host": "127.0.0.1", "port": 1, "paused": true, "version": 1})
	d.call(409, "PUT", "/devices/"+box, object{"name": "Switch", "host": "127.0.0.1", "port": 1, "version": 1})
	d.call(200, "POST", "/devices/"+box+"/run", nil)
	d.call(200, "POST", "/devices/try", object{"name": "Switch", "host": "127.0.0.1", "port": 1, "snmp": "3", "user": "reader"})
	d.call(204, "DELETE", "/devices/"+box, nil)
	d.call(404, "GET", "/devices/"+box, nil)
	// Diagnostics.
	asked := make(chan struct{})
	go func() { defer close(asked); answerAsk(t, c) }()
	ask := d.example("POST", "/endpoints/{id}/diagnostics")
	ask["ticket"] = fmt.Sprint(rung.Number)
	diagnostic := d.call(202, "POST", "/endpoints/"+m.ID+"/diagnostics", ask).text("id")
	<-asked
	servertest.Wait(t, "the answer", func() bool { return d.get("/diagnostics/"+diagnostic).text("state") == "done" })
	d.call(200, "GET", "/diagnostics/"+diagnostic, nil)
	d.call(200, "GET", "/endpoints/"+m.ID+"/diagnostics?limit=1", nil)
	running := d.call(202, "POST", "/endpoints/"+m.ID+"/diagnostics", object{"kind": "probe.ping", "params": object{"host": "10.0.0.1"}}).text("id")
	d.call(204, "DELETE", "/diagnostics/"+running, nil)
	d.call(202, "POST", "/endpoints/"+m.ID+"/acts", object{"kind": "service.restart", "params": object{"name": "cups"}, "ticket": fmt.Sprint(rung.Number)})
	// Questions to the fleet.
	fleet := d.call(202, "POST", "/fleet/questions", object{"kind": "probe.ping", "params": object{"host": "10.0.0.1"}, "scope": object{"os": "linux", "online": true}, "for": "1h"})
	d.call(422, "POST", "/fleet/questions", object{"kind": "snapshot", "params": object{}})
	d.call(422, "POST", "/fleet/questions", object{"kind": "probe.ping", "params": object{"host": "10.0.0.1"}, "scope": object{"text": "no machine is called so"}})
	d.call(200, "GET", "/fleet/questions", nil)
	d.call(200, "GET", "/fleet/questions/"+fleet.text("id"), nil)
	d.call(200, "GET", "/fleet/questions/"+fleet.text("id")+"/answers?standing=waiting&limit=1", nil)
	d.call(204, "DELETE", "/fleet/questions/"+fleet.text("id"), nil)
	// Announcements.
	announcement := d.example("POST", "/announcements")
	announcement["since"] = time.Now().UTC()
	told := d.call(201, "POST", "/announcements", announcement)
	d.call(422, "POST", "/announcements", object{"title": "Nothing works", "since": "2126-01-01T00:00:00Z", "reach": "all"})
	d.call(422, "POST", "/announcements", object{"title": "Nothing works", "since": time.Now().UTC(), "reach": "endpoints", "endpoints": []string{"no machine is called so"}})
	d.call(200, "GET", "/announcements?state=live&limit=1", nil)
	d.call(200, "GET", "/announcements/"+told.text("id"), nil)
	d.call(404, "GET", "/announcements/none", nil)
	d.call(200, "PUT", "/announcements/"+told.text("id"), object{"title": "Nothing works at all", "since": time.Now().UTC(), "reach": "endpoints", "endpoints": []string{m.ID}, "version": 1, "incident": object{"id": "1"}})
	d.call(409, "POST", "/announcements/"+told.text("id")+"/updates", object{"text": "Late.", "version": 1})
	d.call(200, "POST", "/announcements/"+told.text("id")+"/updates", object{"text": "We look at it.", "next": time.Now().Add(time.Hour).UTC()})
	d.call(200, "POST", "/announcements/"+told.text("id")+"/end", object{"closing": "It works again."})
	d.call(409, "POST", "/announcements/"+told.text("id")+"/end", object{"closing": "Twice."})
	// Major incidents.
	outage := d.call(201, "POST", "/incidents", d.example("POST", "/incidents"))
	d.call(422, "POST", "/incidents", object{"title": " "})
	d.call(404, "POST", "/incidents", object{"title": "VPN", "cell": object{"kind": "site", "name": "Berlin"}, "tickets": []string{"none"}})
	d.call(200, "GET", "/incidents?state=open&limit=1", nil)
	d.call(200, "GET", "/incidents/"+outage.text("id"), nil)
	d.call(404, "GET", "/incidents/none", nil)
	d.call(409, "POST", "/incidents/"+outage.text("id")+"/act", object{"act": "confirm"})
	d.call(200, "POST", "/incidents/"+outage.text("id")+"/act", object{"act": "change", "title": "VPN", "text": "In all of Berlin.", "edition": 1})
	d.call(409, "POST", "/incidents/"+outage.text("id")+"/act", object{"act": "change", "title": "VPN", "edition": 1})
	d.call(200, "POST", "/incidents/"+outage.text("id")+"/act", object{"act": "note", "text": "The provider was called."})
	d.call(200, "POST", "/incidents/"+outage.text("id")+"/act", object{"act": "put_in", "ticket": rung.Ticket})
	d.call(200, "POST", "/incidents/"+outage.text("id")+"/act", object{"act": "take_out", "ticket": rung.Ticket})
	d.call(422, "POST", "/incidents/"+outage.text("id")+"/act", object{"act": "take_out", "ticket": rung.Ticket})
	d.call(200, "GET", "/incidents/"+outage.text("id")+"/post-mortem", nil)
	d.call(200, "PUT", "/incidents/"+outage.text("id")+"/post-mortem", object{"text": "# It was the line"})
	d.call(409, "PUT", "/incidents/"+outage.text("id")+"/post-mortem", object{"text": "# Mine", "edition": 1})
	d.call(200, "POST", "/incidents/"+outage.text("id")+"/act", object{"act": "resolve", "text": "It works again."})
	// Sites, people, enrolments, tokens, audit.
	d.world = d.as(d.Token(auth.Admin)) // one token may ask 50 times a second
	d.call(200, "GET", "/sites", nil)
	hamburg := "/sites/" + d.call(201, "POST", "/sites", d.example("POST", "/sites")).text("id") + "/zone"
	if zone := d.call(200, "PUT", hamburg, d.example("PUT", "/sites/{id}/zone")).text("zone"); zone != "Europe/Berlin" {
		t.Errorf("the site's zone is %q", zone)
	}
	d.call(422, "PUT", hamburg, object{"zone": "Mars/Olympus"})
	d.call(200, "PUT", hamburg, object{"zone": ""})
	d.call(404, "PUT", "/sites/none/zone", object{"zone": "UTC"})
	d.call(200, "GET", "/noc/sites", nil)
	d.call(200, "GET", "/people?staff=true&q=a", nil)
	added := d.call(201, "POST", "/people", d.example("POST", "/people"))
	if link := added.text("sign_in_url"); !strings.HasPrefix(link, d.HTTP+"/sign-in/link#deskbell_link_") {
		t.Errorf("the sign-in link is %q", link)
	}
	d.call(200, "GET", "/people/"+added.text("id"), nil)
	d.call(200, "PATCH", "/people/"+added.text("id"), d.example("PATCH", "/people/{id}"))
	d.call(200, "GET", "/requesters?q=a&vip=false", nil)
	d.call(422, "GET", "/reports/figures?from=2026-01-01T00:00:00Z&to=2099-01-01T00:00:00Z&by=team&zone=Europe/Berlin", nil)
	d.call(200, "GET", "/reports/figures?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z&by=month", nil)
	d.call(200, "GET", "/reports/backlog?by=site", nil)
	d.call(200, "GET", "/reports/trend?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&by=week", nil)
	d.call(200, "GET", "/reports/definitions", nil)
	d.call(200, "GET", "/reports/availability?kind=check&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z", nil)
	d.call(422, "GET", "/reports/availability?from=2026-01-01T00:00:00Z&to=2099-02-01T00:00:00Z", nil)
	d.call(404, "GET", "/reports/availability?id=nobody&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z", nil)
	d.call(200, "PATCH", "/requesters/"+added.text("id"), object{"vip": true, "phone": "+49 30 12345", "manager": d.Person(auth.Admin).ID})
	d.call(200, "GET", "/requesters/"+added.text("id"), nil)
	const people = "Name;Mail;Phone\nMia Muster;mia@example.com;1\n"
	dry := d.call(200, "POST", "/requesters/import?dry_run=true", []byte(people)).object()
	if dry["imported"] != false || dry["added"] != 1.0 {
		t.Errorf("the dry run said %v", dry)
	}
	d.call(200, "POST", "/requesters/import?mapping="+url.QueryEscape(`{"email":1,"name":0}`), []byte(people))
	mia := d.call(200, "GET", "/requesters?q=mia%40example", nil).object()["items"].([]any)[0].(object)["id"].(string)
	d.call(200, "GET", "/requesters/"+mia+"/removal", nil)
	d.call(200, "DELETE", "/requesters/"+mia, nil)
	d.call(409, "DELETE", "/requesters/"+added.text("id"), nil)
	wrong := d.call(422, "POST", "/requesters/import", []byte(people+"Ben;ben;1\n")).object()
	if lines, ok := wrong["lines"].([]any); !ok || len(lines) != 1 || lines[0].(object)["line"] != 3.0 {
		t.Errorf("the wrong list was answered %v", wrong)
	}
	enrolment := d.call(201, "POST", "/enrolments", d.example("POST", "/enrolments"))
	d.call(200, "GET", "/enrolments", nil)
	d.call(204, "DELETE", "/enrolments/"+enrolment.text("id"), nil)
	token := d.call(201, "POST", "/tokens", d.example("POST", "/tokens"))
	d.as(token.text("token")).get("/me").want(200)
	d.call(200, "GET", "/tokens?everybody=true", nil)
	d.call(204, "DELETE", "/tokens/"+token.text("id"), nil)
	screen := d.call(201, "POST", "/noc/screens", d.example("POST", "/noc/screens"))
	if link := screen.text("link"); !strings.Contains(link, "/noc/tv/enter#deskbell_") {
		t.Errorf("the screen's link is %q", link)
	}
	d.call(422, "POST", "/noc/screens", object{"name": " "})
	d.call(200, "GET", "/noc/screens", nil)
	d.call(204, "DELETE", "/noc/screens/"+screen.text("id"), nil)
	d.call(404, "DELETE", "/noc/screens/"+screen.text("id"), nil)
	d.call(200, "GET", "/audit?limit=5", nil)
	d.call(200, "GET", "/audit?object=endpoint:"+m.ID, nil)
	d.call(200, "POST", "/endpoints/"+m.ID+"/actions", object{"action": "withdraw"})
	for _, part := range parts {
		fresh := *d.as(d.Token(auth.Admin)) // one token may ask 50 times a second
		mine := *d
		mine.world = &fresh
		part(&mine)
	}
	d.called["getEvents 200"] = true // TestEvents calls it: it does not end by itself
	// Errors are as documented too.
	d.call(404, "GET", "/tickets/nothing", nil)
	d.call(409, "POST", "/endpoints/"+m.ID+"/actions", d.example("POST", "/endpoints/{id}/actions"))

	for template, item := range d.doc["paths"].(object) {
		for method, op := range item.(object) {
			id := op.(object)["operationId"].(string)
			for status := range op.(object)["responses"].(object) {
				if status != "default" && !d.called[id+" "+status] {
					t.Errorf("%s %s (%s) was never seen to answer %s", method, template, id, status)
				}
			}
			if roles, ok := op.(object)["x-roles"].([]any); !ok || !slices.Contains(roles, "admin") {
				t.Errorf("%s does not say which roles may", id)
			}
		}
	}
}

// TestExamplesFitTheirSchemas holds the examples of answers against the schemas
// that they stand in; those of requests are sent.
func TestExamplesFitTheirSchemas(t *testing.T) {
	d := newDocumented(t)
	seen := 0
	for name, s := range d.doc["components"].(object)["schemas"].(object) {
		properties, _ := s.(object)["properties"].(object)
		for field, p := range properties {
			examples, _ := p.(object)["examples"].([]any)
			for _, example := range examples {
				seen++
				kind := p.(object)["type"]
				_, text := example.(string)
				_, number := example.(float64)
				if (kind == "string") != text || (kind == "integer" || kind == "number") != number {
					t.Errorf("%s.%s is of the type %v and has the example %v", name, field, kind, example)
				}
				if enum, ok := p.(object)["enum"].([]any); ok && !slices.Contains(enum, example) {
					t.Errorf("%s.%s has the example %v, which is none of %v", name, field, example, enum)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d examples were found", seen)
	}
	if b, _ := json.Marshal(d.doc); bytes.Contains(b, []byte("ErrorModel")) {
		t.Error("the document describes errors that nobody sends")
	}
}

// oncall asks who is on call.
func (d *documented) oncall() {
	me := d.call(200, "GET", "/me", nil).object()["person"].(object)["id"].(string)
	layer := object{"people": []object{{"id": me}}, "first": "2026-01-05", "minute": 540, "days": 7, "hours": object{"days": []int{1, 2}, "from_minute": 1080, "to_minute": 480}}
	rota := d.call(201, "POST", "/oncall/rotas", object{"name": "Nights", "zone": "Europe/Berlin", "layers": []object{layer}}).text("id")
	d.call(422, "POST", "/oncall/rotas", object{"name": "Nights", "zone": "Nowhere", "layers": []object{layer}})
	d.call(200, "GET", "/oncall/rotas", nil)
	d.call(200, "GET", "/oncall/rotas/"+rota, nil)
	d.call(404, "GET", "/oncall/rotas/none", nil)
	d.call(200, "PUT", "/oncall/rotas/"+rota, object{"name": "Nights", "zone": "Europe/Berlin", "layers": []object{layer}, "version": 1})
	d.call(409, "PUT", "/oncall/rotas/"+rota, object{"name": "Nights", "zone": "Europe/Berlin", "layers": []object{layer}, "version": 1})
	now := time.Now()
	over := d.call(201, "POST", "/oncall/rotas/"+rota+"/overrides", object{"from": now, "to": now.Add(time.Hour), "person": me, "why": "A flight."}).text("id")
	d.call(200, "GET", "/oncall/rotas/"+rota, nil)
	d.call(204, "DELETE", "/oncall/overrides/"+over, nil)
	steps := []object{{"after_seconds": 60, "kind": "rota", "target": rota}, {"after_seconds": 900, "kind": "person", "target": me}}
	escalation := d.call(201, "POST", "/oncall/escalations", object{"name": "Nights", "steps": steps, "again": 2, "pause_seconds": 600}).text("id")
	d.call(422, "POST", "/oncall/escalations", object{"name": "Nights", "steps": []object{{"after_seconds": 60, "kind": "person", "target": "none"}}})
	d.call(200, "PUT", "/oncall/escalations/"+escalation, object{"name": "Nights", "steps": steps, "version": 1, "match": `{site="Berlin"}`})
	d.call(409, "PUT", "/oncall/escalations/"+escalation, object{"name": "Nights", "steps": steps, "version": 1})
	d.call(200, "GET", "/oncall/escalations", nil)
	d.call(204, "DELETE", "/oncall/escalations/"+escalation, nil)
	d.call(204, "DELETE", "/oncall/rotas/"+rota, nil)
}
