// Package ui is the program that draws windows: which there are, when they come
// and go, and how they hear of what the agent tells. It knows Fyne, and not where
// Fyne draws: package desktop beneath it does, so that all this is tested without
// a display.
package ui

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/announce"
	"github.com/deskbell/deskbell/ui/checkup"
	"github.com/deskbell/deskbell/ui/consent"
	"github.com/deskbell/deskbell/ui/drafts"
	"github.com/deskbell/deskbell/ui/guide"
	"github.com/deskbell/deskbell/ui/looks"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/ring"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/settings"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/tickets"
)

// Idle is how long the program stays without a visible window. It keeps the next
// click fast for somebody who is at it, and costs nothing all day.
const Idle = 3 * time.Minute

// Options are what the windows need.
type Options struct {
	App    fyne.App
	Agent  *local.Client
	Drafts *drafts.Store
	Log    *slog.Logger
	// Main runs a function on Fyne's main goroutine, without waiting.
	Main   func(func())
	Quit   func()                                // ends the program; called when it has been idle
	Choose func(func(paths []string, err error)) // as page.Host's; may be nil
	Open   func(address string) error            // as page.Host's
	Grab   Grab                                  // takes a picture of the screen
	// Settings are what the window of settings changes.
	Settings settings.Options
	// After is time.AfterFunc where it is nil.
	After func(time.Duration, func()) *time.Timer
}

// Windows are the program's windows. Its methods are called on Fyne's main
// goroutine, but for Request, Watch and Wait.
type Windows struct {
	o      Options
	ctx    context.Context
	status local.Status
	open   map[session.Page]*window
	editor editor
	idle   *time.Timer
	gone   bool // the program is ending
	work   sync.WaitGroup
}

type window struct {
	fyne.Window
	page    page.Page
	host    page.Host
	visible bool
	hide    func()
}

// New returns the program's windows, none of which is made yet. ctx ends what
// they do in the background.
func New(ctx context.Context, o Options) *Windows {
	if o.After == nil {
		o.After = time.AfterFunc
	}
	w := &Windows{o: o, ctx: ctx, open: map[session.Page]*window{}}
	w.status.Connection = local.Connected // until the agent tells otherwise nothing is said
	return w
}

// Wait waits for what windows do in the background. Call it after ctx has ended.
func (w *Windows) Wait() { w.work.Wait() }

// Request shows a page for another program. It returns once the window is asked
// for, or fault.Unavailable when this program is ending.
func (w *Windows) Request(ctx context.Context, r session.Request) error {
	done := make(chan error, 1)
	w.o.Main(func() { done <- w.Show(r) })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Show shows a page in its window: the one there is, or a new one.
func (w *Windows) Show(r session.Request) error {
	if w.gone {
		return fault.Say(fault.Unavailable, "error.windows_closing")
	}
	win := w.open[r.Show]
	if win == nil {
		if win = w.make(r.Show); win == nil {
			return fault.Say(fault.Invalid, "error.no_page").At("show")
		}
		w.open[r.Show] = win
	}
	w.present(win, r.Ticket)
	return nil
}

func (w *Windows) present(win *window, ticket string) {
	if w.idle != nil {
		w.idle.Stop()
	}
	win.visible = true
	win.page.Status(w.status)
	win.Show()
	win.RequestFocus()
	win.page.Shown(ticket)
}

// Hide hides a page's window, as its close button does.
func (w *Windows) Hide(p session.Page) {
	if win := w.open[p]; win != nil {
		win.hide()
	}
}

// make makes a page's window. It does not ask the agent: a window is drawn at
// once, whatever the agent does.
func (w *Windows) make(name session.Page) *window {
	title, size := model.WindowTitle(string(name)), sizeOf(name)
	if title == "" {
		return nil
	}
	win, h := w.frame(title)
	win.host = h
	w.fill(name, win)
	w.furnish(win, h, theme.Room(size, theme.Scale()))
	return win
}

// fill makes a window's page.
func (w *Windows) fill(name session.Page, win *window) {
	h := win.host
	switch name {
	case session.Ring:
		h.Picture = func(done func([]byte, error)) { w.picture(win, done) }
		win.page = ring.New(h, w.o.Agent, w.o.Drafts)
	case session.Guide:
		win.page = guide.New(h, w.o.Agent, w.o.Drafts)
	case session.Tickets:
		win.page = tickets.New(h, w.o.Agent, w.o.Drafts)
	case session.Checkup:
		win.page = checkup.New(h, w.o.Agent)
	case session.Looks:
		win.page = looks.New(h, w.o.Agent)
	case session.Announcements:
		win.page = announce.New(h, w.o.Agent)
	case session.Consent:
		win.page = consent.New(h, w.o.Agent)
	case session.Settings:
		win.page = settings.New(h, w.o.Agent, w.o.Settings)
	}
}

// Renew draws all windows anew, in another language. What was typed is kept in the
// drafts. Whoever is being asked for their consent goes on being asked as they were.
func (w *Windows) Renew() {
	for name, win := range w.open {
		if name == session.Consent && win.visible {
			continue
		}
		if win.visible {
			win.page.Hidden()
		}
		win.SetTitle(model.WindowTitle(string(name)))
		w.fill(name, win)
		w.put(win, win.host)
		if win.visible {
			win.page.Status(w.status)
			win.page.Shown("")
		}
	}
}

// Fit gives all windows the room that text of another size needs.
func (w *Windows) Fit() {
	for name, win := range w.open {
		win.Resize(theme.Room(sizeOf(name), theme.Scale()))
	}
}

// frame makes a window without content, and what its page is given.
func (w *Windows) frame(title string) (*window, page.Host) {
	win := &window{Window: w.o.App.NewWindow(title)}
	win.hide = func() {
		win.Hide()
		if win.visible {
			win.visible = false
			win.page.Hidden()
			w.rest()
		}
	}
	return win, page.Host{
		Window: win.Window, Main: w.o.Main, Now: time.Now, Close: win.hide,
		Choose: w.o.Choose, Open: w.o.Open,
		Go:   func(do func(context.Context)) { w.work.Go(func() { do(w.ctx) }) },
		Show: func(r session.Request) { w.Show(r) },
	}
}

// furnish puts a window's page into it.
func (w *Windows) furnish(win *window, h page.Host, size fyne.Size) {
	win.SetPadded(false)
	w.put(win, h)
	win.Resize(size)
	win.CenterOnScreen()
	win.SetCloseIntercept(win.hide)
}

// put shows a window's page in it.
func (w *Windows) put(win *window, h page.Host) {
	h.Prepare()
	win.SetContent(win.page.Content())
	if d, ok := win.page.(interface{ Dropped([]fyne.URI) }); ok {
		win.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { d.Dropped(uris) })
	}
}

func sizeOf(name session.Page) fyne.Size {
	switch name {
	case session.Tickets:
		return fyne.NewSize(760, 560)
	case session.Checkup:
		return fyne.NewSize(560, 620)
	case session.Looks:
		return fyne.NewSize(520, 480)
	case session.Announcements:
		return fyne.NewSize(520, 560)
	case session.Consent:
		return fyne.NewSize(460, 420)
	case session.Settings:
		return fyne.NewSize(520, 640)
	}
	return fyne.NewSize(480, 620)
}

// rest ends the program when no window has been visible for a while.
func (w *Windows) rest() {
	if w.visible() {
		return
	}
	w.idle = w.o.After(Idle, func() {
		w.o.Main(func() {
			if w.visible() {
				return
			}
			w.gone = true
			w.o.Drafts.Flush()
			w.o.Quit()
		})
	})
}

// visible reports whether any window is.
func (w *Windows) visible() bool {
	for _, win := range w.open {
		if win.visible {
			return true
		}
	}
	return w.editor.window != nil && w.editor.visible
}

// Watch tells the pages what the agent tells, until ctx ends.
func (w *Windows) Watch() {
	wait := 250 * time.Millisecond
	for w.ctx.Err() == nil {
		err := w.o.Agent.Watch(w.ctx, func(s local.Status) {
			wait = 250 * time.Millisecond
			w.o.Main(func() { w.tell(s) })
		})
		if w.ctx.Err() != nil {
			return
		}
		w.o.Log.Debug("the agent went away", "error", err)
		w.o.Main(func() { w.tell(model.Away()) })
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-w.ctx.Done():
			timer.Stop()
		}
		wait = min(2*wait, 5*time.Second)
	}
}

func (w *Windows) tell(s local.Status) {
	if s.Connection == local.NoAgent { // what was true of the person's tickets still is
		was := w.status
		was.Connection = local.NoAgent
		s = was
	}
	w.status = s
	for _, win := range w.open {
		win.page.Status(s)
	}
}
