package watch

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/deskbell/deskbell/internal/fault"
)

// renamed is what knows a group by its name, once that is another. The caller holds mu for
// reading.
func (w *Watcher) renamed(from, to string) (silences map[*silence]silence, windows map[*window]window, err error) {
	silences, windows = map[*silence]silence{}, map[*window]window{}
	for _, s := range w.silences {
		next := *s
		var changed bool
		if next.Match, changed, _, err = s.Match.Renamed(from, to); err != nil {
			return nil, nil, fault.Field("name", fmt.Sprintf("The silence %s cannot take that name: %v. Choose a shorter one.", clip(s.Match.String()), err))
		}
		if changed {
			silences[s] = next
		}
	}
	for _, x := range w.windows {
		if i := slices.Index(x.Groups, from); i >= 0 {
			next := *x
			next.Groups = slices.Clone(x.Groups) // the old ones may be with a reader
			next.Groups[i] = to
			slices.Sort(next.Groups)
			next.Groups = slices.Compact(next.Groups) // one that is gone may have had the name before
			windows[x] = next
		}
	}
	return silences, windows, nil
}

// RenameGroup has what holds alerts back follow a group of endpoints to another name. write
// stores it, by its id, with whatever else is renamed; then is called when it is, and in the
// same moment as it counts here.
func (w *Watcher) RenameGroup(ctx context.Context, from, to string, write func(docs map[string][]byte) error, then func()) error {
	w.saving.Lock()
	defer w.saving.Unlock()
	if err := w.known(ctx); err != nil {
		return err
	}
	w.mu.RLock()
	silences, windows, err := w.renamed(from, to)
	w.mu.RUnlock()
	if err != nil {
		return err
	}
	docs := map[string][]byte{}
	for _, s := range silences {
		docs[s.ID] = s.doc().Doc
	}
	for _, x := range windows {
		docs[x.ID] = x.doc().Doc
	}
	if err := write(docs); err != nil {
		return err
	}
	now := w.o.Now()
	w.mu.Lock()
	then()
	again := func(d HoldDoc) { // what a round has said of it waits to be stored, with the old name
		if _, waits := w.unsaved.holds[d.ID]; waits {
			w.unsaved.holds[d.ID] = d
		}
	}
	for s, next := range silences {
		s.Match = next.Match
		again(s.doc())
	}
	for x, next := range windows {
		x.Groups = next.Groups
		again(x.doc())
	}
	w.hold(now)
	w.mu.Unlock()
	w.tell(len(docs), 0)
	return nil
}

// GroupNamed says in words what of silences, maintenance and rules knows a group of
// endpoints by its name: what follows when it is renamed, and what stays behind.
func (w *Watcher) GroupNamed(from, to string) (follows, stays []string) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, s := range w.silences {
		if !s.overAt.IsZero() {
			continue
		}
		_, changed, stay, _ := s.Match.Renamed(from, to)
		words := "the silence " + clip(s.Match.String())
		if changed {
			follows = append(follows, words)
		}
		if stay {
			stays = append(stays, words)
		}
	}
	for _, x := range w.windows {
		if x.overAt.IsZero() && slices.Contains(x.Groups, from) {
			follows = append(follows, "the maintenance “"+clip(x.Title)+"”")
		}
	}
	for _, r := range w.rules {
		if r.Rule.Tells(from, to) {
			stays = append(stays, "the rule "+clip(r.Rule.Name)+in(r.Rule.File, r.Rule.Line))
		}
	}
	for _, i := range w.inhibitions {
		if i.Source.Tells(from, to) || i.Target.Tells(from, to) {
			words := "an inhibition"
			if i.Name != "" {
				words = "the inhibition " + clip(i.Name)
			}
			stays = append(stays, words+in(i.File, i.Line))
		}
	}
	return follows, stays
}

func in(file string, line int) string { return " in " + file + ", line " + strconv.Itoa(line) }
