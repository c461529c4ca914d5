package servertest

import (
	"net/http"
	"time"

	"github.com/deskbell/deskbell/server/auth"
)

var root = auth.SystemActor("test")

// Person returns somebody with the role; of each role there is one.
func (s *Server) Person(role auth.Role) auth.Person {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.people[role]; ok {
		return p
	}
	p := s.AddPerson(string(role)+"@example.com", role)
	s.people[role] = p
	return p
}

// AddPerson adds somebody to the staff.
func (s *Server) AddPerson(email string, role auth.Role) auth.Person {
	s.t.Helper()
	p, _, err := s.Beside.Auth.AddPerson(s.t.Context(), root, email, "", role)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// Actor is the person of a role, as use cases know them.
func (s *Server) Actor(role auth.Role) auth.Actor {
	p := s.Person(role)
	return auth.Actor{Kind: auth.Staff, Person: p.ID, Name: p.Name, Role: p.Role}
}

// Token makes a token for the person of a role.
func (s *Server) Token(role auth.Role) string { return s.TokenOf(s.Person(role).ID, auth.NoRole) }

// TokenOf makes a token for a person, limited to a role unless that is empty.
func (s *Server) TokenOf(person string, limit auth.Role) string {
	s.t.Helper()
	secret, _, err := s.Beside.Auth.MakeToken(s.t.Context(), root, person, "test", limit, time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// ExpiredToken makes a token that held until an hour ago.
func (s *Server) ExpiredToken(person string) string {
	s.t.Helper()
	past := auth.New(s.DB.Auth(), func() time.Time { return time.Now().Add(-2 * time.Hour) }, nil)
	secret, _, err := past.MakeToken(s.t.Context(), root, person, "test", auth.NoRole, time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// Session signs the person of a role in and returns the session's secret, which
// the console keeps in a cookie.
func (s *Server) Session(role auth.Role) string {
	s.t.Helper()
	return s.enter(auth.SignInLink, s.SignInLink(s.Person(role).ID))
}

// SignInLink returns the secret of a new sign-in link.
func (s *Server) SignInLink(person string) string {
	s.t.Helper()
	link, err := s.Beside.Auth.MakeSignInLink(s.t.Context(), root, person)
	if err != nil {
		s.t.Fatal(err)
	}
	return link
}

// PortalLink returns the secret of a link into the portal for an account of a
// machine, which makes its person when there is none.
func (s *Server) PortalLink(endpoint, uid, login string) string {
	s.t.Helper()
	by := auth.Actor{Kind: auth.Endpoint, Endpoint: endpoint}
	link, _, err := s.Beside.Auth.MakePortalLink(s.t.Context(), by, uid, login, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return link
}

// Portal signs an account of a machine in to the portal.
func (s *Server) Portal(endpoint, uid, login string) string {
	s.t.Helper()
	return s.enter(auth.PortalLink, s.PortalLink(endpoint, uid, login))
}

func (s *Server) enter(kind auth.LinkKind, secret string) string {
	s.t.Helper()
	session, _, err := s.Beside.Auth.EnterLink(s.t.Context(), kind, secret, "test")
	if err != nil {
		s.t.Fatal(err)
	}
	return session
}

// Screen returns the secret of a link for a screen, and its id.
func (s *Server) Screen(name string) (secret, id string) {
	s.t.Helper()
	secret, made, err := s.Beside.Auth.MakeScreen(s.t.Context(), s.Beside.Actor(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	return secret, made.ID
}

// Disable disables a person.
func (s *Server) Disable(person string) {
	s.t.Helper()
	yes := true
	if _, err := s.Beside.Auth.ChangePerson(s.t.Context(), root, person, auth.PersonChange{Disabled: &yes}); err != nil {
		s.t.Fatal(err)
	}
}

// Cookie is a session as a browser sends it over plain HTTP.
func Cookie(kind auth.ActorKind, secret string) *http.Cookie {
	name := "deskbell"
	switch kind {
	case auth.Requester:
		name = "deskbell-portal"
	case auth.Screen:
		name = "deskbell-wall"
	}
	return &http.Cookie{Name: name, Value: secret}
}
