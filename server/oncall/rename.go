package oncall

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
)

// RenameGroup has the policies that choose by a group of endpoints follow it to another
// name. write stores them, by their ids, with whatever else is renamed.
func (k *Keeper) RenameGroup(_ context.Context, from, to string, write func(docs map[string][]byte) error, then func()) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	next, docs := map[string]*Policy{}, map[string][]byte{}
	for id, p := range k.policies {
		text, changed, _, err := alert.RenamedText(p.Match, from, to)
		if err != nil {
			return fault.Field("name", fmt.Sprintf("The escalation “%s” cannot take that name: %v. Choose a shorter one.", p.Name, err))
		}
		if !changed {
			continue
		}
		x := *p
		x.Match, x.Version = text, p.Version+1
		if docs[id], err = json.Marshal(x); err != nil {
			return err
		}
		next[id] = &x
	}
	if err := write(docs); err != nil {
		return err
	}
	then()
	maps.Copy(k.policies, next)
	return nil
}

// GroupNamed says in words which policies know a group of endpoints by its name: those that
// follow when it is renamed, and those that stay behind.
func (k *Keeper) GroupNamed(from, to string) (follows, stays []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.policies {
		_, changed, stay, _ := alert.RenamedText(p.Match, from, to)
		if changed {
			follows = append(follows, "the escalation “"+p.Name+"”")
		}
		if stay {
			stays = append(stays, "the escalation “"+p.Name+"”")
		}
	}
	return follows, stays
}
