package auth

import (
	"context"
	"log/slog"
	"net/mail"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
)

// Auth keeps people and their credentials.
type Auth struct {
	store Store
	now   func() time.Time
	log   *slog.Logger
	tries *tries
	// hashing bounds how many passwords are compared at once.
	hashing chan struct{}
}

// New returns the keeper of people over a store.
func New(store Store, now func() time.Time, log *slog.Logger) *Auth {
	return &Auth{store: store, now: now, log: log, tries: newTries(now), hashing: make(chan struct{}, 2)}
}

// Store is what Auth needs kept. Get-like methods fail with fault.NotFound.
type Store interface {
	Update(ctx context.Context, write func(Tx) error) error
	Person(ctx context.Context, id string) (Person, error)
	PersonByEmail(ctx context.Context, email string) (Person, error)
	People(ctx context.Context, q PeopleQuery) ([]Person, error)
	Session(ctx context.Context, hash []byte) (Session, error)
	Sessions(ctx context.Context, person string) ([]Session, error)
	Token(ctx context.Context, hash []byte) (Token, error)
	Tokens(ctx context.Context, person string) ([]Token, error)
	ScreenBy(ctx context.Context, hash []byte) (ScreenPass, error)
	Screens(ctx context.Context) ([]ScreenPass, error) // by name
}

// Tx is a write.
type Tx interface {
	Person(id string) (Person, error)
	AddPerson(p Person) error // fault.Conflict when the address is taken
	SavePerson(p Person) error
	AddLink(l Link) error
	TakeLink(hash []byte) (Link, error) // removes it: a link is good once
	DropLinks(person string) error
	AddSession(s Session) error
	TouchSession(hash []byte, seen time.Time) error
	DropSession(hash []byte) error
	DropSessions(person string, except []byte) error
	AddToken(t Token) error
	TouchToken(id string, used time.Time) error
	DropToken(id string) (Token, error)
	DropTokens(person string) error
	AddScreen(s ScreenPass) error
	TouchScreen(id string, seen time.Time, client string) error
	DropScreen(id string) (ScreenPass, error)
	// AccountPerson returns the person of an endpoint's account, and makes one at
	// its first message.
	AccountPerson(endpoint, uid, login, full string, now time.Time) (Person, error)
	Audit(e audit.Entry) error
}

// Person is somebody Deskbell knows: staff when they have a role, else a requester.
type Person struct {
	ID        string
	Name      string
	Email     string // lower case; may be empty for a requester
	Role      Role
	Password  string // a PHC string; empty when none was set
	Disabled  bool
	CreatedAt time.Time
}

// PeopleQuery selects people by name.
type PeopleQuery struct {
	Staff bool   // only those with a role
	Text  string // in the name or the address
	After string // the id of the last person of the page before
	Limit int
}

// Link is a one-time link.
type Link struct {
	Hash      []byte
	Kind      LinkKind
	Person    string
	Endpoint  string // that vouches for the person, of a portal link
	UID       string
	ExpiresAt time.Time
}

// LinkKind is where a link leads.
type LinkKind string

// The kinds of links.
const (
	SignInLink LinkKind = "sign_in"
	PortalLink LinkKind = "portal"
)

// Session is a signed-in browser.
type Session struct {
	Hash      []byte
	Kind      ActorKind // Staff or Requester
	Person    Person    // as it is now
	Endpoint  string
	UID       string
	Client    string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// Token is an API token.
type Token struct {
	Hash      []byte
	ID        string
	Person    Person // as it is now
	Name      string
	Role      Role // at most the person's; NoRole: the person's
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time
}

// How long things hold.
const (
	signInLinkTTL = 24 * time.Hour
	portalLinkTTL = 2 * time.Minute
	sessionTTL    = 14 * 24 * time.Hour // after the last use at most sessionIdle
	sessionIdle   = 3 * 24 * time.Hour
	portalTTL     = 12 * time.Hour
	touchEvery    = 10 * time.Minute
	maxTokenTTL   = 366 * 24 * time.Hour
)

func (a *Auth) newID() string { return ulid.MustNewDefault(a.now()).String() }

// entry makes an audit entry of something an actor did.
func (a *Auth) entry(actor Actor, action audit.Action, object string, detail map[string]any) audit.Entry {
	return audit.Entry{At: a.now(), Actor: AuditActor(actor), Action: action, Object: object, Detail: detail}
}

// AuditActor is an actor as the audit log remembers it. Of a requester it keeps no
// name: the log cannot be changed, and their data can be asked to be removed.
func AuditActor(actor Actor) audit.Actor {
	id := actor.Person
	switch actor.Kind {
	case Endpoint:
		id = actor.Endpoint
	case Screen:
		id = actor.Screen
	case Requester:
		actor.Name = ""
	}
	return audit.Actor{Kind: string(actor.Kind), ID: id, Name: actor.Name}
}

// cleanEmail returns an address in the form that it is stored and compared in.
func cleanEmail(s string) (string, error) {
	a, err := mail.ParseAddress(strings.TrimSpace(s))
	if err != nil || a.Name != "" || len(a.Address) > 254 {
		return "", fault.Field("email", "“"+s+"” is not an e-mail address. It looks like anna@example.com.")
	}
	return strings.ToLower(a.Address), nil
}
