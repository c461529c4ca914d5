package agent

import (
	"context"
	"os/exec"

	"github.com/deskbell/deskbell/agent/consent"
	"github.com/deskbell/deskbell/agent/fix"
	"github.com/deskbell/deskbell/agent/screen"
	"github.com/deskbell/deskbell/agent/script"
	"github.com/deskbell/deskbell/agent/terminal"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// afar is what is done on this machine from afar, and what its people say to that.
type afar struct {
	*consent.Keeper
	terminals *terminal.Host
	screens   *screen.Host
	watch     *watchers
	here      *standing
	account   func(uid string) wire.Account
}

func newAfar(rung rings, watch *watchers, here *standing, account func(string) wire.Account, command []string) *afar {
	hand := fix.Child{Command: command}
	return &afar{
		Keeper: consent.New(consent.Options{Ticket: rung.of}),
		terminals: terminal.New(terminal.Options{Log: watch.log, Kill: fix.Kill, Start: func(uid string, administrator bool) (*exec.Cmd, error) {
			return hand.Session(uid, administrator, terminal.Longest)
		}}),
		screens: screen.New(screen.Options{
			Open: func(uid string, number int64) bool {
				t, ok := rung.of(number)
				return ok && t.Open && t.Requester == uid
			},
			TicketsChanged: rung.shelf.Changed, Tell: watch.write,
		}),
		watch: watch, here: here, account: account,
	}
}

// scripts runs those that this machine's settings list.
func (a *Agent) scripts() *script.Runner {
	hand := fix.Child{Command: a.options.ScriptHand}
	return script.New(script.Options{Listed: a.options.Scripts, Any: a.options.AnyScript, Start: hand.Session, Kill: fix.Kill})
}

// Open opens a terminal over the session that is up.
func (a *afar) Open(ctx context.Context, id, uid string, administrator bool, p wire.TerminalParams, opened func(as string) error) (int, error) {
	if a.here.up == nil || a.here.up.Link() == nil {
		return 0, fault.New(fault.Unavailable, "The connection was lost before the terminal was open.")
	}
	link := a.here.up.Link()
	return a.terminals.Run(ctx, terminal.Order{
		ID: id, UID: uid, Administrator: administrator, Cols: p.Cols, Rows: p.Rows, Send: link.SendFrame,
		Opened: func() error {
			if administrator {
				return opened("an administrator")
			}
			return opened(a.account(uid).Name)
		},
	})
}

// End ends what somebody does here from afar. Everybody at the machine may: it is
// the one thing that must never wait for anybody.
func (a *afar) End(_, look string) error {
	if a.terminals.End(look) || a.screens.End(look) || a.watch.end(look) {
		return nil
	}
	return fault.Say(fault.NotFound, "error.look_over")
}

// CanShow says that a program of a person's runs that can take pictures of their screens.
func (a *afar) CanShow(uid string) (leave func()) { return a.screens.CanShow(uid) }

// Show takes a picture of a person's screens in.
func (a *afar) Show(uid, id string, picture []byte) error { return a.screens.Show(uid, id, picture) }
