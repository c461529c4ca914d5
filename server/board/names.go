package board

import (
	"slices"
	"strings"

	"github.com/deskbell/deskbell/server/query"
)

// names gives the values of a field small numbers, and remembers how people call
// them. 0 is the empty value.
type names struct {
	byID   map[string]uint32
	values []string
	called []string // the name, "" where there is none
	folded []string // the name as it is compared
}

func (x *names) init() {
	x.byID = map[string]uint32{"": 0}
	x.values, x.called, x.folded = []string{""}, []string{""}, []string{""}
}

// id returns the number of a value, a new one when it is new.
func (x *names) id(value, name string) uint32 {
	n, ok := x.byID[value]
	if !ok {
		n = uint32(len(x.values))
		value = strings.Clone(value)
		x.byID[value] = n
		x.values, x.called, x.folded = append(x.values, value), append(x.called, ""), append(x.folded, "")
	}
	if x.called[n] != name && name != "" {
		x.called[n], x.folded[n] = strings.Clone(name), query.Fold(name)
	}
	return n
}

// ids returns the numbers of several values, sorted, each once.
func (x *names) ids(values []string) []uint32 {
	if len(values) == 0 {
		return nil
	}
	out := make([]uint32, 0, len(values))
	for _, v := range values {
		if v != "" {
			out = append(out, x.id(v, ""))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Find returns the ids of the values that a person means: the one with this id or
// name; else those in whose names every word begins as typed. A * at the end stands
// for whatever follows, of names and of codes as disk.*.
func (b *Board) Find(f Field, typed string) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	x := &b.names[f]
	if n, ok := x.byID[typed]; ok && n != 0 {
		return []string{typed}
	}
	if begin, ok := strings.CutSuffix(typed, "*"); ok {
		return x.collect(func(value, name string) bool {
			return hasPrefixFold(value, begin) || name != "" && strings.HasPrefix(name, query.Fold(begin))
		})
	}
	folded := query.Fold(typed)
	if folded == "" {
		return nil
	}
	if exact := x.collect(func(value, name string) bool { return name == folded || strings.EqualFold(value, typed) }); exact != nil {
		return exact
	}
	words := strings.Fields(folded)
	return x.collect(func(_, name string) bool {
		for _, w := range words {
			if !strings.HasPrefix(name, w) && !strings.Contains(name, " "+w) {
				return false
			}
		}
		return name != ""
	})
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// maxMeant bounds how many values one word may mean.
const maxMeant = 10_000

func (x *names) collect(fits func(value, name string) bool) []string {
	var out []string
	for n := 1; n < len(x.values) && len(out) < maxMeant; n++ {
		if fits(x.values[n], x.folded[n]) {
			out = append(out, x.values[n])
		}
	}
	return out
}

// Names returns what people call the values of a field that tickets have, at most
// limit, for them to choose from.
func (b *Board) Names(f Field, limit int) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	x := &b.names[f]
	var out []string
	for n := 1; n < len(x.values) && len(out) < limit; n++ {
		if x.called[n] != "" {
			out = append(out, x.called[n])
		} else {
			out = append(out, x.values[n])
		}
	}
	slices.Sort(out)
	return out
}

// NameOf returns what people call a value, "" when no ticket has it or it has no name.
func (b *Board) NameOf(f Field, value string) string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	x := &b.names[f]
	return x.called[x.byID[value]]
}
