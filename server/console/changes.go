package console

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/a-h/templ"

	stock "github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// changesView is what a ticket's file of changes tells.
type changesView struct {
	Changes *stock.Changes
	Moment  time.Time // of the ticket
	Problem string    // why it cannot be shown
}

// changesPanel shows beside the ticket what had changed on the machine before it.
func (c *Console) changesPanel(ctx context.Context, actor auth.Actor, v *ticketView) (templ.Component, error) {
	i := slices.IndexFunc(v.Ticket.Attachments, func(a ticket.Attachment) bool { return a.Name == stock.ChangesName })
	if i < 0 {
		return nil, nil
	}
	out := changesView{Moment: v.Ticket.CreatedAt}
	_, body, err := c.Desk.Attachment(ctx, actor, v.Ticket.ID, v.Ticket.Attachments[i].SHA256)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(body, stock.MaxChangesFile+1))
	if err != nil {
		return nil, err
	}
	changes, wrong := stock.ReadChanges(b)
	if wrong != nil { // anybody can attach a file of that name
		out.Problem = "The list of what has changed cannot be shown: " + wrong.Error() + ". It can be saved from the conversation."
	}
	out.Changes = changes
	return changesPart(out), nil
}
