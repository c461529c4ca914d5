package desk

import (
	"slices"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// fill completes a command by what depends on the configuration and on other
// tickets, and refuses what does not fit there. Package ticket knows neither.
func (d *Desk) fill(tx Tx, actor auth.Actor, t ticket.Ticket, c ticket.Command) (ticket.Command, error) {
	c, err := d.complete(tx, t, c)
	if err != nil {
		return c, err
	}
	switch c := c.(type) {
	case ticket.Prioritise:
		c.Matrix = rulebook.MatrixOf(d.book())
		return c, nil
	case ticket.Categorise:
		return c, d.category(c.Category)
	case ticket.SetFields:
		c.Values, err = d.fields(t.Category, t.Fields, c.Values)
		return c, err
	case ticket.Resolve:
		return c, d.answered(t)
	case ticket.Wait:
		return c, d.until(c)
	case ticket.SetParent:
		c.Parent, err = d.parent(tx, t, c.Parent)
		return c, err
	case ticket.AskApproval:
		c.Approver, err = person(tx, c.Approver, "approver")
		return c, err
	case ticket.TakeBack:
		c.Assignee, err = person(tx, c.Assignee, "assignee")
		return c, err
	case ticket.Reopen:
		c.Since = time.Time{}
		if actor.Kind == auth.Requester {
			c.Since = d.reopenable()
		}
		return c, nil
	case ticket.Absorb, ticket.SplitOff, ticket.Follow:
		return c, fault.New(fault.Forbidden, "This is done to two tickets at once. Merge them, split the message, or change the parent.")
	}
	return c, nil
}

// reopenable is since when a ticket has to have ended so that its requester can
// reopen it.
func (d *Desk) reopenable() time.Time {
	return d.now().AddDate(0, 0, -rulebook.SettingOf(d.book()).ReopenDays)
}

func person(tx Tx, who ticket.Person, field string) (ticket.Person, error) {
	if who.ID == "" {
		return who, nil // the ticket says what is missing
	}
	p, _, err := tx.Person(who.ID)
	if fault.Is(err, fault.NotFound) {
		err = fault.Field(field, "There is no such person.")
	}
	return p, err
}

func (d *Desk) category(id string) error {
	if id == "" {
		return nil
	}
	if c, ok := rulebook.Get[*rulebook.Category](d.book(), id); !ok || c.Retired {
		return fault.Field("category", "There is no such category.")
	}
	return nil
}

// fields cleans the values for what a category asks for. What a ticket has from a
// category it was in before can be taken away, and not changed.
func (d *Desk) fields(category string, have, values map[string]string) (map[string]string, error) {
	asked := rulebook.FieldsOf(d.book(), category)
	out := map[string]string{}
	for id, v := range values {
		i := slices.IndexFunc(asked, func(f *rulebook.Field) bool { return f.ID == id })
		switch {
		case i >= 0:
			clean, err := asked[i].Clean(v)
			if err != nil {
				return nil, err
			}
			out[id] = clean
		case v == "" && have[id] != "":
			out[id] = ""
		case v != have[id]:
			return nil, fault.Field("fields", "The ticket's category does not ask for the field “"+rulebook.NameOf[*rulebook.Field](d.book(), id)+"”.")
		}
	}
	return out, nil
}

// answered refuses to resolve a ticket while a field is empty that has to be filled
// in before.
func (d *Desk) answered(t ticket.Ticket) error {
	for _, f := range rulebook.FieldsOf(d.book(), t.Category) {
		if f.Required && t.Fields[f.ID] == "" {
			return fault.Field("fields."+f.ID, "Fill in “"+f.Name+"” before you resolve the ticket.")
		}
	}
	return nil
}

// maxWait is how far ahead something can be scheduled.
const maxWait = 2 // years

func (d *Desk) until(c ticket.Wait) error {
	switch now := d.now(); {
	case c.For != ticket.WaitScheduled || c.Until.IsZero(): // the ticket's to say
	case !c.Until.After(now):
		return fault.Field("until", "That moment has passed. Choose one that is still to come.")
	case c.Until.After(now.AddDate(maxWait, 0, 0)):
		return fault.Field("until", "A ticket waits for at most "+strconv.Itoa(maxWait)+" years.")
	}
	return nil
}

// then returns what follows from a command by the desk's own rules: a category has a
// team for the tickets that have none.
func (d *Desk) then(after ticket.Ticket, c ticket.Command) []ticket.Command {
	cat, ok := c.(ticket.Categorise)
	if !ok || after.Team != "" || !after.State.Open() {
		return nil
	}
	if team := rulebook.TeamFor(d.book(), cat.Category); team != "" && after.Assignee.ID == "" && after.State == ticket.New {
		return []ticket.Command{ticket.Delegate{Team: team}}
	}
	return nil
}
