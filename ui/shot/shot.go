// Package shot is the window in which a picture of the screen is cut, pointed into
// and made unreadable in parts before it is sent.
package shot

import (
	"context"
	"image"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/shot/edit"
	"github.com/deskbell/deskbell/ui/widgets"
)

// Editor is the window's content.
type Editor struct {
	host  page.Host
	state model.Shot
	done  func(png []byte) // told once what became of the picture; nil for nothing
	view
}

// New returns the window's content, without a picture.
func New(h page.Host) *Editor {
	e := &Editor{host: h}
	e.build()
	e.render()
	return e
}

// Open begins with a picture. done is called once on the main goroutine: with what
// is to be sent, or with nil when the picture was discarded.
func (e *Editor) Open(picture *image.RGBA, screens []image.Rectangle, done func(png []byte)) error {
	p, err := edit.New(picture)
	if err != nil {
		return err
	}
	e.finish(nil)
	e.done = done
	e.state.Open(p, screens)
	e.renderScreens()
	e.render()
	return nil
}

// Content is the window's content.
func (e *Editor) Content() fyne.CanvasObject { return e.root }

// Status is for page.Page: the window asks nobody.
func (e *Editor) Status(local.Status) {}

// Shown puts the keyboard into the picture.
func (e *Editor) Shown(string) { e.host.Window.Canvas().Focus(e.board) }

// Hidden discards a picture that is still here.
func (e *Editor) Hidden() { e.finish(nil) }

// finish tells what became of the picture, and lets go of it: it is large.
func (e *Editor) finish(png []byte) {
	done := e.done
	e.done = nil
	e.state = model.Shot{}
	e.render()
	if done != nil {
		done(png)
	}
}

// escape takes a shape back, or closes the window.
func (e *Editor) escape() {
	if e.state.Clear() {
		e.render()
		return
	}
	e.host.Close()
}

// change does something with the picture, while there is one.
func (e *Editor) change(on func(*model.Shot)) {
	if e.state.Picture != nil && !e.state.Busy {
		on(&e.state)
		e.render()
	}
}

// add makes the file that is sent. What is shown is what is in it: a shape that was
// not applied is neither.
func (e *Editor) add() {
	e.change(func(s *model.Shot) {
		s.Clear()
		s.Busy, s.Problem = true, nil
		picture := s.Picture
		snap := picture.Snap()
		e.host.Go(func(program context.Context) {
			png, err := edit.Encode(snap, wire.MaxBlob)
			if program.Err() != nil {
				return
			}
			e.host.Main(func() {
				if e.state.Picture != picture {
					return // it was discarded meanwhile
				}
				if e.state.Busy = false; err != nil {
					e.state.Problem = err
					e.render()
					return
				}
				e.finish(png)
				e.host.Close()
			})
		})
	})
}

func keysOf(e *Editor) *widgets.Keys {
	return &widgets.Keys{
		Escape: e.escape, Send: e.add,
		Undo: func() { e.change((*model.Shot).Undo) },
		Redo: func() { e.change((*model.Shot).Redo) },
	}
}
