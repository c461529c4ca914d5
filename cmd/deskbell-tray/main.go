// Command deskbell-tray is the bell in the panel.
package main

import (
	"cmp"
	"context"
	"errors"
	"log"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui/drafts"
	"github.com/deskbell/deskbell/ui/prefs"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/tray"
)

type grammar struct {
	settings.Globals
	Run    runCommand    `cmd:"" default:"withargs" help:"Stay in the panel. A second start only forwards --show."`
	Config configCommand `cmd:"" help:"Look at the settings."`
}

type options struct {
	State    string `help:"Use the private agent with this state folder." placeholder:"DIR" type:"path"`
	Show     string `help:"Show a page: ring, guide, tickets, checkup, looks, consent or settings." enum:",ring,guide,tickets,checkup,looks,consent,settings" default:"" placeholder:"PAGE"`
	Language string `help:"The language to speak: en, de, fr or es. Without it the session’s own." enum:",en,de,fr,es" default:"" placeholder:"LANGUAGE"`
}

type runCommand struct {
	options
	Ticket string `help:"With --show tickets: the ticket to open." placeholder:"ID"`
}

type configCommand struct {
	Print printCommand `cmd:"" help:"Print the effective settings and where each comes from."`
}

type printCommand struct {
	options
	settings.ConfigPrint
}

func main() {
	// The live heap is under two megabytes and hardly changes: collecting it often
	// costs nothing and keeps the process small.
	debug.SetGCPercent(25)
	p := settings.Program{Name: "deskbell-tray", About: "The bell in the panel: get help, read answers."}
	os.Exit(p.Run(&grammar{}, os.Args[1:]))
}

// Run becomes this session's tray, or asks the one that runs.
func (c runCommand) Run(ctx context.Context, l *slog.Logger) error {
	log.SetOutput(debugWriter{l}) // the tray library writes what is no error of ours
	var first *session.Request
	if c.Show != "" {
		first = &session.Request{Show: session.Page(c.Show), Ticket: c.Ticket}
	}
	line, err := session.Listen(session.Tray, c.State)
	if errors.Is(err, session.ErrTaken) {
		if first == nil {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		return session.Send(ctx, session.Tray, c.State, *first)
	}
	if err != nil {
		return err
	}
	path, err := drafts.Beside(c.State, "settings")
	if err != nil {
		return err
	}
	wants := prefs.Open(path, l)
	tongue.Use(session.Language(cmp.Or(c.Language, string(wants.Now().Language))))
	return tray.Run(ctx, tray.Options{State: c.State, Prefs: wants, Language: c.Language, Line: line, First: first, Log: l})
}

// Run prints the settings.
func (c printCommand) Run(e *settings.Effective, s settings.Streams) error { return c.Print(e, s) }

// debugWriter turns lines of the standard log into debug records.
type debugWriter struct{ log *slog.Logger }

func (w debugWriter) Write(b []byte) (int, error) {
	w.log.Debug(string(b))
	return len(b), nil
}
