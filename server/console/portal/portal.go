// Package portal is where employees get help without a tray: the same functions
// as web pages, for screen readers, for writing from right to left and for Asian
// input first of all. The machine's own agent signs the person of the desktop
// session in, by a one-time link.
//
// Every page and every action works without JavaScript; with it, answers and the
// check-up come in by themselves.
package portal

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/console/static"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/markdown"
	"github.com/deskbell/deskbell/server/ticket"
)

// Deps are what the portal stands on.
type Deps struct {
	Desk     Desk
	Asks     Asks
	Auth     Auth
	Articles Articles
	// Announcements are what employees are told of known outages.
	Announcements Announcements
	// Outages asks whether what is said to be over is fixed.
	Outages Outages
	Feed    Feed
	Stream  Stream
	Files   *static.Files
	Text    *markdown.Renderer
	Now     func() time.Time
	Log     *slog.Logger
	// Organisation is whose help desk it is; often empty.
	Organisation string
}

// Desk is the help desk, as a requester may use it.
type Desk interface {
	OpenOnce(ctx context.Context, actor auth.Actor, once desk.Once, d desk.Draft) (desk.Outcome, error)
	List(ctx context.Context, actor auth.Actor, q desk.Query) ([]desk.Row, *desk.Position, error)
	GetByNumber(ctx context.Context, actor auth.Actor, number int64) (desk.Detail, error)
	Do(ctx context.Context, actor auth.Actor, id string, seen int64, c ticket.Command) (ticket.Ticket, error)
	Approvals(ctx context.Context, actor auth.Actor) ([]desk.Approval, error)
	Decide(ctx context.Context, actor auth.Actor, number int64, yes bool, message, words string) (desk.Approval, error)
	DoOnce(ctx context.Context, actor auth.Actor, once desk.Once, id string, seen int64, c ticket.Command) (desk.Outcome, error)
	Store(ctx context.Context, actor auth.Actor, name string, data []byte) (ticket.Attachment, error)
	Attachment(ctx context.Context, actor auth.Actor, ticketID, sha string) (ticket.Attachment, io.Reader, error)
}

// Articles is what the help desk has written down.
type Articles interface {
	Get(ctx context.Context, actor auth.Actor, id string) (kb.Article, error)
	Search(ctx context.Context, actor auth.Actor, typed string, limit int) ([]kb.Hit, error)
	Suggest(ctx context.Context, actor auth.Actor, text string, limit int) ([]kb.Hit, error)
	Rate(ctx context.Context, actor auth.Actor, id string, helped bool, comment string) error
	Deflect(ctx context.Context, actor auth.Actor, id, question string) error
	File(ctx context.Context, actor auth.Actor, id, sha string) (ticket.Attachment, io.Reader, error)
}

// Asks lets a machine check itself.
type Asks interface {
	Ask(ctx context.Context, actor auth.Actor, r ask.Request) (ask.Ask, error)
	Get(ctx context.Context, actor auth.Actor, id string) (ask.Ask, error)
}

// Auth keeps sessions.
type Auth interface {
	EnterLink(ctx context.Context, kind auth.LinkKind, secret, client string) (string, auth.Actor, error)
	SignOut(ctx context.Context, actor auth.Actor) error
}

// Feed knows where the order of changes stands.
type Feed interface {
	FeedEnd(ctx context.Context) (string, error)
}

// Stream sends live events.
type Stream interface {
	Serve(w http.ResponseWriter, r *http.Request, actor auth.Actor) error
}

// Portal answers employees' requests for pages.
type Portal struct {
	Deps
	out kit.Writer
}

// New returns a portal.
func New(d Deps) *Portal {
	return &Portal{Deps: d, out: kit.Writer{Files: d.Files, Text: d.Text, Now: d.Now, Log: d.Log, Home: "/portal/", HomeWord: "Back to the beginning"}}
}

// Routes registers every page and every action.
func (p *Portal) Routes(g *gate.Gate) {
	g.RefuseWith(gate.Portal, p.refuse)
	open := func(pattern string, h kit.Handler) { g.Handle(gate.Open, pattern, auth.Public, p.out.Serve(h)) }
	page := func(pattern string, op auth.Operation, h kit.Handler) {
		g.Handle(gate.Portal, pattern, op, p.out.Serve(h))
	}

	open("GET /portal/enter", p.enterPage)
	open("POST /portal/enter", p.enter)
	page("POST /portal/sign-out", auth.OwnTickets, p.signOut)
	page("POST /portal/look", auth.OwnTickets, p.setLook)

	page("GET /portal/{$}", auth.OwnTickets, p.homePage)
	page("GET /portal/help", auth.OwnOpen, p.helpPage)
	page("POST /portal/help", auth.OwnOpen, p.ring)

	page("GET /portal/guide", auth.OwnCheckup, p.guidePage)
	page("GET /portal/guide/{trouble}", auth.OwnCheckup, p.troublePage)
	page("GET /portal/guide/{trouble}/asks/{id}", auth.OwnCheckup, p.troubleChecked)
	page("GET /portal/checkup", auth.OwnCheckup, p.checkupPage)
	page("POST /portal/checkup", auth.OwnCheckup, p.check)
	page("GET /portal/asks/{id}", auth.OwnCheckup, p.checkedPage)

	page("GET /portal/approvals", auth.ApprovalsDecide, p.approvalsPage)
	page("POST /portal/approvals/{number}", auth.ApprovalsDecide, p.decide)
	page("GET /portal/tickets", auth.OwnTickets, p.ticketsPage)
	page("GET /portal/tickets/{number}", auth.OwnRead, p.ticketPage)
	page("GET /portal/tickets/{number}/attachments/{sha}", auth.OwnRead, p.attachment)
	page("POST /portal/tickets/{number}/messages", auth.OwnAct, p.reply)
	page("POST /portal/tickets/{number}/confirm", auth.OwnAct, p.confirm)
	page("POST /portal/tickets/{number}/reopen", auth.OwnAct, p.reopen)
	page("POST /portal/tickets/{number}/rate", auth.OwnAct, p.rate)
	page("POST /portal/tickets/{number}/cancel", auth.OwnAct, p.cancel)

	page("GET /portal/status", auth.OwnTickets, p.statusPage)
	page("POST /portal/status/{id}/hit", auth.OwnAct, p.hit)
	page("POST /portal/status/{id}/fixed", auth.OwnAct, p.fixed)
	page("GET /portal/articles", auth.KnowledgeRead, p.articlesPage)
	page("GET /portal/articles/{id}", auth.KnowledgeRead, p.articlePage)
	page("GET /portal/articles/{id}/attachments/{sha}", auth.KnowledgeRead, p.articleFile)
	page("POST /portal/articles/{id}/rate", auth.KnowledgeRead, p.rateArticle)
	page("POST /portal/articles/{id}/helped", auth.KnowledgeRead, p.articleHelped)
	page("POST /portal/suggest", auth.KnowledgeRead, p.suggest)

	page("GET /portal/events", auth.OwnTickets, p.Stream.Serve)
}
