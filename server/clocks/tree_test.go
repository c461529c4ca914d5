package clocks_test

import (
	"testing"

	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

// categoryTree wants a policy for a category to be for those below it too, also when one
// is only moved there later.
func categoryTree(t *testing.T, h *house) {
	category := func(id, parent string) rulebook.Item {
		h.save(t, &rulebook.Category{Entry: rulebook.Entry{ID: id, Name: id}, Parent: parent})
		c, _ := rulebook.Get[*rulebook.Category](h.rules.Book(), id)
		return c
	}
	category("hardware", "")
	category("printer", "hardware")
	category("tray", "printer")
	software := category("software", "").(*rulebook.Category)
	for i, when := range []sla.Condition{{Categories: []string{"hardware"}}, {Expression: `"hardware" in categories`}} {
		name := []string{"By the list", "By the expression"}[i]
		p := &rulebook.Policy{Entry: rulebook.Entry{Name: name}, Policy: sla.Policy{When: when}}
		for n := ticket.Priority(1); n <= 5; n++ {
			p.Goals = append(p.Goals, sla.Goal{Priority: n, FirstResponse: sla.Target{Amount: 1, Unit: sla.Hours24}})
		}
		p.ID = h.save(t, p)
		moved := *software
		ids := map[string]string{}
		for _, c := range []struct {
			category string
			owed     bool
		}{{"hardware", true}, {"printer", true}, {"tray", true}, {"software", false}} {
			x := h.open(t, h.desk)
			h.do(t, x.ID, ticket.Categorise{Category: c.category})
			ids[c.category] = x.ID
			if got := h.row(t, x.ID).Kind != ""; got != c.owed {
				t.Errorf("%s: a ticket in %s is owed something: %v", name, c.category, got)
			}
		}
		moved.Parent = "hardware"
		h.save(t, &moved)
		must(t, h.keeper.Rederive(t.Context()))
		if h.row(t, ids["software"]).Kind == "" {
			t.Errorf("%s: nothing is owed for what was put below hardware", name)
		}
		back, _ := rulebook.Get[*rulebook.Category](h.rules.Book(), "software")
		moved = *back
		moved.Parent = ""
		h.save(t, &moved)
		software, _ = rulebook.Get[*rulebook.Category](h.rules.Book(), "software")
		saved, _ := rulebook.Get[*rulebook.Policy](h.rules.Book(), p.ID)
		must(t, h.rules.Delete(t.Context(), manager, rulebook.PolicyKind, p.ID, saved.Version))
		must(t, h.keeper.Rederive(t.Context()))
	}
}
