package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/ticket"
)

const (
	page = 200
	// retry is how long to wait after the store has failed.
	retry = time.Second
	// remember is how often the place in the feed is written down while nobody is
	// told anything. After a crash what came since is looked at again, and finds
	// that nobody is to be told.
	remember = 30 * time.Second
)

// Run follows the changes to tickets and tells people, until ctx ends. What
// happened while nothing ran is told of too. Of several nodes that run, each change
// is told of by one.
func (k *Keeper) Run(ctx context.Context) error {
	at, err := k.begin(ctx)
	for err != nil {
		if ctx.Err() != nil {
			return nil
		}
		k.log.Error("where notices stand was not read", "err", err)
		if !sleep(ctx, retry) {
			return nil
		}
		at, err = k.begin(ctx)
	}
	for ctx.Err() == nil {
		l := k.live.Listen(func(e *live.Event) bool { return e.Topic == live.Tickets })
		at = k.follow(ctx, l, at)
		l.Close()
		if ctx.Err() == nil && (k.live.Closed() || !sleep(ctx, retry)) {
			break
		}
	}
	stored, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := k.store.Update(stored, func(tx Tx) error { return k.move(tx, at) }); err != nil {
		k.log.Warn("where notices stand was not written down", "err", err)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// begin is where to go on from: on a desk that never told anybody, now.
func (k *Keeper) begin(ctx context.Context) (string, error) {
	at, err := k.store.Told(ctx)
	if err == nil && at == "" {
		at, err = k.store.FeedEnd(ctx)
	}
	return at, err
}

// follow catches up from the store and goes on with what is live, until the
// listener was too slow, something failed or ctx ended. It returns how far it came.
func (k *Keeper) follow(ctx context.Context, l *live.Listener, at string) string {
	fail := func(err error) string {
		if ctx.Err() == nil {
			k.log.Error("people were not told of changes yet", "err", err)
		}
		return at
	}
	for {
		events, err := k.store.Feed(ctx, at, page)
		if fault.Is(err, fault.Invalid) { // of another database that stood here before
			if at, err = k.store.FeedEnd(ctx); err == nil {
				continue
			}
		}
		if err != nil {
			return fail(err)
		}
		if len(events) == 0 {
			break
		}
		if err := k.tell(ctx, events); err != nil {
			return fail(err)
		}
		at = events[len(events)-1].Cursor
		if len(events) < page {
			break
		}
	}
	written := time.NewTicker(remember)
	defer written.Stop()
	stored := at
	for {
		select {
		case <-ctx.Done():
			return at
		case <-written.C:
			if at == stored {
				continue
			}
			if err := k.store.Update(ctx, func(tx Tx) error { return k.move(tx, at) }); err != nil {
				return fail(err)
			}
			stored = at
		case e, ok := <-l.C:
			if !ok {
				return at
			}
			if !k.store.Later(e.Cursor, at) {
				continue
			}
			batch := append([]live.Event{e}, more(l, page)...)
			if err := k.tell(ctx, batch); err != nil {
				return fail(err)
			}
			at = batch[len(batch)-1].Cursor
		}
	}
}

// more takes what has come already.
func more(l *live.Listener, limit int) (out []live.Event) {
	for range limit {
		select {
		case e, ok := <-l.C:
			if !ok {
				return out
			}
			out = append(out, e)
		default:
			return out
		}
	}
	return out
}

// happening is what is read of an event of the feed.
type happening struct {
	Type    ticket.EventType `json:"type"`
	ID      string           `json:"id"`
	Version int64            `json:"version"`
}

// due is a notice and the place in the feed that it belongs to.
type due struct {
	Notice
	cursor string
}

// tell tells everybody whom a part of the feed concerns.
func (k *Keeper) tell(ctx context.Context, events []live.Event) error {
	var list []due
	for _, e := range events {
		var h happening
		if err := json.Unmarshal(e.Data, &h); err != nil {
			return fmt.Errorf("an event of the feed: %w", err)
		}
		if !concerns(ticket.Event{Type: h.Type}) {
			continue
		}
		t, event, err := k.store.Happened(ctx, h.ID, h.Version)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		var team, operators []string
		if event.Type == ticket.Escalated {
			if event.Team != "" {
				team = k.members(event.Team)
			}
			if event.NOC {
				if operators, err = k.store.StaffOf(ctx, auth.Operator); err != nil {
					return err
				}
			}
		}
		for _, n := range about(t, h.Version, event, team, operators) {
			list = append(list, due{n, e.Cursor})
		}
	}
	if len(list) == 0 {
		return nil
	}
	var told map[string]Notice
	err := k.store.Update(ctx, func(tx Tx) error {
		stored, err := tx.LockTold()
		if err != nil {
			return err
		}
		var mine []Notice
		for _, d := range list { // what another node was faster with is told already
			if stored == "" || k.store.Later(d.cursor, stored) {
				mine = append(mine, d.Notice)
			}
		}
		if told, err = k.add(tx, mine); err != nil {
			return err
		}
		return k.moveFrom(tx, stored, events[len(events)-1].Cursor)
	})
	if err == nil {
		k.publish(ctx, told)
	}
	return err
}

func (k *Keeper) move(tx Tx, to string) error {
	stored, err := tx.LockTold()
	if err != nil {
		return err
	}
	return k.moveFrom(tx, stored, to)
}

func (k *Keeper) moveFrom(tx Tx, from, to string) error {
	if from != "" && !k.store.Later(to, from) {
		return nil
	}
	return tx.SetTold(to)
}
