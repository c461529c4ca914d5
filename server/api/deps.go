package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/clocks"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/peers"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
	"github.com/deskbell/deskbell/server/triage"
)

// Deps are what the interface works with.
type Deps struct {
	Tickets   Tickets
	Find      Find
	Endpoints Endpoints
	Peers     Peers
	Alerts    Alerts
	Channels  Channels

	Groups     Groups
	Heartbeats Heartbeats
	OnCall     OnCall
	Checks     Checks
	Devices    Devices
	Series     Series
	Asks       Asks
	Surveys    Surveys
	// Announcements tell employees of known outages.
	Announcements Announcements
	Incidents     Incidents
	People        People
	Registry      Registry
	Audit         AuditLog
	Rulebook      Rulebook
	Articles      Articles
	Triage        Triage
	Clocks        Clocks
	Events        Events
	// Reports makes the help desk's figures.
	Reports Reports
	// Availability says how sites and services did.
	Availability Availability
	// Mailings send reports by mail.
	Mailings Mailings
	Staffing Staffing
	Notices  Notices
	Presence Presence
	// Requesters are whom the help desk works for.
	Requesters Requesters
	// BaseURL is where browsers find the server.
	BaseURL func() string
	// Enrolment makes the string that an agent is enrolled with out of a token.
	Enrolment func(ctx context.Context, token string) (string, error)
	Now       func() time.Time
	Log       *slog.Logger
}

// Tickets is the help desk.
type Tickets interface {
	Get(ctx context.Context, actor auth.Actor, id string) (desk.Detail, error)
	GetByNumber(ctx context.Context, actor auth.Actor, number int64) (desk.Detail, error)
	OpenOnce(ctx context.Context, actor auth.Actor, once desk.Once, d desk.Draft) (desk.Outcome, error)
	DoOnce(ctx context.Context, actor auth.Actor, once desk.Once, id string, seen int64, c ticket.Command) (desk.Outcome, error)
	Store(ctx context.Context, actor auth.Actor, name string, data []byte) (ticket.Attachment, error)
	Attachment(ctx context.Context, actor auth.Actor, ticketID, sha string) (ticket.Attachment, io.Reader, error)
	Snapshot(ctx context.Context, actor auth.Actor, id string) (desk.Snapshot, error)
	Snapshots(ctx context.Context, actor auth.Actor, endpoint string, limit int) ([]desk.Snapshot, error)
	Children(ctx context.Context, actor auth.Actor, parent string) ([]desk.Row, error)
	Merge(ctx context.Context, actor auth.Actor, into string, from []string, seen map[string]int64) (ticket.Ticket, error)
	Split(ctx context.Context, actor auth.Actor, id, message, title string, seen int64) (ticket.Ticket, error)
	Approvals(ctx context.Context, actor auth.Actor) ([]desk.Approval, error)
	Decide(ctx context.Context, actor auth.Actor, number int64, yes bool, message, words string) (desk.Approval, error)
}

// Find finds and handles many tickets.
type Find interface {
	List(ctx context.Context, actor auth.Actor, q find.Query) (find.Page, error)
	Counts(ctx context.Context, actor auth.Actor, filters []query.Filter, zone *time.Location) ([]int, error)
	Views(ctx context.Context, actor auth.Actor) ([]find.View, error)
	SaveView(ctx context.Context, actor auth.Actor, v find.View) (find.View, error)
	DeleteView(ctx context.Context, actor auth.Actor, id string) error
	Preview(ctx context.Context, actor auth.Actor, list []find.Target, a find.Action) (find.Outcome, error)
	Bulk(ctx context.Context, actor auth.Actor, list []find.Target, a find.Action) (find.Outcome, error)
	Undo(ctx context.Context, actor auth.Actor, id string) (find.Outcome, error)
	Export(ctx context.Context, actor auth.Actor, q find.Query, w io.Writer, begin func()) error
}

// Peers compares machines.
type Peers interface {
	Compare(ctx context.Context, actor auth.Actor, endpoint string) (peers.Comparison, error)
}

// Endpoints is the fleet.
type Endpoints interface {
	List(actor auth.Actor, q noc.Query) ([]noc.View, string, error)
	Get(ctx context.Context, actor auth.Actor, id string) (noc.Detail, error)
	Sites(actor auth.Actor) ([]noc.Tile, error)
}

// Series holds readings over time.
type Series interface {
	Range(ctx context.Context, endpoint, name string, from, to time.Time, max int) ([]metrics.Point, error)
}

// Asks are diagnostics.
type Asks interface {
	Ask(ctx context.Context, actor auth.Actor, r ask.Request) (ask.Ask, error)
	Act(ctx context.Context, actor auth.Actor, r ask.Request) (ask.Ask, error)
	Get(ctx context.Context, actor auth.Actor, id string) (ask.Ask, error)
	List(ctx context.Context, actor auth.Actor, q ask.Query) ([]ask.Ask, error)
	Cancel(ctx context.Context, actor auth.Actor, id string) error
}

// People keeps people and their tokens.
type People interface {
	Person(ctx context.Context, actor auth.Actor, id string) (auth.Person, error)
	People(ctx context.Context, actor auth.Actor, q auth.PeopleQuery) ([]auth.Person, string, error)
	AddPerson(ctx context.Context, actor auth.Actor, email, name string, role auth.Role) (auth.Person, string, error)
	ChangePerson(ctx context.Context, actor auth.Actor, id string, c auth.PersonChange) (auth.Person, error)
	MakeToken(ctx context.Context, actor auth.Actor, person, name string, role auth.Role, ttl time.Duration) (string, auth.Token, error)
	Tokens(ctx context.Context, actor auth.Actor, everybody bool) ([]auth.Token, error)
	RevokeToken(ctx context.Context, actor auth.Actor, id string) error
	MakeScreen(ctx context.Context, actor auth.Actor, name string) (string, auth.ScreenPass, error)
	Screens(ctx context.Context, actor auth.Actor) ([]auth.ScreenPass, error)
	RevokeScreen(ctx context.Context, actor auth.Actor, id string) error
}

// Registry knows which machines are endpoints.
type Registry interface {
	Sites(ctx context.Context, actor auth.Actor) ([]enrol.Site, error)
	AddSite(ctx context.Context, actor auth.Actor, name string) (enrol.Site, error)
	SetZone(ctx context.Context, actor auth.Actor, site, zone string) (enrol.Site, error)
	Enrolments(ctx context.Context, actor auth.Actor, after string, limit int) ([]enrol.Enrolment, string, error)
	Create(ctx context.Context, actor auth.Actor, site string, uses int, ttl time.Duration) (string, enrol.Enrolment, error)
	Revoke(ctx context.Context, actor auth.Actor, id string) error
	Release(ctx context.Context, actor auth.Actor, endpoint string) error
	Withdraw(ctx context.Context, actor auth.Actor, endpoint string) error
}

// AuditLog is the log of what matters to trust.
type AuditLog interface {
	AuditLog(ctx context.Context, object string, before int64, limit int) ([]audit.Row, error)
}

// Rulebook is what the desk decides about itself.
type Rulebook interface {
	Book() *rulebook.Book
	Put(ctx context.Context, actor auth.Actor, kind rulebook.Kind, doc json.RawMessage) (rulebook.Item, error)
	Delete(ctx context.Context, actor auth.Actor, kind rulebook.Kind, id string, seen int64) error
}

// Triage sorts tickets.
type Triage interface {
	Try(ctx context.Context, actor auth.Actor, rule triage.Rule, tickets int) (triage.Trial, error)
	Suggest(ctx context.Context, actor auth.Actor, t ticket.Ticket) (desk.Suggestion, error)
	Accept(ctx context.Context, actor auth.Actor, id string, seen int64, category, team string) (desk.Outcome, error)
	Similar(ctx context.Context, actor auth.Actor, t ticket.Ticket, n int) ([]desk.Similar, error)
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
	Restore(ctx context.Context, actor auth.Actor, id string, seen int64, number int) (kb.Article, error)
	Rate(ctx context.Context, actor auth.Actor, id string, helped bool, comment string) error
	Feedback(ctx context.Context, actor auth.Actor, id string) ([]kb.Feedback, error)
	Search(ctx context.Context, actor auth.Actor, typed string, limit int) ([]kb.Hit, error)
	Suggest(ctx context.Context, actor auth.Actor, text string, limit int) ([]kb.Hit, error)
}

// Events streams what happens.
type Events interface {
	Serve(w http.ResponseWriter, r *http.Request, actor auth.Actor) error
}

// Clocks says what is owed for tickets.
type Clocks interface {
	Explain(ctx context.Context, actor auth.Actor, id string) (clocks.Explained, error)
	Now(c sla.Clock) sla.Clock
}
