package incident

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/announce"
)

// tunnelFor is how long ago a machine had a tunnel that is taken to use it still.
const tunnelFor = 7 * 24 * time.Hour

// crowd gathers what is known of those whom an outage of a service at a place concerns.
func (k *Keeper) crowd(ctx context.Context, i Incident, place []string) (*crowd, error) {
	c := &crowd{service: k.Category(i.Cell.About), where: PlaceWords(i.Cell), place: place, rang: map[string]bool{}, fails: map[string]bool{}}
	if c.service == "" {
		c.service = i.Cell.About
	}
	told, err := k.toldOf(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	if c.hit, err = k.hit(ctx, i.ID, told); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, m := range k.Machines() {
		known[m.ID] = true
	}
	for m := range c.hit {
		if !known[m] { // its identity was withdrawn
			delete(c.hit, m)
		}
	}
	rung, err := k.Store.Rung(ctx, k.now().Add(-learnFrom), k.now())
	if err != nil {
		return nil, err
	}
	for _, r := range rung {
		if r.About == i.Cell.About && r.Machine != "" {
			c.rang[r.Machine] = true
		}
	}
	for _, s := range k.Signs() {
		if s.Code == i.Evidence.Code && s.Code != "" {
			c.fails[s.Machine] = true
		}
	}
	for _, a := range k.probing.said(k.now()) {
		if a.Failed && a.About == i.Cell.About {
			c.fails[a.Machine] = true
		}
	}
	return c, k.uses(ctx, c)
}

// uses finds who uses a service: those in a group that is named after it, those with a
// tunnel where it is one, and otherwise those with a program of its name.
func (k *Keeper) uses(ctx context.Context, c *crowd) error {
	whom := slices.Concat(c.place, slices.Collect(func(yield func(string) bool) {
		for m := range c.hit {
			if !yield(m) {
				return
			}
		}
	}))
	var by []string
	add := func(m string) { c.uses[m] = true }
	c.uses, c.mute = map[string]bool{}, map[string]bool{}
	if k.Groups != nil {
		var names []string
		for _, m := range whom {
			for _, g := range k.Groups(m) {
				if named(g, c.service) {
					add(m)
					if !slices.Contains(names, g) {
						names = append(names, g)
					}
				}
			}
		}
		if slices.Sort(names); len(names) > 0 {
			c.sure = true
			by = append(by, "in the group "+strings.Join(names, ", "))
		}
	}
	if byTunnel(c.service) {
		have, mute, err := k.tunnels(ctx, whom)
		if err != nil {
			return err
		}
		if len(have) > 0 {
			c.sure, c.mute, by = true, mute, append(by, "with a tunnel within the week")
			for m := range have {
				add(m)
			}
		}
	}
	if len(by) == 0 {
		have, mute := k.Index.Match(whom, []stock.Kind{stock.Software}, func(f stock.Fact) bool { return named(f.Name, c.service) })
		c.mute, by = mute, append(by, "with a program of that name")
		for m := range have {
			add(m)
		}
	}
	for m := range c.uses {
		delete(c.mute, m)
	}
	c.by = strings.Join(by, " or ")
	return nil
}

// tunnels are the machines that have a tunnel, or had one within a week.
func (k *Keeper) tunnels(ctx context.Context, whom []string) (have, mute map[string]bool, err error) {
	have, mute = k.Index.Match(whom, []stock.Kind{stock.Tunnel}, func(stock.Fact) bool { return true })
	if k.Touched == nil {
		return have, mute, nil
	}
	had, err := k.Touched(ctx, stock.Tunnel, k.now().Add(-tunnelFor))
	slices.Sort(had)
	for _, m := range whom {
		if _, ok := slices.BinarySearch(had, m); ok {
			have[m] = true
		}
	}
	return have, mute, err
}

// hit are the machines of those who reported an incident, and of those who said of one of
// these announcements that it hits them too.
func (k *Keeper) hit(ctx context.Context, id string, told []string) (map[string]bool, error) {
	members, err := k.Store.Members(ctx, id)
	if err != nil {
		return nil, err
	}
	var who []string
	if err := k.Store.Update(ctx, func(tx Tx) error { who, err = tx.Concerned(id, told); return err }); err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, m := range members {
		if m.Out {
			continue
		}
		if m.Endpoint != "" {
			out[m.Endpoint] = true
		}
		who = append(who, m.RequesterID)
	}
	slices.Sort(who)
	for _, w := range slices.Compact(who) {
		if endpoint, _, ok := strings.Cut(w, "/"); ok { // who has never rung
			out[endpoint] = true
			continue
		}
		accounts, err := k.Desk.Accounts(ctx, w)
		if err != nil {
			return nil, err
		}
		for _, a := range accounts {
			out[a.Endpoint] = true
		}
	}
	return out, nil
}

// include has those who report an incident told of it too, also where they came after it
// was announced to others.
func (k *Keeper) include(ctx context.Context, going []Incident) error {
	for _, i := range going {
		if i.State != Open || len(i.Heard) == 0 {
			continue
		}
		list, err := k.Announcements(ctx, nobody, i.Number)
		if err != nil {
			return err
		}
		var told []string
		for _, a := range list {
			told = append(told, a.ID)
		}
		for _, a := range list {
			if !a.Live() || a.Scope.Reach == announce.Everywhere {
				continue
			}
			hit, err := k.hit(ctx, i.ID, told)
			if err != nil {
				return err
			}
			var ids []string
			for m := range hit {
				ids = append(ids, m)
			}
			if err := k.Announcer.Include(ctx, nobody, a.ID, ids); err != nil {
				return err
			}
		}
	}
	return nil
}
