package noc

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Last contacts are written down every half minute, some at a time with a rest between:
// of a large fleet they are hundreds of writes, and a ticket would wait for the disk
// behind them.
const (
	saveEvery  = 30 * time.Second
	saveAtOnce = 64
	saveRest   = 20 * time.Millisecond
)

// keepSeen writes last contacts down now and then, and at the end. It has a loop of
// its own, since the wall does not wait for the disk.
func (f *Fleet) keepSeen(ctx context.Context) {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for ended := false; !ended; {
		select {
		case <-ctx.Done():
			ended = true
		case <-tick.C:
		}
		if ended {
			f.gatherAllHabits()
		}
		if err := f.saveHabits(context.WithoutCancel(ctx)); err != nil {
			f.log.Error("the usual hours of endpoints were not stored; they are with the next", "err", err)
		}
		if err := f.saveSeen(ctx); err != nil {
			f.log.Error("last contacts were not stored; they are with the next", "err", err)
		}
	}
}

// saveSeen writes down whom it has heard of since the last time. It is hurried, not
// given up, when ctx ends.
func (f *Fleet) saveSeen(ctx context.Context) error {
	seen := f.takeSeen()
	slices.SortFunc(seen, func(a, b Seen) int { return strings.Compare(a.Endpoint, b.Endpoint) }) // rows of a page together
	for len(seen) > 0 {
		n := min(len(seen), saveAtOnce)
		if err := f.store.SaveSeen(context.WithoutCancel(ctx), seen[:n]); err != nil {
			f.unsaved(seen)
			return err
		}
		if seen = seen[n:]; len(seen) > 0 && ctx.Err() == nil {
			rest := time.NewTimer(saveRest)
			select {
			case <-ctx.Done():
			case <-rest.C:
			}
			rest.Stop()
		}
	}
	return nil
}

// takeSeen takes out what is to be written down.
func (f *Fleet) takeSeen() []Seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := make([]Seen, 0, len(f.unseen))
	for e := range f.unseen {
		seen = append(seen, Seen{
			Endpoint: e.id, Name: e.name, Renamed: e.renamed, Agent: e.agent, Address: e.address, Boot: e.boot, BootedAt: e.bootedAt, At: e.seenAt, Goodbye: e.goodbye,
		})
		e.renamed = false
	}
	clear(f.unseen)
	return seen
}

// unsaved puts back what was not written down: the next time, then.
func (f *Fleet) unsaved(seen []Seen) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range seen {
		if e := f.endpoints[seen[i].Endpoint]; e != nil {
			f.unseen[e] = struct{}{}
			e.renamed = e.renamed || seen[i].Renamed
		}
	}
}
