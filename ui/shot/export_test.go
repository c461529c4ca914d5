package shot

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/shot/edit"
	"github.com/deskbell/deskbell/ui/widgets"
)

// Said is every word that the window shows now.
func (e *Editor) Said() string { return widgets.Said(e.root) }

// State is what the window shows.
func (e *Editor) State() *model.Shot { return &e.state }

// Tool is a tool's tick.
func (e *Editor) Tool(t edit.Tool) *widgets.Tick { return e.tools[t] }

// Buttons of the window.
func (e *Editor) AddButton() *widgets.Button   { return e.addIt }
func (e *Editor) Discard() *widgets.Button     { return e.discard }
func (e *Editor) UndoButton() *widgets.Button  { return e.undo }
func (e *Editor) RedoButton() *widgets.Button  { return e.redo }
func (e *Editor) ApplyButton() *widgets.Button { return e.apply }

// ScreenButton is the button of a screen; 0 is all of them.
func (e *Editor) ScreenButton(n int) *widgets.Button { return e.screens.Objects[n].(*widgets.Button) }

// Drag draws with the pointer from one place of the picture to another.
func (e *Editor) Drag(from, to image.Point) {
	e.board.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: e.board.under(from)}, Button: desktop.MouseButtonPrimary})
	e.board.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: e.board.under(to)}})
	e.board.DragEnd()
	e.board.MouseUp(nil)
}

// Half draws and does not let go.
func (e *Editor) Half(from, to image.Point) {
	e.board.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: e.board.under(from)}, Button: desktop.MouseButtonPrimary})
	e.board.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: e.board.under(to)}})
}

// Board is what shows the picture.
func (e *Editor) Board() interface {
	fyne.Focusable
	fyne.Shortcutable
	desktop.Keyable
} {
	return e.board
}
