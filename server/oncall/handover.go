package oncall

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/watch"
)

// handOver tells those whose shift has begun what is open, and those whose shift is
// over that it is. The caller holds mu.
func (k *Keeper) handOver(ctx context.Context, firing map[string]*watch.Item, now time.Time) error {
	for id, r := range k.rotas {
		on := r.At(now, k.overrides)
		was, known := k.shifts[id]
		if known && was.ID == on.Person.ID {
			continue
		}
		if err := k.shiftBegan(ctx, r, was, on.Person, known, firing, now); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) shiftBegan(ctx context.Context, r *Rota, was, is Person, known bool, firing map[string]*watch.Item, now time.Time) error {
	c := call{subject: "You are on call now: " + r.Name, lead: "Your shift has begun."}
	var theirs []*watch.Item
	if known && is.ID != "" {
		c.items = k.openFor(r, firing, &c)
		if was.ID != "" {
			c.lead = "Your shift has begun, after that of " + was.Name + "."
		}
		for _, i := range c.items {
			if !answered(i) {
				theirs = append(theirs, i)
			}
		}
		c.lead += fmt.Sprintf(" Open alerts: %d; nobody has answered %d of them, and they are yours now.", len(c.items), len(theirs))
		if to, nobody := k.person(ctx, is.ID); nobody == "" {
			c.to = to
			c.person(k)
			n := c.notice(now, fmt.Sprintf("oncall.%s.%s.%d", r.ID, is.ID, now.UnixMilli()))
			if err := k.o.Tell(ctx, n); err != nil {
				return err
			}
		}
	}
	if known && was.ID != "" {
		text := "Nobody is on call now."
		if is.ID != "" {
			text = is.Name + " is on call now."
		}
		err := k.o.Tell(ctx, notice.Notice{Person: was.ID, Kind: notice.OnCall, Title: "Your shift is over: " + r.Name, Text: text, Link: "/noc/oncall", At: now, Cause: fmt.Sprintf("oncall.over.%s.%s.%d", r.ID, was.ID, now.UnixMilli())})
		if err != nil {
			return err
		}
	}
	c.items = theirs
	err := k.update(ctx, func(tx Tx) error {
		if err := save(tx, OfShift, r.ID, is); err != nil {
			return err
		}
		for _, row := range c.rows {
			if err := tx.SaveRow(row); err != nil {
				return err
			}
		}
		if c.to.ID == "" {
			return nil
		}
		return tx.AddAlertLog(c.entries("Handed over with the shift of “"+r.Name+"”. "+c.how, now))
	})
	if err != nil {
		return err
	}
	k.shifts[r.ID] = is
	k.o.Queued(c.rows)
	return nil
}

// openFor are the alerts that fire and of which a policy tells whoever is on call by a
// rota; c gets a policy with a channel for mail.
func (k *Keeper) openFor(r *Rota, firing map[string]*watch.Item, c *call) []*watch.Item {
	var out []*watch.Item
	seen := map[string]bool{}
	for _, p := range k.policies {
		if p.Off || !slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Kind == ToRota && s.Target == r.ID }) {
			continue
		}
		if c.policy == nil || c.policy.Mail == "" {
			c.policy = p
		}
		for id, i := range firing {
			if !seen[id] && len(i.Holds) == 0 && p.fits(i) {
				seen[id] = true
				out = append(out, i)
			}
		}
	}
	slices.SortFunc(out, func(a, b *watch.Item) int {
		return cmp.Or(a.Severity.Rank()-b.Severity.Rank(), a.Alert.FiredAt.Compare(b.Alert.FiredAt), cmp.Compare(a.ID, b.ID))
	})
	return out
}
