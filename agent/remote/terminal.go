package remote

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Terminals open terminals on this machine. opened is called with whose rights the
// terminal has, once it is open.
type Terminals interface {
	Open(ctx context.Context, id, uid string, administrator bool, p wire.TerminalParams, opened func(as string) error) (status int, err error)
}

// terminalLimit is longer than any terminal is open.
const terminalLimit = 3 * time.Hour

func (r *Runner) terminal(kind wire.AskKind, p wire.TerminalParams) (job, error) {
	if r.options.Terminals == nil || r.options.Consent == nil {
		return job{}, errNoHands
	}
	var err error
	if p.Cols, err = between("cols", p.Cols, 20, wire.MaxColumns, 80); err != nil {
		return job{}, err
	}
	if p.Rows, err = between("rows", p.Rows, 5, wire.MaxRows, 24); err != nil {
		return job{}, err
	}
	administrator := kind == wire.ActRootTerminal
	j := job{what: "a terminal with your rights", wants: "work on this computer in a terminal, with your rights: whoever types there sees and changes what you can", lasts: 2 * time.Hour, limit: terminalLimit}
	if administrator {
		j.what, j.wants = "a terminal with an administrator's rights", "work on this computer in a terminal, with an administrator's rights: whoever types there sees and changes everything on it"
	}
	j.run = func(ctx context.Context, out *output) error {
		if out.id == "" || len(out.id) > 64 {
			return fault.Field("id", "The order has no id.")
		}
		status, err := r.options.Terminals.Open(ctx, out.id, out.uid, administrator, p, func(as string) error {
			return send(out, wire.TerminalPart{State: wire.TerminalOpen, As: as})
		})
		if err != nil {
			return err
		}
		return send(out, wire.TerminalPart{State: wire.TerminalEnded, Exit: status})
	}
	return j, nil
}
