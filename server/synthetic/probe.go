package synthetic

import (
	"cmp"
	"context"
	"slices"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/fault"
)

// lookers is who has endpoints look when an outage is suspected: nobody on the staff.
var lookers = Person{Name: "Deskbell"}

// About is the check by which endpoints can look at what tickets of a category are about;
// ok is false where there is none that may leave this server.
func (k *Keeper) About(category string) (name string, ok bool) {
	c := k.about(category)
	if c == nil {
		return "", false
	}
	return c.Name, true
}

func (k *Keeper) about(category string) *Check {
	k.mu.Lock()
	defer k.mu.Unlock()
	var list []Check
	for _, l := range k.looks {
		if l.c.About == category && category != "" && !l.c.Paused && l.c.Spec.Afar() == nil {
			list = append(list, l.c)
		}
	}
	if len(list) == 0 {
		return nil
	}
	// Of several always the same one.
	c := slices.MinFunc(list, func(a, b Check) int { return cmp.Compare(a.ID, b.ID) })
	return &c
}

// There are the endpoints that can be asked to look: those that are connected, also where
// they are cut off by what they have found of themselves.
func (k *Keeper) There() []Endpoint { return k.o.Fleet.There() }

// Probe has one endpoint look at once: at what tickets of a category are about, or, without
// one, at its own line. An error is no answer.
func (k *Keeper) Probe(ctx context.Context, endpoint, category string) (check.Result, error) {
	c := &Check{ID: "line", Spec: check.Spec{Kind: check.Line, Timeout: check.LineTimeout}}
	if category != "" {
		if c = k.about(category); c == nil {
			return check.Result{}, errNone
		}
	}
	c.By = lookers
	if k.afar.line == nil {
		return check.Result{}, errLost
	}
	if !k.afar.enter(endpoint, c.ID) {
		return check.Result{}, fault.New(fault.TooMany, "It is asked enough already.")
	}
	r, err := k.afar.ask(ctx, endpoint, c)
	k.afar.leave(endpoint, c.ID, err)
	return r, err
}
