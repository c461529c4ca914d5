package console

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// articlesPanel suggests articles that may answer the ticket, and offers to make
// one of its solution.
func (c *Console) articlesPanel(ctx context.Context, actor auth.Actor, v *ticketView) (templ.Component, error) {
	lines := []string{v.Ticket.Title, v.Ticket.Body}
	for _, f := range v.Ticket.Findings {
		lines = append(lines, f.Sentence)
	}
	text := strings.Join(lines, "\n")
	hits, err := c.Articles.Suggest(ctx, actor, text, 4)
	if err != nil {
		return nil, err
	}
	make := v.Ticket.Solution != "" && (v.Ticket.State == ticket.Resolved || v.Ticket.State == ticket.Closed) && auth.May(actor, auth.KnowledgeWrite)
	if len(hits) == 0 && !make {
		return nil, nil
	}
	return ticketArticles(c.PortalURL(), v.Ticket.Number, hits, make, auth.May(actor, auth.TicketsWork)), nil
}

// articlePath is where an article is read; employees read it elsewhere.
func articlePath(id string) string { return "/articles/" + id }

// linkText is a title fit to stand between the brackets of a link.
func linkText(s string) string { return strings.NewReplacer("[", "(", "]", ")", "\\", "/").Replace(s) }
