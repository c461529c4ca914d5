package console

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

func ticketNumber(n int64) string { return strconv.FormatInt(n, 10) }

// who names who did something.
func who(a ticket.Actor) string {
	switch {
	case a.Name != "":
		return a.Name
	case a.Side == ticket.System:
		return "Deskbell"
	case a.Side == ticket.Requester:
		return "The requester"
	}
	return "Somebody"
}

// did says in a few words what somebody did; their name goes before it.
func did(e ticket.Event) string {
	switch e.Type {
	case ticket.Opened:
		return "rang"
	case ticket.Took:
		return "took it"
	case ticket.AssignedTo:
		if e.Person == nil {
			return "gave it back to the queue"
		}
		return "gave it to " + e.Person.Name
	case ticket.Replied:
		return "answered"
	case ticket.Noted:
		return "wrote an internal note"
	case ticket.Waits:
		return "put it on hold: " + lower(kit.WaitingWord(e.Waiting))
	case ticket.Resumed:
		return "ended the waiting"
	case ticket.ResolvedAs:
		return "resolved it: " + lower(kit.CodeWord(e.Code))
	case ticket.Confirmed:
		return "confirmed the solution"
	case ticket.ReopenedBy:
		return "reopened it"
	case ticket.TakenBack:
		if e.State == ticket.Resolved {
			return "undid the closing"
		}
		return "undid the solution"
	case ticket.Rated:
		return fmt.Sprintf("rated the help %d of 5", e.Rating)
	case ticket.Prioritised:
		return fmt.Sprintf("set %s: impact %s, urgency %s", kit.PriorityWord(e.Priority), lower(kit.LevelWord(e.Impact)), lower(kit.LevelWord(e.Urgency)))
	case ticket.ClosedBy:
		return "closed it"
	case ticket.CancelledBy:
		return "cancelled it"
	case ticket.Asked:
		return askedWords(e.Body)
	case ticket.ReadTo:
		return "read the answers"
	}
	if words := filed(e); words != "" {
		return words
	}
	return related(e)
}

// filed says what somebody did about where a ticket belongs.
func filed(e ticket.Event) string {
	switch e.Type {
	case ticket.HandedOver:
		switch {
		case e.Person != nil && e.TeamName != "":
			return "handed it over" + fromTo(e.Was, e.TeamName) + ", " + e.Person.Name
		case e.Person != nil:
			return "handed it over to " + e.Person.Name
		case e.TeamName != "":
			return "handed it over" + fromTo(e.Was, e.TeamName)
		}
		return "handed it over to its team"
	case ticket.Escalated:
		to := " to the next tier"
		if e.TeamName != "" {
			to = fromTo(e.Was, e.TeamName)
		}
		switch {
		case e.NOC && e.Team != "":
			return "escalated it" + to + " and called the operators"
		case e.NOC:
			return "called the operators"
		}
		return "escalated it" + to
	case ticket.Overrode:
		return "set " + kit.PriorityWord(e.Priority) + " by hand"
	case ticket.MajorSet:
		if e.Major {
			return "marked it as a major incident"
		}
		return "took the mark of a major incident off"
	case ticket.Categorised:
		switch {
		case e.Category == "" && e.Was != "":
			return "took it out of " + category(e.Was)
		case e.Category == "":
			return "took it out of its category"
		case e.Was == "":
			return "put it into " + category(e.CategoryName)
		}
		return "changed the category" + fromTo(e.Was, e.CategoryName)
	case ticket.Tagged:
		return tagWords(e)
	case ticket.FieldsSet:
		return kit.Plural(len(e.Fields), "filled in a field", "filled in %d fields")
	case ticket.ApprovalAsked:
		return "asked " + e.Person.Name + " to approve it"
	case ticket.ApprovedBy:
		return "approved it"
	case ticket.RejectedBy:
		return "did not approve it"
	case ticket.Watched:
		return "lets " + names(e.People) + " watch it"
	case ticket.Unwatched:
		return "ended the watching of " + names(e.People)
	}
	return ""
}

// category names one within a sentence.
func category(name string) string {
	if name == goneCategory {
		return name
	}
	return "the category " + name
}

func fromTo(was, is string) string {
	if was == "" {
		return " to " + is
	}
	return " from " + was + " to " + is
}

// What is said of what has no name any more, and whose name was never written down.
const (
	goneTeam     = "a team that is gone"
	goneCategory = "a category that is gone"
)

// called is a history in which each event says how its team and category were called,
// and those before them: at that time, where it was written down, else now.
func called(b *rulebook.Book, history []ticket.Event) []ticket.Event {
	out := slices.Clone(history)
	var team struct{ id, name string }
	category := ""
	teamOf := func(id, then string) string {
		if t, ok := rulebook.Get[*rulebook.Team](b, id); ok && then == "" {
			return t.Name
		}
		return cmp.Or(then, goneTeam)
	}
	categoryOf := func(id, then string) string {
		if _, ok := rulebook.Get[*rulebook.Category](b, id); ok && then == "" {
			return rulebook.PathOf(b, id)
		}
		return cmp.Or(then, goneCategory)
	}
	for i := range out {
		e := &out[i]
		switch e.Type {
		case ticket.Opened, ticket.HandedOver, ticket.Escalated:
			if e.Team != "" && e.Team != team.id {
				e.TeamName = teamOf(e.Team, e.TeamName)
				e.Was = cmp.Or(e.Was, team.name)
				team.id, team.name = e.Team, e.TeamName
			}
		}
		switch e.Type {
		case ticket.Opened, ticket.Categorised:
			if e.Category != "" {
				e.CategoryName = categoryOf(e.Category, e.CategoryName)
			}
			if e.Type == ticket.Categorised {
				e.Was = cmp.Or(e.Was, category)
			}
			category = e.CategoryName
		}
	}
	return out
}

// related says what somebody did about other tickets.
func related(e ticket.Event) string {
	other := ""
	if e.Other != nil {
		other = "ticket " + ticketNumber(e.Other.Number)
	}
	switch e.Type {
	case ticket.Linked:
		return "linked it: " + lower(kit.RelationWord(e.Relation)) + " " + other
	case ticket.Unlinked:
		return "took away a link: " + lower(kit.RelationWord(e.Relation)) + " " + other
	case ticket.Parented:
		if other == "" {
			return "took it from its parent"
		}
		return "made it a child of " + other
	case ticket.Followed:
		if e.Undoes {
			return "undid the solution of its parent, " + other + ", and with it of this one"
		}
		return "changed its parent, " + other + ", and with it this one: " + lower(kit.StateWord(e.State, e.Waiting))
	case ticket.Merged:
		return "merged it into " + other
	case ticket.Absorbed:
		return "merged " + other + " into it"
	case ticket.Split:
		return "made a message into " + other
	}
	return lower(kit.Humanise(string(e.Type)))
}

func tagWords(e ticket.Event) string {
	var out []string
	if len(e.Tags) > 0 {
		out = append(out, "tagged it "+strings.Join(e.Tags, ", "))
	}
	if len(e.Untags) > 0 {
		out = append(out, "took off the tag "+strings.Join(e.Untags, ", "))
	}
	return strings.Join(out, " and ")
}

func names(people []ticket.Person) string {
	var out []string
	for _, p := range people {
		out = append(out, p.Name)
	}
	return strings.Join(out, ", ")
}

// lower makes a word fit to stand within a sentence. Abbreviations stay.
func lower(s string) string {
	if len(s) > 1 && strings.ToUpper(s[:2]) == s[:2] {
		return s
	}
	return strings.ToLower(s[:min(1, len(s))]) + s[min(1, len(s)):]
}
