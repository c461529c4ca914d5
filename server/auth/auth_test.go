package auth_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var root = auth.SystemActor("test")

// office is Auth over a real database, with a clock of its own.
type office struct {
	*auth.Auth
	t   *testing.T
	db  *store.DB
	now time.Time
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{DSN: filepath.Join(t.TempDir(), "test.db"), Migrate: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	o := &office{t: t, db: db, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	o.Auth = auth.New(db.Auth(), func() time.Time { return o.now }, slog.New(slog.DiscardHandler))
	return o
}

func (o *office) add(email string, role auth.Role) (auth.Person, string) {
	o.t.Helper()
	p, link, err := o.AddPerson(o.t.Context(), root, email, "", role)
	if err != nil {
		o.t.Fatal(err)
	}
	return p, link
}

// enter spends a link.
func (o *office) enter(link string) (string, auth.Actor) {
	o.t.Helper()
	session, a, err := o.EnterLink(o.t.Context(), auth.SignInLink, link, "a browser")
	if err != nil {
		o.t.Fatal(err)
	}
	return session, a
}

func (o *office) in(session string) error {
	_, err := o.ActorOf(o.t.Context(), auth.Staff, session)
	return err
}

func TestLinkIsGoodOnceAndNotForLong(t *testing.T) {
	o := newOffice(t)
	p, link := o.add("Anna@Example.com", auth.Technician)
	if p.Email != "anna@example.com" {
		t.Errorf("the address is kept as %q", p.Email)
	}
	// In the wrong place it opens nothing, and is not spent.
	if _, _, err := o.EnterLink(t.Context(), auth.PortalLink, link, ""); !fault.Is(err, fault.Used) {
		t.Errorf("a sign-in link in the portal: %v", err)
	}
	session, a := o.enter(link)
	if a.Kind != auth.Staff || a.Person != p.ID || a.Role != auth.Technician {
		t.Errorf("the actor is %+v", a)
	}
	if _, _, err := o.EnterLink(t.Context(), auth.SignInLink, link, ""); !fault.Is(err, fault.Used) {
		t.Errorf("the link again: %v", err)
	}
	if err := o.in(session); err != nil {
		t.Error(err)
	}
	old, err := o.MakeSignInLink(t.Context(), root, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	newer, err := o.MakeSignInLink(t.Context(), root, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.EnterLink(t.Context(), auth.SignInLink, old, ""); !fault.Is(err, fault.Used) {
		t.Errorf("the link before the newest: %v", err)
	}
	o.now = o.now.Add(30 * 24 * time.Hour)
	if _, _, err := o.EnterLink(t.Context(), auth.SignInLink, newer, ""); !fault.Is(err, fault.Used) {
		t.Errorf("a link of last month: %v", err)
	}
	if err := o.in(session); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a session of last month: %v", err)
	}
}

func TestSessionLastsWhileItIsUsed(t *testing.T) {
	o := newOffice(t)
	p, link := o.add("anna@example.com", auth.Technician)
	used, _ := o.enter(link)
	again, err := o.MakeSignInLink(t.Context(), root, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	idle, _ := o.enter(again)
	for day := 2; day < 14; day += 2 {
		o.now = o.now.Add(48 * time.Hour)
		if err := o.in(used); err != nil {
			t.Fatalf("on day %d: %v", day, err)
		}
	}
	if err := o.in(idle); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a session that nobody used: %v", err)
	}
	o.now = o.now.Add(48 * time.Hour)
	if err := o.in(used); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after two weeks: %v", err)
	}
}

func TestSessionEndsWithItsPersonsRights(t *testing.T) {
	role, yes := auth.Operator, true
	for name, c := range map[string]auth.PersonChange{"disabled": {Disabled: &yes}, "another role": {Role: &role}} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			p, link := o.add("anna@example.com", auth.Manager)
			session, _ := o.enter(link)
			token, _, err := o.MakeToken(t.Context(), root, p.ID, "", auth.NoRole, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			next, err := o.MakeSignInLink(t.Context(), root, p.ID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := o.ChangePerson(t.Context(), root, p.ID, c); err != nil {
				t.Fatal(err)
			}
			if err := o.in(session); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("the session: %v", err)
			}
			if _, err := o.ActorOfToken(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("the token: %v", err)
			}
			if _, _, err := o.EnterLink(t.Context(), auth.SignInLink, next, ""); !fault.Is(err, fault.Used) {
				t.Errorf("the link: %v", err)
			}
		})
	}
}

const phrase = "the ferry to the island is late"

func TestPasswords(t *testing.T) {
	o := newOffice(t)
	_, link := o.add("anna@example.com", auth.Technician)
	session, anna := o.enter(link)
	for _, bad := range []string{"", "short", "elevenchars", strings.Repeat("x", 1025)} {
		if err := o.SetPassword(t.Context(), anna, "", bad); fault.FieldOf(err) != "password" {
			t.Errorf("a password of %d letters: %v", len(bad), err)
		}
	}
	if err := o.SetPassword(t.Context(), anna, "", phrase); err != nil {
		t.Fatal(err)
	}
	if err := o.SetPassword(t.Context(), anna, "a wrong guess at it", "another phrase altogether"); fault.FieldOf(err) != "old" {
		t.Errorf("without the present one: %v", err)
	}
	elsewhere, a, err := o.SignIn(t.Context(), " ANNA@example.com ", phrase, "a phone", "192.0.2.1")
	if err != nil || a.Person != anna.Person {
		t.Fatalf("%+v, %v", a, err)
	}
	// A new password ends all other sessions, and keeps this one.
	if err := o.SetPassword(t.Context(), anna, phrase, "another phrase altogether"); err != nil {
		t.Fatal(err)
	}
	if err := o.in(session); err != nil {
		t.Errorf("this session: %v", err)
	}
	if err := o.in(elsewhere); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the other session: %v", err)
	}
	// The same sentence, whatever was wrong.
	said := map[string]bool{}
	for email, password := range map[string]string{"anna@example.com": phrase, "nobody@example.com": phrase} {
		_, _, err := o.SignIn(t.Context(), email, password, "", "192.0.2.2")
		if !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", email, err)
		}
		said[fault.Sentence(err)] = true
	}
	if len(said) != 1 {
		t.Errorf("who exists can be told from %v", said)
	}
	if err := o.SetPasswordOf(t.Context(), auth.Actor{Kind: auth.Staff, Role: auth.Admin}, anna.Person, phrase); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an administrator sets somebody's password: %v", err)
	}
}

func TestTokensEnd(t *testing.T) {
	o := newOffice(t)
	p, _ := o.add("anna@example.com", auth.Manager)
	token, made, err := o.MakeToken(t.Context(), root, p.ID, " reports ", auth.Operator, time.Hour)
	if err != nil || made.Name != "reports" {
		t.Fatalf("%+v, %v", made, err)
	}
	a, err := o.ActorOfToken(t.Context(), token)
	if err != nil || a.Role != auth.Manager || a.Limit != auth.Operator || auth.May(a, auth.AuditRead) {
		t.Errorf("%+v, %v", a, err)
	}
	for _, bad := range []string{"", "deskbell_token_", token + "x", strings.TrimPrefix(token, auth.TokenPrefix), strings.ToUpper(token)} {
		if _, err := o.ActorOfToken(t.Context(), bad); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	o.now = o.now.Add(time.Hour)
	if _, err := o.ActorOfToken(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("at its end: %v", err)
	}
	for name, c := range map[string]struct {
		role  auth.Role
		ttl   time.Duration
		name  string
		field string
	}{
		"no time": {auth.NoRole, time.Second, "", "ttl"}, "years": {auth.NoRole, 10_000 * time.Hour, "", "ttl"}, "no role": {"emperor", time.Hour, "", "role"},
		"more than they may": {auth.Admin, time.Hour, "", "role"}, "a name of two lines": {auth.NoRole, time.Hour, "a\nb", "name"},
	} {
		if _, _, err := o.MakeToken(t.Context(), root, p.ID, c.name, c.role, c.ttl); fault.FieldOf(err) != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPeopleWhoCannotBe(t *testing.T) {
	o := newOffice(t)
	admin, _ := o.add("admin@example.com", auth.Admin)
	self := auth.Actor{Kind: auth.Staff, Person: admin.ID, Role: auth.Admin}
	for _, email := range []string{"", "anna", "Anna <anna@example.com>", "a@b@c", strings.Repeat("x", 250) + "@example.com"} {
		if _, _, err := o.AddPerson(t.Context(), root, email, "", auth.Technician); fault.FieldOf(err) != "email" {
			t.Errorf("%q: %v", email, err)
		}
	}
	if _, _, err := o.AddPerson(t.Context(), root, "ADMIN@example.com", "", auth.Technician); !fault.Is(err, fault.Conflict) {
		t.Errorf("somebody who is here: %v", err)
	}
	role, yes := auth.Technician, true
	for name, c := range map[string]auth.PersonChange{"role": {Role: &role}, "access": {Disabled: &yes}} {
		if _, err := o.ChangePerson(t.Context(), self, admin.ID, c); !fault.Is(err, fault.Conflict) {
			t.Errorf("one's own %s: %v", name, err)
		}
	}
	nobody := auth.Role("emperor")
	if _, err := o.ChangePerson(t.Context(), root, admin.ID, auth.PersonChange{Role: &nobody}); fault.FieldOf(err) != "role" {
		t.Errorf("a role that is none: %v", err)
	}
}

func TestUnknownOperationIsNobodys(t *testing.T) {
	for _, a := range []auth.Actor{{}, root, {Kind: auth.Staff, Role: auth.Admin}} {
		if err := auth.Authorise(a, "tickets.burn", auth.Object{}); !fault.Is(err, fault.Internal) {
			t.Errorf("%+v: %v", a, err)
		}
	}
	var zero auth.Actor
	for _, op := range auth.Operations() {
		if (auth.Authorise(zero, op, auth.Object{}) == nil) != (op == auth.Public) {
			t.Errorf("nobody may %s", op)
		}
		// A kind that there is not, and an endpoint about another.
		if op != auth.Public && (auth.May(auth.Actor{Kind: "guest", Role: auth.Admin}, op) || auth.Authorise(auth.Actor{Kind: auth.Endpoint, Endpoint: "e1", Role: auth.Admin}, op, auth.Object{Endpoint: "e2"}) == nil) {
			t.Errorf("a guest, or another endpoint, may %s", op)
		}
	}
}
