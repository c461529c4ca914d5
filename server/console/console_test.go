package console_test

import (
	"fmt"
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
