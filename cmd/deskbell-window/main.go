// Command deskbell-window draws Deskbell's windows. The tray starts it when one
// is wanted; it ends by itself when none is.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui/desktop"
	"github.com/deskbell/deskbell/ui/drafts"
	"github.com/deskbell/deskbell/ui/prefs"
	"github.com/deskbell/deskbell/ui/session"
)

type grammar struct {
	settings.Globals
	Run    runCommand    `cmd:"" default:"withargs" help:"Show a window. A second start shows it in the program that runs."`
	Config configCommand `cmd:"" help:"Look at the settings."`
}

type options struct {
	State    string `help:"Use the private agent with this state folder." placeholder:"DIR" type:"path"`
	Show     string `help:"The page to show: ring, guide, tickets, checkup, looks, announcements, consent or settings." enum:"ring,guide,tickets,checkup,looks,announcements,consent,settings" default:"ring" placeholder:"PAGE"`
	Language string `help:"The language to speak: en, de, fr or es. Without it the session’s own." enum:",en,de,fr,es" default:"" placeholder:"LANGUAGE"`
}

type runCommand struct {
	options
	Ticket string `help:"With --show tickets: the ticket to open." placeholder:"ID"`
	Report bool   `help:"Print “drawn” once the window is visible."`
}

type configCommand struct {
	Print printCommand `cmd:"" help:"Print the effective settings and where each comes from."`
}

type printCommand struct {
	options
	settings.ConfigPrint
}

func main() {
	p := settings.Program{Name: "deskbell-window", About: "Deskbell’s windows: get help, my tickets, check-up."}
	os.Exit(p.Run(&grammar{}, os.Args[1:]))
}

// Run shows the page, here or in the program that runs already.
func (c runCommand) Run(ctx context.Context, l *slog.Logger, s settings.Streams) error {
	first := session.Request{Show: session.Page(c.Show), Ticket: c.Ticket}
	line, err := session.Listen(session.Window, c.State)
	if errors.Is(err, session.ErrTaken) {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := session.Send(ctx, session.Window, c.State, first); err != nil {
			return err
		}
		if c.Report {
			fmt.Fprintln(s.Out, desktop.Drawn)
		}
		return nil
	}
	if err != nil {
		return err
	}
	path, err := drafts.Path(c.State)
	if err != nil {
		return err
	}
	mine, err := drafts.Beside(c.State, "settings")
	if err != nil {
		return err
	}
	wants := prefs.Open(mine, l)
	tongue.Use(session.Language(cmp.Or(c.Language, string(wants.Now().Language))))
	o := desktop.Options{State: c.State, Line: line, First: first, Drafts: drafts.Open(path, l), Prefs: wants, Language: c.Language, Log: l}
	if c.Report {
		o.Report = s.Out
	}
	return desktop.Run(ctx, o)
}

// Run prints the settings.
func (c printCommand) Run(e *settings.Effective, s settings.Streams) error { return c.Print(e, s) }
