package probe

import (
	"context"
	"errors"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

// queryDeadline is what a technician's question has; people wait for it.
const queryDeadline = 10 * time.Second

// FileSystems lists the mounts and their use. A mount that does not answer in two
// seconds is in the list, marked.
func (p *Prober) FileSystems(ctx context.Context) ([]diagnostics.FileSystem, error) {
	ctx, cancel := context.WithTimeout(ctx, Deadline)
	defer cancel()
	found, _, err := p.fileSystems(ctx)
	return found, queryFault(err)
}

// queryFault gives an error of a reading its code and sentence.
func queryFault(err error) error {
	if err == nil {
		return nil
	}
	if u, ok := errors.AsType[unsupported](err); ok {
		return fault.New(fault.Unsupported, string(u))
	}
	if _, ok := errors.AsType[*fault.Error](err); ok || errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Unavailable, "The machine did not answer in time. Try again.")
	}
	return fault.Wrap(err, fault.Unavailable, failure(err))
}
