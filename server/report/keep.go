package report

import (
	"context"
	"strings"
	"time"
)

// definition is the number of the rules that facts are made by. When it rises, the
// facts of all tickets are made again.
const definition = "1"

// The pace of bringing facts up to date.
const (
	every = 2 * time.Second
	batch = 1000 // events at a time
)

// start is the beginning of the feed.
const start = "0.0"

// Run keeps the facts up to date until ctx ends. After a batch it rests for as long
// as the batch took: counting anew after an upgrade takes twice the time, and the
// desk does not feel it.
func (r *Reporter) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for ctx.Err() == nil {
			began := time.Now()
			more, err := r.step(ctx)
			if err != nil && ctx.Err() == nil {
				r.log.Error("the figures were not brought up to date", "err", err)
			}
			if err != nil || !more {
				break
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Since(began)):
			}
		}
	}
}

// CatchUp brings the facts up to date at once.
func (r *Reporter) CatchUp(ctx context.Context) error {
	for {
		more, err := r.step(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// MarkAt is the mark of facts that are made up to a place of the feed: with it in the
// store, what happened before is taken for counted.
func MarkAt(place string) string { return definition + " " + place }

// step counts the next changes, and reports whether there may be more.
func (r *Reporter) step(ctx context.Context) (bool, error) {
	began := r.now()
	mark, err := r.store.Mark(ctx)
	if err != nil {
		return false, err
	}
	at, ok := strings.CutPrefix(mark, definition+" ")
	if !ok {
		at = start
	}
	tickets, next, err := r.store.Touched(ctx, at, batch)
	if err != nil {
		return false, err
	}
	if len(tickets) == 0 {
		r.mu.Lock()
		r.caught, r.behind = began, false
		r.mu.Unlock()
		return false, nil
	}
	histories, err := r.store.Histories(ctx, tickets)
	if err != nil {
		return false, err
	}
	list := make([]Facts, 0, len(histories))
	for id, h := range histories {
		list = append(list, FactsOf(id, h))
	}
	r.mu.Lock()
	r.behind = len(tickets) >= batch/4
	r.mu.Unlock()
	return true, r.store.SaveFacts(ctx, mark, MarkAt(next), list)
}
