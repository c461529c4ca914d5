package incident

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/server/correlate"
)

// join makes the tickets that fit part of the open incidents. Only those do that came
// since it began, and say nothing else than its other tickets: at a site that is cut off
// somebody may still have a broken printer.
func (k *Keeper) join(ctx context.Context, now time.Time, going []Incident, rung []Rung) error {
	for _, i := range going {
		if i.State != Open || i.Cell == (Cell{}) {
			continue
		}
		if err := k.joinTo(ctx, now, i, rung); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) joinTo(ctx context.Context, now time.Time, i Incident, rung []Rung) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	i, err := k.Store.Incident(ctx, i.ID)
	if err != nil || i.State != Open {
		return err
	}
	members, err := k.Store.Members(ctx, i.ID)
	if err != nil {
		return err
	}
	in := map[string]bool{}
	for _, m := range members {
		in[m.Ticket] = !m.Out
	}
	abouts := map[string]bool{"": true}
	for _, r := range rung {
		if in[r.ID] {
			abouts[r.About] = true
		}
	}
	var list []string
	for n, r := range rung {
		if r.Of == "" && !r.At.Before(i.Since) && k.fits(i.Cell, &rung[n]) && (i.Cell.About != "" || abouts[r.About]) {
			list = append(list, r.ID)
			rung[n].Of = Open // it raises no other
		}
	}
	return k.add(ctx, now, i, members, list)
}

// fits reports whether a ticket is in a cell.
func (k *Keeper) fits(c Cell, r *Rung) bool {
	if c.About != "" && r.About != c.About {
		return false
	}
	if c.Kind == "" {
		return true
	}
	parts := k.fleet.Parts(r.Machine)
	if len(parts) == 0 { // somebody called by telephone
		return c.Kind == correlate.Site && r.Site == c.Name
	}
	for _, p := range parts {
		if p == c.Part() {
			return true
		}
	}
	return false
}
