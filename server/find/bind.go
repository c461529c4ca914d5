package find

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/board"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/ticket"
)

// bind says in the board's terms what a filter means for whoever asks. A name that
// nothing has is a fault.Invalid that tells which names there are.
func (f *Finder) bind(actor auth.Actor, q query.Filter, zone *time.Location) (board.Filter, error) {
	var out board.Filter
	if q.Number != 0 {
		return board.Filter{Conditions: []board.Condition{{Numbers: []int64{q.Number}}}}, nil
	}
	if zone == nil {
		zone = time.UTC
	}
	now := f.now().In(zone)
	for _, t := range q.Terms {
		if t.Key == query.Text {
			continue
		}
		c, err := f.condition(actor, t, now)
		if err != nil {
			return out, err
		}
		c.Not = c.Not != t.Not
		out.Conditions = append(out.Conditions, c)
	}
	return out, nil
}

func (f *Finder) condition(actor auth.Actor, t query.Term, now time.Time) (board.Condition, error) {
	switch t.Key {
	case query.State:
		return board.Condition{Field: board.State, Values: states(t.Values)}, nil
	case query.Priority:
		return board.Condition{Field: board.Priority, Values: t.Values}, nil
	case query.Kind:
		return board.Condition{Field: board.Kind, Values: t.Values}, nil
	case query.Waiting:
		return board.Condition{Field: board.Waiting, Values: t.Values}, nil
	case query.Is:
		return f.is(actor, t.Values, now)
	case query.Created, query.Updated, query.Due:
		c := board.Condition{Time: map[query.Key]board.Time{query.Created: board.Created, query.Updated: board.Updated, query.Due: board.Due}[t.Key]}
		c.From, c.To = t.Span(now)
		return c, nil
	case query.Number:
		c := board.Condition{Numbers: make([]int64, 0, len(t.Values))}
		for _, v := range t.Values {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil {
				return c, fault.Field("q", v+" is no ticket's number.")
			}
			c.Numbers = append(c.Numbers, n)
		}
		return c, nil
	}
	return f.named(actor, t)
}

func states(words []string) []string {
	var out []string
	for _, w := range words {
		if w != query.Open {
			out = append(out, w)
			continue
		}
		for _, s := range ticket.States() {
			if s.Open() {
				out = append(out, string(s))
			}
		}
	}
	return out
}

// is means one of the flags; several are one condition only when they are of one kind.
func (f *Finder) is(actor auth.Actor, flags []string, now time.Time) (board.Condition, error) {
	if len(flags) > 1 {
		return board.Condition{}, fault.Field("q", "is: takes one word at a time. Write is:"+strings.Join(flags, " is:")+" for all of them.")
	}
	switch flags[0] {
	case "mine":
		return board.Condition{Field: board.Assignee, Values: []string{actor.Person}}, nil
	case "unassigned":
		return board.Condition{Field: board.Assignee, Values: []string{""}}, nil
	case "watching":
		return board.Condition{Field: board.Watcher, Values: []string{actor.Person}}, nil
	case "major":
		return board.Condition{Field: board.Flag, Values: []string{board.FlagMajor}}, nil
	case "reopened":
		return board.Condition{Field: board.Flag, Values: []string{board.FlagReopened}}, nil
	case "vip":
		return board.Condition{Field: board.Requester, Values: f.book.VIPs()}, nil
	case "breached":
		return board.Condition{Time: board.Due, To: now}, nil
	}
	return board.Condition{Field: board.State, Values: states([]string{query.Open})}, nil
}

var fieldOf = map[query.Key]board.Field{
	query.Category: board.Category, query.Tag: board.Tag, query.Team: board.Team, query.Assignee: board.Assignee,
	query.Requester: board.Requester, query.Endpoint: board.Endpoint, query.Site: board.Site, query.Finding: board.Finding,
}

// named means people and things by their names.
func (f *Finder) named(actor auth.Actor, t query.Term) (board.Condition, error) {
	c := board.Condition{Field: fieldOf[t.Key]}
	for _, v := range t.Values {
		people := t.Key == query.Assignee || t.Key == query.Requester
		switch {
		case strings.EqualFold(v, query.None):
			c.Values = append(c.Values, "")
			continue
		case people && strings.EqualFold(v, query.Me):
			c.Values = append(c.Values, actor.Person)
			continue
		}
		ids, err := f.meant(t.Key, c.Field, v)
		if err != nil {
			return c, err
		}
		c.Values = append(c.Values, ids...)
	}
	return c, nil
}

func (f *Finder) meant(k query.Key, field board.Field, typed string) ([]string, error) {
	var ids []string
	switch k {
	case query.Team:
		ids = chosen(f.book.Teams(), typed)
	case query.Category:
		ids = chosen(f.book.Categories(), typed)
	}
	if ids == nil {
		ids = f.board.Find(field, typed)
	}
	if ids != nil {
		return ids, nil
	}
	var sentence string
	switch k {
	case query.Endpoint:
		sentence = fmt.Sprintf("No ticket is about an endpoint named %q. Its name is found by its words as they begin, or with a * at the end.", typed)
	case query.Requester:
		sentence = fmt.Sprintf("Nobody named %q has rung. Names are found by their words as they begin.", typed)
	case query.Assignee:
		sentence = fmt.Sprintf("Nobody named %q has a ticket. Names are found by their words as they begin.", typed)
	default:
		sentence = fmt.Sprintf("No ticket has the %s %q.", k, typed)
		if some := f.names(k, field); len(some) > 0 {
			sentence += " There are " + strings.Join(some, ", ") + "."
		}
	}
	return nil, &fault.Error{Code: fault.Invalid, Sentence: sentence, Field: "q", Err: errNothing}
}

// isNothing reports whether a filter is in order but names what no ticket has.
func isNothing(err error) bool { return errors.Is(err, errNothing) }

// chosen returns the ids of the entry with an id or name and of all below it; nil when
// there is none.
func chosen(list []Choice, typed string) []string {
	var out []string
	folded := query.Fold(typed)
	for _, c := range list {
		if c.ID == typed || query.Fold(c.Name) == folded || c.Path != "" && query.Fold(c.Path) == folded {
			out = append(out, c.ID)
		}
	}
	for i := 0; i < len(out); i++ { // those below, and those below these
		for _, c := range list {
			if c.Parent == out[i] && !slices.Contains(out, c.ID) {
				out = append(out, c.ID)
			}
		}
	}
	return out
}

// names lists some of what could have been meant.
func (f *Finder) names(k query.Key, field board.Field) []string {
	const some = 12
	var list []Choice
	switch k {
	case query.Team:
		list = offered(f.book.Teams())
	case query.Category:
		list = offered(f.book.Categories())
	}
	if list == nil {
		return f.board.Names(field, some)
	}
	var out []string
	for _, c := range list[:min(len(list), some)] {
		out = append(out, c.Name)
	}
	return out
}
