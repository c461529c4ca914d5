package api_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
)

// TestProblems holds every way to ask wrongly against what RFC 9457 and the
// glossary of codes want.
func TestProblems(t *testing.T) {
	w := newWorld(t, auth.Admin)
	id := w.open("The printer is on fire")
	big := strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		name, method, path string
		body               any
		opts               []option
		status             int
		code, field        string
	}{
		{"nobody", "GET", "/tickets", nil, []option{header("Authorization", "")}, 401, "unauthenticated", ""},
		{"another scheme", "GET", "/tickets", nil, []option{header("Authorization", "Basic YTpi")}, 401, "unauthenticated", ""},
		{"no such token", "GET", "/tickets", nil, []option{header("Authorization", "Bearer deskbell_token_x")}, 401, "unauthenticated", ""},
		{"a token in the address", "GET", "/tickets?access_token=" + w.token, nil, []option{header("Authorization", "")}, 401, "unauthenticated", ""},
		{"no such route", "GET", "/nothing", nil, nil, 404, "not_found", ""},
		{"the root", "GET", "", nil, nil, 404, "not_found", ""},
		{"no such method", "PUT", "/tickets", nil, nil, 405, "unsupported", ""},
		{"half a document", "POST", "/tickets", `{"title":`, nil, 400, "invalid", ""},
		{"two documents", "POST", "/tickets", `{"title":"a"} {}`, nil, 400, "invalid", ""},
		{"no document", "POST", "/tickets", "", nil, 400, "invalid", ""},
		{"not an object", "POST", "/tickets", `[]`, nil, 422, "invalid", "body"},
		{"an unknown field", "POST", "/tickets", object{"title": "a", "colour": "red"}, nil, 422, "invalid", "colour"},
		{"a field too few", "POST", "/tickets", object{"body": "a"}, nil, 422, "invalid", "title"},
		{"a deep field too few", "POST", "/tickets/" + id + "/messages", object{"body": "a", "public": true, "attachments": []object{{"name": "a"}}}, nil, 422, "invalid", "attachments[0].sha256"},
		{"a field of another type", "POST", "/tickets", object{"title": 7}, nil, 422, "invalid", "title"},
		{"null", "POST", "/tickets", object{"title": nil}, nil, 422, "invalid", "title"},
		{"a value that is none of those", "POST", "/tickets", object{"title": "a", "kind": "complaint"}, nil, 422, "invalid", "kind"},
		{"text", "POST", "/tickets", `{"title":"a"}`, []option{header("Content-Type", "text/plain")}, 415, "unsupported", ""},
		{"a form", "POST", "/tickets", `title=a`, []option{header("Content-Type", "application/x-www-form-urlencoded")}, 415, "unsupported", ""},
		{"too large", "POST", "/tickets/" + id + "/messages", object{"body": big, "public": true}, nil, 413, "too_large", ""},
		{"too large for a ticket", "POST", "/tickets", object{"title": big + big}, nil, 413, "too_large", ""},
		{"too long a text", "POST", "/tickets/" + id + "/messages", object{"body": big[:64<<10+1], "public": true}, nil, 422, "invalid", "body"},
		{"an unknown parameter", "GET", "/tickets?colour=red", nil, nil, 422, "invalid", "colour"},
		{"a number too small", "GET", "/tickets?limit=0", nil, nil, 422, "invalid", "limit"},
		{"a number too large", "GET", "/tickets?limit=201", nil, nil, 422, "invalid", "limit"},
		{"no number", "GET", "/tickets?limit=many", nil, nil, 422, "invalid", "limit"},
		{"no such state", "GET", "/tickets?state=new,asleep", nil, nil, 422, "invalid", "state[1]"},
		{"a required parameter too few", "GET", "/endpoints/x/series", nil, nil, 422, "invalid", "metric"},
		{"no such metric", "GET", "/endpoints/x/series?metric=mood", nil, nil, 422, "invalid", "metric"},
		{"no time", "GET", "/endpoints/x/series?metric=cpu_busy_percent&from=yesterday", nil, nil, 422, "invalid", "from"},
		{"no such ticket", "GET", "/tickets/01J9ZC6WQ0Z7K4M2T5V8X1Y3A6", nil, nil, 404, "not_found", ""},
		{"no such number", "GET", "/tickets/999999", nil, nil, 404, "not_found", ""},
		{"no such endpoint", "GET", "/endpoints/x", nil, nil, 404, "not_found", ""},
		{"snapshots of no endpoint", "GET", "/endpoints/x/snapshots", nil, nil, 404, "not_found", ""},
		{"no such snapshot", "GET", "/snapshots/x", nil, nil, 404, "not_found", ""},
		{"no such diagnostic", "GET", "/diagnostics/x", nil, nil, 404, "not_found", ""},
		{"no such person", "GET", "/people/x", nil, nil, 404, "not_found", ""},
		{"no such token to end", "DELETE", "/tokens/x", nil, nil, 404, "not_found", ""},
		{"no such enrolment", "DELETE", "/enrolments/x", nil, nil, 404, "not_found", ""},
		{"a ticket for nobody", "POST", "/tickets", object{"title": "a", "requester": "x"}, nil, 422, "invalid", "requester"},
		{"a ticket about no machine", "POST", "/tickets", object{"title": "a", "endpoint": "x"}, nil, 422, "invalid", "endpoint"},
		{"an attachment that has not come", "POST", "/tickets", object{"title": "a", "attachments": []object{{"sha256": strings.Repeat("0", 64), "name": "a"}}}, nil, 503, "unavailable", ""},
		{"an action that is none", "POST", "/tickets/" + id + "/actions", object{"action": "dance"}, nil, 422, "invalid", "action"},
		{"an action in the wrong state", "POST", "/tickets/" + id + "/actions", object{"action": "resume"}, nil, 409, "conflict", ""},
		{"a resolution without words", "POST", "/tickets/" + id + "/actions", object{"action": "resolve", "code": "fixed"}, nil, 422, "invalid", "solution"},
		{"assigned to nobody there is", "POST", "/tickets/" + id + "/actions", object{"action": "assign", "assignee": "x"}, nil, 422, "invalid", "assignee"},
		{"an older version", "POST", "/tickets/" + id + "/actions", object{"action": "prioritise", "impact": 1, "urgency": 1, "version": 7}, nil, 409, "stale", ""},
		{"an ETag of another version", "POST", "/tickets/" + id + "/actions", object{"action": "prioritise", "impact": 1, "urgency": 1}, []option{header("If-Match", `"7"`)}, 409, "stale", ""},
		{"no ETag of ours", "POST", "/tickets/" + id + "/actions", object{"action": "take"}, []option{header("If-Match", `"abc"`)}, 422, "invalid", "If-Match"},
		{"an empty message", "POST", "/tickets/" + id + "/messages", object{"body": " ", "public": true}, nil, 422, "invalid", "body"},
		{"a message to nobody", "POST", "/tickets/" + id + "/messages", object{"body": "a"}, nil, 422, "invalid", "public"},
		{"no such diagnostic kind", "POST", "/endpoints/x/diagnostics", object{"kind": "shell"}, nil, 422, "invalid", "kind"},
		{"no length of time", "POST", "/tokens", object{"ttl": "long"}, nil, 422, "invalid", "ttl"},
		{"too long a time", "POST", "/tokens", object{"ttl": "100000h"}, nil, 422, "invalid", "ttl"},
		{"no address", "POST", "/people", object{"email": "anna", "role": "technician"}, nil, 422, "invalid", "email"},
		{"somebody who is here", "POST", "/people", object{"email": "admin@example.com", "role": "technician"}, nil, 409, "conflict", ""},
		{"one's own rights", "PATCH", "/people/" + w.Person(auth.Admin).ID, object{"role": "technician"}, nil, 409, "conflict", ""},
		{"a site without a name", "POST", "/sites", object{"name": " "}, nil, 422, "invalid", "name"},
		{"no uses", "POST", "/enrolments", object{"site": "a", "uses": -1}, nil, 422, "invalid", "uses"},
		{"a cursor of nobody's", "GET", "/tickets?cursor=abc", nil, nil, 422, "invalid", "cursor"},
		{"a file without a name", "POST", "/attachments", []byte("x"), nil, 422, "invalid", "name"},
		{"a file without bytes", "POST", "/attachments?name=a", []byte{}, nil, 400, "invalid", ""},
		{"a place in the events that is none", "GET", "/events?after=x", nil, nil, 422, "invalid", "cursor"},
		{"a topic that is none", "GET", "/events?topics=gossip", nil, nil, 422, "invalid", "topics"},
		{"another site's page", "POST", "/tickets", object{"title": "a"}, []option{header("Sec-Fetch-Site", "cross-site")}, 403, "forbidden", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := *w
			w.t = t
			a := w.do(c.method, c.path, c.body, c.opts...).problem(c.status, c.code, c.field)
			if c.status == 401 && a.header.Get("WWW-Authenticate") == "" {
				t.Error("a refusal that does not say how to sign in")
			}
			if c.status == 405 && a.header.Get("Allow") != "GET, HEAD, POST" {
				t.Errorf("Allow is %q", a.header.Get("Allow"))
			}
			if sentence := a.text("detail"); !strings.HasSuffix(sentence, ".") || strings.Contains(sentence, "deskbell_token") {
				t.Errorf("the sentence is %q", sentence)
			}
		})
	}
}

// TestAnswersAreNeverPages shows that no answer of the interface is a page, whatever
// was stored.
func TestAnswersAreNeverPages(t *testing.T) {
	w := newWorld(t, auth.Admin)
	id := w.open("<script>alert(1)</script>")
	put := w.post("/attachments?name="+"%3Cb%3E.html", []byte("<script>alert(1)</script>")).want(201)
	w.post("/tickets/"+id+"/messages", object{"body": "", "public": true, "attachments": []object{{"sha256": put.text("sha256"), "name": "../“ü”\r\n.html"}}}).want(201) // the name is cleaned
	w.post("/tickets/"+id+"/messages", object{"body": "", "public": true, "attachments": []object{{"sha256": put.text("sha256"), "name": "“ü”.html"}}}).want(201)
	for _, path := range []string{"/tickets", "/tickets/" + id, "/tickets/" + id + "/messages", "/tickets/" + id + "/attachments/" + put.text("sha256"), "/nothing", "/tickets/%3Cscript%3E"} {
		a := w.get(path)
		kind := a.header.Get("Content-Type")
		if strings.Contains(kind, "html") || a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s came as %q with %v", path, kind, a.header)
		}
		if strings.Contains(path, "attachments/") && !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment;") {
			t.Errorf("the attachment is not to be saved: %q", a.header.Get("Content-Disposition"))
		}
	}
}

// TestOddRequestsGetProblems asks in ways that net/http has answers of its own to.
func TestOddRequestsGetProblems(t *testing.T) {
	w := newWorld(t, auth.Admin)
	// A path that net/http's own mux redirects, and one that it refuses.
	if a := w.get("/../v1//tickets"); a.status >= 500 {
		t.Errorf("an odd path got %d", a.status)
	}
	r := httptest.NewRequest(http.MethodGet, "http://"+strings.TrimPrefix(w.HTTP, "http://")+"/api/v1/tickets", nil)
	r.RequestURI = ""
	r.Header.Set("Authorization", "Bearer "+w.token)
	r.Method = "FETCH"
	w.send(r).problem(405, "unsupported", "")
}

// TestBodyThatBreaksOffChangesNothing sends half a body and waits.
func TestBodyThatBreaksOffChangesNothing(t *testing.T) {
	w := newWorld(t, auth.Admin)
	c, err := net.Dial("tcp", strings.TrimPrefix(w.HTTP, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /api/v1/tickets HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"title\":\"never\"}", strings.TrimPrefix(w.HTTP, "http://"), w.token)
	answered, err := io.ReadAll(c) // the server gives up after five seconds
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(answered, []byte("408")) || !bytes.Contains(answered, []byte("problem+json")) {
		t.Errorf("half a body was answered %s", answered)
	}
	if list := w.get("/tickets").want(http.StatusOK).object()["items"].([]any); len(list) != 0 {
		t.Errorf("a ticket came of it: %v", list)
	}
}
