package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
	"github.com/deskbell/deskbell/server/triage"
)

// Triage sorts tickets.
type Triage interface {
	Suggest(ctx context.Context, actor auth.Actor, t ticket.Ticket) (desk.Suggestion, error)
	Accept(ctx context.Context, actor auth.Actor, id string, seen int64, category, team string) (desk.Outcome, error)
	Similar(ctx context.Context, actor auth.Actor, t ticket.Ticket, n int) ([]desk.Similar, error)
	Try(ctx context.Context, actor auth.Actor, rule triage.Rule, tickets int) (triage.Trial, error)
}

// Rules keeps the rules of triage.
type Rules interface {
	Save(ctx context.Context, actor auth.Actor, v rulebook.Item) (rulebook.Item, error)
	Delete(ctx context.Context, actor auth.Actor, kind rulebook.Kind, id string, seen int64) error
}

// suggestionPanel is what the ticket may be, for one key to accept.
func (c *Console) suggestionPanel(ctx context.Context, actor auth.Actor, v *ticketView) (templ.Component, error) {
	if !v.Frame.may(auth.TicketsWork) {
		return nil, nil
	}
	s, err := c.Triage.Suggest(ctx, actor, v.Ticket.Ticket)
	if err != nil || s.Category == nil && s.Team == nil {
		return nil, err
	}
	return suggested(v.Ticket.Ticket, s), nil
}

// similarBeside is how many similar tickets stand beside one.
const similarBeside = 5

// similarPanel is the tickets that look like this one.
func (c *Console) similarPanel(ctx context.Context, actor auth.Actor, v *ticketView) (templ.Component, error) {
	list, err := c.Triage.Similar(ctx, actor, v.Ticket.Ticket, similarBeside)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return similar(v.Ticket.Ticket, list, v.Frame.may(auth.TicketsWork)), nil
}

// acceptSuggestion files a ticket as was suggested.
func (c *Console) acceptSuggestion(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.sorted(w, r, actor, "Filed as suggested.", func(d desk.Detail, seen int64) error {
		_, err := c.Triage.Accept(r.Context(), actor, d.ID, seen, r.PostFormValue("category"), r.PostFormValue("team"))
		return err
	})
}

// sameCause binds a ticket to one that has the same cause: it goes on as that one, or
// becomes its child.
func (c *Console) sameCause(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	other, err := c.Desk.GetByNumber(r.Context(), actor, int64(small(r, "other")))
	if err != nil {
		return err
	}
	to := ticket.Reference{ID: other.ID, Number: other.Number}
	var cmd ticket.Command = ticket.SetParent{Parent: to}
	words := "It is a child of ticket " + ticketNumber(other.Number) + " now."
	if r.PostFormValue("as") == "merge" {
		cmd, words = ticket.MergeInto{Into: to}, "It goes on as ticket "+ticketNumber(other.Number)+"."
	}
	return c.act(w, r, actor, cmd, words)
}

// sorted does something to a ticket and shows it as it is then.
func (c *Console) sorted(w http.ResponseWriter, r *http.Request, actor auth.Actor, words string, do func(d desk.Detail, seen int64) error) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if err != nil {
		return err
	}
	seen := version(r)
	if len(since(d, seen, actor)) == 0 {
		seen = d.Version // nothing has happened that would change somebody's mind
	}
	err = do(d, seen)
	status, kind := http.StatusOK, "healthy"
	switch fault.CodeOf(err) {
	case "":
	case fault.Conflict, fault.Stale, fault.Invalid:
		status, kind, words = gate.Status(err), "warning", fault.Sentence(err)
	default:
		return err
	}
	if !kit.Partial(r) {
		if err != nil {
			return err
		}
		http.Redirect(w, r, ticketPath(n), http.StatusSeeOther)
		return nil
	}
	v, err := c.ticketView(r, actor, n)
	if err != nil {
		return err
	}
	return c.out.Show(w, r, status, acted(v, kind, words))
}

// sureness says how sure a suggestion is, and why.
func sureness(s desk.Suggestion) string {
	g := s.Category
	if g == nil || s.Team != nil && s.Team.Confidence < g.Confidence {
		g = s.Team
	}
	words := fmt.Sprintf("%.0f %% sure", 100*g.Confidence)
	if len(g.Because) > 0 {
		words += ", by “" + strings.Join(g.Because, "”, “") + "”"
	}
	return words
}

// idOf is the id of a guess, "" for none.
func idOf(g *desk.Guess) string {
	if g == nil {
		return ""
	}
	return g.ID
}
