package synthetic

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Try looks once with these settings, without keeping anything of it.
func (k *Keeper) Try(ctx context.Context, actor auth.Actor, c Check) (check.Result, error) {
	if err := auth.Authorise(actor, auth.ChecksManage, auth.Object{}); err != nil {
		return check.Result{}, err
	}
	if c.Name == "" {
		c.Name = "A trial"
	}
	if err := c.check(); err != nil {
		return check.Result{}, err
	}
	select {
	case k.tries <- struct{}{}:
		defer func() { <-k.tries }()
	default:
		return check.Result{}, fault.New(fault.TooMany, "Others are trying checks just now. Wait a moment and try again.")
	}
	if err := k.update(ctx, func(tx Tx) error { return tx.Audit(k.entry(actor, audit.CheckTried, &c)) }); err != nil {
		return check.Result{}, err
	}
	return k.o.Look(ctx, c.Spec), nil
}

// RunNow looks once with the settings of a check, without keeping anything of it.
func (k *Keeper) RunNow(ctx context.Context, actor auth.Actor, id string) (check.Result, error) {
	k.mu.Lock()
	l := k.looks[id]
	var c Check
	if l != nil {
		c = l.c
	}
	k.mu.Unlock()
	if l == nil {
		if err := auth.Authorise(actor, auth.ChecksManage, auth.Object{}); err != nil {
			return check.Result{}, err
		}
		return check.Result{}, errNone
	}
	return k.Try(ctx, actor, c)
}
