package notify

import (
	"context"
	"time"
)

// Deliver tries what may be tried of a channel, as its worker does.
func (k *Keeper) Deliver(ctx context.Context, id string) time.Duration {
	next, _ := k.deliver(ctx, id)
	return next
}
