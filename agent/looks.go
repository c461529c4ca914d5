package agent

import (
	"context"
	"log/slog"
	"sync"

	"github.com/deskbell/deskbell/agent/ledger"
	"github.com/deskbell/deskbell/agent/local"
)

// watchers writes down who looks at this machine. A look that cannot be written
// down does not happen: people read that file to know.
type watchers struct {
	ledger *ledger.Ledger
	log    *slog.Logger

	mu   sync.Mutex
	stop map[string]context.CancelFunc // by the ask's id
}

// watch names the way to stop an ask. The caller calls the function it returns
// when the ask is over.
func (w *watchers) watch(id string, stop context.CancelFunc) (over func()) {
	w.mu.Lock()
	w.stop[id] = stop
	w.mu.Unlock()
	return func() {
		w.mu.Lock()
		delete(w.stop, id)
		w.mu.Unlock()
		stop()
	}
}

// end stops an ask, and reports whether there is one.
func (w *watchers) end(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	stop := w.stop[id]
	if stop != nil {
		stop()
	}
	return stop != nil
}

// look is told of each look at its start and at its end.
func (w *watchers) look(k local.Look) {
	if w.write(k) == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if stop := w.stop[k.ID]; stop != nil && k.Ended.IsZero() {
		stop()
	}
}

// write writes a look down.
func (w *watchers) write(k local.Look) error {
	err := w.ledger.Add(k)
	if err != nil {
		w.log.Error("a look at this machine cannot be written down", "who", k.Who, "what", k.What, "error", err)
	}
	return err
}
