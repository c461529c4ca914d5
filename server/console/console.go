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
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/console/static"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/markdown"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/people"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/report"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/talk"
	"github.com/deskbell/deskbell/server/ticket"
)

// Deps are what the console stands on.
type Deps struct {
	Desk     Desk
	Find     Find
	Fleet    Fleet
	Peers    Peers
	Alerts   Alerts
	Channels Channels

	Groups     Groups
	Heartbeats Heartbeats
	OnCall     OnCall
	Checks     Checks
	Devices    Devices
	Asks       Asks
	Surveys    Surveys
	// Announcements tell employees of known outages.
	Announcements Announcements
	Incidents     Incidents
	Scripts       Scripts
	Auth          Auth
	People        People
	Reports       Reports
	Availability  Availability
	Mailings      Mailings
	Registry      Registry
	Series        Series
	Audit         AuditLog
	Feed          Feed
	Stream        Stream
	Talk          Talk
	Articles      Articles
	Rulebook      func() *rulebook.Book
	Rules         Rules
	Clocks        Clocks
	Triage        Triage
	Staffing      Staffing
	Notices       Notices
	Presence      Presence
	Keeping       Keeping
	Files         *static.Files
	Text          *markdown.Renderer
	// Organisation is whose help desk it is; often empty.
	Organisation string
	// SignInURL is where a sign-in link's secret is entered.
	SignInURL func(secret string) string
	// PortalURL is where browsers find the server, for links that employees follow.
	PortalURL func() string
	// Enrolment makes the string that an agent is enrolled with out of a token.
	Enrolment func(ctx context.Context, token string) (string, error)
	Now       func() time.Time
	Log       *slog.Logger
}

// Desk is the help desk.
type Desk interface {
	List(ctx context.Context, actor auth.Actor, q desk.Query) ([]desk.Row, *desk.Position, error)
	GetByNumber(ctx context.Context, actor auth.Actor, number int64) (desk.Detail, error)
	Do(ctx context.Context, actor auth.Actor, id string, seen int64, c ticket.Command) (ticket.Ticket, error)
	DoOnce(ctx context.Context, actor auth.Actor, once desk.Once, id string, seen int64, c ticket.Command) (desk.Outcome, error)
	Snapshot(ctx context.Context, actor auth.Actor, id string) (desk.Snapshot, error)
	Snapshots(ctx context.Context, actor auth.Actor, endpoint string, limit int) ([]desk.Snapshot, error)
	Store(ctx context.Context, actor auth.Actor, name string, data []byte) (ticket.Attachment, error)
	Attachment(ctx context.Context, actor auth.Actor, ticketID, sha string) (ticket.Attachment, io.Reader, error)
	Uploaded(ctx context.Context, actor auth.Actor, sha string) (ticket.Attachment, io.Reader, error)
	OpenByEndpoint(ctx context.Context, actor auth.Actor) (map[string]int, error)
	Inflow(ctx context.Context, actor auth.Actor, from time.Time, step time.Duration) (map[int64]int, error)
	Children(ctx context.Context, actor auth.Actor, parent string) ([]desk.Row, error)
	Merge(ctx context.Context, actor auth.Actor, into string, from []string, seen map[string]int64) (ticket.Ticket, error)
	Split(ctx context.Context, actor auth.Actor, id, message, title string, seen int64) (ticket.Ticket, error)
	Approvals(ctx context.Context, actor auth.Actor) ([]desk.Approval, error)
	Decide(ctx context.Context, actor auth.Actor, number int64, yes bool, message, words string) (desk.Approval, error)
}

// Talk keeps what is being written, and answers that can be taken back.
type Talk interface {
	Draft(ctx context.Context, actor auth.Actor, ticketID string) (talk.Draft, error)
	Save(ctx context.Context, actor auth.Actor, ticketID string, d talk.Draft) error
	Send(ctx context.Context, actor auth.Actor, ticketID string, seen int64, message string, d talk.Draft) (talk.Sending, error)
	Held(ctx context.Context, actor auth.Actor, ticketID string) ([]talk.Held, error)
	Undo(ctx context.Context, actor auth.Actor, id string) (talk.Held, error)
	Again(ctx context.Context, actor auth.Actor, id string) (talk.Fate, error)
}

// Articles is the knowledge base.
type Articles interface {
	Get(ctx context.Context, actor auth.Actor, id string) (kb.Article, error)
	List(ctx context.Context, actor auth.Actor, which kb.Which, after string, limit int) ([]kb.Article, string, error)
	Create(ctx context.Context, actor auth.Actor, t kb.Text, from string) (kb.Article, error)
	SaveDraft(ctx context.Context, actor auth.Actor, id string, seen int64, t kb.Text) (kb.Article, error)
	DropDraft(ctx context.Context, actor auth.Actor, id string, seen int64) (kb.Article, error)
	Publish(ctx context.Context, actor auth.Actor, id string, seen int64, what string) (kb.Article, error)
	Care(ctx context.Context, actor auth.Actor, id string, seen int64, c kb.Care) (kb.Article, error)
	Versions(ctx context.Context, actor auth.Actor, id string) ([]kb.Version, error)
	Version(ctx context.Context, actor auth.Actor, id string, number int) (kb.Version, error)
	Restore(ctx context.Context, actor auth.Actor, id string, seen int64, number int) (kb.Article, error)
	File(ctx context.Context, actor auth.Actor, id, sha string) (ticket.Attachment, io.Reader, error)
	Rate(ctx context.Context, actor auth.Actor, id string, helped bool, comment string) error
	Feedback(ctx context.Context, actor auth.Actor, id string) ([]kb.Feedback, error)
	Search(ctx context.Context, actor auth.Actor, typed string, limit int) ([]kb.Hit, error)
	Suggest(ctx context.Context, actor auth.Actor, text string, limit int) ([]kb.Hit, error)
}

// Find finds and handles many tickets.
type Find interface {
	List(ctx context.Context, actor auth.Actor, q find.Query) (find.Page, error)
	Rows(ctx context.Context, actor auth.Actor, numbers []int64) ([]desk.Row, error)
	Holds(ctx context.Context, actor auth.Actor, q find.Query, numbers []int64) ([]int64, error)
	Counts(ctx context.Context, actor auth.Actor, filters []query.Filter, zone *time.Location) ([]int, error)
	Views(ctx context.Context, actor auth.Actor) ([]find.View, error)
	SaveView(ctx context.Context, actor auth.Actor, v find.View) (find.View, error)
	DeleteView(ctx context.Context, actor auth.Actor, id string) error
	Preview(ctx context.Context, actor auth.Actor, list []find.Target, a find.Action) (find.Outcome, error)
	Bulk(ctx context.Context, actor auth.Actor, list []find.Target, a find.Action) (find.Outcome, error)
	Undo(ctx context.Context, actor auth.Actor, id string) (find.Outcome, error)
	Export(ctx context.Context, actor auth.Actor, q find.Query, w io.Writer, begin func()) error
	Choices() (teams, categories []find.Choice)
}

// Fleet is all endpoints.
type Fleet interface {
	List(actor auth.Actor, q noc.Query) ([]noc.View, string, error)
	Get(ctx context.Context, actor auth.Actor, id string) (noc.Detail, error)
	Cells(actor auth.Actor) ([]noc.Cell, error)
	Sites(actor auth.Actor) ([]noc.Tile, error)
	Groups(actor auth.Actor, of func(id string) []string) (map[string]noc.Tile, error)
	Loss() (noc.Loss, bool)
	Falls(actor auth.Actor, limit int) (noc.Falls, error)
}

// Asks carries questions to endpoints.
type Asks interface {
	Ask(ctx context.Context, actor auth.Actor, r ask.Request) (ask.Ask, error)
	Act(ctx context.Context, actor auth.Actor, r ask.Request) (ask.Ask, error)
	Watch(ctx context.Context, actor auth.Actor, id string, show func(ask.Shown) error) error
	Type(ctx context.Context, actor auth.Actor, id string, data []byte) error
	Get(ctx context.Context, actor auth.Actor, id string) (ask.Ask, error)
	List(ctx context.Context, actor auth.Actor, q ask.Query) ([]ask.Ask, error)
	Cancel(ctx context.Context, actor auth.Actor, id string) error
	Picture(ctx context.Context, actor auth.Actor, id string) ([]byte, error)
	KeepPicture(ctx context.Context, actor auth.Actor, id string) (ask.Ask, error)
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
	MakeScreen(ctx context.Context, actor auth.Actor, name string) (string, auth.ScreenPass, error)
	Screens(ctx context.Context, actor auth.Actor) ([]auth.ScreenPass, error)
	RevokeScreen(ctx context.Context, actor auth.Actor, id string) error
	EnterScreen(ctx context.Context, secret, client string) (auth.Actor, error)
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
	PreviewRemoval(ctx context.Context, actor auth.Actor, id string) (people.Removal, error)
	Remove(ctx context.Context, actor auth.Actor, id string) (people.Removal, error)
}

// Reports makes the help desk's figures.
type Reports interface {
	Figures(ctx context.Context, actor auth.Actor, q report.Query) (report.Report, error)
	Backlog(ctx context.Context, actor auth.Actor, at time.Time, q report.Query) (report.BacklogReport, error)
	Trend(ctx context.Context, actor auth.Actor, q report.Query) (report.TrendReport, error)
}

// Availability says how sites and services did.
type Availability interface {
	Report(ctx context.Context, actor auth.Actor, q availability.Query) (availability.Report, error)
	Zone() *time.Location
	Things() []availability.Thing
}

// Registry keeps the endpoints' identities.
type Registry interface {
	Sites(ctx context.Context, actor auth.Actor) ([]enrol.Site, error)
	AddSite(ctx context.Context, actor auth.Actor, name string) (enrol.Site, error)
	SetZone(ctx context.Context, actor auth.Actor, site, zone string) (enrol.Site, error)
	Create(ctx context.Context, actor auth.Actor, site string, uses int, ttl time.Duration) (string, enrol.Enrolment, error)
	Enrolments(ctx context.Context, actor auth.Actor, after string, limit int) ([]enrol.Enrolment, string, error)
	Revoke(ctx context.Context, actor auth.Actor, id string) error
	Release(ctx context.Context, actor auth.Actor, endpoint string) error
	Withdraw(ctx context.Context, actor auth.Actor, endpoint string) error
}

// Series keeps readings over time.
type Series interface {
	Range(ctx context.Context, endpoint, name string, from, to time.Time, max int) ([]metrics.Point, error)
	// Usage says what they take, and whether anything is stored at all.
	Usage() metrics.Usage
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
