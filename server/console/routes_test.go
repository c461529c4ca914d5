package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/servertest"
)

// inline finds what the policy would not run: scripts and styles in the page.
var inline = regexp.MustCompile(`(?i)<script(?:\s[^>]*)?>[^<]|<style|\sstyle\s*=\s*"|\son[a-z]+\s*=\s*"|="\s*javascript:`)

// address fills a route's path with what there is.
func address(path, endpoint string) string {
	return strings.NewReplacer(
		"{$}", "", "{number}", "1001", "{id}", endpoint, "{sha}", strings.Repeat("0", 64), "{snapshot}", endpoint, "{version}", "0", "{name}", "app.css",
	).Replace(path)
}

// TestRoutes asks for every route of the console and of the portal as nobody and
// as each role. Who may not gets a page with a sentence, or the way to sign in;
// and every answer, whatever it is, carries the policy and nothing inline.
func TestRoutes(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	m.Ring(mara, "The printer does not print", "", browsertest.Findings(), browsertest.Snapshot("PC-17"))
	people := map[string]*http.Cookie{"nobody": nil, "requester": servertest.Cookie(auth.Requester, s.Portal(m.ID, "1000", "mara"))}
	for _, role := range []auth.Role{auth.Technician, auth.Operator, auth.Manager} {
		people[string(role)] = servertest.Cookie(auth.Staff, s.Session(role))
	}
	people["admin"] = servertest.Cookie(auth.Staff, s.Session(auth.Admin))
	actor := func(who string) auth.Actor {
		switch who {
		case "nobody":
			return auth.Actor{}
		case "requester":
			return auth.Actor{Kind: auth.Requester}
		}
		return auth.Actor{Kind: auth.Staff, Role: auth.Role(who)}
	}
	routes, _ := s.Routes()
	asked, refused := 0, 0
	for _, route := range routes {
		if route.Plane != gate.Console && route.Plane != gate.Portal && (route.Plane != gate.Open || !strings.Contains(route.Path, "enter") && !strings.Contains(route.Path, "sign-in")) {
			continue
		}
		path := address(route.Path, m.ID)
		for who, cookie := range people {
			mine := route.Plane == gate.Open || (route.Plane == gate.Portal) == (who == "requester") && who != "nobody"
			may := mine && (route.Plane == gate.Open || auth.May(actor(who), route.Operation))
			if may && (route.Method != http.MethodGet || strings.HasSuffix(path, "/events")) {
				continue // what they may do is done elsewhere
			}
			asked++
			status, header, body := sendWith(t, s, cookie, route.Method, path, nil, nil)
			at := who + ": " + route.Method + " " + path
			if got := header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") || !strings.Contains(got, "require-trusted-types-for 'script'") {
				t.Errorf("%s: the policy is %q", at, got)
			}
			if strings.HasPrefix(header.Get("Content-Type"), "text/html") {
				if found := inline.FindString(body); found != "" {
					t.Errorf("%s: the page holds %q", at, found)
				}
			}
			if may {
				if status == http.StatusUnauthorized || status == http.StatusForbidden {
					t.Errorf("%s: %d", at, status)
				}
				continue
			}
			refused++
			switch {
			case mine: // signed in here, with a role that does not reach
				if status != http.StatusForbidden || !strings.Contains(body, "Your role does not allow this. Ask an administrator if you need it.") {
					t.Errorf("%s: %d\n%s", at, status, body)
				}
			case route.Plane == gate.Console:
				if status != http.StatusSeeOther || !strings.HasPrefix(header.Get("Location"), "/sign-in") {
					t.Errorf("%s: %d to %q", at, status, header.Get("Location"))
				}
			default:
				if status != http.StatusUnauthorized || !strings.Contains(body, "Come in by the bell") {
					t.Errorf("%s: %d\n%s", at, status, body)
				}
			}
		}
	}
	if asked < 300 || refused < 150 {
		t.Errorf("only %d requests, %d of them refused", asked, refused)
	}
	t.Logf("%d requests, %d refused", asked, refused)
}

// TestOtherSitesCannotAct sends every form of ours as another site's page would,
// with the cookies of somebody who may.
func TestOtherSitesCannotAct(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	admin := servertest.Cookie(auth.Staff, s.Session(auth.Admin))
	requester := servertest.Cookie(auth.Requester, s.Portal(m.ID, "1000", "mara"))
	form := url.Values{"name": {"A site"}, "text": {"from afar"}, "mode": {"reply"}, "email": {"evil@example.com"}, "role": {"admin"}, "kind": {"processes"}, "title": {"from afar"}}
	routes, _ := s.Routes()
	count := 0
	for _, route := range routes {
		if route.Method != http.MethodPost || route.Plane != gate.Console && route.Plane != gate.Portal && route.Plane != gate.Open {
			continue
		}
		cookie := admin
		if route.Plane == gate.Portal {
			cookie = requester
		}
		for name, header := range map[string]http.Header{
			"another site": {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
			"a sister":     {"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://evil.example.com"}},
			"an old one":   {"Origin": {"https://evil.example"}},
		} {
			count++
			if status, body := send(t, s, cookie, "POST", address(route.Path, m.ID), form, header); status != http.StatusForbidden {
				t.Errorf("POST %s from %s: %d\n%s", route.Path, name, status, body)
			}
		}
	}
	if count < 90 {
		t.Errorf("only %d requests", count)
	}
	p := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: admin})
	p.Go(ticketPath(n))
	p.Shows("#facts .state", "New")
	if p.Has("from afar") {
		t.Error("a word of another site is in the ticket")
	}
	p.Clean()
}
