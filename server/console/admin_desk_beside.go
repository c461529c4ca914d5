package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// besideView is an entry as somebody else saved it meanwhile, beside what was typed.
type besideView struct {
	By    string
	At    time.Time
	Gone  bool // deleted meanwhile
	Lines []besideLine
}

// besideLine is one field of both.
type besideLine struct{ Label, Theirs, Mine string }

func (l besideLine) differs() bool { return l.Theirs != l.Mine }

// besideOf compares what was typed with what is kept now; nil when nothing is kept
// and it was new.
func besideOf(b *rulebook.Book, now, typed rulebook.Item) *besideView {
	if now == nil {
		if typed.Base().ID == "" {
			return nil
		}
		out := &besideView{Gone: true}
		for _, l := range deskLines(b, typed) {
			out.Lines = append(out.Lines, besideLine{Label: l[0], Mine: l[1]})
		}
		return out
	}
	out := &besideView{By: now.Base().UpdatedBy, At: now.Base().UpdatedAt}
	mine := deskLines(b, typed)
	for i, l := range deskLines(b, now) {
		out.Lines = append(out.Lines, besideLine{Label: l[0], Theirs: l[1], Mine: mine[i][1]})
	}
	return out
}

// deskLines are the fields of an entry in words, as its form calls them; of every entry
// of a kind the same ones.
func deskLines(b *rulebook.Book, x rulebook.Item) [][2]string {
	yes := func(on bool) string {
		if on {
			return "yes"
		}
		return "no"
	}
	out := [][2]string{{"Name", x.Base().Name}}
	add := func(label, value string) { out = append(out, [2]string{label, value}) }
	switch x := x.(type) {
	case *rulebook.Category:
		add("Not offered any more", yes(x.Retired))
		add("Under", pathOrNone(b, x.Parent))
		add("Team that gets it", rulebook.NameOf[*rulebook.Team](b, x.Team))
		add("Kind", map[ticket.Kind]string{ticket.Incident: "Incident", ticket.Request: "Request", "": "As it was rung"}[x.TicketKind])
		var fields []string
		for _, id := range x.Fields {
			fields = append(fields, rulebook.NameOf[*rulebook.Field](b, id))
		}
		add("Fields that it asks for", strings.Join(fields, ", "))
	case *rulebook.Field:
		add("Not offered any more", yes(x.Retired))
		add("What fits into it", fieldTypeWord(x.Type))
		add("Choices", strings.Join(x.Choices, ", "))
		add("Needed to resolve", yes(x.Required))
		add("Help, in a sentence", x.Help)
	case *rulebook.Matrix:
		out = nil
		for i, row := range x.Rows {
			for u, p := range row {
				add("Impact "+strings.ToLower(kit.LevelWord(ticket.Level(i+1)))+", urgency "+strings.ToLower(kit.LevelWord(ticket.Level(u+1))), kit.PriorityWord(p))
			}
		}
	case *rulebook.Setting:
		out = nil
		add("Days in which the requester can reopen a ticket", strconv.Itoa(x.ReopenDays))
		add("Working days after which a resolved ticket closes", strconv.Itoa(x.CloseDays))
		add("The calendar of those working days", rulebook.NameOf[*rulebook.Calendar](b, x.Calendar))
		add("Endpoints from which the impact is medium", strconv.Itoa(x.ImpactMedium))
		add("Endpoints from which the impact is high", strconv.Itoa(x.ImpactHigh))
		add("Scheduled reports go outside of the staff", map[bool]string{true: "Yes", false: "No"}[x.Outside])
	}
	return out
}

func pathOrNone(b *rulebook.Book, id string) string {
	if id == "" {
		return ""
	}
	return rulebook.PathOf(b, id)
}
