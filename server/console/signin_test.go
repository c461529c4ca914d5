package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestSignIn comes in by a link, chooses a password, leaves, and comes back by it.
func TestSignIn(t *testing.T) {
	s := servertest.Start(t)
	who := s.AddPerson("anna@example.com", auth.Technician)
	link := "/sign-in/link#" + s.SignInLink(who.ID)
	p := chromium.Open(t, s.HTTP, browsertest.Options{})
	p.Allow("409", "401", "422")

	p.Go("/tickets/1")
	p.Shows("h1", "Sign in")
	if got, want := p.Path(), "/sign-in?next=%2Ftickets%2F1"; got != want {
		t.Errorf("who is not signed in stands at %s, want %s", got, want)
	}

	p.Go(link)
	p.At("/account/password")
	if h := browsertest.Eval[string](p, "location.hash"); h != "" {
		t.Errorf("the secret is still in the address: %s", h)
	}
	p.Fill("[name=password]", "too short")
	p.Press(kb.Enter)
	p.Until("a short password is refused by the form", "document.querySelector('[name=password]').matches(':invalid')")
	const password = "the bell rings at nine, always"
	p.Fill("[name=password]", password)
	p.Press(kb.Enter)
	p.At("/")
	p.Shows(".me-name", "anna")

	second := chromium.Open(t, s.HTTP, browsertest.Options{})
	second.Allow("409")
	second.Go(link)
	second.Shows("h1", "This link is spent")
	second.Clean()

	p.Go("/account")
	p.Click("form[action='/sign-out'] button")
	p.At("/sign-in")
	p.Fill("[name=email]", "anna@example.com")
	p.Fill("[name=password]", "the bell rings at ten, never")
	p.Press(kb.Enter)
	p.Shows("[role=alert]", "do not belong together")
	if got := browsertest.Eval[string](p, "document.querySelector('[name=email]').value"); got != "anna@example.com" {
		t.Errorf("after a wrong password the address is %q", got)
	}
	p.Fill("[name=password]", password)
	p.Press(kb.Enter)
	p.At("/")
	p.Clean()
}

// TestReturn leads somebody who had to sign in back to where they were, and never
// to another site.
func TestReturn(t *testing.T) {
	s := servertest.Start(t)
	who := s.AddPerson("anna@example.com", auth.Technician)
	if err := s.Beside.Auth.SetPasswordOf(t.Context(), s.Beside.Actor(), who.ID, "the bell rings at nine"); err != nil {
		t.Fatal(err)
	}
	for next, want := range map[string]string{
		"/noc":                 "/noc",
		"/endpoints?show=held": "/endpoints?show=held",
		"https://evil.example": "/",
		"//evil.example":       "/",
		"/\\evil.example":      "/",
		"/\t/evil.example":     "/",
		"javascript:alert(1)":  "/",
	} {
		form := strings.NewReader("email=anna%40example.com&password=the+bell+rings+at+nine&next=" + urlEscape(next))
		r, err := http.NewRequest(http.MethodPost, s.HTTP+"/sign-in", form)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		a, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if got := a.Header.Get("Location"); got != want {
			t.Errorf("next=%q leads to %q, want %q", next, got, want)
		}
	}
}
