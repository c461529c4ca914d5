package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/shot"
	"github.com/deskbell/deskbell/ui/shot/grab"
	"github.com/deskbell/deskbell/ui/theme"
)

// away is how long a window is hidden before the screen is looked at: nobody tells
// when the desktop has faded it out and what was under it has drawn itself.
const away = 400 * time.Millisecond

// editor is the window for pictures of the screen. No request names it, because it
// shows nothing by itself.
type editor struct {
	*window
	page *shot.Editor
}

// picture lets the person take a picture of the screen from a window, which is not
// on it, and change it. done is called once on the main goroutine: with the file,
// with nil when it was discarded, or with an error.
func (w *Windows) picture(from *window, done func(png []byte, err error)) {
	from.Hide()
	w.o.After(away, func() {
		w.o.Main(func() {
			w.work.Go(func() {
				taken, err := w.o.Grab(w.ctx)
				w.o.Main(func() { w.taken(from, taken, err, done) })
			})
		})
	})
}

// taken shows the window again, and what was taken.
func (w *Windows) taken(from *window, taken grab.Shot, err error, done func(png []byte, err error)) {
	if from.visible {
		from.Show()
	}
	if err == nil {
		err = w.edit(taken, func(png []byte) { done(png, nil) })
	}
	if err != nil {
		done(nil, err)
	}
}

// edit shows a picture in its window.
func (w *Windows) edit(taken grab.Shot, done func(png []byte)) error {
	if w.editor.window == nil {
		win, h := w.frame(model.WordsShotTitle())
		w.editor = editor{win, shot.New(h)}
		win.page = w.editor.page
		w.furnish(win, h, theme.Room(fyne.NewSize(860, 680), theme.Scale()))
	}
	if err := w.editor.page.Open(taken.Picture, taken.Screens, done); err != nil {
		return err
	}
	w.present(w.editor.window, "")
	return nil
}

// Grab takes a picture of the screen.
type Grab = func(context.Context) (grab.Shot, error)

var _ page.Page = (*shot.Editor)(nil)
