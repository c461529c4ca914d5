package synthetic

import (
	"context"
	"slices"
	"sync"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Try looks once with these settings, from one of their places or from each, without
// keeping anything of it.
func (k *Keeper) Try(ctx context.Context, actor auth.Actor, c Check, from string) ([]View, error) {
	if err := auth.Authorise(actor, auth.ChecksManage, auth.Object{}); err != nil {
		return nil, err
	}
	if c.Name == "" {
		c.Name = "A trial"
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := k.locate(&c, actor); err != nil {
		return nil, err
	}
	places := c.Places()
	if from != "" {
		if !slices.Contains(places, from) {
			return nil, fault.Field("from", "It is not looked at from there. Name the server, or the id of a site of this check.")
		}
		places = []string{from}
	}
	select {
	case k.tries <- struct{}{}:
		defer func() { <-k.tries }()
	default:
		return nil, fault.New(fault.TooMany, "Others are trying checks just now. Wait a moment and try again.")
	}
	if err := k.update(ctx, func(tx Tx) error { return tx.Audit(k.entry(actor, audit.CheckTried, &c)) }); err != nil {
		return nil, err
	}
	out := make([]View, len(places))
	var wg sync.WaitGroup
	for i, p := range places {
		wg.Go(func() { out[i] = View{From: p, Name: k.name(p), Life: Life{Last: k.lookFrom(ctx, &c, p)}} })
	}
	wg.Wait()
	return out, nil
}

// RunNow looks once with the settings of a check, from one of its places or from each,
// without keeping anything of it.
func (k *Keeper) RunNow(ctx context.Context, actor auth.Actor, id, from string) ([]View, error) {
	k.mu.Lock()
	l := k.looks[id]
	var c Check
	if l != nil {
		c = l.c
	}
	k.mu.Unlock()
	if l == nil {
		if err := auth.Authorise(actor, auth.ChecksManage, auth.Object{}); err != nil {
			return nil, err
		}
		return nil, errNone
	}
	return k.Try(ctx, actor, c, from)
}
