package oncall

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// errNotTheirs is told of whoever hands over what is not theirs.
var errNotTheirs = fault.New(fault.Forbidden, "You can hand your own shifts to somebody else. Ask an operator to change those of others.")

// mayOverride reports whether somebody may have a person stand in, or stop: whoever
// keeps rotas, and each for their own shifts.
func mayOverride(actor auth.Actor, o *Override) bool {
	return auth.May(actor, auth.OnCallManage) || actor.Person != "" && o.Instead.ID == actor.Person
}

// Override has somebody stand in for a time.
func (k *Keeper) Override(ctx context.Context, actor auth.Actor, o Override) (Override, error) {
	if err := auth.Authorise(actor, auth.OnCallOverride, auth.Object{}); err != nil {
		return o, err
	}
	now := k.o.Now()
	o.From, o.To = o.From.UTC().Truncate(time.Second), o.To.UTC().Truncate(time.Second)
	if err := o.check(now); err != nil {
		return o, err
	}
	if !mayOverride(actor, &o) {
		return o, errNotTheirs
	}
	var err error
	if o.Person, err = k.known(ctx, "person", o.Person); err != nil {
		return o, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.rotas[o.Rota]
	if r == nil {
		return o, fault.Field("rota", "There is no such rota.")
	}
	if o.Instead.ID != "" {
		if o.Instead, err = k.instead(r, o); err != nil {
			return o, err
		}
	}
	live := 0
	for _, x := range k.overrides {
		if x.To.After(now) {
			live++
		}
	}
	if live >= maxOverrides {
		return o, fault.New(fault.Full, fmt.Sprintf("There are %d overrides, and no more are taken. Take some of them out.", maxOverrides))
	}
	o.ID, o.MadeAt, o.By = ulid.MustNewDefault(now).String(), now.UTC().Truncate(time.Second), Person{ID: actor.Person, Name: actor.Name}
	old := slices.DeleteFunc(slices.Clone(k.overrides), func(x Override) bool { return now.Sub(x.To) <= keepOver })
	err = k.update(ctx, func(tx Tx) error {
		for _, x := range old {
			if err := tx.DeleteOnCall(OfOverride, x.ID); err != nil {
				return err
			}
		}
		if err := save(tx, OfOverride, o.ID, o); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, audit.RotaOverride, r, o.detail()))
	})
	if err != nil {
		return o, err
	}
	k.overrides = slices.DeleteFunc(k.overrides, func(x Override) bool { return now.Sub(x.To) > keepOver })
	k.overrides = append(k.overrides, o)
	return o, nil
}

// instead is the person of a rota who is replaced. The caller holds mu.
func (k *Keeper) instead(r *Rota, o Override) (Person, error) {
	for _, s := range r.Shifts(o.From, o.To, k.overrides) {
		if s.Person.ID == o.Instead.ID {
			return s.Person, nil
		}
	}
	return o.Instead, fault.Field("instead", "They are not on call in that time. Look at the rota, or leave them out.")
}

func (o *Override) detail() map[string]any {
	return map[string]any{"override": o.ID, "from": o.From, "to": o.To, "person": o.Person.ID, "instead": o.Instead.ID, "why": o.Why}
}

// EndOverride takes one out: from now on it counts no more.
func (k *Keeper) EndOverride(ctx context.Context, actor auth.Actor, id string) error {
	if err := auth.Authorise(actor, auth.OnCallOverride, auth.Object{}); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.o.Now().UTC().Truncate(time.Second)
	at := slices.IndexFunc(k.overrides, func(o Override) bool { return o.ID == id && o.To.After(now) })
	if at < 0 {
		return fault.New(fault.NotFound, "There is no such override, or it is over.")
	}
	o := k.overrides[at]
	if !mayOverride(actor, &o) {
		return errNotTheirs
	}
	begun := o.From.Before(now)
	o.To = now
	err := k.update(ctx, func(tx Tx) error {
		var err error
		if begun { // what was is kept
			err = save(tx, OfOverride, id, o)
		} else {
			err = tx.DeleteOnCall(OfOverride, id)
		}
		if err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, audit.RotaOverrideEnded, k.rotas[o.Rota], o.detail()))
	})
	if err != nil {
		return err
	}
	if begun {
		k.overrides[at] = o
	} else {
		k.overrides = slices.Delete(k.overrides, at, at+1)
	}
	return nil
}
