package mailing

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/deskbell/deskbell/server/availability"
)

// RenameGroup has the reports of a group of endpoints follow it to another name. write
// stores them, by their ids, with whatever else is renamed.
func (k *Keeper) RenameGroup(_ context.Context, from, to string, write func(docs map[string][]byte) error, then func()) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	next, docs := map[string]*Mailing{}, map[string][]byte{}
	for id, m := range k.all {
		if !m.of(from) {
			continue
		}
		x := *m
		x.Of, x.Version = to, m.Version+1
		doc, err := json.Marshal(x)
		if err != nil {
			return err
		}
		next[id], docs[id] = &x, doc
	}
	if err := write(docs); err != nil {
		return err
	}
	then()
	maps.Copy(k.all, next)
	return nil
}

// GroupNamed says in words which scheduled reports are of a group of endpoints; all of them
// follow when it is renamed.
func (k *Keeper) GroupNamed(from, _ string) (follows, stays []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, m := range k.all {
		if m.of(from) {
			follows = append(follows, "the scheduled report “"+m.Name+"”")
		}
	}
	return follows, nil
}

// of reports whether it is about the group of a name.
func (m *Mailing) of(group string) bool { return m.Kind == availability.Group && m.Of == group }
