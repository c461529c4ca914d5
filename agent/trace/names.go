package trace

import (
	"context"
	"net/netip"
	"sync"
)

// names looks up names beside the trace, a few at once. What is not known in time
// has none.
type names struct {
	lookup func(context.Context, netip.Addr) string
	ctx    context.Context //nolint:containedctx // the lookups end with the trace
	cancel context.CancelFunc
	places chan struct{}
	all    sync.WaitGroup

	mu    sync.Mutex
	known map[netip.Addr]string
}

func newNames(ctx context.Context, lookup func(context.Context, netip.Addr) string) *names {
	n := &names{lookup: lookup, places: make(chan struct{}, lookups), known: map[netip.Addr]string{}}
	n.ctx, n.cancel = context.WithCancel(ctx)
	return n
}

// ask begins to look up a name. There are no more of them than hops.
func (n *names) ask(a netip.Addr) {
	if n.lookup == nil {
		return
	}
	n.mu.Lock()
	_, asked := n.known[a]
	n.known[a] += ""
	n.mu.Unlock()
	if asked {
		return
	}
	n.all.Go(func() {
		select {
		case n.places <- struct{}{}:
			defer func() { <-n.places }()
		case <-n.ctx.Done():
			return
		}
		ctx, cancel := context.WithTimeout(n.ctx, nameWait)
		defer cancel()
		name := n.lookup(ctx, a)
		n.mu.Lock()
		defer n.mu.Unlock()
		n.known[a] = name
	})
}

func (n *names) of(a netip.Addr) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.known[a]
}

// wait gives the lookups that still run their time, once.
func (n *names) wait(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, nameWait)
	defer cancel()
	done := make(chan struct{})
	go func() {
		n.all.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

func (n *names) close() {
	n.cancel()
	n.all.Wait()
}
