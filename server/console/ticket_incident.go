package console

import (
	"context"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/server/auth"
)

// incidentPanel says of which major incident a ticket is part: whoever looks at its clocks
// knows what holds it up.
func (c *Console) incidentPanel(ctx context.Context, actor auth.Actor, v *ticketView) (templ.Component, error) {
	i, ok, err := c.Incidents.OfTicket(ctx, actor, v.Ticket.ID)
	if err != nil || !ok {
		return nil, err
	}
	return partOfIncident(i), nil
}
