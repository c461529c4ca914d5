// Package tray is the resident icon: it shows the state of things, tells of new
// answers, and opens windows, which are another program. It needs no OpenGL and
// no C, and does nothing until something happens.
package tray

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/notify"
	"github.com/deskbell/deskbell/ui/prefs"
	"github.com/deskbell/deskbell/ui/session"
)

// Options are what the tray is started with.
type Options struct {
	State string // state folder of a private agent; empty means the installed one
	// Language is the one that was asked for, and is handed on to windows; empty is the
	// session's own.
	Language string
	Line     *session.Listener // this session's line, taken by the caller
	First    *session.Request  // shown at once; nil shows nothing
	// Prefs are the person's; nil is a person who has changed nothing.
	Prefs  *prefs.Store
	Window string // path of deskbell-window; empty finds it
	Log    *slog.Logger
}

// tray is one run.
type tray struct {
	agent *local.Client
	log   *slog.Logger
	icon  *icon
	notes *notify.Notifier
	open  *opener
	quiet quiet
	bell  *bell
}

// Run stays until ctx ends or the employee quits. It must be called on the main
// goroutine: some systems draw only from there.
func Run(ctx context.Context, o Options) error {
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	t := &tray{agent: local.NewClient(o.State), log: o.Log, quiet: newQuiet()}
	defer t.quiet.stop()
	defer t.agent.Close()
	t.notes = notify.New("Deskbell", "com.deskbell.Deskbell", func(key, choice string) { t.clicked(ctx, key, choice) })
	defer t.notes.Close()
	t.open = &opener{state: o.State, language: o.Language, program: o.Window, agent: t.agent, log: o.Log, note: t.note}
	t.icon = newIcon(o.Log, model.TrayOf(model.Away(), time.Now()))

	t.bell = newBell(ctx, o.Prefs, t)
	defer t.bell.stop()

	var loops sync.WaitGroup
	loops.Go(func() {
		err := o.Line.Serve(ctx, func(ctx context.Context, r session.Request) error {
			if r.Show == session.Renew {
				t.renew(o)
				return nil
			}
			return t.open.Show(ctx, r)
		})
		if err != nil {
			o.Log.Error("the line of this session failed", "error", err)
		}
	})
	loops.Go(func() { t.watch(ctx) })
	loops.Go(func() { t.choose(ctx, quit) })
	if o.First != nil {
		loops.Go(func() { t.show(ctx, *o.First) })
	}
	stop := context.AfterFunc(ctx, t.icon.quit)
	defer stop()
	t.icon.run(ctx)
	quit()
	loops.Wait()
	return nil
}

// watch keeps the icon up to date until ctx ends.
func (t *tray) watch(ctx context.Context) {
	var consents model.Consents
	var screens shown
	back := backoff{}
	for {
		err := t.agent.WatchAndShow(ctx, func(s local.Status) {
			back.reset()
			t.quiet.disturb()
			t.bell.set(s)
			if consents.Next(s) { // somebody waits a minute for it, and no longer
				go t.show(ctx, session.Request{Show: session.Consent})
			}
			for _, id := range screens.next(s.Screens) {
				go t.showScreen(ctx, id)
			}
		})
		if ctx.Err() != nil {
			return
		}
		t.log.Debug("the agent went away", "error", err)
		t.bell.set(model.Away())
		if !back.wait(ctx) {
			return
		}
	}
}

// choose carries out what is chosen in the menu.
func (t *tray) choose(ctx context.Context, quit func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case item := <-t.icon.chosen:
			t.quiet.disturb()
			switch item {
			case model.ItemHelp:
				go t.show(ctx, session.Request{Show: session.Ring})
			case model.ItemGuide:
				go t.show(ctx, session.Request{Show: session.Guide})
			case model.ItemTickets:
				go t.show(ctx, session.Request{Show: session.Tickets})
			case model.ItemCheckup:
				go t.show(ctx, session.Request{Show: session.Checkup})
			case model.ItemFroze:
				at := time.Now() // not when the agent gets to it
				go t.mark(ctx, at)
			case model.ItemAnnouncements:
				go t.show(ctx, session.Request{Show: session.Announcements})
			case model.ItemLooks:
				go t.show(ctx, session.Request{Show: session.Looks})
			case model.ItemSettings:
				go t.show(ctx, session.Request{Show: session.Settings})
			case model.ItemBrowser:
				go t.open.Browse(ctx, "", false)
			case model.ItemQuit:
				quit()
			}
		}
	}
}

func (t *tray) show(ctx context.Context, r session.Request) {
	if err := t.open.Show(ctx, r); err != nil && ctx.Err() == nil {
		t.log.Error("nothing could be shown", "page", r.Show, "error", err)
	}
}

func (t *tray) note(ctx context.Context, n model.Note) {
	note := notify.Note{Key: n.Key, Title: n.Title, Body: n.Body, Button: model.NoteOpenLabel()}
	for _, c := range n.Choices {
		note.Choices = append(note.Choices, notify.Choice(c))
	}
	err := t.notes.Show(ctx, note)
	if err != nil && ctx.Err() == nil {
		t.log.Warn("a notification could not be shown", "error", err)
	}
}
