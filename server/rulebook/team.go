package rulebook

import (
	"slices"

	"github.com/deskbell/deskbell/internal/fault"
)

// TeamKind is the kind of teams.
const TeamKind Kind = "team"

// Team is a group of staff that tickets are routed to.
type Team struct {
	Entry
	Members []string `json:"members,omitempty" doc:"Ids of people."`
	Tier    int      `json:"tier,omitempty" minimum:"0" maximum:"9" doc:"1 is the first that a ticket meets; 0: not in the line."`
}

// Kind implements Item.
func (*Team) Kind() Kind { return TeamKind }

// Check implements Item.
func (t *Team) Check(*Book) error {
	switch {
	case len(t.Members) > 500:
		return fault.Field("members", "A team has at most 500 members.")
	case len(slices.Compact(slices.Sorted(slices.Values(t.Members)))) != len(t.Members):
		return fault.Field("members", "Somebody is in the team twice. Take one of them out.")
	case t.Tier < 0 || t.Tier > 9:
		return fault.Field("tier", "A tier is a number from 1 to 9, or 0 for none.")
	}
	return nil
}
