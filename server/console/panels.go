package console

import (
	"context"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/server/auth"
)

// slot is a place of the ticket's page where panels stand, one below the other in
// the order of ticketPanels.
type slot string

const (
	slotHead     slot = "head"     // under the title and its line: short, of one line each
	slotAside    slot = "aside"    // at the right, above the machine
	slotMachine  slot = "machine"  // at the right, after what is wrong with the machine
	slotAfter    slot = "after"    // at the right, under the machine
	slotComposer slot = "composer" // above the box in which somebody writes
)

// ticketPanel is a part of the ticket's page that stands for itself. What make
// returns is shown inside an element with the id “panel-” and the panel's, and is
// brought up to date with the page, so it may hold nothing that somebody types into
// but what has an id (the morph keeps that). nil shows nothing, now.
type ticketPanel struct {
	id   string
	at   slot
	make func(c *Console, ctx context.Context, actor auth.Actor, v *ticketView) (templ.Component, error)
}

// ticketPanels lists the panels of a ticket's page. Each is one line here and a file
// of its own.
func ticketPanels() []ticketPanel {
	return []ticketPanel{
		{"about", slotAside, (*Console).aboutPanel},
		{"incident", slotHead, (*Console).incidentPanel},
		{"suggestion", slotHead, (*Console).suggestionPanel},
		{"similar", slotAside, (*Console).similarPanel},
		{"clocks", slotAside, (*Console).clocksPanel},
		{"owners", slotHead, (*Console).ownersPanel},
		{"held", slotComposer, (*Console).heldPanel},
		{"changes", slotMachine, (*Console).changesPanel},
		{"peers", slotMachine, (*Console).peersPanel},
		{"recording", slotMachine, (*Console).recordingPanel},
		{"articles", slotAfter, (*Console).articlesPanel},
	}
}

// panel is one that was made.
type panel struct {
	ID   string
	At   slot
	Body templ.Component
}

// panels makes the panels of a ticket's page. One that cannot be made is left out:
// the page has more to show.
func (c *Console) panels(ctx context.Context, actor auth.Actor, v *ticketView) []panel {
	var out []panel
	for _, p := range ticketPanels() {
		body, err := p.make(c, ctx, actor, v)
		if err != nil && ctx.Err() == nil {
			c.Log.Warn("a part of a ticket's page could not be made", "part", p.id, "ticket", v.Ticket.Number, "err", err)
			body = nil
		}
		if body == nil {
			body = templ.NopComponent
		}
		out = append(out, panel{ID: "panel-" + p.id, At: p.at, Body: body})
	}
	return out
}
