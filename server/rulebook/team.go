package rulebook

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/assign"
)

// TeamKind is the kind of teams.
const TeamKind Kind = "team"

// Team is a group of staff that tickets are routed to.
type Team struct {
	Entry
	Members  []string            `json:"members,omitempty" doc:"Ids of people."`
	Lead     string              `json:"lead,omitempty" doc:"Id of the member who is told of what is escalated to the team; empty: all are."`
	Tier     int                 `json:"tier,omitempty" minimum:"0" maximum:"9" doc:"1 is the first that a ticket meets; 0: not in the line."`
	Skills   map[string][]string `json:"skills,omitempty" doc:"What members know, by their ids: names of categories, or tags. It adds to what they say of themselves."`
	Calendar string              `json:"calendar,omitempty" maxLength:"64" doc:"Id of the calendar of the team's hours; empty: any time. A member's own goes before it."`
	Cap      int                 `json:"cap,omitempty" minimum:"0" maximum:"1000" doc:"How many tickets whose clock runs one member is given at most; 0: any number. By hand there may be more."`
	Mode     assign.Mode         `json:"mode,omitempty" enum:"by_hand,round_robin,least_loaded,by_skill" doc:"How tickets that reach the team find somebody; empty: by_hand."`
}

// Kind implements Item.
func (*Team) Kind() Kind { return TeamKind }

const (
	maxSkills = 50
	maxSkill  = 60
)

// Check implements Item.
func (t *Team) Check(b *Book) error {
	switch {
	case len(t.Members) > 500:
		return fault.Field("members", "A team has at most 500 members.")
	case len(slices.Compact(slices.Sorted(slices.Values(t.Members)))) != len(t.Members):
		return fault.Field("members", "Somebody is in the team twice. Take one of them out.")
	case slices.Contains(t.Members, ""):
		return fault.Field("members", "A member has no id.")
	case t.Lead != "" && !slices.Contains(t.Members, t.Lead):
		return fault.Field("lead", "The lead is not a member of the team. Add them, or choose somebody else.")
	case t.Tier < 0 || t.Tier > 9:
		return fault.Field("tier", "A tier is a number from 1 to 9, or 0 for none.")
	case t.Cap < 0 || t.Cap > 1000:
		return fault.Field("cap", "One member is given 1 to 1000 tickets at most, or 0 for any number.")
	case !t.Mode.Valid():
		return fault.Field("mode", "A team gives out its tickets by_hand, round_robin, least_loaded or by_skill.")
	case t.Calendar != "" && !has[*Calendar](b, t.Calendar):
		return fault.Field("calendar", "There is no such calendar.")
	}
	for _, id := range slices.Sorted(maps.Keys(t.Skills)) {
		if !slices.Contains(t.Members, id) {
			return fault.Field("skills", "Somebody has skills and is not a member of the team. Add them, or take their skills out.")
		}
		if err := CheckSkills(t.Skills[id]); err != nil {
			return err
		}
	}
	return nil
}

// CheckSkills says what is wrong with somebody's skills.
func CheckSkills(skills []string) error {
	if len(skills) > maxSkills {
		return fault.Field("skills", "Somebody has at most 50 skills.")
	}
	for _, s := range skills {
		if s == "" || s != strings.TrimSpace(s) || utf8.RuneCountInString(s) > maxSkill || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == ',' }) {
			return fault.Field("skills", "A skill is 1 to 60 characters without a comma.")
		}
	}
	return nil
}

// Told lists who hears of what reaches the team: its lead, or everybody.
func (t *Team) Told() []string {
	if t.Lead != "" {
		return []string{t.Lead}
	}
	return t.Members
}

// TeamsOf returns the teams that somebody is in, in their order.
func TeamsOf(b *Book, person string) []*Team {
	return slices.DeleteFunc(Offered[*Team](b), func(t *Team) bool { return !slices.Contains(t.Members, person) })
}

// NextTier returns the team that a ticket of a team is escalated to: the first of
// the lowest tier above its own; nil when there is none.
func NextTier(b *Book, team string) *Team {
	tier := 0
	if t, ok := Get[*Team](b, team); ok {
		tier = t.Tier
	}
	if tier == 0 {
		tier = 1 // of no line, or of no team: the first tier has it
	}
	var next *Team
	for _, t := range Offered[*Team](b) {
		if t.Tier > tier && (next == nil || t.Tier < next.Tier) {
			next = t
		}
	}
	return next
}
