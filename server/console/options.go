package console

import (
	"context"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/people"
	"github.com/deskbell/deskbell/server/rulebook"
)

// What forms offer by name. The value is always an id.

func optionWord(list []kit.Option, value string) string {
	for _, o := range list {
		if o.Value == value {
			return o.Word
		}
	}
	return value
}

// with puts a choice before the others, as for none of them.
func with(value, word string, list []kit.Option) []kit.Option {
	return append([]kit.Option{{Value: value, Word: word}}, list...)
}

// offered are the entries of a kind that may be chosen, and those that are chosen.
func offered[T rulebook.Item](b *rulebook.Book, kept ...string) []kit.Option {
	var out []kit.Option
	for _, v := range rulebook.All[T](b) {
		if e := v.Base(); !e.Retired || slices.Contains(kept, e.ID) {
			out = append(out, kit.Option{Value: e.ID, Word: e.Name})
		}
	}
	return out
}

// categoryOptions are the categories in the order of the tree, each with those above it.
func categoryOptions(b *rulebook.Book, kept ...string) []kit.Option {
	var out []kit.Option
	for _, c := range rulebook.Tree(b) {
		if !c.Retired || slices.Contains(kept, c.ID) {
			out = append(out, kit.Option{Value: c.ID, Word: rulebook.PathOf(b, c.ID)})
		}
	}
	return out
}

func (c *Console) siteOptions(ctx context.Context, actor auth.Actor) ([]kit.Option, error) {
	list, err := c.Registry.Sites(ctx, actor)
	var out []kit.Option
	for _, s := range list {
		out = append(out, kit.Option{Value: s.ID, Word: s.Name})
	}
	return out, err
}

func (c *Console) staffOptions(ctx context.Context, actor auth.Actor) ([]kit.Option, error) {
	list, err := c.colleagues(ctx, actor)
	return personOptions(list), err
}

func personOptions(list []auth.Person) []kit.Option {
	var out []kit.Option
	for _, p := range list {
		out = append(out, kit.Option{Value: p.ID, Word: p.Name})
	}
	return out
}

// requesterWords are people as a field has them in which they are typed: by address, as
// names are not unique; by name where there is none.
func (c *Console) requesterWords(ctx context.Context, actor auth.Actor, ids []string) ([]string, error) {
	var out []string
	for _, id := range ids {
		d, err := c.People.Get(ctx, actor, id)
		switch {
		case fault.Is(err, fault.NotFound):
			out = append(out, id) // saving says that nobody is called so
		case err != nil:
			return nil, err
		case d.Email != "":
			out = append(out, d.Email)
		default:
			out = append(out, d.Name)
		}
	}
	return out, nil
}

// requesterIDs finds the people that were typed, by address or by name.
func (c *Console) requesterIDs(ctx context.Context, actor auth.Actor, typed []string) ([]string, error) {
	var out []string
	for _, s := range typed {
		list, err := c.peopleNear(ctx, actor, s)
		if err != nil {
			return nil, err
		}
		var exact, near []string
		for _, p := range list {
			if strings.EqualFold(p.Email, s) || strings.EqualFold(p.Name, s) {
				exact = append(exact, p.ID)
			}
			near = append(near, "“"+kit.Clip(p.Name, 60)+"”")
		}
		switch {
		case len(exact) == 1:
			out = append(out, exact[0])
		case len(exact) > 1:
			return nil, fault.Field("requesters", "More than one person is called “"+kit.Clip(s, 60)+"”. Write the address.")
		case len(near) > 0:
			return nil, fault.Field("requesters", "Nobody is called “"+kit.Clip(s, 60)+"” or has that address. There is "+kit.List(near, 5)+".")
		default:
			return nil, fault.Field("requesters", "Nobody is called “"+kit.Clip(s, 60)+"” or has that address. Find the name or the address under People.")
		}
	}
	return out, nil
}

// peopleNear finds people by what was typed; where nobody has all of it, by its words.
func (c *Console) peopleNear(ctx context.Context, actor auth.Actor, typed string) ([]people.Row, error) {
	for _, text := range append([]string{typed}, strings.Fields(typed)...) {
		list, _, err := c.People.List(ctx, actor, people.Query{Text: text, Limit: 20})
		if err != nil || len(list) > 0 {
			return list, err
		}
	}
	return nil, nil
}

func calendarOptions(all []*rulebook.Calendar, kept string) []kit.Option {
	var out []kit.Option
	for _, x := range all {
		if !x.Retired || x.ID == kept {
			out = append(out, kit.Option{Value: x.ID, Word: x.Entry.Name})
		}
	}
	return out
}

// without leaves a choice out: nothing is put under itself.
func without(list []kit.Option, value string) []kit.Option {
	return slices.DeleteFunc(list, func(o kit.Option) bool { return o.Value == value && value != "" })
}
