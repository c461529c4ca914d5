package server_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/servertest"
)

// caller is somebody with a credential in their hand.
type caller struct {
	name string
	// show puts the credential into a request. It is asked before each request: some
	// of them end the session.
	show func(*http.Request)
	// actor is who they are on a plane; nobody where the credential is not taken.
	actor func(gate.Plane) auth.Actor
}

func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

func inCookie(kind auth.ActorKind, secret string) func(*http.Request) {
	return func(r *http.Request) { r.AddCookie(servertest.Cookie(kind, secret)) }
}

func nowhere(gate.Plane) auth.Actor { return auth.Actor{} }

func on(a auth.Actor, planes ...gate.Plane) func(gate.Plane) auth.Actor {
	return func(p gate.Plane) auth.Actor {
		for _, x := range planes {
			if x == p {
				return a
			}
		}
		return auth.Actor{}
	}
}

// callers are everybody there is, and everybody who shows a credential that is not
// for this door.
func callers(t *testing.T, s *servertest.Server, m *servertest.Machine) []caller {
	t.Helper()
	list := []caller{{"nobody", func(*http.Request) {}, nowhere}}
	for _, role := range auth.Roles() {
		who := auth.Actor{Kind: auth.Staff, Person: s.Person(role).ID, Role: role}
		list = append(list,
			caller{string(role) + " by token", inTurn(func() string { return s.Token(role) }), on(who, gate.API)},
			caller{string(role) + " by session", func(r *http.Request) { r.AddCookie(servertest.Cookie(auth.Staff, s.Session(role))) }, on(who, gate.Console, gate.API, gate.Wall)},
		)
	}
	admin := s.Person(auth.Admin)
	for _, limit := range []auth.Role{auth.Technician, auth.Operator, auth.Manager} {
		who := auth.Actor{Kind: auth.Staff, Person: admin.ID, Role: limit} // an administrator may all that others may
		list = append(list, caller{"admin by a token limited to " + string(limit), inTurn(func() string { return s.TokenOf(admin.ID, limit) }), on(who, gate.API)})
	}
	employee := auth.Actor{Kind: auth.Requester, Person: "somebody"}
	list = append(list, caller{"employee by session", func(r *http.Request) {
		r.AddCookie(servertest.Cookie(auth.Requester, s.Portal(m.ID, "1000", "maria")))
	}, on(employee, gate.Portal)})

	screen, _ := s.Screen("Hallway")
	list = append(list, caller{"a screen by its link", func(r *http.Request) { r.AddCookie(servertest.Cookie(auth.Screen, screen)) }, on(auth.Actor{Kind: auth.Screen, Screen: "a screen"}, gate.Wall)})
	revokedScreen, id := s.Screen("Gone")
	if err := s.Beside.Auth.RevokeScreen(t.Context(), s.Beside.Actor(), id); err != nil {
		t.Fatal(err)
	}

	// Nobody, whatever they show.
	gone := s.AddPerson("gone@example.com", auth.Admin)
	disabled := s.TokenOf(gone.ID, auth.NoRole)
	s.Disable(gone.ID)
	revoked := s.TokenOf(admin.ID, auth.NoRole)
	revoke(t, s, revoked)
	// Sessions are made anew for each request, as one of the routes ends all others.
	console := func() string { return s.Session(auth.Admin) }
	portal := func() string { return s.Portal(m.ID, "1001", "ben") }
	later := func(show func(string) func(*http.Request), secret func() string) func(*http.Request) {
		return func(r *http.Request) { show(secret())(r) }
	}
	asStaff := func(secret string) func(*http.Request) { return inCookie(auth.Staff, secret) }
	asEmployee := func(secret string) func(*http.Request) { return inCookie(auth.Requester, secret) }
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, show := range map[string]func(*http.Request){
		"a revoked token":                       bearer(revoked),
		"an expired token":                      bearer(s.ExpiredToken(admin.ID)),
		"a disabled person's token":             bearer(disabled),
		"a session as a token":                  later(bearer, console),
		"a portal session as a token":           later(bearer, portal),
		"a sign-in link as a token":             bearer(s.SignInLink(admin.ID)),
		"an enrolment as a token":               bearer(s.Enrolment("Berlin", 1).Token),
		"an endpoint's id as a token":           bearer(m.ID),
		"an endpoint's ratchet as a token":      bearer(base64.RawURLEncoding.EncodeToString(m.Ratchet)),
		"an endpoint's public key as a token":   bearer(base64.RawURLEncoding.EncodeToString(m.Key.Public().(ed25519.PublicKey))),
		"an endpoint's signature as a token":    bearer(auth.TokenPrefix + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(m.ID)))),
		"a token as a session":                  inCookie(auth.Staff, s.Token(auth.Admin)),
		"a token as a portal session":           inCookie(auth.Requester, s.Token(auth.Admin)),
		"a portal session as the console's":     later(asStaff, portal),
		"the console's session as the portal's": later(asEmployee, console),
		"a screen's link as a session":          inCookie(auth.Staff, screen),
		"a screen's link as a portal session":   inCookie(auth.Requester, screen),
		"a screen's link as a token":            bearer(screen),
		"a revoked screen's link":               inCookie(auth.Screen, revokedScreen),
		"a token as a screen's link":            inCookie(auth.Screen, s.Token(auth.Admin)),
		"a session as a screen's link":          later(func(secret string) func(*http.Request) { return inCookie(auth.Screen, secret) }, console),
		"an endpoint's ratchet as a session":    inCookie(auth.Staff, base64.RawURLEncoding.EncodeToString(m.Ratchet)),
		"a sign-in link as a session":           inCookie(auth.Staff, s.SignInLink(admin.ID)),
	} {
		list = append(list, caller{name, show, nowhere})
	}
	return list
}

// revoke ends a token by the interface, with the token itself.
func revoke(t *testing.T, s *servertest.Server, token string) {
	t.Helper()
	var me struct{ Items []struct{ ID string } }
	ask := func(method, path string, want int, into any) {
		r, _ := http.NewRequestWithContext(t.Context(), method, s.HTTP+"/api/v1"+path, nil)
		bearer(token)(r)
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != want {
			t.Fatalf("%s %s was answered %d", method, path, resp.StatusCode)
		}
		if into != nil {
			if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask("GET", "/tokens?limit=1", 200, &me) // the newest
	ask("DELETE", "/tokens/"+me.Items[0].ID, 204, nil)
	ask("GET", "/me", 401, nil)
}

// somewhere is a path of a route, about things that there are not.
var somewhere = strings.NewReplacer("{$}", "", "{number}", "999999", "{id}", "01J9ZC6WQ0Z7K4M2T5V8X1Y3A6", "{sha256}", strings.Repeat("0", 64),
	"{sha}", strings.Repeat("0", 64), "{snapshot}", "01J9ZC6WQ0Z7K4M2T5V8X1Y3A6", "{version}", "1", "{name}", "none.css")

// call asks a route and returns the answer with its body, of which a stream has none
// here.
// inTurn shows a token for a hundred requests, and then another: there are more routes
// than one token may ask for at once.
func inTurn(token func() string) func(*http.Request) {
	asked, show := 0, func(*http.Request) {}
	return func(r *http.Request) {
		if asked%100 == 0 {
			show = bearer(token())
		}
		asked++
		show(r)
	}
}

func call(t *testing.T, client *http.Client, base string, route gate.Route, show func(*http.Request)) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var body io.Reader
	kind := ""
	if route.Method != http.MethodGet && route.Method != http.MethodDelete {
		body, kind = strings.NewReader("{}"), "application/json"
		if route.Plane != gate.API {
			body, kind = strings.NewReader(""), "application/x-www-form-urlencoded"
		}
	}
	r, err := http.NewRequestWithContext(ctx, route.Method, base+somewhere.Replace(route.Path), body)
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	show(r)
	resp, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", route.Method, route.Path, err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Content-Type") == "text/event-stream" {
		return resp, ""
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", route.Method, route.Path, err)
	}
	return resp, string(b)
}

// outcome is what the answer amounts to: "in", "sign in" or "refused".
func outcome(route gate.Route, resp *http.Response) string {
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		return "sign in"
	case route.Plane == gate.Console && resp.StatusCode == http.StatusSeeOther && strings.HasPrefix(resp.Header.Get("Location"), "/sign-in"):
		return "sign in"
	case resp.StatusCode == http.StatusForbidden:
		return "refused"
	}
	return "in"
}

// wanted is what the table says.
func wanted(route gate.Route, a auth.Actor) string {
	switch err := auth.Authorise(a, route.Operation, auth.Object{}); {
	case err == nil:
		return "in"
	case fault.Is(err, fault.Unauthenticated):
		return "sign in"
	}
	return "refused"
}

// TestRightsAreWhatTheTableSays asks every route that HTTP reaches with every
// credential there is, and holds each answer against the table.
func TestRightsAreWhatTheTableSays(t *testing.T) {
	s := servertest.Start(t)
	m := s.Machine("PC-17")
	m.Session(t)
	client := s.Client()
	client.Transport.(*http.Transport).DisableKeepAlives = false
	t.Cleanup(client.CloseIdleConnections)
	routes, _ := s.Routes()
	asked := 0
	for _, c := range callers(t, s, m) {
		t.Run(c.name, func(t *testing.T) {
			for _, route := range routes {
				if route.Plane == gate.Agent {
					continue
				}
				resp, body := call(t, client, s.HTTP, route, c.show)
				asked++
				want := wanted(route, c.actor(route.Plane))
				if got := outcome(route, resp); got != want && !leaves(route, resp) {
					t.Errorf("%s %s: got %d (%s), want %s", route.Method, route.Path, resp.StatusCode, got, want)
				}
				if resp.StatusCode >= 500 {
					t.Errorf("%s %s: got %d %s", route.Method, route.Path, resp.StatusCode, body)
				}
				if route.Plane == gate.API && want != "in" {
					refusal(t, route, resp, body)
				}
			}
		})
	}
	t.Logf("%d requests, %d routes", asked, len(routes))
	for _, line := range s.Log.Lines("ERROR") {
		t.Error("the server has logged:", line)
	}
}

// leaves reports whether a route answers those who are in like somebody who is out:
// signing out leads to the page to sign in.
func leaves(route gate.Route, resp *http.Response) bool {
	return route.Path == "/sign-out" && resp.StatusCode == http.StatusSeeOther && resp.Header.Get("Location") == "/sign-in"
}

// refusal holds a refusal of the interface to being a whole problem that says
// nothing of what it keeps.
func refusal(t *testing.T, route gate.Route, resp *http.Response, body string) {
	t.Helper()
	var p struct {
		Title, Detail, Code string
		Status              int
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s %s: refused with %q (%v)", route.Method, route.Path, body, err)
		return
	}
	want := map[int]string{401: "unauthenticated", 403: "forbidden"}[resp.StatusCode]
	if p.Code != want || p.Status != resp.StatusCode || p.Detail == "" || p.Title == "" {
		t.Errorf("%s %s: refused with %+v", route.Method, route.Path, p)
	}
	if (resp.StatusCode == http.StatusUnauthorized) != (resp.Header.Get("WWW-Authenticate") != "") {
		t.Errorf("%s %s: %d with WWW-Authenticate %q", route.Method, route.Path, resp.StatusCode, resp.Header.Get("WWW-Authenticate"))
	}
}

// TestAnswersToThoseWhoMayAreTheSame shows that past the gate no role gets another
// answer than the next: the gate is the one that decides.
func TestAnswersToThoseWhoMayAreTheSame(t *testing.T) {
	s := servertest.Start(t)
	client := s.Client()
	routes, _ := s.Routes()
	for _, route := range routes {
		if route.Plane != gate.API || strings.HasSuffix(route.Path, "/events") {
			continue
		}
		first := 0
		for _, role := range auth.Roles() {
			if !auth.May(auth.Actor{Kind: auth.Staff, Role: role}, route.Operation) {
				continue
			}
			resp, body := call(t, client, s.HTTP, route, bearer(s.Token(role)))
			if first == 0 {
				first = resp.StatusCode
			}
			if resp.StatusCode != first {
				t.Errorf("%s %s: the %s got %d %s, the role before %d", route.Method, route.Path, role, resp.StatusCode, body, first)
			}
		}
		if first == 0 {
			t.Errorf("%s %s: nobody may", route.Method, route.Path)
		}
	}
}

// TestEmptyPage asks for the page by which endpoints find networks that answer in the
// server's place: as from elsewhere, where plain HTTP is led to TLS otherwise.
func TestEmptyPage(t *testing.T) {
	s := servertest.Start(t)
	elsewhere := func(r *http.Request) { r.Header.Set("X-Forwarded-For", "203.0.113.9") }
	page := gate.Route{Plane: gate.Open, Method: http.MethodGet, Path: diagnostics.EmptyPage}
	for _, base := range []string{s.HTTP, s.TLS} {
		if resp, body := call(t, s.Client(), base, page, elsewhere); resp.StatusCode != http.StatusNoContent || body != "" || len(resp.Cookies()) > 0 || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %q %v", base, resp.StatusCode, body, resp.Header)
		}
	}
}

// TestMetricsFromElsewhereNeedAToken asks as a proxy on this machine would, for
// somebody else.
func TestMetricsFromElsewhereNeedAToken(t *testing.T) {
	s := servertest.Start(t)
	forwarded := func(show func(*http.Request)) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("X-Forwarded-For", "203.0.113.9"); show(r) }
	}
	route := gate.Route{Plane: gate.Open, Method: http.MethodGet, Path: "/metrics"}
	for name, c := range map[string]struct {
		base string
		show func(*http.Request)
		want int
	}{
		"from here":                {s.HTTP, func(*http.Request) {}, 200},
		"from elsewhere":           {s.TLS, forwarded(func(*http.Request) {}), 401},
		"with an operator's token": {s.TLS, forwarded(bearer(s.Token(auth.Operator))), 200},
		"with an enrolment":        {s.TLS, forwarded(bearer(s.Enrolment("Berlin", 1).Token)), 401},
	} {
		if resp, body := call(t, s.Client(), c.base, route, c.show); resp.StatusCode != c.want {
			t.Errorf("%s: got %d %.100s, want %d", name, resp.StatusCode, body, c.want)
		}
	}
}
