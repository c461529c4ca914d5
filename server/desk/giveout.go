package desk

import (
	"context"
	"log/slog"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/assign"
	"github.com/deskbell/deskbell/server/rulebook"
)

const (
	// giveOutEvery is how often tickets are looked for that nobody was free for when
	// they came.
	giveOutEvery = 15 * time.Second
	// giveOutAtOnce bounds one look at one team.
	giveOutAtOnce = 50
)

// RunGivingOut gives out what waits in the queues of teams that do so by
// themselves: when somebody comes back, when their hours begin, when they have
// room again. It ends with ctx.
func (d *Desk) RunGivingOut(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(giveOutEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := d.GiveOut(ctx); err != nil && ctx.Err() == nil {
			log.Error("waiting tickets were not given out", "err", err)
		}
	}
}

// GiveOut gives out what waits, once.
func (d *Desk) GiveOut(ctx context.Context) error {
	for _, team := range rulebook.Offered[*rulebook.Team](d.book()) {
		if !team.Mode.Automatic() || len(team.Members) == 0 {
			continue
		}
		for range giveOutAtOnce {
			more, err := d.giveOutOne(ctx, team.ID)
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
	}
	return nil
}

func (d *Desk) giveOutOne(ctx context.Context, team string) (more bool, err error) {
	free, err := d.store.AnyFree(ctx, team) // asked without the writer: mostly there is nothing
	if err != nil || !free {
		return false, err
	}
	err = d.store.Update(ctx, func(tx Tx) error {
		more = false
		t, err := tx.NextFree([]string{team})
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		_, why, err := d.giveOut(tx, t)
		more = why == assign.Chosen
		return err
	})
	return more && err == nil, err
}
