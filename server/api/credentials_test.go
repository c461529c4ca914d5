package api_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

func TestSessionOfTheConsoleWorksFromItsOwnPages(t *testing.T) {
	w := newWorld(t, auth.Technician)
	session := w.Session(auth.Technician)
	w = w.as("")
	in := cookie(auth.Staff, session)
	w.get("/tickets", in).want(200)
	own := []option{in, header("Sec-Fetch-Site", "same-origin"), header("Origin", w.HTTP)}
	w.post("/tickets", object{"title": "a"}, own...).want(201)
	for name, opts := range map[string][]option{
		"another site":    {header("Sec-Fetch-Site", "cross-site"), header("Origin", "https://evil.example")},
		"a sister domain": {header("Sec-Fetch-Site", "same-site"), header("Origin", "https://evil.example.com")},
		"another origin":  {header("Origin", "https://evil.example")},
		"another port":    {header("Origin", "http://127.0.0.1:1")},
		"no origin":       {header("Origin", "null")},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.t = t
			w.post("/tickets", object{"title": "b"}, append([]option{in}, opts...)...).problem(403, "forbidden", "")
		})
	}
	if n := len(w.get("/tickets", in).object()["items"].([]any)); n != 1 {
		t.Errorf("there are %d tickets, want 1", n)
	}
}

func TestRateOfOneTokenDoesNotBindAnother(t *testing.T) {
	w := newWorld(t, auth.Technician)
	other := w.as(w.TokenOf(w.Person(auth.Technician).ID, auth.NoRole))
	w.client.Transport = nil // connections are kept: this asks often
	w.client.CloseIdleConnections()
	defer w.client.CloseIdleConnections()
	var refused answer
	n := 0
	for ; n < 2000; n++ {
		if refused = w.get("/tickets/nothing"); refused.status == 429 {
			break
		}
	}
	refused.problem(429, "too_many", "")
	if n < 200 {
		t.Errorf("refused after %d requests at once", n)
	}
	wait, err := strconv.Atoi(refused.header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > 5 {
		t.Errorf("Retry-After is %q", refused.header.Get("Retry-After"))
	}
	other.get("/tickets/nothing").problem(404, "not_found", "")
	servertest.Wait(t, "the token to be good again", func() bool { return w.get("/me").status == 200 })
}

// TestWithdrawalEndsTheSessionAtOnce shows that a decision of an administrator
// does not wait for the machine's next connection.
func TestWithdrawalEndsTheSessionAtOnce(t *testing.T) {
	w := newWorld(t, auth.Admin)
	m := w.Machine("PC-17")
	c := m.Session(t)
	w.post("/endpoints/"+m.ID+"/actions", object{"action": "withdraw"}).want(200)
	began := time.Now()
	for {
		if _, err := c.Next(nil, 10*time.Second); err != nil {
			break
		}
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("the session ended after %v", d)
	}
	if _, err := m.Connect(t.Context()); err == nil {
		t.Error("a withdrawn machine came in")
	}
	e := w.get("/endpoints/" + m.ID).object()
	if e["state"] != "revoked" || e["presence"] != "silent" {
		t.Errorf("the endpoint is %v, %v", e["state"], e["presence"])
	}
	list := w.get("/endpoints?state=revoked").object()["items"].([]any)
	if len(list) != 1 {
		t.Errorf("the list of withdrawn endpoints is %v", list)
	}
}

func TestTokenLosesWhatItsPersonLoses(t *testing.T) {
	w := newWorld(t, auth.Admin)
	p := w.AddPerson("ben@example.com", auth.Manager)
	ben := w.as(w.TokenOf(p.ID, auth.NoRole))
	limited := w.as(w.TokenOf(p.ID, auth.Technician))
	ben.get("/audit").want(200)
	limited.get("/audit").problem(403, "forbidden", "")
	// A token that is limited makes none that is wider.
	limited.post("/tokens", object{"role": "manager", "ttl": "1h"}).problem(422, "invalid", "role")
	made := limited.post("/tokens", object{"ttl": "1h"}).want(201)
	w.as(made.text("token")).get("/audit").problem(403, "forbidden", "")
	if got := made.text("role"); got != "technician" {
		t.Errorf("a token of a limited token has the role %q", got)
	}
	ben.post("/tokens", object{"role": "admin", "ttl": "1h"}).problem(422, "invalid", "role")
	// Somebody else's tokens are not theirs to see or to end.
	ben.get("/tokens?everybody=true").problem(403, "forbidden", "")
	mine := w.get("/tokens").object()["items"].([]any)[0].(object)["id"].(string)
	ben.do("DELETE", "/tokens/"+mine, nil).problem(403, "forbidden", "")
	w.get("/me").want(200)

	w.do("PATCH", "/people/"+p.ID, object{"disabled": true}).want(200)
	for _, x := range []*world{ben, limited} {
		x.get("/me").problem(401, "unauthenticated", "")
	}
}
