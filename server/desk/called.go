package desk

import (
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// called writes into events how teams and categories are called now, since their names
// may change, and they may go.
func (d *Desk) called(before ticket.Ticket, events []ticket.Event) {
	b := d.book()
	team := func(id string) string {
		if t, ok := rulebook.Get[*rulebook.Team](b, id); ok {
			return t.Name
		}
		return ""
	}
	category := func(id string) string {
		if _, ok := rulebook.Get[*rulebook.Category](b, id); ok {
			return rulebook.PathOf(b, id)
		}
		return ""
	}
	t := before
	for i := range events {
		e := &events[i]
		switch e.Type {
		case ticket.Opened:
			e.TeamName, e.CategoryName = team(e.Team), category(e.Category)
		case ticket.HandedOver, ticket.Escalated:
			if e.Team != "" && e.Team != t.Team {
				e.TeamName, e.Was = team(e.Team), team(t.Team)
			}
		case ticket.Categorised:
			e.CategoryName, e.Was = category(e.Category), category(t.Category)
		}
		t = t.Fold(*e)
	}
}
