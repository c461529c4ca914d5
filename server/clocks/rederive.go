package clocks

import (
	"context"
	"slices"
	"time"

	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/sla"
)

// The pace of deriving anew. Each batch is one write, and between two of them the
// writes of people come first.
const (
	batch = 250
	rest  = 2 * time.Millisecond
	retry = 5 * time.Second
	// vipEvery is how often requesters are asked after who is a VIP.
	vipEvery = 10 * time.Second
	// looks is how often in a row nothing may be left behind before nobody looks any
	// more: a write that began under the old rules may end after the first look.
	looks = 2
)

// Run derives the clocks of open tickets anew whenever calendars or policies have
// changed, also while the server was down, until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	for {
		changed := k.o.Changed()
		if err := k.Rederive(ctx); err != nil && ctx.Err() == nil {
			k.o.Log.Error("clocks were not derived anew, and will be", "err", err)
			if !sleep(ctx, retry) {
				return nil
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-time.After(vipEvery):
		}
	}
}

// Load reads what rules depend on outside of the book: who is a VIP.
func (k *Keeper) Load(ctx context.Context) error {
	list, err := k.o.Store.VIPs(ctx)
	if err != nil {
		return err
	}
	slices.Sort(list)
	if old := k.vips.Load(); old == nil || !slices.Equal(*old, list) {
		k.vips.Store(&list)
	}
	return nil
}

// sleep waits, and reports whether ctx is still good.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Rederive brings the clocks of all open tickets up to the rules of the newest book,
// in batches, and returns when none is left behind.
func (k *Keeper) Rederive(ctx context.Context) error {
	if err := k.Load(ctx); err != nil {
		return err
	}
	if err := k.catchUp(ctx); err != nil {
		return err
	}
	for {
		s := k.current()
		if k.found != s.print {
			k.found, k.clean = s.print, 0
		}
		if k.clean == looks {
			return nil
		}
		behind, err := k.o.Store.LeftBehind(ctx, s.print)
		if err != nil {
			return err
		}
		if !behind {
			k.clean++
			return nil
		}
		if err := k.pass(ctx, s); err != nil {
			return err
		}
	}
}

// pass walks once over all lines of other rules.
func (k *Keeper) pass(ctx context.Context, s *set) error {
	after := ""
	for {
		var ids []string
		err := k.write.Update(ctx, func(tx desk.Tx) error {
			ids = ids[:0]
			lines, err := tx.Behind(s.print, after, batch)
			if err != nil {
				return err
			}
			for _, l := range lines {
				ids = append(ids, l.Ticket)
			}
			alarmed, err := tx.AllAlarmed(ids)
			if err != nil {
				return err
			}
			now := k.o.Now()
			list := make([]desk.Stood, len(lines))
			for i, l := range lines {
				list[i] = desk.Stood{Ticket: l.Ticket, Standing: k.standing(s, l.Line, l.Version, alarmed[l.Ticket], now)}
			}
			return tx.PutAllClocks(list)
		})
		if err != nil {
			return err
		}
		if len(ids) > 0 {
			after = ids[len(ids)-1]
			k.tell(ids)
		}
		if len(ids) < batch {
			return nil
		}
		if !sleep(ctx, rest) {
			return ctx.Err()
		}
	}
}

func (k *Keeper) tell(ids []string) {
	if k.heard != nil && len(ids) > 0 {
		k.heard(ids)
	}
}

// catchUp makes lines for open tickets that have none: those from before there were
// policies. Once there are, every new ticket has its own.
func (k *Keeper) catchUp(ctx context.Context) error {
	if k.current().empty {
		k.caught = false
	}
	if k.current().empty || k.caught {
		return nil
	}
	var at desk.ClockPlace
	for {
		ids, next, err := k.o.Store.Unlined(ctx, at, batch)
		if k.caught = err == nil && len(ids) == 0; k.caught || err != nil {
			return err
		}
		err = k.write.Update(ctx, func(tx desk.Tx) error {
			list, err := tx.Unclocked(ids)
			if err != nil {
				return err
			}
			alarmed, err := tx.AllAlarmed(ids)
			if err != nil {
				return err
			}
			s, now := k.current(), k.o.Now()
			stood := make([]desk.Stood, len(list))
			for i, h := range list {
				stood[i] = desk.Stood{Ticket: h.Ticket, Standing: k.standing(s, sla.LineOf(h.Events), h.Version, alarmed[h.Ticket], now)}
			}
			return tx.PutAllClocks(stood)
		})
		if err != nil {
			return err
		}
		k.tell(ids)
		at = next
		if !sleep(ctx, rest) {
			return ctx.Err()
		}
	}
}
