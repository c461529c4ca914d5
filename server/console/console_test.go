package console_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// open opens a page as the person of a role.
func open(t *testing.T, s *servertest.Server, role auth.Role) *browsertest.Page {
	t.Helper()
	return chromium.Open(t, s.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Staff, s.Session(role))})
}

// openAs opens a page as somebody by name.
func openAs(t *testing.T, s *servertest.Server, email string, role auth.Role) (*browsertest.Page, auth.Person) {
	t.Helper()
	person := s.AddPerson(email, role)
	secret, _, err := s.Beside.Auth.EnterLink(t.Context(), auth.SignInLink, s.SignInLink(person.ID), "test")
	if err != nil {
		t.Fatal(err)
	}
	return chromium.Open(t, s.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Staff, secret)}), person
}

func ticketPath(n int64) string { return fmt.Sprintf("/tickets/%d", n) }

var mara = browsertest.Account("1000", "mara", "Mara Lind")

// post sends a form as a page without scripts does, and fails the test unless it
// is taken.
func post(t *testing.T, s *servertest.Server, session *http.Cookie, path string, form url.Values) {
	t.Helper()
	if status, body := send(t, s, session, "POST", path, form, nil); status != http.StatusSeeOther && status != http.StatusOK {
		t.Fatalf("POST %s with %v: %d\n%s", path, form, status, body)
	}
}

// send sends a request and returns what was answered.
func send(t *testing.T, s *servertest.Server, session *http.Cookie, method, path string, form url.Values, header http.Header) (int, string) {
	t.Helper()
	status, _, body := sendWith(t, s, session, method, path, form, header)
	return status, body
}

// sendWith is send, with the header of the answer.
func sendWith(t *testing.T, s *servertest.Server, session *http.Cookie, method, path string, form url.Values, header http.Header) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.HTTP+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	maps.Copy(r.Header, header)
	if session != nil {
		r.AddCookie(session)
	}
	a, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, a.Header, string(body)
}
