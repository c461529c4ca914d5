// Package console is the web console for the staff: the help desk, the NOC and
// the administration, as pages rendered here. One file holds one page or one
// action. Handlers ask the use cases and hand the pages what they show; who may
// do what was asked at the gate, and is asked again by the use cases.
//
// Pages can be read without JavaScript. With it they are live and are worked with
// the keyboard: small programs in assets/ts swap parts of the page for fresh ones
// that are rendered by the same handlers.
package console

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/console/static"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/markdown"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/people"
	"github.com/deskbell/deskbell/server/ticket"
)

// Deps are what the console stands on.
type Deps struct {
	Desk     Desk
	Fleet    Fleet
	Asks     Asks
	Auth     Auth
	People   People
	Registry Registry
	Series   Series
	Audit    AuditLog
	Feed     Feed
	Stream   Stream
	Files    *static.Files
	Text     *markdown.Renderer
	// SignInURL is where a sign-in link's secret is entered.
	SignInURL func(secret string) string
	// Enrolment makes the string that an agent is enrolled with out of a token.
	Enrolment func(ctx context.Context, token string) (string, error)
	Now       func() time.Time
	Log       *slog.Logger
}

// Desk is the help desk.
type Desk interface {
	List(ctx context.Context, actor auth.Actor, q desk.Query) ([]desk.Row, *desk.Position, error)
	Counts(ctx context.Context, actor auth.Actor) (desk.Counts, error)
	GetByNumber(ctx context.Context, actor auth.Actor, number int64) (desk.Detail, error)
	Do(ctx context.Context, actor auth.Actor, id string, seen int64, c ticket.Command) (ticket.Ticket, error)
	DoOnce(ctx context.Context, actor auth.Actor, once desk.Once, id string, seen int64, c ticket.Command) (desk.Outcome, error)
	Snapshot(ctx context.Context, actor auth.Actor, id string) (desk.Snapshot, error)
	Snapshots(ctx context.Context, actor auth.Actor, endpoint string, limit int) ([]desk.Snapshot, error)
	Store(ctx context.Context, actor auth.Actor, name string, data []byte) (ticket.Attachment, error)
	Attachment(ctx context.Context, actor auth.Actor, ticketID, sha string) (ticket.Attachment, io.Reader, error)
	OpenByEndpoint(ctx context.Context, actor auth.Actor) (map[string]int, error)
	Inflow(ctx context.Context, actor auth.Actor, from time.Time, step time.Duration) (map[int64]int, error)
}

// Fleet is all endpoints.
type Fleet interface {
	List(actor auth.Actor, q noc.Query) ([]noc.View, string, error)
	Get(ctx context.Context, actor auth.Actor, id string) (noc.Detail, error)
	Sites(actor auth.Actor) ([]noc.Tile, error)
}

// Asks carries questions to endpoints.
type Asks interface {
	Ask(ctx context.Context, actor auth.Actor, r ask.Request) (ask.Ask, error)
	Get(ctx context.Context, actor auth.Actor, id string) (ask.Ask, error)
	List(ctx context.Context, actor auth.Actor, q ask.Query) ([]ask.Ask, error)
	Cancel(ctx context.Context, actor auth.Actor, id string) error
}

// Auth keeps people and their credentials.
type Auth interface {
	SignIn(ctx context.Context, email, password, client, from string) (string, auth.Actor, error)
	EnterLink(ctx context.Context, kind auth.LinkKind, secret, client string) (string, auth.Actor, error)
	SignOut(ctx context.Context, actor auth.Actor) error
	SignOutOthers(ctx context.Context, actor auth.Actor) error
	HasPassword(ctx context.Context, actor auth.Actor) (bool, error)
	SetPassword(ctx context.Context, actor auth.Actor, old, password string) error
	Sessions(ctx context.Context, actor auth.Actor) ([]auth.Session, error)
	Tokens(ctx context.Context, actor auth.Actor, everybody bool) ([]auth.Token, error)
	MakeToken(ctx context.Context, actor auth.Actor, person, name string, role auth.Role, ttl time.Duration) (string, auth.Token, error)
	RevokeToken(ctx context.Context, actor auth.Actor, id string) error
	People(ctx context.Context, actor auth.Actor, q auth.PeopleQuery) ([]auth.Person, string, error)
	AddPerson(ctx context.Context, actor auth.Actor, email, name string, role auth.Role) (auth.Person, string, error)
	ChangePerson(ctx context.Context, actor auth.Actor, id string, c auth.PersonChange) (auth.Person, error)
	MakeSignInLink(ctx context.Context, actor auth.Actor, id string) (string, error)
	Person(ctx context.Context, actor auth.Actor, id string) (auth.Person, error)
}

// People keeps whom the help desk works for.
type People interface {
	List(ctx context.Context, actor auth.Actor, q people.Query) ([]people.Row, string, error)
	Get(ctx context.Context, actor auth.Actor, id string) (people.Detail, error)
	ByEmail(ctx context.Context, actor auth.Actor, email string) (people.Person, error)
	Change(ctx context.Context, actor auth.Actor, id string, c people.Change) (people.Person, error)
	Preview(ctx context.Context, actor auth.Actor, file []byte, m people.Mapping) (people.Preview, error)
	Import(ctx context.Context, actor auth.Actor, file []byte, m people.Mapping) (people.Preview, error)
}

// Registry keeps the endpoints' identities.
type Registry interface {
	Sites(ctx context.Context, actor auth.Actor) ([]enrol.Site, error)
	AddSite(ctx context.Context, actor auth.Actor, name string) (enrol.Site, error)
	Create(ctx context.Context, actor auth.Actor, site string, uses int, ttl time.Duration) (string, enrol.Enrolment, error)
	Enrolments(ctx context.Context, actor auth.Actor, after string, limit int) ([]enrol.Enrolment, string, error)
	Revoke(ctx context.Context, actor auth.Actor, id string) error
	Release(ctx context.Context, actor auth.Actor, endpoint string) error
	Withdraw(ctx context.Context, actor auth.Actor, endpoint string) error
}

// Series keeps readings over time.
type Series interface {
	Range(ctx context.Context, endpoint, name string, from, to time.Time, max int) ([]metrics.Point, error)
}

// AuditLog is the log of what matters to trust.
type AuditLog interface {
	AuditPage(ctx context.Context, q audit.Query) ([]audit.Row, error)
}

// Feed knows where the order of changes stands.
type Feed interface {
	FeedEnd(ctx context.Context) (string, error)
}

// Stream sends live events.
type Stream interface {
	Serve(w http.ResponseWriter, r *http.Request, actor auth.Actor) error
}

// Console answers requests for pages.
type Console struct {
	Deps
	out kit.Writer
}

// New returns a console.
func New(d Deps) *Console {
	return &Console{Deps: d, out: kit.Writer{Files: d.Files, Text: d.Text, Now: d.Now, Log: d.Log, Home: "/", HomeWord: "Go to the queue"}}
}
