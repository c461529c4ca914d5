package console

import (
	"cmp"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/rulebook"
)

// categoryOf finds the category that somebody typed: its path, its name, or its id. now
// is the one that the ticket has, which stays also when it is not offered any more.
func categoryOf(b *rulebook.Book, typed, now string) (string, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return "", nil
	}
	options := categoryOptions(b, now)
	// However the names of a path were parted: › is on no keyboard.
	path := query.Fold(typed)
	var found []string
	for _, o := range options {
		if o.Value == typed || query.Fold(o.Word) == path {
			return o.Value, nil
		}
		if query.Fold(rulebook.NameOf[*rulebook.Category](b, o.Value)) == path {
			found = append(found, o.Value)
		}
	}
	short := "“" + kit.Clip(typed, 60) + "”"
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		paths := each(found, func(id string) string { return "“" + rulebook.PathOf(b, id) + "”" })
		return "", fault.Field("category", "More than one category is called "+short+": "+kit.List(paths, 5)+". Choose one with those above it.")
	}
	near := nearest(path, options, 3)
	if len(near) == 0 {
		return "", fault.Field("category", "There is no category "+short+". Choose one of the list.")
	}
	return "", fault.Field("category", "There is no category "+short+". Near it is "+kit.List(each(near, func(s string) string { return "“" + s + "”" }), 3)+".")
}

// nearest returns the words of the options that are most like what was typed, the
// nearest first; none that are not like it at all.
func nearest(typed string, options []kit.Option, most int) []string {
	type close struct {
		word string
		off  int
	}
	var list []close
	for _, o := range options {
		if off, ok := distance(typed, query.Fold(o.Word)); ok {
			list = append(list, close{o.Word, off})
		}
	}
	slices.SortStableFunc(list, func(a, b close) int { return cmp.Compare(a.off, b.off) })
	return each(list[:min(len(list), most)], func(c close) string { return c.word })
}

// distance is how far a name is from what was typed, as the least that a word of one is
// from a word of the other; false when a third of the letters differ.
func distance(typed, name string) (int, bool) {
	best, ok := 0, false
	for _, a := range strings.Fields(typed) {
		for _, b := range strings.Fields(name) {
			off, size := edits(a, b), max(len([]rune(a)), len([]rune(b)))
			if short := min(len(a), len(b)); short >= 3 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
				off = min(off, 1)
			}
			if off*3 <= size && (!ok || off < best) {
				best, ok = off, true
			}
		}
	}
	return best, ok
}

// edits counts the letters to change, add or leave out on the way from one word to
// another, two that were swapped as one (the restricted Damerau–Levenshtein distance).
func edits(from, to string) int {
	a, b := []rune(from), []rune(to)
	if len(a) > 60 || len(b) > 60 {
		return max(len(a), len(b))
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			step := 1
			if a[i-1] == b[j-1] {
				step = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+step)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
