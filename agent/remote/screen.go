package remote

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Screens take pictures of what people at this machine see; *screen.Host does.
type Screens interface {
	// Lasting returns whose screens an account may look at for a ticket without
	// asking again, and what ends with that; nil when they have to ask.
	Lasting(account string, ticket int64) (uid string, held context.Context, err error)
	// Begin writes down that somebody agreed, and lets the account look on for a while.
	Begin(uid, account string, look local.Look) (held context.Context, err error)
	Take(ctx context.Context, uid string) (picture []byte, err error)
}

const (
	// ScreenLasts is how long a yes to a picture of the screen holds.
	ScreenLasts = 10 * time.Minute
	screenLimit = time.Minute
)

var errLookEnded = fault.New(fault.Forbidden, "Somebody at the computer ended the look at their screen, or its ten minutes or its ticket were over.")

func (r *Runner) screen(ask wire.Ask) (job, error) {
	if r.options.Screens == nil || r.options.Consent == nil {
		return job{}, errNoHands
	}
	j := job{what: "a picture of your screen", wants: "see a picture of your screen", limit: screenLimit}
	if accountOf(ask.Who) != "" {
		j.lasts = ScreenLasts
	}
	j.run = func(ctx context.Context, out *output) error {
		if out.held != nil {
			within, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(out.held, cancel)()
			err := r.sendScreen(within, out)
			if err != nil && ctx.Err() == nil && out.held.Err() != nil {
				err = errLookEnded
			}
			return err
		}
		return r.sendScreen(ctx, out)
	}
	return j, nil
}

// lasting reports whether there is a yes that still holds.
func (r *Runner) lasting(ask wire.Ask, look *local.Look, out *output) (bool, error) {
	account := accountOf(ask.Who)
	if account == "" {
		return false, nil // a name alone may be anybody's
	}
	uid, held, err := r.options.Screens.Lasting(account, ask.Ticket)
	if err != nil || held == nil {
		return false, err
	}
	look.Consent, out.uid, out.held = local.ConsentBefore, uid, held
	return true, nil
}

func (r *Runner) begin(ask wire.Ask, look local.Look, out *output) error {
	account := accountOf(ask.Who)
	if account == "" {
		return nil
	}
	look.Consent, look.At = local.ConsentGiven, r.options.Now()
	look.Until = look.At.Add(ScreenLasts)
	held, err := r.options.Screens.Begin(out.uid, account, look)
	out.held = held
	return err
}

// sendScreen sends a picture in chunks. Secrets cannot be taken out of it: that is
// why nobody gets one without a yes.
func (r *Runner) sendScreen(ctx context.Context, out *output) error {
	b, err := r.options.Screens.Take(ctx, out.uid)
	if err != nil {
		return err
	}
	width, height, err := wire.ScreenSize(b)
	if err != nil {
		return err
	}
	for at := 0; at < len(b); at += wire.FileChunk {
		if err := out.screen(wire.ScreenPart{Offset: int64(at), Data: b[at:min(at+wire.FileChunk, len(b))]}); err != nil {
			return err
		}
		if err := pause(ctx, filePause); err != nil {
			return err
		}
	}
	sum := sha256.Sum256(b)
	return out.screen(wire.ScreenPart{Taken: &wire.Taken{Bytes: int64(len(b)), SHA256: hex.EncodeToString(sum[:]), Width: width, Height: height}})
}

func (out *output) screen(p wire.ScreenPart) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	out.emit(wire.Answer{Part: out.part, Data: b})
	out.part++
	return nil
}
