// Package page is what every window's content has in common: what it gets of the
// program around it.
package page

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/ui/session"
)

// Page is the content of a window. All its methods are called on Fyne's main
// goroutine.
type Page interface {
	// Content returns what the window shows, always the same object.
	Content() fyne.CanvasObject
	// Shown is called each time the window is shown; ticket is the one to open,
	// or "".
	Shown(ticket string)
	// Hidden is called when the window was hidden. What was typed must be safe.
	Hidden()
	// Status is called when the state of the connection changes, and before the
	// first Shown.
	Status(local.Status)
}

// Host is the program around a page.
type Host struct {
	Window fyne.Window
	// Main runs a function on Fyne's main goroutine, and does not wait for it.
	Main func(func())
	// Go runs a function in the background. Its context ends with the program,
	// which waits for the function.
	Go    func(func(context.Context))
	Now   func() time.Time
	Close func()                // hides the window
	Show  func(session.Request) // shows another one
	// Open opens an address of the web in the person's browser.
	Open func(address string) error
	// Choose lets the person pick files in the desktop's own dialog, and calls its
	// argument on any goroutine: with an error when the desktop has none. It is nil
	// where there is never one.
	Choose func(func(paths []string, err error))
	// Picture takes a picture of the screen, without this window, and lets the person
	// change it. done is called once on the main goroutine: with a PNG file, with nil
	// when it was discarded, or with an error.
	Picture func(done func(png []byte, err error))
}

// Prepare lets Esc close the window when the keyboard is nowhere in particular.
func (h Host) Prepare() {
	h.Window.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyEscape {
			h.Close()
		}
	})
}

// After calls on on the main goroutine once d has passed, unless cancel is called
// before.
func (h Host) After(d time.Duration, on func()) (cancel func()) {
	over := false
	stop := time.AfterFunc(d, func() {
		h.Main(func() {
			if !over {
				on()
			}
		})
	})
	return func() {
		over = true
		stop.Stop()
	}
}
