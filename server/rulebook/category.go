package rulebook

import (
	"slices"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/ticket"
)

// CategoryKind is the kind of categories.
const CategoryKind Kind = "category"

// Category is what a ticket is filed under. Categories are a tree: one has the
// fields of those above it too.
type Category struct {
	Entry
	Parent     string      `json:"parent,omitempty" doc:"The id of the category above it; left out: none."`
	Team       string      `json:"team,omitempty" doc:"The id of the team that gets such a ticket when it has none."`
	TicketKind ticket.Kind `json:"ticket_kind,omitempty" enum:"incident,request" doc:"What such a ticket is unless somebody says otherwise."`
	Fields     []string    `json:"fields,omitempty" doc:"Ids of the fields that it asks for, beside those of the categories above it."`
}

// Kind implements Item.
func (*Category) Kind() Kind { return CategoryKind }

// maxDepth is how deep the tree of categories is.
const maxDepth = 6

// Check implements Item.
func (c *Category) Check(b *Book) error {
	switch {
	case c.TicketKind != "" && c.TicketKind != ticket.Incident && c.TicketKind != ticket.Request:
		return fault.Field("ticket_kind", "A ticket is an incident or a request.")
	case len(c.Fields) > 30:
		return fault.Field("fields", "A category asks for at most 30 fields.")
	case len(slices.Compact(slices.Sorted(slices.Values(c.Fields)))) != len(c.Fields):
		return fault.Field("fields", "A field is there twice. Take one of them out.")
	}
	if _, ok := Get[*Team](b, c.Team); !ok && c.Team != "" {
		return fault.Field("team", "There is no such team.")
	}
	for _, id := range c.Fields {
		if _, ok := Get[*Field](b, id); !ok {
			return fault.Field("fields", "There is no field "+id+".")
		}
	}
	depth := 1
	for at := c; at.Parent != ""; depth++ {
		up, ok := Get[*Category](b, at.Parent)
		switch {
		case !ok:
			return fault.Field("parent", "There is no such category to put it under.")
		case up.ID == c.ID:
			return fault.Field("parent", "A category is not above itself. Put it somewhere else.")
		case depth >= maxDepth:
			return fault.Field("parent", "Categories are at most 6 deep. Put it further up.")
		}
		at = up
	}
	return nil
}

// Line returns a category and those above it, from the top; nil for no category.
func Line(b *Book, id string) []*Category {
	var out []*Category
	for c, ok := Get[*Category](b, id); ok && len(out) < maxDepth; c, ok = Get[*Category](b, c.Parent) {
		out = append(out, c)
	}
	slices.Reverse(out)
	return out
}

// Above returns the ids of a category and of those above it, itself first. One that is
// gone stands by itself; none has none.
func Above(b *Book, id string) []string {
	if id == "" {
		return nil
	}
	out := []string{}
	for _, c := range slices.Backward(Line(b, id)) {
		out = append(out, c.ID)
	}
	if len(out) == 0 {
		out = append(out, id)
	}
	return out
}

// Below returns the ids of categories and of all below them, each once. Whatever names
// a category is about what is filed below it as well: it says “hardware” and means
// printers too.
func Below(b *Book, ids ...string) []string {
	out := slices.Clone(ids)
	for i := 0; i < len(out); i++ {
		for _, c := range All[*Category](b) {
			if c.Parent == out[i] && !slices.Contains(out, c.ID) {
				out = append(out, c.ID)
			}
		}
	}
	return out
}

// PathOf returns a category's name with those above it, as in “Hardware › Printer”;
// its id when it is gone, "" for none.
func PathOf(b *Book, id string) string {
	line := Line(b, id)
	if line == nil {
		return id
	}
	var names []string
	for _, c := range line {
		names = append(names, c.Name)
	}
	return strings.Join(names, " › ")
}

// FieldsOf returns what a category and those above it ask for, each once, without the
// retired ones.
func FieldsOf(b *Book, category string) []*Field {
	var out []*Field
	for _, c := range Line(b, category) {
		for _, id := range c.Fields {
			if f, ok := Get[*Field](b, id); ok && !f.Retired && !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return out
}

// Tree returns the categories in the order of the tree: each before those under it.
func Tree(b *Book) []*Category {
	under := map[string][]*Category{}
	for _, c := range All[*Category](b) {
		under[c.Parent] = append(under[c.Parent], c)
	}
	var out []*Category
	var walk func(id string, depth int)
	walk = func(id string, depth int) {
		for _, c := range under[id] {
			out = append(out, c)
			if depth < maxDepth {
				walk(c.ID, depth+1)
			}
		}
	}
	walk("", 1)
	return out
}

// TeamFor returns the team that a category's tickets go to: its own, or that of the
// nearest category above it that names one.
func TeamFor(b *Book, category string) string {
	for _, c := range slices.Backward(Line(b, category)) {
		if t, ok := Get[*Team](b, c.Team); ok && !t.Retired {
			return c.Team
		}
	}
	return ""
}

// Words returns the names of a category and of those above it, which skills are
// compared with.
func Words(b *Book, category string) []string {
	var out []string
	for _, c := range Line(b, category) {
		out = append(out, c.Name)
	}
	return out
}
