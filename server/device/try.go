package device

import (
	"context"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Try looks once with these settings, without keeping anything of it. Of a device that is
// there, secrets that are empty are those that are stored.
func (k *Keeper) Try(ctx context.Context, actor auth.Actor, d Device) (Reading, error) {
	if err := auth.Authorise(actor, auth.ChecksManage, auth.Object{}); err != nil {
		return Reading{}, err
	}
	k.mu.Lock()
	old := k.looks[d.ID]
	k.mu.Unlock()
	if d.ID != "" && old == nil {
		return Reading{}, errNone
	}
	if d.Name == "" {
		d.Name = "A trial"
	}
	if err := k.whole(&d, old); err != nil {
		return Reading{}, err
	}
	select {
	case k.tries <- struct{}{}:
		defer func() { <-k.tries }()
	default:
		return Reading{}, fault.New(fault.TooMany, "Others are trying devices just now. Wait a moment and try again.")
	}
	if err := k.update(ctx, func(tx Tx) error { return tx.Audit(k.entry(actor, audit.DeviceTried, &d)) }); err != nil {
		return Reading{}, err
	}
	return k.o.Read(ctx, d.target()), nil
}

// RunNow looks once with the settings of a device, without keeping anything of it.
func (k *Keeper) RunNow(ctx context.Context, actor auth.Actor, id string) (Reading, error) {
	if err := auth.Authorise(actor, auth.ChecksManage, auth.Object{}); err != nil {
		return Reading{}, err
	}
	k.mu.Lock()
	l := k.looks[id]
	var d Device
	if l != nil {
		d = l.d
	}
	k.mu.Unlock()
	if l == nil {
		return Reading{}, errNone
	}
	return k.Try(ctx, actor, d)
}
