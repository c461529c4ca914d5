package rulebook

import (
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/triage"
)

// PolicyKind is the kind of service level policies.
const PolicyKind Kind = "policy"

// Policy says what is owed for the tickets that it is for. Policies are asked in
// their order; the first whose condition holds is a ticket's. A retired one is not
// asked.
type Policy struct {
	Entry
	sla.Policy
}

// Kind implements Item.
func (*Policy) Kind() Kind { return PolicyKind }

// Check implements Item.
func (p *Policy) Check(b *Book) error {
	err := p.Validate(func(id string) bool {
		_, ok := Get[*Calendar](b, id)
		return ok
	})
	if err != nil {
		return err
	}
	if x := p.When.Expression; x != "" {
		if _, err := triage.Compile(x); err != nil {
			return err
		}
	}
	for _, e := range p.Escalations {
		if _, ok := Get[*Team](b, e.Team); e.Team != "" && !ok {
			return fault.Field("escalations", "An escalation gives the ticket to a team that does not exist. Choose one of the list.")
		}
	}
	for _, id := range p.When.Teams {
		if !has[*Team](b, id) {
			return fault.Field("when.teams", "The condition names a team that does not exist. Choose one of the list.")
		}
	}
	for _, id := range p.When.Categories {
		if !has[*Category](b, id) {
			return fault.Field("when.categories", "The condition names a category that does not exist. Choose one of the list.")
		}
	}
	return nil
}
