package console

import (
	"context"
	"fmt"
	"strconv"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

type aboutView struct {
	Ticket   ticket.Ticket
	Book     *rulebook.Book
	Fields   []aboutField
	Children []desk.Row
}

// aboutField is a field with what it holds, or why not.
type aboutField struct{ Name, Value, Missing string }

// aboutPanel shows how a ticket is filed, and what other tickets it has to do with.
func (c *Console) aboutPanel(ctx context.Context, actor auth.Actor, v *ticketView) (templ.Component, error) {
	a := aboutView{Ticket: v.Ticket.Ticket, Book: c.Rulebook()}
	shown := map[string]bool{}
	for _, f := range rulebook.FieldsOf(a.Book, a.Ticket.Category) {
		shown[f.ID] = true
		missing := "empty"
		if f.Required {
			missing = "needed to resolve"
		}
		a.Fields = append(a.Fields, aboutField{Name: f.Name, Value: a.Ticket.Fields[f.ID], Missing: missing})
	}
	for _, f := range rulebook.All[*rulebook.Field](a.Book) { // from a category it was in before
		if value := a.Ticket.Fields[f.ID]; value != "" && !shown[f.ID] {
			a.Fields = append(a.Fields, aboutField{Name: f.Name, Value: value})
		}
	}
	var err error
	a.Children, err = c.Desk.Children(ctx, actor, a.Ticket.ID)
	return aboutPart(a), err
}

// form is the body of a page on which something is done to a ticket.
type form = templ.Component

func doPath(number int64, what string) string { return ticketPath(number) + "/do/" + what }

// typedOr is what somebody has typed before it was refused, or what stands there now.
func typedOr(v doView, name, now string) string {
	if v.Problem != "" {
		return v.Values(name)
	}
	return now
}

func majorVerb(t ticket.Ticket) string {
	if t.Major {
		return "Take the mark off"
	}
	return "Mark as a major incident"
}

// mergeVerb names the act, because it cannot be undone.
func mergeVerb(v doView) string {
	if v.What.what == "into" && len(v.Found) == 1 {
		return fmt.Sprintf("Merge ticket %d into %d", v.Ticket.Number, v.Found[0].Number)
	}
	return kit.Plural(len(v.Found), "Merge 1 ticket into ", "Merge %d tickets into ") + strconv.FormatInt(v.Ticket.Number, 10)
}

func parentNumber(t ticket.Ticket) string {
	if t.Parent.ID == "" {
		return ""
	}
	return strconv.FormatInt(t.Parent.Number, 10)
}

func saidIn(d desk.Detail, message string) string {
	for _, m := range desk.Conversation(d.History) {
		if m.ID == message {
			return m.Body
		}
	}
	return ""
}
