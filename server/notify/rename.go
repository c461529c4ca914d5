package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
)

// RenameGroup has the channels that choose by a group of endpoints follow it to another
// name. write stores them, by their ids, with whatever else is renamed.
func (k *Keeper) RenameGroup(_ context.Context, from, to string, write func(docs map[string][]byte) error, then func()) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	next, docs := map[string]*Channel{}, map[string][]byte{}
	for id, c := range k.channels {
		text, changed, _, err := alert.RenamedText(c.Match, from, to)
		if err != nil {
			return fault.Field("name", fmt.Sprintf("The channel “%s” cannot take that name: %v. Choose a shorter one.", c.Name, err))
		}
		if !changed {
			continue
		}
		x := *c
		x.Match, x.Version = text, c.Version+1
		if docs[id], err = json.Marshal(x); err != nil {
			return err
		}
		next[id] = &x
	}
	if err := write(docs); err != nil {
		return err
	}
	then()
	maps.Copy(k.channels, next)
	for id := range next {
		k.nudge(id)
	}
	return nil
}

// GroupNamed says in words which channels know a group of endpoints by its name: those that
// follow when it is renamed, and those that stay behind.
func (k *Keeper) GroupNamed(from, to string) (follows, stays []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.channels {
		_, changed, stay, _ := alert.RenamedText(c.Match, from, to)
		if changed {
			follows = append(follows, "the channel “"+c.Name+"”")
		}
		if stay {
			stays = append(stays, "the channel “"+c.Name+"”")
		}
	}
	return follows, stays
}
