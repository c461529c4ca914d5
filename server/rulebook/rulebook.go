// Package rulebook is what a help desk decides about itself: its teams, categories,
// calendars, rules, replies, views. Managers edit it while the desk works; nothing
// of it needs a restart.
//
// A Book is all of it at one moment, in memory and unchangeable. Who needs a
// consistent look takes one Book and asks that. A Keeper holds the newest Book,
// saves changes, and notices those of other processes.
package rulebook

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
)

// Kind is a sort of entry. Kinds are stored, so they are never renamed.
type Kind string

// Item is one entry of the book: a pointer to a struct that embeds Entry and stands
// in kinds. Items are never changed once they are in a book.
type Item interface {
	// Kind must not look at its receiver, which may be nil.
	Kind() Kind
	// Base returns what every entry has.
	Base() *Entry
	// Check says in one sentence what is wrong with the entry, in the book that
	// holds it: a fault.Invalid.
	Check(b *Book) error
}

// Entry is what every entry has.
type Entry struct {
	ID       string `json:"id,omitempty" doc:"Unique among its kind. Left out of a new one: it is made."`
	Name     string `json:"name" doc:"1 to 100 characters."`
	Position int    `json:"position,omitempty" doc:"Lower comes first; the same: by name."`
	Retired  bool   `json:"retired,omitempty" doc:"Not offered any more. Where it was used it keeps its name."`

	Version   int64     `json:"version,omitempty" doc:"Rises with each change. A change names the one that it saw; 0 makes a new entry."`
	UpdatedAt time.Time `json:"updated_at,omitzero" readOnly:"true"`
	UpdatedBy string    `json:"updated_by,omitempty" readOnly:"true" doc:"A person's name."`
}

// Base implements Item.
func (e *Entry) Base() *Entry { return e }

// checkEntry holds for every kind.
func checkEntry(e *Entry) error {
	if e.Name = strings.TrimSpace(e.Name); e.Name == "" || utf8.RuneCountInString(e.Name) > 100 || strings.ContainsFunc(e.Name, func(r rune) bool { return r < ' ' }) {
		return fault.Field("name", "A name is 1 to 100 characters on one line.")
	}
	for _, r := range e.ID {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.' {
			return fault.Field("id", "An id is letters, digits, dots, hyphens and underscores.")
		}
	}
	if len(e.ID) > 64 {
		return fault.Field("id", "An id is at most 64 characters.")
	}
	return nil
}

// Book is the whole of the configuration at one moment.
type Book struct {
	revision int64
	entries  map[Kind]map[string]Item
}

// Revision rises with each change of the book.
func (b *Book) Revision() int64 { return b.revision }

// Get returns an entry, also one that is retired; false when there is none.
func Get[T Item](b *Book, id string) (T, bool) {
	var zero T
	v, ok := b.entries[zero.Kind()][id].(T)
	return v, ok
}

// has reports whether there is such an entry.
func has[T Item](b *Book, id string) bool {
	_, ok := Get[T](b, id)
	return ok
}

// All returns the entries of a kind in their order, the retired ones too.
func All[T Item](b *Book) []T {
	var zero T
	out := make([]T, 0, len(b.entries[zero.Kind()]))
	for _, v := range b.entries[zero.Kind()] {
		out = append(out, v.(T))
	}
	slices.SortFunc(out, func(x, y T) int {
		a, b := x.Base(), y.Base()
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// Offered returns the entries of a kind that may be chosen, in their order.
func Offered[T Item](b *Book) []T {
	return slices.DeleteFunc(All[T](b), func(v T) bool { return v.Base().Retired })
}

// NameOf returns how people call an entry; its id when it is gone.
func NameOf[T Item](b *Book, id string) string {
	if v, ok := Get[T](b, id); ok {
		return v.Base().Name
	}
	return id
}

// with returns the book after a change: v nil takes the entry out.
func (b *Book) with(k Kind, id string, v Item, revision int64) *Book {
	out := &Book{revision: revision, entries: make(map[Kind]map[string]Item, len(b.entries)+1)}
	for kind, m := range b.entries {
		out.entries[kind] = m
	}
	m := make(map[string]Item, len(b.entries[k])+1)
	for i, old := range b.entries[k] {
		m[i] = old
	}
	if m[id] = v; v == nil {
		delete(m, id)
	}
	out.entries[k] = m
	return out
}

// check looks at the whole book: what a change breaks elsewhere is its fault.
func (b *Book) check(changed Item) error {
	if changed != nil {
		if err := changed.Check(b); err != nil {
			return err
		}
	}
	for _, m := range b.entries {
		for _, v := range m {
			if v == changed {
				continue
			}
			if err := v.Check(b); err != nil {
				return fault.Newf(fault.Conflict, "Nothing was saved, because “%s” (%s) would not be right any more: %s", v.Base().Name, v.Kind(), fault.Sentence(err))
			}
		}
	}
	return nil
}

// Empty returns a book with nothing in it.
func Empty() *Book { return &Book{entries: map[Kind]map[string]Item{}} }
