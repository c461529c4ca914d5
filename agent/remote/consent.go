package remote

import (
	"context"

	"github.com/deskbell/deskbell/agent/consent"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Consent asks the person whom it concerns; *consent.Keeper does.
type Consent interface {
	Ask(ctx context.Context, q consent.Question, asking func()) (uid string, err error)
}

// agree asks for consent where it is needed, and notes in the look what was said.
// A terminal always needs it; other acts where this machine's settings say so.
func (r *Runner) agree(ctx context.Context, ask wire.Ask, j job, look *local.Look, out *output) error {
	if !ask.Kind.Terminal() && !r.options.Policy.AskFirst[ask.Kind] {
		return nil
	}
	if r.options.Consent == nil {
		return fault.New(fault.Forbidden, "Nobody at this machine can be asked for consent.")
	}
	var unsent error
	uid, err := r.options.Consent.Ask(ctx, consent.Question{
		Who: look.Who, Role: look.Role, Kind: ask.Kind, What: j.wants, Ticket: ask.Ticket, For: j.lasts,
	}, func() {
		if ask.Kind.Terminal() {
			unsent = send(out, wire.TerminalPart{State: wire.TerminalAsking})
		} else {
			unsent = send(out, wire.ActPart{Asked: true})
		}
	})
	switch {
	case err == nil && unsent != nil:
		err = unsent
	case err != nil:
		look.Consent = local.ConsentRefused
	default:
		out.uid, look.Consent = uid, local.ConsentGiven
		if !ask.Kind.Terminal() { // what is done begins now, and may take its time
			err = send(out, wire.ActPart{})
		}
	}
	return err
}
