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
// A terminal always needs it, and what is somebody's own; other acts where this
// machine's settings say so.
func (r *Runner) agree(ctx context.Context, ask wire.Ask, j job, look *local.Look, out *output) error {
	if !ask.Kind.Terminal() && ask.Kind != wire.ActScreen && !j.personal && !r.options.Policy.AskFirst[ask.Kind] {
		return nil
	}
	if r.options.Consent == nil {
		return fault.New(fault.Forbidden, "Nobody at this machine can be asked for consent.")
	}
	if ask.Kind == wire.ActScreen {
		if lasts, err := r.lasting(ask, look, out); lasts || err != nil {
			return err
		}
	}
	var unsent error
	look.Consent = local.ConsentBefore
	uid, err := r.options.Consent.Ask(ctx, consent.Question{
		Account: accountOf(ask.Who), Who: look.Who, Role: look.Role, Kind: ask.Kind, What: j.wants, Ticket: ask.Ticket, For: j.lasts, Whose: j.whose, About: j.about, Once: ask.Kind == wire.ActScreen,
	}, func() {
		look.Consent = local.ConsentAsked
		r.options.OnLook(*look)
		if ask.Kind.Terminal() {
			unsent = send(out, wire.TerminalPart{State: wire.TerminalAsking})
		} else {
			unsent = send(out, wire.ActPart{Asked: true})
		}
	})
	switch {
	case err == nil && unsent != nil:
		err = unsent
	case err != nil && ctx.Err() != nil: // withdrawn: whoever was asked did not say no
	case err != nil:
		look.Consent = consent.OutcomeOf(err)
	default:
		out.uid = uid
		if look.Consent == local.ConsentAsked {
			look.Consent = local.ConsentGiven
		}
		if ask.Kind == wire.ActScreen {
			if err = r.begin(ask, *look, out); err != nil {
				return err
			}
		}
		if !ask.Kind.Terminal() { // what is done begins now, and may take its time
			err = send(out, wire.ActPart{})
		}
	}
	return err
}

// accountOf is the account that asks; "" when the server does not say, or says what
// no id is.
func accountOf(w wire.Asker) string {
	if len(w.ID) > maxAccount {
		return ""
	}
	return w.ID
}

// maxAccount is more than any account's id has.
const maxAccount = 64
